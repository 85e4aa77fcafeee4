"""A whole bot between both stand-ins, on loopback, for the demo and the tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from approvals.record.database import Location
from bot.app import LISTENERS, Bot, build
from bot.sandbox.miro.organization import GroupModel
from bot.sandbox.miro.rest import ORG
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.workspace import Workspace
from bot.settings import Settings
from bot.slack.door.serving import serving

TOKEN = "sandbox-token"  # opens nothing but the stand-in
OAUTH = "sandbox-oauth"
SECRET = "sandbox-secret"
CHANNEL = "C0MIRO"

POLICY = """\
operators = ["it"]
domains = ["example.com"]
command_line_decides = true

[managed_elsewhere]
"Sales" = "the Okta tile “Miro Sales”"

[managers]
"alex@example.com" = "priya@example.com"
"jo@example.com" = "priya@example.com"

[groups.it]
people = ["carol@example.com", "sam@example.com"]
because = "you look after Miro"
[groups.hr]
people = ["lena@example.com"]

[accounts.default]
organization = "Example Ltd"

[actions]
request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"] }
move-team = { ask = ["anyone"], for_others = ["it"], approvers = ["manager", "it"] }
leave-team = { ask = ["anyone"], for_others = ["it"], approvers = ["manager", "it"] }
make-admin = { ask = ["it"], for_others = ["it", "dana@example.com"], approvers = ["it"], expires = "1d" }
remove-admin = { for_others = ["it", "dana@example.com"], approvers = ["it"], expires = "1d" }
offboard = { for_others = ["hr", "it"], approvers = ["manager", "it"], expires = "8h" }
reactivate = { ask = ["it"], for_others = ["it", "hr"], approvers = ["manager", "it"] }
rename-group = { ask = ["it", "dana@example.com"], approvers = ["it"], expires = "3d" }
create-group = { ask = ["it", "dana@example.com"], approvers = ["it"] }
delete-group = { ask = ["it", "dana@example.com"], approvers = ["it"] }
update-details = { for_others = ["it", "dana@example.com"], approvers = ["it"] }
change-license = { for_others = ["it", "dana@example.com"], approvers = ["it"] }
"""

PEOPLE = {
    "U0ALEX": ("alex@example.com", "Alex Smith"),
    "U0PRIYA": ("priya@example.com", "Priya Rao"),
    "U0DANA": ("dana@example.com", "Dana Fox"),
    "U0CAROL": ("carol@example.com", "Carol Diaz"),
    "U0SAM": ("sam@example.com", "Sam Lee"),
    "U0LENA": ("lena@example.com", "Lena Vogt"),
    "U0JO": ("jo@example.com", "Jo Park"),
}
"""Invented people of an invented company: Slack id, e-mail, name."""


class Clock:
    """A clock that moves only by `pass_` and `sleep`."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def pass_(self, span: timedelta) -> None:
        """Moves the clock on by `span`."""
        self._now += span

    def sleep(self, seconds: float) -> None:
        """Moves the clock on without waiting."""
        self._now += timedelta(seconds=seconds)

    def seconds(self) -> float:
        """The time in seconds since 1970."""
        return self._now.timestamp()


@dataclass
class Stage:
    """Both stand-ins, the bot, and people who act in Slack."""

    clock: Clock
    miro: Miro
    slack: Workspace
    bot: Bot
    acting: Gestures
    url: str
    teams: dict[str, str]
    folder: Path
    urls: tuple[str, str]
    has_rest: bool = False

    def settle(self) -> None:
        """Lets the bot do all work that is due now."""
        self.bot.settle()

    def rebuild(self, **how: Any) -> Bot:
        """Another bot on the same record, as after a restart."""
        return build(
            _settings(self.folder, *self.urls, has_rest=self.has_rest, group_model=self.miro.group_model),
            now=self.clock,
            sleep=self.clock.sleep,
            **how,
        )


def _settings(
    folder: Path,
    miro: str,
    slack: str,
    database: Location | None = None,
    has_rest: bool = False,
    group_model: GroupModel = "team",
) -> Settings:
    names = {"SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_SIGNING_SECRET": SECRET, "MIRO_SCIM_TOKEN": TOKEN}
    names |= {"MIRO_OAUTH_TOKEN": OAUTH, "MIRO_ORG_ID": ORG} if has_rest else {}
    secrets = {name: SecretStr(value) for name, value in names.items()}
    origin, record = miro.removesuffix("/api/v1/scim"), database or folder / "record.db"
    return Settings(
        record, folder / "policy.toml", secrets, slack, miro, group_model=group_model, rest_url=origin
    )


def people_of(slack: Workspace) -> None:
    """Adds the invented people to the workspace."""
    for id, (email, name) in PEOPLE.items():
        slack.add_person(id, email, name)
    slack.add_channel(CHANNEL, "miro-access", members=[*PEOPLE, "U0BOT"])


@contextmanager
def stage(
    folder: Path,
    policy: str = POLICY,
    prepare: Callable[[Miro, Workspace], None] | None = None,
    database: Location | None = None,
    has_rest: bool = False,
    group_model: GroupModel = "team",
    clock: Clock | None = None,
    **how: Any,
) -> Iterator[Stage]:
    """Starts everything on loopback. No thread of the bot runs: `settle` does the work that is due.

    `prepare` changes the stand-ins before the bot starts; `database`: where its record is, by default a
    file in the folder; `has_rest`: whether it has the credentials of Miro's REST API.
    """
    clock = clock or Clock()
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    miro = Miro(token=TOKEN, group_model=group_model, now=clock.seconds, sleep=clock.sleep)
    teams = {name: miro.add_team(name) for name in ("Engineering", "IT Administration", "Design", "Sales")}
    miro.default_team = miro.add_team("Everybody")
    miro.add_user(
        "carol@example.com", "Carol Diaz", teams=teams.values(), admin=True, team_admin_of=teams.values()
    )
    slack = Workspace(signing_secret=SECRET, now=clock.seconds)
    people_of(slack)
    if prepare:
        prepare(miro, slack)
    with ExitStack() as open_:
        urls = open_.enter_context(miro.serve()), open_.enter_context(slack.serve())
        settings = _settings(folder, *urls, database, has_rest, group_model)
        bot = build(settings, now=clock, sleep=clock.sleep, **how)
        open_.callback(bot.stop)
        bot.housekeeping.tick()
        door = bot.door()
        url = open_.enter_context(serving(door, "127.0.0.1", 0, LISTENERS, refused=door.counts.add))
        acting = Gestures(slack, f"{url}/slack/events", wall_clock=clock.seconds)
        miro.log.clear()
        yield Stage(clock, miro, slack, bot, acting, url, teams, folder, urls, has_rest)
