"""What somebody has to do before a closure that starts later, told days before: else it would stop then."""

from collections.abc import Sequence
from datetime import timedelta

from approvals.clocks import is_recent
from approvals.people import FRESH, Person, canonical
from approvals.record.outbox import Note
from approvals.request import Request
from approvals.states import State
from bot.actions import ACTIONS
from bot.context import Desk
from bot.miro.wording import ADMIN_FIRST, HAZARDS

BEFORE = (timedelta(days=3), timedelta(days=1))
"""When it is told, and told again."""


def tell(desk: Desk) -> None:
    """Tells requesters and operators what comes first, once for each of these times."""
    for request in desk.store.requests(states=[State.APPROVED], limit=1_000):
        action = ACTIONS.get(request.action)
        if not (action and action.CLOSES and request.is_scheduled and request.starts_at and request.subject):
            continue
        left = request.starts_at - desk.now()
        due = sum(left <= before for before in BEFORE)
        todo = _todo(desk, request, desk.person(request.subject)) if due and not request.untouchable else []
        if todo and desk.store.once(f"ahead {request.id} {request.starts_at} {due}"):
            _say(desk, request, todo)


def _todo(desk: Desk, request: Request, subject: Person) -> Sequence[str]:
    """The sentences: from the list of admins of today, and of teams as of the plan."""
    values = {hazard.code: hazard.values for step in request.plan.steps for hazard in step.hazards}
    if _is_last_admin(desk, subject, known=ADMIN_FIRST in values):
        values[ADMIN_FIRST] = {}
    else:
        values.pop(ADMIN_FIRST, None)
    return [
        HAZARDS[code].format(**values[code]) for code in (ADMIN_FIRST, "only-team-admin") if code in values
    ]


def _is_last_admin(desk: Desk, subject: Person, *, known: bool) -> bool:
    """Whether nobody else is Company Admin; `known`: the answer while the list isn't fresh."""
    admins, seen_at = desk.store.groups.admins()
    if not is_recent(seen_at, desk.now(), FRESH):
        return known
    emails = {canonical(admin.email) for admin in admins if "Company Admin" in admin.rights}
    return bool(emails) and emails <= subject.keys


def _say(desk: Desk, request: Request, todo: Sequence[str]) -> None:
    assert request.starts_at
    stamp, plain = int(request.starts_at.timestamp()), f"{request.starts_at:%d %b, %H:%M} UTC"
    at = f"<!date^{stamp}^{{date_short_pretty}}, {{time}}|{plain}>"
    text = f"{request.id} starts {at}. Before that, somebody has to see to this: {' '.join(todo)}"
    people = {person.id: person for person in (desk.person(request.requester), *desk.operators())}
    for person in people.values():
        if person.account and not desk.is_secret_from(person, request):
            desk.store.outbox.say(Note(person.account.slack_id, {"text": text}))
