"""Takes the next request that has work to do, and moves it on."""

import logging
from dataclasses import dataclass

from approvals.record.claims import Claim
from approvals.record.database import ClaimLost, Overtaken, StoreTrouble
from approvals.request import Urgency
from approvals.states import State
from bot.context import LEASE, Colleagues, Desk
from bot.miro.client import Miro
from bot.work.check import check
from bot.work.provision import Provisioning

log = logging.getLogger(__name__)


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

    def work(self) -> bool:
        """One request, if there is one to work on."""
        if self._unreleased:
            self._release(self._unreleased)
            self._unreleased = None
        claim = self.desk.store.claim(self.owner, LEASE, self.least)
        if claim is None:
            return False
        try:
            self._move_on(claim)
        except (Overtaken, ClaimLost) as error:
            log.info("%s: %s", claim.request, error)
        except StoreTrouble:
            self._unreleased = claim  # the record takes nothing now: with the next round
            raise
        except Exception:
            # A defect mustn't go round and round unseen: the request says so, and is tried again ever later.
            log.exception("%s met an error that isn't foreseen", claim.request)
            text = f"Something went wrong inside me. {claim.request} is saved; I try again by myself."
            self.desk.held(self.desk.store.request(claim.request), text, claim)
        self._release(claim)
        self.desk.wake()
        return True

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

    def _release(self, claim: Claim) -> None:
        try:
            self.desk.store.release(claim)
        except ClaimLost:
            log.info("%s is worked on elsewhere", claim.request)
