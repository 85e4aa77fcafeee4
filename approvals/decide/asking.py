"""The events that ask people to decide: who, how many of them, and the deadlines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from approvals.decide.basis import NOBODY, Table
from approvals.decide.deadlines import NOTICE, later, reminder
from approvals.decide.tally import Route
from approvals.ids import PersonId, stamp
from approvals.policy.model import Policy
from approvals.policy.rules import Rule, Step
from approvals.request import Draft, Request, Scope
from approvals.sentence import as_json
from approvals.states import EventType, State


def asking(
    route: Route, policy: Policy, rule: Rule, now: datetime, unreachable: Collection[PersonId] = ()
) -> dict[str, Any]:
    """The body of an event that begins a step: the people asked, and the deadlines."""
    ladder = rule.ladder
    step = ladder[min(route.step, len(ladder) - 1)] if ladder else None
    reachable = [seat for seat in route.approvers if seat.person.id not in unreachable]
    notified = [seat.person.id for seat in reachable if seat.notified]
    body: dict[str, Any] = {
        **{key: getattr(route, key) for key in ("step", "steps", "agree", "need")},
        "approvers": [seat.person.id for seat in route.approvers],
        "told": notified or [seat.person.id for seat in reachable],
        "level": 0,
        "escalate_at": [*map(stamp, _escalations(step, now, policy))],
    }
    body |= {key: True for key, holds in (("stuck", route.is_stuck), ("confirms", route.confirms)) if holds}
    first = rule.first_reminder
    return body | _reminding(first, reminder(now, first, 0, policy) if first else None)


def _escalations(step: Step | None, begun: datetime, policy: Policy) -> list[datetime]:
    """When more people may decide a step."""
    return [later(begun, escalation.after, policy) for escalation in step.escalate] if step else []


def _reminding(gap: timedelta | None, at: datetime | None) -> dict[str, Any]:
    return {"remind_gap": int(gap.total_seconds()), "remind_at": stamp(at)} if gap and at else {}


def looked_at(scope: Scope) -> str:
    """The scope of a request in its stored form."""
    more = {key: value for key, value in (("left", scope.left), ("days", scope.days)) if value}
    return as_json({"teams": scope.teams, "facts": dict(scope.facts), **more})


def routing_words(route: Route) -> Mapping[str, str]:
    """The words of such an event: notes on skipped people, and for the record who may decide."""
    because = {seat.person.id: seat.because for seat in route.approvers if seat.because}
    delegates = {seat.person.id: seat.stands_for for seat in route.approvers if seat.stands_for}
    routing = {"notes": route.notes, "because": because, **({"for": delegates} if delegates else {})}
    may_decide = ", ".join(seat.person.sealed(seat.person.account) for seat in route.approvers)
    # A reason names people ("you manage Ada"): none of it enters the chain.
    return {"routing": as_json(routing), "may_decide": may_decide}


def routed(request: Request, table: Table, why: str, *, level: int | None = None) -> Draft:
    """The event that others are asked from now on. Within a step, escalations keep their times.

    An approved request waits again: its step restarts, with new deadlines.
    """
    level = request.asking.level if level is None else level
    route = table.route(replace(request, asking=replace(request.asking, level=level)))
    rule = table.rule(request)
    body = asking(route, table.policy, rule, table.now, request.asking.unreachable)
    if request.state is State.APPROVED:
        assert request.plan.planned_at
        ends = _ends(request.plan.planned_at, rule, table.policy, table.now)
        body |= {"policy": table.hash, "expires_at": stamp(ends)}
    elif route.step == request.asking.step:
        body |= {"level": level, "escalate_at": [*map(stamp, request.deadlines.escalate_at)]}
    return Draft(EventType.ROUTED, body={**body, "because": why}, words=dict(routing_words(route)))


def returned(request: Request, table: Table, back: Collection[PersonId]) -> Draft:
    """The event that asks people again who were unreachable and are reachable now."""
    left = tuple(id for id in request.asking.unreachable if id not in back)
    request = replace(request, asking=replace(request.asking, unreachable=left))
    draft = routed(request, table, "reachable again")
    return replace(draft, body={**draft.body, "back": list(back)})


def ruled(request: Request, table: Table) -> list[Draft]:
    """The event of new deadlines, if another policy came into force since the last routing; else none.

    They run from the ask, and the request expires no sooner than 4 working hours after the change.
    """
    rule = table.rule(request) if request.policy != table.hash else NOBODY
    planned_at, times, policy = request.plan.planned_at, request.deadlines, table.policy
    if rule is NOBODY or planned_at is None or times.step_at is None:
        return []
    ends = _ends(planned_at, rule, policy, table.since)
    step = rule.ladder[request.asking.step] if request.asking.step < len(rule.ladder) else None
    escalate = _escalations(step, times.step_at, policy)
    gap, at = rule.first_reminder or timedelta(), times.remind_at
    if int(gap.total_seconds()) != times.remind_gap:
        at = reminder(times.asked_last_at or table.now, gap, times.reminded, policy) if gap else None
    elif _is_near([ends, *escalate], [times.expires_at, *times.escalate_at]):
        return []
    body = {
        "policy": table.hash,
        "expires_at": stamp(ends),
        "level": sum(table.now >= at for at in escalate),
        "escalate_at": [*map(stamp, escalate)],
    }
    return [Draft(EventType.RULED, body={**body, **_reminding(gap, at)})]


def _ends(planned_at: datetime, rule: Rule, policy: Policy, change: datetime) -> datetime:
    """When a request expires: its time limit after the ask, but at least NOTICE after a change of policy."""
    return max(later(planned_at, rule.expires, policy), later(change, NOTICE, policy))


def _is_near(some: Sequence[datetime], others: Sequence[datetime | None]) -> bool:
    """Whether times are equal to the minute, the smallest unit of a policy; writing them took a moment."""
    minute = timedelta(minutes=1)
    return all(time and other and abs(time - other) < minute for time, other in zip_longest(some, others))


def same_step(request: Request, route: Route) -> bool:
    """Whether a route matches the cards: the step, the missing votes, and who may decide."""
    asked = (request.asking.step, request.asking.missing, request.asking.confirms, request.asking.is_stuck)
    return asked == (route.step, route.need, route.confirms, route.is_stuck)


def voted(request: Request) -> set[PersonId]:
    """Everybody who has voted, also through a delegate, so has no seat any more."""
    return {id for vote in request.asking.votes for id in (vote.by, vote.principal)}
