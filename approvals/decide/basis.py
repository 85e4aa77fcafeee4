"""The basis of a decision: the policy in force, and the people; pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from approvals.case import Case
from approvals.decide.tally import Ground, Route
from approvals.ids import PersonId, RequestId
from approvals.people import Directory, Person
from approvals.policy.model import Policy
from approvals.policy.rules import Rule
from approvals.refusals import Refused, Unsure
from approvals.request import Request, Scope
from approvals.states import State

T = TypeVar("T")
NOBODY = Rule(approval=False, remind="never")
"""The rule of an action that isn't in the policy any more: no deadlines, nobody decides."""


@dataclass(frozen=True)
class Table:
    """The policy in force and the people, for deciding a request; earlier policies don't count."""

    policy: Policy
    hash: str
    since: datetime
    """When the policy came into force."""
    directory: Directory
    now: datetime
    followers: tuple[PersonId, ...] = ()
    """People who asked for the same and joined."""
    is_for_leavers: bool = False
    """Whether the action makes sense for a person who has left."""
    scope: Scope | None = None
    """The scope with the current names of teams; None if unknown: then the stored names count."""
    ruled_by: tuple[str, PersonId | None] | None = None
    """(action, subject) whose rule decides it, as a bulk is decided as its lines are; None: its own."""
    is_confidential: bool = False
    """Whether it must stay secret from the person changed."""
    heirs: tuple[PersonId, ...] = ()
    """People to whom it hands teams of the leaver; they can't decide it."""
    _grounds: dict[RequestId, Ground] = field(default_factory=dict, init=False, repr=False, compare=False)

    def is_secret_from(self, person: Person, request: Request) -> bool:
        """Whether it is secret from a person: a confidential request from its subject, unless they asked."""
        if not self.is_confidential or request.subject is None:
            return False
        asked_it = self.policy.acts_as(person, self.directory.person(request.requester))
        return self.policy.is_same(person, self.directory.person(request.subject)) and not asked_it

    def ground(self, request: Request) -> Ground:
        """The request under the policy in force. Raises KeyError for people whose data was deleted."""
        if known := self._grounds.get(request.id):
            return known
        action, about = self.ruled_by or (request.action, request.subject)
        subject = self.directory.person(about) if about else None
        requester = self.directory.person(request.requester)
        others = tuple(self.directory.person(id) for id in (*self.followers, *self.heirs))
        case = Case(action, requester, subject, self.scope or request.scope, others)
        return self._grounds.setdefault(request.id, Ground(self.policy, case, self.directory, self.now))

    def tally(self, request: Request) -> Route:
        """The current step by the votes so far, and who may decide it.

        Raises Unsure if it isn't known which rule holds.
        """
        return self._look(request, lambda ground: ground.tally(request), Route(0, 1, 1, 1))

    def _look(self, request: Request, look: Callable[[Ground], T], nobody: T) -> T:
        """What the policy says of a request; `nobody` if it isn't in the policy any more. Raises Unsure."""
        try:
            return look(self.ground(request))
        except Unsure:
            raise  # nothing is decided by a guess
        except Refused:
            return nobody

    def route(self, request: Request) -> Route:
        """As `tally`, but if a waiting request has enough votes by now, the people who may confirm.

        Only a click approves, never a change of the policy or of people.
        """
        route = self.tally(request)
        if not route.is_settled or request.state is not State.WAITING:
            return route
        return self.ground(request).confirming(request)

    def rule(self, request: Request) -> Rule:
        """The rule with the deadlines; `NOBODY` if the policy has none. Raises Unsure."""
        return self._look(request, lambda ground: ground.rule, NOBODY)
