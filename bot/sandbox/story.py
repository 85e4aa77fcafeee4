"""What the demo plays: Miro's article "User lifecycle management", from Slack to SCIM and back."""

import json
import os
import re
import signal
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from approvals.ids import RequestId
from bot.app import build
from bot.sandbox.miro.service import Exchange, Miro
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.local_slack import LOOK_SECONDS, Ended, LocalSlack, Place, Somebody, running
from bot.sandbox.slack.readable import readable
from bot.sandbox.slack.records import Message
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import CHANNEL, PEOPLE, POLICY, TOKEN, Stage, stage
from bot.settings import Settings

ALEX, JO, KIM = "alex@example.com", "jo@example.com", "kim@example.com"
NAMES = {id: name for id, (_, name) in PEOPLE.items()}


def play() -> int:
    """Plays the whole story on loopback; 0 when everything came out as it should."""
    with (
        _quiet_proxies(),
        tempfile.TemporaryDirectory() as folder,
        stage(Path(folder), _policy(ADMIN_TEAM), _prepare) as scene,
    ):
        told = Telling(scene)
        print("Miro's article “User lifecycle management”, played against the sandbox over real HTTP.")
        print("Invented people; Slack requests are signed; the sandbox follows Miro's published rules.")
        for chapter in (_joiner, _group, _admin, _leaver, _deleted, _denied, _halfway):
            chapter(told)
        return _record(told)


ADMIN_TEAM = '[teams]\n"IT Administration" = "g_app_itadmin_all"\n\n'


def _policy(names: str = "") -> str:
    """The stage's, as a company would have it: managers request for their reports, nothing ends at night, and
    new accounts get no attributes. `names`: tables to add."""
    plain = POLICY.replace('[accounts.default]\norganization = "Example Ltd"\n', "")
    plain = plain.replace("for_others = [", 'for_others = ["manager", ')
    return (
        f'hours = "09:00-18:00"\nrests = ["Sat", "Sun"]\n{plain.replace("[managers]", f"{names}[managers]")}'
    )


def _prepare(miro: Miro, slack: Workspace) -> None:
    """One team with a single admin, which Miro won't let go; and somebody who has left Slack already."""
    research = miro.add_team("Research")
    miro.add_user("sam@example.com", "Sam Lee", teams=[research], team_admin_of=[research])
    miro.add_user(JO, "Jo Park", teams=[research], admin=True)
    miro.add_user(KIM, "Kim Berg", teams=[research])
    teams = {miro.team(id).team_name: id for id in miro.user("carol@example.com").groups}  # type: ignore[union-attr]
    miro.change_team(teams["IT Administration"], displayName="g_app_itadmin_all")


class Telling:
    """Prints what happens, as it happens."""

    def __init__(self, scene: Stage) -> None:
        self.scene, self.number, self.seen = scene, 0, 0
        self.failed: list[str] = []

    def chapter(self, title: str, emails: tuple[str, ...]) -> None:
        """Begins a chapter, with Miro as it is now."""
        self.number += 1
        print(f"\n== {self.number}. {title}")
        self.about = emails
        self.before = self._picture()

    def ask(self, user: str, command: str, text: str, **fields: Any) -> None:
        """Somebody types a command and sends the form that opens."""
        print(f"{NAMES[user]} types: {command} {text}")
        self.scene.acting.command(user, command, text)
        for chosen in fields.values():
            print(f"{NAMES[user]} chooses: {chosen}")
        form = self.scene.acting.modal(user)
        said = [one for one in form["blocks"] if one["type"] == "section"]
        self._expect("the form has nothing to object", not said)
        reply = self.scene.acting.submit(user, fields)
        self._expect("the form is taken", reply.status == 200 and not (reply.body or {}).get("errors"))
        self.scene.settle()
        self.calls()

    def card(self, user: str) -> Message:
        """The newest card with buttons that somebody has, printed."""
        found = [one for one in self.scene.slack.dm_of(user) if "approve" in json.dumps(one.blocks)]
        self._expect(f"{NAMES[user]} has a card", bool(found))
        print(f"{NAMES[user]} sees:")
        for line in as_text(found[-1], NAMES).splitlines():
            print(f"  | {line}")
        return found[-1]

    def press(self, user: str, card: Message, button: str, label: str) -> None:
        """Somebody presses a button; the bot does what follows."""
        print(f"{NAMES[user]} presses [{label}].")
        self.scene.acting.click(user, card, button)
        self.scene.settle()
        self.calls()

    def write(self, user: str, reason: str) -> None:
        """Somebody answers the question that a button asked."""
        print(f'{NAMES[user]} writes: "{reason}"')
        self.scene.acting.submit(user, {"reason": reason})
        self.scene.settle()

    def calls(self) -> None:
        """The calls to Miro since last time: METHOD path body -> status."""
        for one in self.scene.miro.log[self.seen :]:
            print(f"    {_line(one)}")
        self.seen = len(self.scene.miro.log)

    def after(self, user: str, expected: str) -> None:
        """Miro before and after, and what somebody was told last."""
        for old, new in zip(self.before, self._picture(), strict=True):
            print(f"  Miro before: {old}" + (f"\n  Miro after:  {new}" if new != old else " (unchanged)"))
        heard = [one.text for one in self.scene.slack.dm_of(user)]
        print(f"{NAMES[user]} hears: {heard[-1]}")
        self._expect(f"{NAMES[user]} hears “{expected}”", expected in heard[-1])

    def _expect(self, what: str, so: bool) -> None:
        if not so:
            self.failed.append(f"chapter {self.number}: {what}")

    def _picture(self) -> list[str]:
        return [_person(self.scene.miro, email) for email in self.about]


def _person(miro: Miro, email: str) -> str:
    if "@" not in email:
        return f"security name {miro.team(email).displayName}, team name {miro.team(email).team_name}"
    user = miro.user(email)
    if user is None:
        return f"{email}: no account"
    teams = ", ".join(miro.team(id).displayName for id in user.groups)
    return f"{email}: {'active' if user.active else 'deactivated'}, {user.role}, in {teams or 'no team'}"


def _line(one: Exchange) -> str:
    path = re.sub(r"attributes=(id,userName)[^&]*", r"attributes=\1,…", one.path)
    body = dict(one.body or {})
    body.pop("schemas", None)
    told = " " + json.dumps(body.get("Operations", body), separators=(",", ":")) if body else ""
    return f"{one.method} {path}{told} -> {one.status}"


# -- the chapters ----------------------------------------------------------------------------------------


def _joiner(told: Telling) -> None:
    told.chapter("Onboarding: look the person up, create the account, join a team", (ALEX,))
    told.ask("U0ALEX", "/miro-access", "for Engineering because I start on Monday")
    told.press("U0PRIYA", told.card("U0PRIYA"), "approve", "Approve")
    told.after("U0ALEX", "You're in Engineering")


def _group(told: Telling) -> None:
    told.chapter("Group name: the security group gets its directory name", (told.scene.teams["Engineering"],))
    told.ask("U0DANA", "/miro", 'rename Engineering to "g_app_proeng_all" because the directory calls it so')
    told.press("U0CAROL", told.card("U0CAROL"), "approve", "Approve")
    told.after("U0DANA", "Engineering has the security name g_app_proeng_all")


def _admin(told: Telling) -> None:
    names = "Miro's SCIM calls IT Administration g_app_itadmin_all"
    told.chapter(f"Role change with a change of team, in one request ({names})", (ALEX,))
    text = '<@U0ALEX> from Engineering to "IT Administration" because Alex joins IT'
    told.ask("U0DANA", "/miro-admin", text, rights="Company Admin")
    told.press("U0CAROL", told.card("U0CAROL"), "approve", "Approve")
    told.after("U0ALEX", "You're a Company Admin")


def _leaver(told: Telling) -> None:
    told.chapter("Offboarding, account kept: rights first, then deactivated; Jo is told nothing", (JO,))
    told.ask("U0LENA", "/miro-offboard", f"{JO} because last day today", how="deactivate")
    told.press("U0PRIYA", told.card("U0PRIYA"), "approve", "Approve")
    told.after("U0LENA", "Jo Park (jo@example.com) is deactivated")
    told._expect("Jo hears nothing", not told.scene.slack.dm_of("U0JO"))


def _deleted(told: Telling) -> None:
    told.chapter("Offboarding, account deleted", (KIM,))
    told.ask("U0LENA", "/miro-offboard", f"delete {KIM} because left in January")
    told.press("U0CAROL", told.card("U0CAROL"), "approve", "Approve")
    told.after("U0LENA", "is deleted in Miro")


def _denied(told: Telling) -> None:
    told.chapter("A request is denied: one click, a reason, and nothing changes", (ALEX,))
    told.ask("U0ALEX", "/miro-access", "for Design because I like their boards")
    card = told.card("U0PRIYA")
    told.press("U0PRIYA", card, "deny", "Deny")
    told.write("U0PRIYA", "Ask again when the project starts.")
    told.after("U0ALEX", "Ask again when the project starts.")


def _halfway(told: Telling) -> None:
    told.chapter("Miro refuses halfway: it stops, says why, and is resumed", ("sam@example.com",))
    told.ask("U0SAM", "/miro-move", "from Research to Design because I change teams")
    told.press("U0CAROL", told.card("U0CAROL"), "approve", "Approve")
    stopped = [one for one in told.scene.slack.dm_of("U0CAROL") if "resume" in json.dumps(one.blocks)][-1]
    print("Carol Diaz sees:")
    print("\n".join(f"  | {line}" for line in as_text(stopped, NAMES).splitlines()))
    research = next(id for id in told.scene.miro.user("sam@example.com").groups  # type: ignore[union-attr]
                    if told.scene.miro.team(id).team_name == "Research")  # fmt: skip
    told.scene.miro.join("carol@example.com", research)
    carol = told.scene.miro.user("carol@example.com")
    assert carol
    told.scene.miro.change_team(research, admins=(*told.scene.miro.team(research).admins, carol.id))
    print("Carol Diaz makes herself admin of Research in Miro, and comes back.")
    told.press("U0CAROL", stopped, "resume", "Resume")
    told.after("U0SAM", "You're in Design")


def _record(told: Telling) -> int:
    store = told.scene.bot.store
    found = store.verify()
    print("\n== The record: every step above, in a chain that shows any change")
    states = {request.id: request.state.value for request in store.requests()}
    for id in ("policy", *reversed(states)):
        types = " ".join(event.type for event in store.events(RequestId(id)))
        print(f"  {id:<6} {states.get(RequestId(id), ''):<8} {types}")
    state = "BROKEN" if found.faults else "unbroken"
    print(f"Verified: {found.anchor.count} entries, {state}. Head {found.anchor.head[:16]}…")
    for failure in told.failed:
        print(f"NOT AS IT SHOULD BE, {failure}", file=sys.stderr)
    return 1 if found.faults or told.failed else 0


# -- the clickable workspace -----------------------------------------------------------------------------


@contextmanager
def _quiet_proxies() -> Iterator[None]:
    """slack_sdk reads proxy variables and ignores NO_PROXY: loopback must not go through one."""
    names = [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy")]
    kept = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ.update(kept)


def web(port: int) -> int:
    """Runs the bot in Socket Mode on a workspace to click in, until it is told to end. Raises NotThere."""
    people = [Somebody(id, email, name) for id, (email, name) in PEOPLE.items()]
    places = [Place(CHANNEL, "miro-access")]
    with (
        suppress(Ended),
        _told_to_end() as ended,
        _quiet_proxies(),
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "slack", people, places, port, ended) as slack,
    ):
        _click_along(Path(folder), slack, ended)
    print("Ended.")
    return 0


@contextmanager
def _told_to_end() -> Iterator[Callable[[], bool]]:
    """Whether somebody has ended the program.

    A signal only leaves word: an exception out of it could come between a program's start and whoever is to
    end that program.
    """
    told: list[int] = []
    names = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {name: signal.signal(name, lambda number, _: told.append(number)) for name in names}
    try:
        yield lambda: bool(told)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler or signal.SIG_DFL)


def _click_along(folder: Path, slack: LocalSlack, ended: Callable[[], bool]) -> None:
    (folder / "policy.toml").write_text(_policy(), encoding="utf-8")
    miro = Miro(token=TOKEN)
    teams = [miro.add_team(name) for name in ("Engineering", "IT Administration", "Design", "Sales")]
    miro.add_user("carol@example.com", "Carol Diaz", teams=teams, admin=True, team_admin_of=teams)
    names = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token, "MIRO_SCIM_TOKEN": TOKEN}
    secrets = {name: SecretStr(value) for name, value in names.items()}
    with miro.serve() as url, readable(slack.url) as api:
        bot = build(Settings(folder / "record.db", folder / "policy.toml", secrets, api, url))
        try:
            bot.start()
            with bot.on_socket():
                _invite(slack.url)
                while not ended():
                    time.sleep(LOOK_SECONDS)
        finally:
            bot.stop()


def _invite(page: str) -> None:
    print(f"A workspace to click in: {page}   (Ctrl-C ends it)", flush=True)
    print("1. Act as Alex Smith (top right); in #miro-access type: /miro-access for Engineering")
    print("2. Act as Priya Rao: under Direct messages, on the left, is the card. Press Approve.")
    print("3. Act as Alex again and look there. Then try: /miro help, or the house beside “miro”.")
    print("Miro is the sandbox; local-slack draws some things otherwise than Slack: confirmations, say.")
    if sys.stdout.isatty() and "SSH_CONNECTION" not in os.environ:
        webbrowser.open(page)
