"""What comes without a click: the end of access, deletion after deactivation, the end of needless requests.

Each is a request of its own (`because_of`). It needs no approval: it was approved with the first.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from approvals.clocks import is_recent
from approvals.decide import decide
from approvals.decide.actor import Actor
from approvals.decide.clock import withdrawn
from approvals.decide.delegates import RETURNED
from approvals.ids import BOT, stamp
from approvals.people import FRESH, Person, canonical
from approvals.plan import NO_PLAN, Plan
from approvals.record.outbox import Note
from approvals.refusals import Refused
from approvals.request import Draft, Request, saying
from approvals.sentence import Sentence
from approvals.states import EventType, State
from bot.actions import Action
from bot.actions.fill import with_person
from bot.actions.many import Bulk
from bot.context import CONFIDENTIAL, Context
from bot.miro.accounts import vanished
from bot.miro.goals import Goal, Seen
from bot.miro.plan import Obstacle
from bot.miro.rights import demotes
from bot.miro.wording import ADMIN_FIRST, HAZARDS
from bot.work.account import Target, closures
from bot.work.ask import asked_event
from bot.work.bulk.plans import approved_plans

BEFORE = (timedelta(days=3), timedelta(days=1))
"""When it is told, and told again, what somebody has to do before a closure that starts later."""
NOTICE = timedelta(days=1)
"""How long before the end people are notified; for access of a day or two, after half of the time."""
ANOTHER_ADMIN = timedelta(hours=1)
"""How long until the end of the last admin's rights is tried again."""
NEEDLESS = Sentence("needless")
"""Doesn't mention the offboarding, because the leaver reads it, too."""
_NOT_BEGUN = (State.CHECKING, State.WAITING, State.APPROVED)


def end_of(context: Context, request: Request, command: Action) -> datetime | None:
    """When access ends that begins now, or at its start: with its last day in the requester's time zone, or
    after its days."""
    last: date | None = getattr(command, "until", None)
    if last is None:
        begins = max(context.now(), request.starts_at or context.now())
        return begins + timedelta(days=command.days) if command.days else None
    return datetime.combine(last, time(23, 59), context.person(request.requester).zone).astimezone(UTC)


def times(now: datetime, ends_at: datetime) -> dict[str, str]:
    """{"ends_at", "notice_at"} of access that begins now."""
    length = max(ends_at - now, timedelta())
    return {"ends_at": stamp(ends_at), "notice_at": stamp(ends_at - min(NOTICE, length / 2))}


def prolonged(context: Context, request: Request, command: Action) -> Request | None:
    """The done request whose end this one would move: the same access for the same person; or None."""
    if command.subject is None or "for_days" not in command.form():
        return None
    ends = {name: getattr(command, name) for name in ("until", "for_days")}
    for other in context.store.done(request.action, command.subject):
        may_move = other.ending.ends_at and other.id != request.id and context.readable(other)
        if may_move and context.command(other).model_copy(update=ends) == command:
            return other
    return None


def move(context: Context, request: Request) -> None:
    """Removes the end of the request that this one prolongs; called in the transaction of *done*."""
    id = request.plan.prolongs
    prolongs = context.store.request(id) if id else None
    if prolongs and prolongs.ending.ends_at:
        context.store.append(
            prolongs, [Draft(EventType.OVER, body={"because_of": request.id, "moved": True})]
        )


def end_now(context: Context, request: Request, actor: Actor) -> None:
    """Revokes access before its last day, if this person may. Raises Refused."""
    decide.check_ends(request, actor, context.table(request))
    revoke(context, request, actor)


def revoke(context: Context, request: Request, actor: Actor | None = None) -> None:
    """Writes *over* and the request that revokes the access, in one transaction; `who`: who ends it early."""
    with context.store.writing():
        given, body = context.command(request), {}
        if command := given.ending(request.plan.gives):
            how = f"{actor.person.called} ended it early" if actor else "That time is up"
            event = _following(context, request, command, f"{request.id} was {given.limit}. {how}.")
            body = {"because_of": context.store.ask(event).id}
        by, signed = (actor.person.id, actor.signed) if actor else (BOT, {})
        context.store.append(request, [Draft(EventType.OVER, by, body, signed)])


def _following(context: Context, request: Request, command: Action, reason: str) -> Draft:
    """The ask of what another request brings about without anybody's approval."""
    words, by = {"reason": reason}, request.requester
    practice = request.practice
    return asked_event(context, command, by, words, because_of=request.id, is_end=True, practice=practice)


def check(context: Context, request: Request, command: Action) -> None:
    """Raises Refused for a revocation or deletion without an approved request, which is why it needs none.

    The person may have another row, or another address, by now.
    """
    cause = context.store.request(request.because_of) if request.because_of else None
    then = context.command(cause).then if cause else None
    if cause is None or cause.state is not State.DONE or not (cause.scope.days or then):
        raise Refused("There's no approved access to end.")
    expected = then[0] if then else context.command(cause).ending(cause.plan.gives)
    subject, id = expected.subject if expected else None, command.subject
    same_human = subject and id and context.person(subject).is_linked(context.person(id))
    if not (expected and id and same_human and with_person(expected, id) == command):
        raise Refused(f"This doesn't match what {cause.id} gave, so nothing was changed.")


def check_seen(context: Context, request: Request, seen: Seen) -> None:
    """Raises Refused for the deletion of an account that is in use again."""
    if _follows_closing(context, request) and seen.account and seen.account.active is not False:
        why = "The account is no longer deactivated, so I won't delete it."
        raise Refused(f"{why} To delete it anyway, use /miro offboard.")


def _follows_closing(context: Context, request: Request) -> bool:
    """Whether it deletes what was deactivated before: after an offboarding, or as a directory says."""
    deletes = request.action in CONFIDENTIAL and request.details.get("how") == "delete"
    return deletes and (request.is_end or bool(context.person(request.requester).source))


def is_last_admin(request: Request, goals: Sequence[Goal], seen: Seen) -> bool:
    """Whether an end would leave the company without a Company Admin; then it waits for another one."""
    return request.is_end and demotes(goals, seen) and not seen.other_admin


def until_another_admin(context: Context, request: Request) -> list[Draft]:
    """The events by which it starts later, and is tried again then; operators are told once."""
    start, why = stamp(context.now() + ANOTHER_ADMIN), Sentence.of("last-admin", request=request.id)
    if context.store.once(f"last-admin {request.id}"):
        who = context.person(request.subject).addressed if request.subject else "This person"
        context.tell_operators(
            f"{who} is the last Company Admin, so {request.id} keeps that right for now, although its "
            "time is up. Make someone else a Company Admin: /miro-admin. I'll try again every hour."
        )
    later = Draft(EventType.SCHEDULED, body={"start_at": start})
    return [saying(EventType.HELD, why, next_try_at=start), later]


def is_followed(context: Context, command: Action) -> bool:
    """Whether a deletion follows by itself, and none is due by then already."""
    if command.then is None or command.subject is None:
        return False
    by, waiting = context.now() + timedelta(days=command.then[1]), (State.CHECKING, State.APPROVED)
    others = context.store.requests(person=command.subject, states=waiting)
    return not any(
        each.starts_at and each.starts_at <= by and _follows_closing(context, each)
        for each in others
        if each.subject == command.subject and not each.untouchable
    )


def follow(context: Context, request: Request, command: Action) -> None:
    """Asks for what follows by itself some days later; called in the transaction of *done*."""
    if command.then is None or not is_followed(context, command):
        return
    then, days = command.then
    event = _following(context, request, then, f"{request.id}: {days} days after it was done.")
    start = Draft(EventType.SCHEDULED, body={"start_at": stamp(context.now() + timedelta(days=days))})
    context.store.ask(event, "", start)


def keep_open(context: Context, done: Request, seen: Seen) -> None:
    """After an account was opened, withdraws its deletion; called in the transaction of *done*."""
    if done.subject is None or seen.account is None or seen.account.active is False:
        return
    for other in context.store.requests(person=done.subject, states=_NOT_BEGUN):
        # A directory's is asked for together with its deactivation, which may still wait.
        was_closed = other.is_end or context.person(done.subject).is_offboarded
        closes = was_closed and other.is_scheduled and _follows_closing(context, other)
        if closes and other.subject == done.subject:
            context.store.append(other, [withdrawn(Sentence.of("kept", request=done.id))])


def target(context: Context, request: Request, subject: Person) -> Target | None:
    """The account that got the access; None if its id was never known."""
    cause = context.store.request(request.because_of) if request.because_of else None
    target = Target.of(cause.plan if cause else NO_PLAN, subject)
    # If that request created it, its plan has no id yet.
    target = replace(target, miro_id=target.miro_id or subject.miro_id)
    return target if target.miro_id else None


def without_account(context: Context, target: Target | None, subject: Person | None) -> Sentence:
    """The sentence why nothing is left to revoke. Raises Obstacle if this bot didn't delete the account."""
    for closure in closures(context, subject.id) if subject else ():
        if context.deletes(closure):
            return Sentence.of("account-deleted", request=closure.id)
    address = target.user_name if target else subject.email if subject else ""
    raise Obstacle(vanished(address))


def close_needless(context: Context, done: Request) -> None:
    """After an account was closed, withdraws requests by or about its person that aren't begun, and ends
    their delegations; after its deletion no access has to end anymore. Votes are counted anew.

    Requests by others made after the approval, or the start, stay: they knew. Called in the transaction of
    *done*.
    """
    if done.subject is None or not context.command(done).CLOSES:
        return
    leaver, approved_at = context.person(done.subject), done.asking.approved_at or done.asked_at
    approved_at = max(approved_at, done.starts_at or approved_at)  # until then nobody knew
    for other in context.store.requests(person=done.subject, states=_NOT_BEGUN):
        by = context.person(other.requester)
        # A directory withdraws what its newer word makes needless.
        is_meant = bool(by.source) or (other.asked_at > approved_at and not by.is_(leaver))
        # One undo may close the account and take it out of teams.
        is_meant |= bool(done.because_of) and not done.is_end and other.because_of == done.because_of
        # A resumed one is itself approved and not begun.
        if other.id != done.id and not other.untouchable and not is_meant:
            context.store.append(other, [withdrawn(NEEDLESS)])
    if context.deletes(done):
        for other in context.store.requests(person=done.subject, states=[State.DONE]):
            if other.ending.ends_at and other.subject == done.subject and not other.untouchable:
                context.store.append(other, [Draft(EventType.OVER, body={"because_of": done.id})])
    for row in context.store.people.delegations(leaver.rows):
        context.store.delegate(Draft(RETURNED, row.person))
        account = context.person(row.person).account
        if account and not context.person(row.person).is_(leaver):
            text = (
                f"{context.person(row.delegate).addressed} can no longer stand in for you. Name someone else:"
            )
            context.store.outbox.say(Note(account.slack_id, {"text": f"{text} /miro away."}))
    context.people_changed = True


# -- what somebody has to do before a closure that starts later: else it would stop then ----------------


def tell_ahead(context: Context) -> None:
    """Tells requesters and operators what comes first, once for each of these times."""
    for request in context.store.requests(states=[State.APPROVED], limit=1_000):
        if request.untouchable or not (request.is_scheduled and request.starts_at):
            continue
        left = request.starts_at - context.now()
        due = sum(left <= before for before in BEFORE)
        todo = _todo(context, _closures(context, request)) if due else []
        if todo and context.store.once(f"ahead {request.id} {request.starts_at} {due}"):
            _tell(context, request, todo)


def _closures(context: Context, request: Request) -> list[tuple[Person, Plan]]:
    """(person, plan) of each account that a request closes: one, or those of its lines."""
    if not context.readable(request):
        return []
    command = context.command(request)
    if not isinstance(command, Bulk):
        return [(context.person(command.subject), request.plan)] if command.CLOSES and command.subject else []
    closing = [line for line in command.lines if line.command.CLOSES]
    plans = approved_plans(event.words for event in context.store.events(request.id)) if closing else {}
    people = ((line.command.subject, plans.get(line.number, NO_PLAN)) for line in closing)
    return [(context.person(subject), plan) for subject, plan in people if subject]


def _todo(context: Context, closures: Sequence[tuple[Person, Plan]]) -> Sequence[str]:
    """The sentences: from the list of admins of today, and of teams as of the plans."""
    hazards = [hazard for _, plan in closures for step in plan.steps for hazard in step.hazards]
    keys = frozenset(key for person, _ in closures for key in person.keys)
    is_last = _are_last_admins(context, keys, known=any(each.code == ADMIN_FIRST for each in hazards))
    alone = (each.values for each in hazards if each.code == "only-team-admin")
    led = [HAZARDS["only-team-admin"].format(**values) for values in alone]
    return list(dict.fromkeys([HAZARDS[ADMIN_FIRST], *led] if is_last else led))


def _are_last_admins(context: Context, keys: Collection[str], *, known: bool) -> bool:
    """Whether nobody else is Company Admin; `known`: the answer while the list isn't fresh."""
    admins, seen_at = context.store.groups.admins()
    if not is_recent(seen_at, context.now(), FRESH):
        return known
    emails = {canonical(admin.email) for admin in admins if "Company Admin" in admin.rights}
    return bool(emails) and emails <= {*keys}


def _tell(context: Context, request: Request, todo: Sequence[str]) -> None:
    assert request.starts_at
    stamp, plain = int(request.starts_at.timestamp()), f"{request.starts_at:%d %b, %H:%M} UTC"
    at = f"<!date^{stamp}^{{date_short_pretty}}, {{time}}|{plain}>"
    text = f"{request.id} starts {at}. Before that, someone has to take care of this: {' '.join(todo)}"
    people = {person.id: person for person in (context.person(request.requester), *context.operators())}
    for person in people.values():
        if person.account and not context.is_secret_from(person, request):
            context.store.outbox.say(Note(person.account.slack_id, {"text": text}))
