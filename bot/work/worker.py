"""Claims the next request with work to do, and moves it on."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.clocks import is_recent
from approvals.ids import stamp
from approvals.record.claims import Claim
from approvals.record.database import ClaimLost, Overtaken, StoreTrouble
from approvals.request import Request, Urgency, is_active, saying
from approvals.sentence import Sentence
from approvals.states import EventType, State
from bot.actions.many import Bulk
from bot.context import CONFIDENTIAL, LEASE, Colleagues, Context
from bot.miro.client import Miro
from bot.ops import logs
from bot.work.bulk.carry import carry
from bot.work.bulk.check import check as bulk_check
from bot.work.bulk.control import nudge
from bot.work.check import check
from bot.work.provision import provisioned

log = logging.getLogger(__name__)

BLOCKED = timedelta(seconds=3)
"""How long a request waits for another before its requester reads so; most are done by then."""
EVERY = timedelta(seconds=1)
"""How often a worker checks for blocked requests, however often it is woken."""


@dataclass
class Worker:
    """Works on due requests. Any number of threads and processes may run one at the same time."""

    context: Context
    miro: Miro
    colleagues: Colleagues
    owner: str
    least: int = Urgency.ORDINARY
    """The least urgency of requests it works on."""
    live: Colleagues | None = None
    """The look-ups right before the first write, shared so that several workers don't ask the same."""
    _may_hold: bool = False
    """Whether it may still hold a claim: it doesn't know after the record failed."""
    _looked_at: datetime | None = None
    """When it last checked for blocked requests."""

    def work(self) -> bool:
        """Works on one request; returns whether there was one."""
        if self._may_hold:
            self.context.store.free(self.owner)
        self._may_hold = True
        claim = self.context.store.claim(self.owner, LEASE, self.least)
        if claim:
            with logs.about(claim.request):
                self._work_on(claim)
        self._may_hold = False
        if claim is None:
            self._tell_blocked()
            return False
        self.context.wake()
        return True

    def _work_on(self, claim: Claim) -> None:
        try:
            with self.context.store.unit():
                if not is_active(self._move_on(claim)):
                    return  # that ended the claim
        except (Overtaken, ClaimLost) as error:
            log.info("%s: %s", claim.request, error)
        except StoreTrouble:
            raise
        except Exception:
            # A defect must be visible: the request says so, and is retried at growing intervals.
            log.exception("%s met an error that isn't foreseen", claim.request)
            sentence = Sentence.of("defect", request=claim.request)
            self.context.held(self.context.store.request(claim.request), sentence, claim)
        with suppress(ClaimLost):
            self.context.store.release(claim)

    def _move_on(self, claim: Claim) -> Request:
        request = self.context.store.request(claim.request)
        urgency = self.context.store.rank(request.id)
        is_bulk, colleagues = request.action == Bulk.NAME, self.colleagues.ranked(urgency)
        is_checking = request.state is State.CHECKING
        if not is_checking:  # approved requests must not wait for look-ups that refresh data
            colleagues = (self.live or self.colleagues).ranked(max(urgency, Urgency.SOON))
        ways = (bulk_check, carry) if is_bulk else (check, provisioned)
        after = ways[not is_checking](self.context, self.miro.ranked(urgency), colleagues, request, claim)
        nudge(self.context, after)
        if not after.progress.held:
            self.context.troubles.went_on(after.id)
        return after

    def _tell_blocked(self) -> None:
        """Holds blocked requests with the reason for the requester; counts as no try, and delays nothing.

        Ids of confidential requests are never named.
        """
        context, now = self.context, self.context.now()
        if is_recent(self._looked_at, now, EVERY - timedelta.resolution):
            return
        self._looked_at = now
        for id, first in context.store.blocked(now - BLOCKED):
            request, before = context.store.request(id), context.store.request(first)
            sentence = Sentence.of("comes-later", request=id)
            if kind := context.troubles.kept_by(first):
                sentence = Sentence.of(f"trouble-{kind}", request=id)
            elif context.readable(before) and before.action not in CONFIDENTIAL:
                sentence = Sentence.of("comes-after", request=id, first=first)
            until = stamp(request.next_due or now)
            with suppress(Overtaken):
                context.store.append(
                    request, [saying(EventType.HELD, sentence, next_try_at=until, behind=True)]
                )
                context.wake()
