"""A company for one story: the sandbox's Miro, local-slack, and the bot in Socket Mode, and a clock."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from approvals.ids import SlackId
from approvals.people import Account, Standing
from bot.app import Bot, build
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.local_slack import LocalSlack, Place, Somebody, running
from bot.sandbox.slack.readable import ReadableReceiver, readable
from bot.sandbox.stage import CHANNEL, PEOPLE, TOKEN, Clock
from bot.settings import Settings
from tests.local_slack import People
from tests.screens.picture import Story

TEAMS = ("Engineering", "IT Administration", "Design", "Sales")
CHANNEL_NAME = "miro-access"


@dataclass
class Company:
    """Everything a story is played on. The bot does nothing by itself: `settle` moves it on."""

    clock: Clock
    miro: Miro
    teams: dict[str, str]
    slack: LocalSlack
    bot: Bot
    people: People
    resting: bool = False

    def settle(self) -> None:
        """Lets the bot do what there is to do now; resting, it only listens."""
        if not self.resting:
            self.bot.settle()

    def pass_(self, span: timedelta) -> None:
        """Lets time pass, and the bot do what time brings about."""
        self.clock.pass_(span)
        self.bot.housekeeping.tick()
        self.settle()

    def member(self, email: str, name: str, *teams: str, admin: bool = False) -> None:
        """Somebody has a Miro account, in these teams."""
        self.miro.add_user(email, name, teams=[self.teams[team] for team in teams], admin=admin)

    def is_now(self, slack_id: str, standing: Standing) -> None:
        """What Slack says of somebody from now on; local-slack has colleagues only."""
        account = Account(SlackId(slack_id), standing, self.clock(), "Europe/Berlin")
        self.bot.store.people.saw(account, PEOPLE[slack_id][0], name=PEOPLE[slack_id][1])
        self.bot.context.people_changed = True
        self.bot.housekeeping.tick()

    def heard(self) -> bool:
        """Whether the bot has acknowledged everything that local-slack sent."""
        log = self.people.log()
        sent = [one for one in log if one["summary"].startswith("envelope")]
        return len(sent) == len([one for one in log if one["kind"] == "ack"])


@contextmanager
def company(folder: Path, story: Story) -> Iterator[Company]:
    """The company, until the block ends."""
    (folder / "policy.toml").write_text(story.policy, encoding="utf-8")
    clock = Clock()
    miro = Miro(token=TOKEN, group_model=story.group_model, now=clock.seconds, sleep=clock.sleep)
    teams = _furnish(miro)
    everybody = [Somebody(id, email, name) for id, (email, name) in PEOPLE.items()]
    with ExitStack() as open_:
        url = open_.enter_context(miro.serve())
        places = [Place(CHANNEL, CHANNEL_NAME)]
        slack = open_.enter_context(running(folder / "slack", everybody, places))
        api = open_.enter_context(readable(slack.url))
        settings = replace(_settings(folder, url, slack, api), group_model=story.group_model)
        bot = build(settings, practice=story.practice, now=clock, sleep=clock.sleep)
        open_.callback(bot.stop)
        whole = Company(clock, miro, teams, slack, bot, People(slack))
        story.prepare(whole)
        bot.housekeeping.tick()
        open_.enter_context(bot.on_socket(ReadableReceiver(bot.receiver())))
        yield whole


def _furnish(miro: Miro) -> dict[str, str]:
    """Four teams of one admin, and the team that everybody is in."""
    teams = {name: miro.add_team(name) for name in TEAMS}
    miro.default_team = miro.add_team("Everybody")
    carol, all_ = PEOPLE["U0CAROL"], list(teams.values())
    miro.add_user(*carol, teams=all_, admin=True, team_admin_of=all_)
    return teams


def _settings(folder: Path, miro: str, slack: LocalSlack, api: str) -> Settings:
    names = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token, "MIRO_SCIM_TOKEN": TOKEN}
    secrets = {name: SecretStr(value) for name, value in names.items()}
    return Settings(folder / "record.db", folder / "policy.toml", secrets, api, miro)
