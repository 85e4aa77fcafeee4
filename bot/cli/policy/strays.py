"""Names of teams in a policy that mean no team of Miro's, or none for certain: looked up from a shell."""

from collections.abc import Iterator
from contextlib import contextmanager

from approvals.ids import GroupId
from approvals.policy.model import Policy
from approvals.record.store import Store
from bot.actions.tables import Tables
from bot.cli.common import is_there, open_record, thrown_away
from bot.policies import by_record
from bot.settings import Settings


def strays(settings: Settings, policy: Policy) -> list[str]:
    """A sentence for each; by the list of groups in the record, else by Miro's own, where there is a token.

    Raises StoreTrouble, and any MiroError.
    """
    if not policy.team_names():
        return []
    with _listed(settings) as store:
        if store is None:
            return []
        people, groups = store.people, store.groups
        tables = Tables(by_record(store, policy), groups.all, people.meet, people, groups.get)
        missing = [f"{name}: Miro has no such team" for name in tables.unknown_teams()]
        return missing + [
            f"{name}: may be another team; write the id instead" for name in tables.ambiguous_names()
        ]


@contextmanager
def _listed(settings: Settings) -> Iterator[Store | None]:
    """A store with a list of Miro's groups; None where none can be had."""
    if is_there(settings.database):
        with open_record() as record:
            if record.groups.seen_at():
                yield record
                return
    if not settings.secret("MIRO_SCIM_TOKEN"):
        yield None
        return
    with thrown_away(settings) as bot:
        bot.store.groups.keep([(GroupId(one.id), one.display_name) for one in bot.miro.groups().entries])
        yield bot.store
