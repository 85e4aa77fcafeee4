"""What a decision rests on: the policy a request was made under, the one in force, and the people; pure."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from approvals.cases import Approver, Case, Route
from approvals.deadlines import later, reminder
from approvals.ids import PersonId, stamp
from approvals.people import Directory
from approvals.policy import Policy, Rule
from approvals.refusals import Refused, Unsure
from approvals.request import Draft, Request
from approvals.routing import Ground
from approvals.states import State, What


@dataclass(frozen=True)
class Table:
    """A vote counts, and a request is approved, only if both policies say so."""

    asked: Policy
    in_force: Policy
    directory: Directory
    now: datetime
    followers: tuple[PersonId, ...] = ()
    """Who asked for the very same and joined."""
    is_for_leavers: bool = False
    """Whether it is of use for somebody who has left."""
    teams: tuple[tuple[str, ...], ...] | None = None
    """The names that the teams have today: the policy in force goes by them."""

    def case(self, request: Request) -> Case:
        """The request as a policy sees it. Raises KeyError for people who aren't kept any more."""
        subject = self.directory.person(request.subject) if request.subject else None
        requester = self.directory.person(request.requester)
        others = tuple(self.directory.person(id) for id in self.followers)
        known = (request.action, requester, subject, request.teams, request.days, request.facts)
        return Case(*known, others=others)

    def grounds(self, request: Request) -> tuple[Ground, Ground]:
        """The request under the policy it was made under, and under the one in force."""
        case = self.case(request)
        return (
            Ground(self.asked, case, self.directory, self.now),
            Ground(self.in_force, self._today(case), self.directory, self.now),
        )

    def _today(self, case: Case) -> Case:
        return case if self.teams is None else replace(case, teams=self.teams)

    def check_length(self, request: Request) -> None:
        """Refuses what either policy lets nobody have for so long. Raises Refused."""
        for ground in self.grounds(request):
            ground.check_length(is_asked=True)

    def route(self, request: Request) -> Route:
        """How far the votes reach under both policies, and who may decide next: whom both of them name.

        Raises Unsure where it isn't known which rule holds.
        """
        grounds = self.grounds(request)
        routes = [_tally(ground, request) for ground in grounds]
        if all(one.is_settled for one in routes):
            if not _wants_a_vote(request):
                return routes[0]
            route = self._as_asked(request, grounds)
            return self._with_backup(route, request, grounds) if route.is_stuck else route
        lead = int(routes[0].is_settled)
        route, other = routes[lead], routes[1 - lead]
        allowed = other.approvers
        if other.is_settled:  # one that wants nobody's approval objects to nobody's
            allowed = grounds[1 - lead].everybody() if other.steps else route.approvers
        route = replace(_stricter(route, other), approvers=_common(route.approvers, allowed))
        return self._with_backup(route, request, grounds) if route.is_stuck else route

    def _as_asked(self, request: Request, grounds: tuple[Ground, Ground]) -> Route:
        """Nobody's approval is needed any more: whoever was asked decides all the same."""
        people = [(self.directory.person(id), why) for id, why in request.approvers]
        left = [
            (one, why)
            for one, why in people
            if one.is_colleague and not any(ground.bars(one) for ground in grounds)
        ]
        lost, told = set(request.lost), set(request.told)
        seats = tuple(
            Approver(one, why, one.id in told, request.stand_ins.get(one.id), is_lost=one.id in lost)
            for one, why in left
        )
        return Route(
            request.step, request.steps, request.agree, max(request.missing, 1), seats, request.notes
        )

    def _with_backup(self, route: Route, request: Request, grounds: tuple[Ground, Ground]) -> Route:
        """What nobody can decide any more goes to the fallback group; never to approval."""
        lists = [_backup(ground, request.lost) for ground in grounds]
        known = [self.directory.person(id) for vote in request.votes for id in (vote.by, vote.principal)]
        known += [one.person for one in route.approvers]
        more = [one for one in _common(*lists) if not any(one.person.is_(other) for other in known)]
        return replace(route, approvers=(*route.approvers, *more))

    def rule(self, request: Request) -> Rule:
        """The rule whose times hold. Raises Refused where neither policy has one."""
        mine, theirs = self.grounds(request)
        try:
            return mine.rule
        except Refused:
            return theirs.rule


def _wants_a_vote(request: Request) -> bool:
    """Whether people were asked and none has said yes: a milder rule alone approves nothing."""
    return request.state is State.WAITING and not request.votes


def _tally(ground: Ground, request: Request) -> Route:
    try:
        return ground.tally(request)
    except Unsure:
        raise  # nothing follows from what isn't known
    except Refused:  # the policy doesn't mention it any more: nobody decides by it
        return Route(0, 1, 1, 1)


def _stricter(lead: Route, other: Route) -> Route:
    """The same step under both: as many votes as the one that wants more of them."""
    if other.is_settled or other.step != lead.step:
        return lead
    return replace(lead, agree=max(lead.agree, other.agree), need=max(lead.need, other.need))


def _backup(ground: Ground, lost: Collection[PersonId]) -> tuple[Approver, ...]:
    try:
        return ground.backup(lost)
    except Refused:
        return ()


def _common(some: tuple[Approver, ...], others: tuple[Approver, ...]) -> tuple[Approver, ...]:
    """Whoever is on both lists. A vote has to count by both, so it is given in every role either sees."""
    pairs = ((one, other) for one in some for other in others if one.person.is_(other.person))
    return tuple(
        replace(
            one,
            stands_for=one.stands_for or other.stands_for,
            is_fallback=one.is_fallback or other.is_fallback,
        )
        for one, other in pairs
    )


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
    return json.dumps({"teams": case.teams, "facts": dict(case.details), **days}, ensure_ascii=False)


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
