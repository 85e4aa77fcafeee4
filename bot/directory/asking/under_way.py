"""What Miro listed last, and what of a directory's requests, and others', is under way since."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from approvals.decide.streams.reviews import ACCOUNT
from approvals.ids import PersonId
from approvals.people import Person, canonical
from approvals.request import Request
from approvals.states import OPEN, State
from bot.actions.many import Bulk, Line
from bot.context import Context
from bot.directory.asking.mapping import COMPANY_ADMIN, TAKES


def holds(context: Context) -> dict[str, set[str]]:
    """What Miro listed last, by address: ids of teams, rights, and of everybody ACCOUNT."""
    holds = defaultdict[str, set[str]](lambda: {ACCOUNT})
    for _, email, _ in context.store.groups.in_none():
        holds[email].add(ACCOUNT)
    for group, _, email, _ in context.store.groups.memberships():
        holds[email].add(group)
    for admin in context.store.groups.admins()[0]:
        holds[canonical(admin.email)].update(admin.rights.split(", "))
    return dict(holds)


def bulks(context: Context, source: PersonId | None, *states: State) -> Iterator[Request]:
    """The bulks of a directory, or everybody's, in some states, by default in any."""
    requests = context.store.each(context.store.numbers(states=states, actions=[Bulk.NAME], person=source))
    return (request for request in requests if source in (None, request.requester))


def unmade(context: Context, bulks: Iterable[Request]) -> Iterator[tuple[PersonId, Line]]:
    """(person, line) of bulks whose lines aren't requests yet: a newer word of them comes after those."""
    for request in filter(context.readable, bulks):
        if isinstance(command := context.command(request), Bulk):
            made = sum(context.store.lines(request.id).values())
            yield from ((PersonId(str(line.details["person"])), line) for line in command.lines[made:])


def leaving(
    context: Context, source: PersonId, admins: Iterable[str], wants: Callable[[Request], bool]
) -> set[str]:
    """Those of some addresses from whom a request, or a line of a bulk, takes Company Admin rights that is
    open, or done since Miro listed them. `wants`: whether a directory still wants a request of its own."""
    seen, store = context.store.groups.seen_at("admins"), context.store
    lines = unmade(context, bulks(context, None, *OPEN))
    together = {person for person, line in lines if line.action in TAKES and _is_of_admin(line.details)}

    def takes(request: Request, person: Person) -> bool:
        is_newer = request.outcome and seen and request.outcome.at > seen
        is_wanted = request.requester != source or wants(request)
        is_under_way = request.state in OPEN or (request.state is State.DONE and is_newer)
        is_subject = request.subject in person.rows
        return bool(is_subject and _is_of_admin(request.details) and is_under_way and is_wanted)

    def leaves(person: Person) -> bool:
        requests = store.each(store.numbers(actions=TAKES, person=person.id))
        return not together.isdisjoint(person.rows) or any(takes(each, person) for each in requests)

    return {email for email in admins if (person := context.find(email)) and leaves(person)}


def _is_of_admin(details: Mapping[str, Any]) -> bool:
    return bool(details.get("rights", COMPANY_ADMIN) == COMPANY_ADMIN)
