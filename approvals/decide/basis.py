"""What a decision rests on: the policy a request was made under, the one in force, and the people; pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.decide.case import Approver, Case, Route
from approvals.decide.seats import Ground
from approvals.ids import PersonId
from approvals.people import Directory, Person
from approvals.policy.model import Policy, Rule
from approvals.refusals import Refused, Unsure
from approvals.request import Request
from approvals.states import State


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
    left: tuple[tuple[str, ...], ...] = ()
    """The same of those that are left."""

    is_confidential: bool = False
    """Whether the person changed must never hear of it."""

    def is_same(self, one: Person, other: Person) -> bool:
        """Whether both count as one human where somebody is excluded, by either policy."""
        return self.in_force.is_same(one, other) or self.asked.is_same(one, other)

    def is_secret_from(self, person: Person, request: Request) -> bool:
        """Whether somebody mustn't hear of it: whom a confidential request changes, unless they asked it."""
        if not self.is_confidential or request.subject is None:
            return False
        asked_it = self.in_force.acts_as(person, self.directory.person(request.requester))
        return self.is_same(person, self.directory.person(request.subject)) and not asked_it

    def case(self, request: Request) -> Case:
        """The request as a policy sees it. Raises KeyError for people who aren't kept any more."""
        subject = self.directory.person(request.subject) if request.subject else None
        requester = self.directory.person(request.requester)
        others = tuple(self.directory.person(id) for id in self.followers)
        known = (request.action, requester, subject, request.teams, request.days, request.facts)
        return Case(*known, left=request.left, others=others)

    def grounds(self, request: Request) -> tuple[Ground, Ground]:
        """The request under the policy it was made under, and under the one in force."""
        case = self.case(request)
        return (
            Ground(self.asked, case, self.directory, self.now),
            Ground(self.in_force, self._today(case), self.directory, self.now),
        )

    def _today(self, case: Case) -> Case:
        return case if self.teams is None else replace(case, teams=self.teams, left=self.left)

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
        more = [one for one in _common(*lists) if not any(self.is_same(one.person, other) for other in known)]
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
