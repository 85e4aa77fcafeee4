"""The clock, every few seconds: deadlines, a changed policy, data to refresh."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from approvals.decide import clock
from approvals.decide.basis import Table
from approvals.decide.deadlines import due
from approvals.ids import RequestId
from approvals.people import Person
from approvals.record.database import Overtaken, StoreTrouble
from approvals.record.outbox import Note
from approvals.refusals import Refused
from approvals.request import Draft, Request, Urgency, is_active
from approvals.states import EventType, State
from bot.context import Context
from bot.work import ending
from bot.work.approvers import closed
from bot.work.bulk import control as bulk
from bot.work.refresh import Refresh
from bot.work.reviewing import compare, reviews

log = logging.getLogger(__name__)

REVIEW_EVERY = timedelta(minutes=10)
ANCHOR_EVERY = timedelta(hours=1)
AHEAD_EVERY = timedelta(minutes=10)
COMPARE_EVERY = timedelta(hours=1)
ACCESS_REVIEWS_EVERY = timedelta(minutes=1)
FORGET_EVERY = timedelta(days=1)


@dataclass
class Housekeeping:
    """One for each process. Several may run at once: the record prevents doing things twice."""

    context: Context
    refresh: Refresh

    def tick(self) -> bool:
        """One round of everything; returns that nothing is left to do."""
        times, context = self.refresh.times, self.context
        if problem := context.policies.reload():
            self._notify(problem)
        self.refresh.people()
        if self.refresh.has_looked_up(context.policy):
            times.do("closed actions", REVIEW_EVERY, self._notify_of_closed)
        if context.people_changed:
            times.schedule("review", timedelta())
        known = context.policies.hash, context.store.people.humans.changes
        times.do("review", REVIEW_EVERY, self._review, subject=known)
        self._pass_time()  # by the deadlines of the policy in force
        self.refresh.lists()
        context.troubles.prune(self._is_held)
        context.store.tidy()
        times.do("anchor", ANCHOR_EVERY, self._tell_anchor)
        bulk.tidy(context)
        times.do("access reviews", ACCESS_REVIEWS_EVERY, partial(reviews.pass_time, context))
        times.do("ahead", AHEAD_EVERY, partial(ending.tell_ahead, context))
        if context.policy.compare_daily:
            times.do("comparison", COMPARE_EVERY, partial(compare.daily, context))
        if months := context.policy.keep_texts_months:
            times.do("old texts", FORGET_EVERY, partial(self._forget_texts, months))
        return False

    def _forget_texts(self, months: int) -> None:
        """Removes what people wrote in requests that ended so long ago."""
        kept = timedelta(days=months * 365 / 12)
        try:
            count = self.context.store.forgetting.texts(self.context.now() - kept)
        except StoreTrouble as error:
            self._notify(f"Old texts couldn't be forgotten (keep_texts_months in the policy). {error}")
        else:
            log.info("forgot the texts of %s requests, which ended %s days ago", count, kept.days)

    def _tell_anchor(self) -> None:
        """Puts the anchor into the log, and into the policy's channel once a day, from the second day on, by
        one process, if there is a new entry.

        The chain doesn't show removed newest entries; these places, which the bot can't change unseen, do.
        """
        store, channel = self.context.store, self.context.policy.tell
        log.info("anchor of the record: %s", store.head())
        anchor, day = str(store.head()), f"{self.context.now():%Y-%m-%d}"
        with store.writing():
            is_first = store.once("anchor")
            if store.once(f"anchor {day}") and not is_first and store.once(f"anchor {anchor}") and channel:
                store.outbox.say(Note(channel, {"text": f"Today's anchor of the record: {anchor}"}))

    def _notify(self, text: str) -> None:
        log.warning("%s", text)
        self.context.tell_operators(text)

    def _is_held(self, id: RequestId) -> bool:
        request = self.context.store.request(id)
        return is_active(request) and bool(request.progress.held)

    def _notify_of_closed(self) -> None:
        """Notifies operators of actions that nobody can decide, before somebody asks."""
        reasons = closed(self.context)
        for name in self.context.policy.actions:
            text = f"{name} is closed: {reasons.get(name)}. Name others who decide in the policy."
            self.refresh.notify_once(f"closed {name}", (name,) if name in reasons else (), text)

    def _review(self) -> None:
        """Reroutes waiting and approved requests after people or the policy changed.

        What waited for the end of practice mode is due.
        """
        self.context.people_changed = False
        for request in self.context.store.requests(states=[State.WAITING, State.APPROVED], limit=10_000):
            held = request.progress.held
            if held and held.code == "practising" and not self.context.practice:
                self._write(request, partial(self.context.hold, request, held, self.context.now()))
            elif self.refresh.knows_deciders(request):
                self._decide(request, clock.review)

    def _pass_time(self) -> None:
        """Reminders, escalation and expiry of waiting requests; starts; revocation of access that ends."""
        for request in self.context.store.due():
            event = due(request, self.context.now())
            is_start = event is EventType.STARTED and request.urgency < Urgency.FIRST
            # After a downtime, what should have started earlier is done first.
            if is_start and self.context.store.is_busy(request.lanes):
                continue
            if event is EventType.REMINDED and request.hand_over.to:
                self._tell_of_leaver(request, self.context.person(request.hand_over.to))
            if event is EventType.OVER and self._starts_before(request):
                continue
            if event is EventType.OVER:
                self._write(request, partial(ending.revoke, self.context, request))
            elif event in clock.BY_TIME_ALONE:
                self._write(request, partial(self.context.store.append, request, [Draft(event)]))
            elif event is not EventType.ROUTED or self.refresh.knows_deciders(request):
                self._decide(request, clock.lapse)

    def _tell_of_leaver(self, request: Request, person: Person) -> None:
        """Tells operators that nobody finishes a request by hand anymore."""
        if request.state is State.STOPPED and not person.is_colleague:
            text = f"{person.addressed} can't finish {request.id} by hand anymore."
            self._notify(f"{text} Hand it over to someone else, or press Resume.")

    def _starts_before(self, ended: Request) -> bool:
        """Whether something about the same person started before this access ended, and isn't done yet."""
        begun = self.context.store.requests(states=[State.APPROVED, State.WORKING], person=ended.subject)
        starts = [each.starts_at for each in begun if each.has_started and each.subject == ended.subject]
        return any(at and ended.ending.ends_at and at < ended.ending.ends_at for at in starts)

    def _decide(self, request: Request, follow: Callable[[Request, Table], list[Draft]]) -> None:
        def append() -> None:
            if drafts := follow(request, self.context.table(request)):
                self.context.store.append(request, drafts)

        self._write(request, append)

    def _write(self, request: Request, step: Callable[[], object]) -> None:
        """Runs a step for one request; an unreadable request must not hold up the others."""
        try:
            step()
        except Overtaken:
            log.info("%s has ended already, or was answered at the last moment", request.id)
        except (KeyError, Refused) as error:
            log.warning("%s can't be decided: %s", request.id, error)
        self.context.wake()
