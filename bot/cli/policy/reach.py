"""Looks up whether all people, groups and teams named in a policy exist, changing nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from approvals.ids import GroupId
from approvals.people import Standing
from approvals.policy.entries import Source
from approvals.policy.model import Policy
from approvals.record.store import Store, utc_now
from bot.actions.tables import Tables
from bot.app import Bot
from bot.cli.common import is_there, open_record, thrown_away
from bot.context import BadField
from bot.miro.errors import MiroError
from bot.miro.lists import Listing
from bot.miro.wire import MiroGroup
from bot.policies import by_record
from bot.settings import Settings
from bot.slack.api.edge import SlackFault
from bot.work.approvers import closed, refresh_group

_NOBODY = "no such person in Slack"


GroupList = Callable[[], Listing[MiroGroup]]
"""Reads Miro's groups; one read costs a fifth of what Miro takes in 30 s."""


def unreached(settings: Settings, listing: GroupList | None = None) -> list[str]:
    """A sentence for each that isn't found; `listing`: as for `strays`.

    Raises SlackAway, BrokenPolicy, BadSettings.
    """
    settings.require("SLACK_BOT_TOKEN")
    with thrown_away(settings) as bot:
        missing = [*_people(bot), *_groups(bot), *_channel(bot)]
        try:
            if field := bot.context.policy.manager_field:
                bot.people.check_field(field)
        except BadField as error:
            missing.append(f"manager_field: {error}")
        missing += [f"{name} can't be requested: {why}" for name, why in closed(bot.context).items()]
        try:
            return missing + strays(settings, bot.context.policy, listing)
        except MiroError as error:
            return [*missing, f"The teams couldn't be checked: {error}"]


def _people(bot: Bot) -> Iterator[str]:
    """Looks up everybody who may ask, decide or manage, and further accounts in [same_person].

    A further address needn't exist in Slack; an account that doesn't exist links nobody.
    """
    policy = bot.context.policy
    named = policy.named(Source.ACCOUNT)
    bosses = {*policy.managers.values()} if policy.named(Source.MANAGER) else set[str]()
    for entry in (*sorted(named), *sorted(bosses - named)):
        person = bot.people.find(entry)
        standing = person.account.standing if person and person.account else None
        problem = f"{standing.value}, so can't request or decide" if standing else _NOBODY
        if standing is not Standing.COLLEAGUE:
            yield f"{entry}{'' if entry in named else ' in [managers]'}: {problem}"
    apart = {entry for first, others in policy.different_person.items() for entry in (first, *others)}
    for table, entries in (("same_person", {*policy.same_person}), ("different_person", apart)):
        for entry in sorted(entries):
            if "@" not in entry and bot.people.find(entry) is None:
                yield f"{entry} in [{table}]: {_NOBODY}"


def _groups(bot: Bot) -> Iterator[str]:
    for handle in sorted(bot.context.policy.named(Source.USER_GROUP)):
        if bot.people.user_group(handle) is None:
            yield f"{handle}: no such user group in Slack"
            continue
        refresh_group(bot.context, bot.people, handle)
        if not bot.store.people.members(handle, bot.context.now()):
            yield f"{handle}: the user group is empty"


def _channel(bot: Bot) -> Iterator[str]:
    channel = bot.context.policy.tell
    if not channel:
        return
    try:
        info = bot.client.conversations_info(channel=channel)["channel"]
    except SlackFault as fault:
        yield f"tell = {channel}: Slack says {fault.why}. Is the bot in it?"
        return
    if info.get("is_archived"):
        yield f"tell = {channel}: the channel is archived"
    if info.get("is_ext_shared"):
        yield f"tell = {channel}: it's shared with another organization, so the bot doesn't post there"
    if not info.get("is_member", True):
        yield f"tell = {channel}: invite the bot to it"


def strays(settings: Settings, policy: Policy, listing: GroupList | None = None) -> list[str]:
    """A sentence for each team name that matches no Miro group, or is ambiguous.

    By the list of groups in the record, else `listing`, else read from Miro if there is a token. Raises
    StoreTrouble, and any MiroError.
    """
    if not policy.team_names():
        return []
    with _listed(settings, listing) as store:
        if store is None:
            return []
        people, groups = store.people, store.groups
        tables = Tables(by_record(store, policy), groups.all, people.meet, people, groups.get, utc_now())
        unsure = [f"{name}: could mean several teams; use the team's id" for name in tables.ambiguous_names()]
        return [f"{name}: Miro has no such team" for name in tables.unknown_teams()] + unsure


@contextmanager
def _listed(settings: Settings, listing: GroupList | None) -> Iterator[Store | None]:
    """A store with a list of Miro's groups, or None if there is none."""
    if is_there(settings.database):
        with open_record(settings.database) as record:
            if record.groups.seen_at():
                yield record
                return
    if not settings.secret("MIRO_SCIM_TOKEN"):
        yield None
        return
    with thrown_away(settings) as bot:
        groups = (listing or bot.miro.groups)().entries
        bot.store.groups.keep([(GroupId(group.id), group.display_name) for group in groups])
        yield bot.store
