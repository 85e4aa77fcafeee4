"""What a decision rests on: the one policy in force, and the people; pure."""

from dataclasses import dataclass
from datetime import datetime

from approvals.case import Case
from approvals.decide.tally import Ground, Route
from approvals.ids import PersonId
from approvals.people import Directory, Person
from approvals.policy.model import Policy
from approvals.policy.rules import Rule
from approvals.refusals import Refused, Unsure
from approvals.request import Request, Scope
from approvals.states import State

NOBODY = Rule(approval=False, remind="never")
"""What holds for an action that the policy doesn't mention any more: no times, and nobody who decides."""


@dataclass(frozen=True)
class Table:
    """The policy in force judges alone, also what was asked while another one was."""

    policy: Policy
    hash: str
    since: datetime
    """When the policy came into force."""
    directory: Directory
    now: datetime
    followers: tuple[PersonId, ...] = ()
    """Who asked for the very same and joined."""
    is_for_leavers: bool = False
    """Whether it is of use for somebody who has left."""
    scope: Scope | None = None
    """With the names that the teams have today; None where they can't be told: those they had count on."""
    is_confidential: bool = False
    """Whether the person changed must never hear of it."""

    def is_secret_from(self, person: Person, request: Request) -> bool:
        """Whether somebody mustn't hear of it: whom a confidential request changes, unless they asked it."""
        if not self.is_confidential or request.subject is None:
            return False
        asked_it = self.policy.acts_as(person, self.directory.person(request.requester))
        return self.policy.is_same(person, self.directory.person(request.subject)) and not asked_it

    def ground(self, request: Request) -> Ground:
        """The request under the policy in force. Raises KeyError for people who aren't kept any more."""
        subject = self.directory.person(request.subject) if request.subject else None
        requester = self.directory.person(request.requester)
        others = tuple(self.directory.person(id) for id in self.followers)
        case = Case(request.action, requester, subject, self.scope or request.scope, others)
        return Ground(self.policy, case, self.directory, self.now)

    def tally(self, request: Request) -> Route:
        """How far the votes reach, and who may decide next.

        Raises Unsure where it isn't known which rule holds.
        """
        try:
            return self.ground(request).tally(request)
        except Unsure:
            raise  # nothing follows from what isn't known
        except Refused:  # the policy doesn't mention it any more: nobody decides by it
            return Route(0, 1, 1, 1)

    def route(self, request: Request) -> Route:
        """The same; a waiting request that lacks no vote (any more) waits for one who confirms.

        Only a click approves: no change of a policy or of people does.
        """
        route = self.tally(request)
        if not route.is_settled or request.state is not State.WAITING:
            return route
        return self.ground(request).confirming(request)

    def rule(self, request: Request) -> Rule:
        """The rule whose times hold; `NOBODY` where the policy doesn't say. Raises Unsure."""
        try:
            return self.ground(request).rule
        except Unsure:
            raise
        except Refused:
            return NOBODY
