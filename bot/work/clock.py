"""What time brings about, looked at every few seconds: what is due, a changed policy, knowledge grown old."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from approvals.decide import clock
from approvals.decide.basis import Table
from approvals.decide.deadlines import due
from approvals.ids import RequestId
from approvals.record.database import Overtaken
from approvals.refusals import Refused
from approvals.request import Draft, Request, is_active
from approvals.states import State, What
from bot.context import Desk
from bot.work import ending
from bot.work.refresh.approvers import closed
from bot.work.refresh.miro import MiroSync
from bot.work.refresh.people import PeopleSync
from bot.work.refresh.timetable import Timetable

log = logging.getLogger(__name__)

REVIEW_EVERY = timedelta(minutes=10)
ANCHOR_EVERY = timedelta(hours=1)


@dataclass
class Housekeeping:
    """One a process. Nothing it does is lost or done twice where several do it: the record decides."""

    desk: Desk
    people: PeopleSync
    miro: MiroSync
    times: Timetable
    _reviewed: tuple[str, int] = ("", 0)
    """By which policy, and after how many changes of who is who."""
    _closed: dict[str, str] = field(default_factory=dict)

    def tick(self) -> None:
        """Looks at everything once."""
        self._reload_policy()
        self.people.refresh()
        if self.times.is_due("closed"):
            self._tell_of_closed()
        linked = self.desk.store.people.relinked
        changed = self.desk.people_changed or self._reviewed != (self.desk.policies.hash, linked)
        if changed or self.times.is_due("review"):
            self._review()
        self._pass_time()  # by the times of the policy in force
        self.miro.refresh()
        self.desk.troubles.prune(self._is_held)
        self.desk.store.tidy()
        if self.times.is_due("anchor"):
            # A chain doesn't show that its end was cut; the log stream, kept elsewhere, does.
            log.info("anchor of the record: %s", self.desk.store.head())
            self.times.again("anchor", ANCHOR_EVERY)

    def _is_held(self, id: RequestId) -> bool:
        request = self.desk.store.request(id)
        return is_active(request) and bool(request.held)

    def _reload_policy(self) -> None:
        problem = self.desk.policies.reload()
        if problem:
            log.warning("%s", problem)
            self.desk.tell_operators(problem)

    def _pass_time(self) -> None:
        """Reminders, escalation and expiry of requests that wait."""
        for request in self.desk.store.due():
            what = due(request, self.desk.now())
            if what is What.OVER:
                self._end(request)
            elif what in clock.BY_TIME_ALONE:
                self._write(request, [Draft(what)])
            elif what is not What.ROUTED or self.people.is_told(request):
                self._decide(request, clock.lapse)

    def _end(self, request: Request) -> None:
        """What was given for some days is taken back."""
        try:
            ending.revoke(self.desk, request)
        except Overtaken:
            log.info("%s has ended already", request.id)
        self.desk.wake()

    def _decide(self, request: Request, what: Callable[[Request, Table], list[Draft]]) -> None:
        """Writes what follows for one request; one that can't be read mustn't hold up the others."""
        try:
            drafts = what(request, self.desk.table(request))
        except (KeyError, Refused) as error:
            log.warning("%s can't be decided: %s", request.id, error)
        else:
            self._write(request, drafts)

    def _write(self, request: Request, drafts: Sequence[Draft]) -> None:
        try:
            if drafts:
                self.desk.store.append(request, drafts)
        except Overtaken:
            log.info("%s was answered at the last moment", request.id)
        self.desk.wake()

    def _tell_of_closed(self) -> None:
        """An action that nobody can decide is closed, and said to be, before somebody asks for it."""
        if not self.people.has_met(self.desk.policy):
            return
        found = closed(self.desk)
        for name in found.keys() - self._closed.keys():
            text = f"{name} is closed: {found[name]}. Name others who decide in the policy."
            log.warning("%s", text)
            self.desk.tell_operators(text)
        self._closed = found
        self.times.again("closed", REVIEW_EVERY)

    def _review(self) -> None:
        """Routes anew what is waiting, or approved and not begun, after people or the policy changed."""
        self.desk.people_changed = False
        reviewed = self.desk.policies.hash, self.desk.store.people.relinked
        for request in self.desk.store.requests(states=[State.WAITING, State.APPROVED], limit=10_000):
            if self.people.is_told(request):
                self._decide(request, clock.review)
        self._reviewed = reviewed
        self.times.again("review", REVIEW_EVERY)
