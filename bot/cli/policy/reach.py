"""Asks whether all people, groups and teams that the policy names are there; changes nothing."""

from collections.abc import Iterator

from approvals.people import Standing
from approvals.policy.entries import Source
from bot.app import Bot
from bot.cli.common import thrown_away
from bot.cli.policy.strays import strays
from bot.context import BadField
from bot.miro.errors import MiroError
from bot.settings import Settings
from bot.slack.api.edge import SlackFault
from bot.work.approvers import closed, refresh_group


def unreached(settings: Settings) -> list[str]:
    """A sentence for each that can't be reached. Raises SlackAway, BrokenPolicy, BadSettings."""
    settings.require("SLACK_BOT_TOKEN")
    with thrown_away(settings) as bot:
        people = [*_people(bot), *_managers(bot), *_second_accounts(bot)]
        rest = [*_groups(bot), *_channel(bot), *_field(bot), *_closed(bot)]
        return [*people, *rest, *_teams(settings, bot)]


def _people(bot: Bot) -> Iterator[str]:
    for entry in sorted(bot.desk.policy.named(Source.ACCOUNT)):
        if problem := _problem(bot, entry):
            yield f"{entry}: {problem}"


def _managers(bot: Bot) -> Iterator[str]:
    policy = bot.desk.policy
    bosses = {*policy.managers.values()} if policy.named(Source.MANAGER) else set[str]()
    for entry in sorted(bosses - policy.named(Source.ACCOUNT)):
        if problem := _problem(bot, entry):
            yield f"{entry}, named in [managers]: {problem}"


def _second_accounts(bot: Bot) -> Iterator[str]:
    """An address needn't be one of Slack; an account that isn't there links nobody."""
    policy = bot.desk.policy
    apart = {entry for pair in policy.different_person.items() for entry in (pair[0], *pair[1])}
    for table, entries in (("same_person", {*policy.same_person}), ("different_person", apart)):
        for entry in sorted(entries):
            if "@" not in entry and bot.people.find(entry) is None:
                yield f"{entry}, named in [{table}]: Slack knows nobody by this name"


def _problem(bot: Bot, entry: str) -> str:
    """Why somebody can't be reached; '' where they can."""
    person = bot.people.find(entry)
    standing = person.account.standing if person and person.account else None
    if standing is None:
        return "Slack knows nobody by this name"
    return "" if standing is Standing.COLLEAGUE else f"{standing.value}, so can neither ask nor decide"


def _groups(bot: Bot) -> Iterator[str]:
    for handle in sorted(bot.desk.policy.named(Source.USER_GROUP)):
        if bot.people.user_group(handle) is None:
            yield f"{handle}: Slack knows no user group of this name"
            continue
        refresh_group(bot.desk, bot.people, handle)
        if not bot.store.people.members(handle, bot.desk.now()):
            yield f"{handle}: nobody is in it"


def _channel(bot: Bot) -> Iterator[str]:
    channel = bot.desk.policy.tell
    if not channel:
        return
    try:
        info = bot.client.conversations_info(channel=channel)["channel"]
    except SlackFault as fault:
        yield f"tell = {channel}: Slack says {fault.why}; is the bot in it?"
        return
    if info.get("is_archived"):
        yield f"tell = {channel}: it is archived"
    if info.get("is_ext_shared"):
        yield f"tell = {channel}: it is shared with another organization, so I don't post there"
    if not info.get("is_member", True):
        yield f"tell = {channel}: the bot isn't in it; invite it"


def _field(bot: Bot) -> Iterator[str]:
    name = bot.desk.policy.manager_field
    if not name:
        return
    try:
        bot.people.check_field(name)
    except BadField as error:
        yield f"manager_field: {error}"


def _teams(settings: Settings, bot: Bot) -> list[str]:
    try:
        return strays(settings, bot.desk.policy)
    except MiroError as error:
        return [f"Which teams there are couldn't be looked up: {error}"]


def _closed(bot: Bot) -> Iterator[str]:
    for name, why in closed(bot.desk).items():
        yield f"{name} is closed: {why}"
