"""Takes the next request that has work to do, and moves it on."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.clocks import is_recent
from approvals.ids import stamp
from approvals.record.claims import Claim
from approvals.record.database import ClaimLost, Overtaken, StoreTrouble
from approvals.request import Draft, Urgency
from approvals.sentence import Sentence, body, words
from approvals.states import EventType, State
from bot.context import CONFIDENTIAL, LEASE, Colleagues, Desk
from bot.miro.client import Miro
from bot.ops import logs
from bot.work.check import check
from bot.work.provision import Provisioning

log = logging.getLogger(__name__)

BLOCKED = timedelta(seconds=3)
"""How long a request stands behind another before who asked reads so: most are worked off by then."""
EVERY = timedelta(seconds=1)
"""How often a worker looks for such, however often it is woken."""


@dataclass
class Worker:
    """Works off what is due. Any number of threads and processes may run one at the same time."""

    desk: Desk
    miro: Miro
    colleagues: Colleagues
    owner: str
    least: int = Urgency.ORDINARY
    """How urgent what it works on is at least."""
    live: Colleagues | None = None
    """Where it asks right before the first write; shared, so that several workers don't ask the same."""
    _unreleased: Claim | None = None
    _looked_at: datetime | None = None
    """When it looked last for what waits for others."""

    def work(self) -> bool:
        """One request, if there is one to work on."""
        if self._unreleased:
            self._release(self._unreleased)
            self._unreleased = None
        claim = self.desk.store.claim(self.owner, LEASE, self.least)
        if claim is None:
            self._tell_blocked()
            return False
        with logs.about(claim.request):
            self._work_on(claim)
        self.desk.wake()
        return True

    def _work_on(self, claim: Claim) -> None:
        try:
            with self.desk.store.unit():
                self._move_on(claim)
        except (Overtaken, ClaimLost) as error:
            log.info("%s: %s", claim.request, error)
        except StoreTrouble:
            self._unreleased = claim  # the record takes nothing now: with the next round
            raise
        except Exception:
            # A defect mustn't go round and round unseen: the request says so, and is tried again ever later.
            log.exception("%s met an error that isn't foreseen", claim.request)
            said = Sentence.of("defect", request=claim.request)
            self.desk.held(self.desk.store.request(claim.request), said, claim)
        self._release(claim)

    def _move_on(self, claim: Claim) -> None:
        request = self.desk.store.request(claim.request)
        urgency = self.desk.store.rank(request.id)
        miro = self.miro.ranked(urgency)
        if request.state is State.CHECKING:
            after = check(self.desk, miro, self.colleagues.ranked(urgency), request, claim)
        else:
            # What was approved mustn't wait behind what is looked up to keep the tables fresh.
            live = (self.live or self.colleagues).ranked(max(urgency, Urgency.SOON))
            after = Provisioning(self.desk, miro, live, request, claim).run()
        if not after.progress.held:
            self.desk.troubles.went_on(after.id)

    def _tell_blocked(self) -> None:
        """Has who asked read why a request waits that stands behind another; no try of it, and no later turn.

        An id of what is confidential is named to nobody.
        """
        desk, now = self.desk, self.desk.now()
        if is_recent(self._looked_at, now, EVERY - timedelta.resolution):
            return
        self._looked_at = now
        for id, first in desk.store.blocked(now - BLOCKED):
            request, before = desk.store.request(id), desk.store.request(first)
            is_named = desk.readable(before) and before.action not in CONFIDENTIAL
            said = Sentence.of("comes-later", request=id)
            if is_named:
                said = Sentence.of("comes-after", request=id, first=first)
            if kind := desk.troubles.kept_by(first):
                said = Sentence.of(f"trouble-{kind}", request=id)
            values = {"next_try_at": stamp(request.next_due or now), "behind": True, **body(text=said)}
            with suppress(Overtaken):
                desk.store.append(request, [Draft(EventType.HELD, body=values, words=words(text=said))])
                desk.wake()

    def _release(self, claim: Claim) -> None:
        try:
            self.desk.store.release(claim)
        except ClaimLost:
            log.info("%s is worked on elsewhere", claim.request)
