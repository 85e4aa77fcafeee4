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
from wsgiref.types import StartResponse

import httpx
from pydantic import SecretStr

from approvals.ids import RequestId
from bot.app import build
from bot.directory.asking.feeder import QUIET
from bot.directory.lists import secret_of, signature
from bot.directory.webhook import Webhook
from bot.sandbox.miro.service import Exchange, Miro
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.local_slack import LOOK_SECONDS, Ended, LocalSlack, Place, Somebody, running
from bot.sandbox.slack.readable import ReadableReceiver, readable
from bot.sandbox.slack.records import Message
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import CHANNEL, PEOPLE, POLICY, TOKEN, Stage, stage
from bot.settings import Settings
from bot.slack.door.serving import serving

ALEX, JO, KIM = "alex@example.com", "jo@example.com", "kim@example.com"
NAMES = {id: name for id, (_, name) in PEOPLE.items()}


def play() -> int:
    """Plays all chapters on loopback; returns 0 if everything went as expected, else 1."""
    print("Miro's article “User lifecycle management”, played against the sandbox over real HTTP.")
    print("Invented people; Slack requests are signed; the sandbox follows Miro's published rules.")
    with _quiet_proxies(), tempfile.TemporaryDirectory() as folder:
        failed = _pushed(Path(folder))
    with (
        _quiet_proxies(),
        tempfile.TemporaryDirectory() as folder,
        stage(Path(folder), _policy(ADMIN_TEAM), _prepare) as scene,
    ):
        demo = Demo(scene)
        demo.failed, demo.number = failed, 1
        for chapter in (_joiner, _group, _admin, _leaver, _deleted, _denied, _halfway):
            chapter(demo)
        return _record(demo)


ADMIN_TEAM = '[teams]\n"IT Administration" = "g_app_itadmin_all"\n\n'


def _policy(names: str = "") -> str:
    """The stage's policy as a company sets it: managers request for their reports, nothing ends at night,
    new accounts get no attributes. `names`: TOML tables to add."""
    plain = POLICY.replace('[accounts.default]\norganization = "Example Ltd"\n', "")
    plain = plain.replace("for_others = [", 'for_others = ["manager", ')
    return (
        f'hours = "09:00-18:00"\nrests = ["Sat", "Sun"]\n{plain.replace("[managers]", f"{names}[managers]")}'
    )


def _prepare(miro: Miro, slack: Workspace) -> None:
    """Adds a team whose only admin Miro won't remove, and somebody who has already left Slack."""
    research = miro.add_team("Research")
    miro.add_user("sam@example.com", "Sam Lee", teams=[research], team_admin_of=[research])
    miro.add_user(JO, "Jo Park", teams=[research], admin=True)
    miro.add_user(KIM, "Kim Berg", teams=[research])
    teams = {miro.team(id).team_name: id for id in miro.user("carol@example.com").groups}  # type: ignore[union-attr]
    miro.change_team(teams["IT Administration"], displayName="g_app_itadmin_all")


class Demo:
    """Plays the chapters and prints what happens; `failed` lists what went otherwise than expected."""

    def __init__(self, scene: Stage) -> None:
        self.scene, self.number, self.seen = scene, 0, 0
        self.failed: list[str] = []

    def chapter(self, title: str, emails: tuple[str, ...]) -> None:
        """Begins a chapter; keeps how Miro shows these people now."""
        self.number += 1
        print(f"\n== {self.number}. {title}")
        self.about = emails
        self.scene.clock.sleep(60)  # Slack takes a message a second for one reader
        self.before = self._picture()

    def ask(self, user: str, command: str, text: str, **fields: Any) -> None:
        """Types a command as this user and sends the form that opens."""
        print(f"{NAMES[user]} types: {command} {text}")
        self.scene.acting.command(user, command, text)
        for chosen in fields.values():
            print(f"{NAMES[user]} chooses: {chosen}")
        form = self.scene.acting.modal(user)
        problems = [block for block in form["blocks"] if block["type"] == "section"]
        self._expect("the form has nothing to object", not problems)
        reply = self.scene.acting.submit(user, fields)
        self._expect("the form is taken", reply.status == 200 and not (reply.body or {}).get("errors"))
        self.scene.settle()
        self.calls()

    def card(self, user: str) -> Message:
        """Prints and returns the newest card with an Approve button that this user has."""
        cards = [card for card in self.scene.slack.dm_of(user) if '"approve"' in json.dumps(card.blocks)]
        self._expect(f"{NAMES[user]} has a card", bool(cards))
        print(f"{NAMES[user]} sees:")
        for line in as_text(cards[-1], NAMES).splitlines():
            print(f"  | {line}")
        return cards[-1]

    def press(self, user: str, card: Message, button: str) -> None:
        """Presses a button as this user; the bot does what follows."""
        elements = [element for block in card.blocks for element in block.get("elements", ())]
        [label] = [element["text"]["text"] for element in elements if element.get("action_id") == button]
        print(f"{NAMES[user]} presses [{label}].")
        self.scene.acting.click(user, card, button)
        self.scene.settle()
        self.calls()

    def write(self, user: str, reason: str) -> None:
        """Fills in the reason that a button asked for, and sends it."""
        print(f'{NAMES[user]} writes: "{reason}"')
        self.scene.acting.submit(user, {"reason": reason})
        self.scene.settle()

    def calls(self) -> None:
        """Prints the calls to Miro since last time: METHOD path body -> status."""
        for exchange in self.scene.miro.log[self.seen :]:
            print(f"    {_line(exchange)}")
        self.seen = len(self.scene.miro.log)

    def after(self, user: str, expected: str) -> None:
        """Prints Miro before and after, and the last message to this user, which has to hold `expected`."""
        for old, new in zip(self.before, self._picture(), strict=True):
            print(f"  Miro before: {old}" + (f"\n  Miro after:  {new}" if new != old else " (unchanged)"))
        heard = [message.text for message in self.scene.slack.dm_of(user)]
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


def _line(exchange: Exchange) -> str:
    path = re.sub(r"attributes=(id,userName)[^&]*", r"attributes=\1,…", exchange.path)
    body = dict(exchange.body or {})
    body.pop("schemas", None)
    sent = " " + json.dumps(body.get("Operations", body), separators=(",", ":")) if body else ""
    return f"{exchange.method} {path}{sent} -> {exchange.status}"


OKTA = """
[directory.okta]
account = "miroUsers"
teams = { "g_app_proeng_all" = "Engineering" }
attributes = ["name", "department"]
unattended = ["access", "leave", "details", "deactivate"]
approvers = ["it"]
owner = ["it"]
"""


def _pushed(folder: Path) -> list[str]:
    """Plays what a directory says, on a stage of its own; returns what went otherwise than expected."""
    with stage(folder, f"{_policy()}{OKTA}") as scene:
        demo, context = Demo(scene), scene.bot.context
        demo.chapter("Onboarding: added to two groups in the directory, nobody clicks", (ALEX,))
        print("This company's directory sends changes. The next chapters are of another, where people ask.")
        event = {"email": ALEX, "given_name": "Alex", "family_name": "Smith", "department": "R&D"}
        body = json.dumps(event | {"groups": ["miroUsers", "g_app_proeng_all"]})
        stamp = str(int(scene.clock.seconds()))
        headers = {
            "X-Miro-Bot-Timestamp": stamp,
            "X-Miro-Bot-Signature": signature(secret_of(TOKEN, "okta"), stamp, body.encode()),
        }
        with serving(Webhook(_no_scim, context, TOKEN), "127.0.0.1", 0, 2) as url:
            print(f"The directory sends: POST /events/okta {body}")
            answer = httpx.post(f"{url}/events/okta", content=body, headers=headers, trust_env=False)
        demo._expect("the event is taken", answer.status_code == 200)
        scene.settle()
        scene.clock.sleep(QUIET.total_seconds())
        scene.settle()
        demo.calls()
        demo.after("U0ALEX", "You're in Engineering")
        return demo.failed


def _no_scim(environ: dict[str, Any], start: StartResponse) -> list[bytes]:
    """Serving SCIM needs an extra; the word is stored in the same way."""
    start("404 Not Found", [])
    return []


# -- the chapters ----------------------------------------------------------------------------------------


def _joiner(demo: Demo) -> None:
    demo.chapter("Onboarding: look the person up, create the account, join a team", (ALEX,))
    demo.ask("U0ALEX", "/miro-access", "for Engineering because I start on Monday")
    demo.press("U0PRIYA", demo.card("U0PRIYA"), "approve")
    demo.after("U0ALEX", "You're in Engineering")


def _group(demo: Demo) -> None:
    demo.chapter("Group name: the security group gets its directory name", (demo.scene.teams["Engineering"],))
    demo.ask("U0DANA", "/miro", 'rename Engineering to "g_app_proeng_all" because the directory calls it so')
    demo.press("U0CAROL", demo.card("U0CAROL"), "approve")
    demo.after("U0DANA", "Engineering has the security name g_app_proeng_all")


def _admin(demo: Demo) -> None:
    names = "Miro's SCIM calls IT Administration g_app_itadmin_all"
    demo.chapter(f"Role change with a change of team, in one request ({names})", (ALEX,))
    text = '<@U0ALEX> from Engineering to "IT Administration" because Alex joins IT'
    demo.ask("U0DANA", "/miro-admin", text, rights="Company Admin")
    demo.press("U0CAROL", demo.card("U0CAROL"), "approve")
    demo.after("U0ALEX", "You're a Company Admin")


def _leaver(demo: Demo) -> None:
    demo.chapter("Offboarding, account kept: rights first, then deactivated; Jo is told nothing", (JO,))
    demo.ask("U0LENA", "/miro-offboard", f"{JO} because last day today", how="deactivate")
    demo.press("U0PRIYA", demo.card("U0PRIYA"), "approve")
    demo.after("U0LENA", "The Miro account of Jo Park (jo@example.com) is deactivated")
    demo._expect("Jo hears nothing", not demo.scene.slack.dm_of("U0JO"))


def _deleted(demo: Demo) -> None:
    demo.chapter("Offboarding, account deleted", (KIM,))
    demo.ask("U0LENA", "/miro-offboard", f"delete {KIM} because left in January")
    demo.press("U0CAROL", demo.card("U0CAROL"), "approve")
    demo.after("U0LENA", "is deleted")


def _denied(demo: Demo) -> None:
    demo.chapter("A request is denied: one click, a reason, and nothing changes", (ALEX,))
    demo.ask("U0ALEX", "/miro-access", "for Design because I like their boards")
    card = demo.card("U0PRIYA")
    demo.press("U0PRIYA", card, "deny")
    demo.write("U0PRIYA", "Ask again when the project starts.")
    demo.after("U0ALEX", "Ask again when the project starts.")


def _halfway(demo: Demo) -> None:
    demo.chapter("Miro refuses halfway: it stops, says why, and is resumed", ("sam@example.com",))
    demo.ask("U0SAM", "/miro-move", "from Research to Design because I change teams")
    demo.press("U0CAROL", demo.card("U0CAROL"), "approve")
    seen = demo.scene.slack.dm_of("U0CAROL")
    stopped = next(card for card in reversed(seen) if '"resume"' in json.dumps(card.blocks))
    print("Carol Diaz sees:")
    print("\n".join(f"  | {line}" for line in as_text(stopped, NAMES).splitlines()))
    research = next(id for id in demo.scene.miro.user("sam@example.com").groups  # type: ignore[union-attr]
                    if demo.scene.miro.team(id).team_name == "Research")  # fmt: skip
    demo.scene.miro.join("carol@example.com", research)
    carol = demo.scene.miro.user("carol@example.com")
    assert carol
    demo.scene.miro.change_team(research, admins=(*demo.scene.miro.team(research).admins, carol.id))
    print("Carol Diaz makes herself admin of Research in Miro, and comes back.")
    demo.press("U0CAROL", stopped, "resume")
    demo.after("U0SAM", "You're in Design")


def _record(demo: Demo) -> int:
    store = demo.scene.bot.store
    verdict = store.verify()
    print(f"\n== The record of chapters 2 to {demo.number}: every step, in a chain that shows any change")
    states = {request.id: request.state.value for request in store.requests()}
    for id in ("policy", *reversed(states)):
        types = " ".join(event.type for event in store.events(RequestId(id)))
        print(f"  {id:<6} {states.get(RequestId(id), ''):<8} {types}")
    state = "BROKEN" if verdict.faults else "unbroken"
    print(f"Verified: {verdict.anchor.count} entries, {state}. Head {verdict.anchor.head[:16]}…")
    for failure in demo.failed:
        print(f"NOT AS IT SHOULD BE, {failure}", file=sys.stderr)
    return 1 if verdict.faults or demo.failed else 0


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


def web(port: int, host: str) -> int:
    """Runs the bot in Socket Mode on a clickable workspace until a signal ends it. Raises NotThere."""
    people = [Somebody(id, email, name) for id, (email, name) in PEOPLE.items()]
    places = [Place(CHANNEL, "miro-access")]
    with (
        suppress(Ended),
        _until_ended() as ended,
        _quiet_proxies(),
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "slack", people, places, port, ended, host) as slack,
    ):
        _click_along(Path(folder), slack, ended)
    print("Ended.")
    return 0


@contextmanager
def _until_ended() -> Iterator[Callable[[], bool]]:
    """Yields a function that says whether a signal has asked this program to end.

    A signal is only noted. Were an exception raised, it could come between the start of a child process
    and the code that ends it.
    """
    signals: list[int] = []
    names = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {name: signal.signal(name, lambda number, _: signals.append(number)) for name in names}
    try:
        yield lambda: bool(signals)
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
            with bot.on_socket(ReadableReceiver(bot.receiver())):
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
