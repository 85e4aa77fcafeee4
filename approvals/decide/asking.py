"""The event that asks people to decide: who, how many of them, and what time will bring about."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from approvals.decide.basis import Table
from approvals.decide.case import Case, Route
from approvals.decide.deadlines import later, reminder
from approvals.ids import PersonId, stamp
from approvals.policy.model import Policy, Rule
from approvals.request import Draft, Request
from approvals.states import What


def asking(
    route: Route, policy: Policy, rule: Rule, now: datetime, lost: Collection[PersonId] = ()
) -> dict[str, Any]:
    """The body of an event that begins a step: who is asked, and what time will bring about."""
    ladder = rule.ladder
    step = ladder[min(route.step, len(ladder) - 1)] if ladder else None
    escalations = step.escalate if step else ()
    return _whom(route, lost) | _gap(rule.first_reminder, policy, now) | {
        "level": 0,
        "escalate_at": [stamp(later(now, one.after, policy)) for one in escalations],
    }  # fmt: skip


def _whom(route: Route, lost: Collection[PersonId]) -> dict[str, Any]:
    reached = [one for one in route.approvers if one.person.id not in lost]
    told = [one.person.id for one in reached if one.told]
    return {
        "step": route.step,
        "steps": route.steps,
        "agree": route.agree,
        "need": route.need,
        "approvers": [one.person.id for one in route.approvers],
        "told": told or [one.person.id for one in reached],
        **({"stuck": True} if route.is_stuck else {}),
    }


def _gap(first: timedelta | None, policy: Policy, now: datetime) -> dict[str, Any]:
    if first is None:
        return {}
    return {"remind_gap": int(first.total_seconds()), "remind_at": stamp(reminder(now, first, 0, policy))}


def looked_at(case: Case) -> str:
    """What a policy looks at, as the record keeps it."""
    days = {"days": case.days} if case.days else {}
    left = {"left": case.left} if case.left else {}
    seen = {"teams": case.teams, "facts": dict(case.details), **left, **days}
    return json.dumps(seen, ensure_ascii=False)


def told(route: Route) -> Mapping[str, str]:
    """The words of such an event: who was stepped over, and for the record who may decide."""
    because = {one.person.id: one.because for one in route.approvers if one.because}
    delegates = {one.person.id: one.stands_for for one in route.approvers if one.stands_for}
    routing = {"notes": route.notes, "because": because, **({"for": delegates} if delegates else {})}
    return {
        # A reason names people ("you manage Ada"): none of it enters the chain.
        "routing": json.dumps(routing, ensure_ascii=False),
        "may_decide": ", ".join(one.person.sealed(one.person.account) for one in route.approvers),
    }


def routed(request: Request, table: Table, why: str, *, level: int | None = None) -> Draft:
    """Others are asked from now on. Within a step, its escalations keep their times."""
    level = request.level if level is None else level
    route = table.route(replace(request, level=level))
    rule = table.rule(request)
    body = asking(route, table.in_force, rule, table.now, request.lost)
    if route.step == request.step:
        body |= {"level": level, "escalate_at": [stamp(one) for one in request.escalate_at]}
    return Draft(What.ROUTED, body={**body, "because": why}, words=dict(told(route)))


def same_step(request: Request, route: Route) -> bool:
    """Whether a route asks for what the cards say: the step, and how many votes it lacks."""
    return route.step == request.step and route.need == request.missing


def voted(request: Request) -> set[PersonId]:
    """Everybody with a vote of their own, or given in their place: their seat is expected to be empty."""
    return {id for vote in request.votes for id in (vote.by, vote.principal)}
