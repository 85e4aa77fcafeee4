"""Whether a refusal of Slack's is about one recipient: only if others are reached by the same method.

No error is final by its name: while a token is of another workspace, a workspace moves or Slack has an
incident, any of them may be answered for everybody. Network faults, 5xx, 429 and errors of the token don't
come here.

Where there is nobody else whom the method could reach, nobody is judged, and the request doesn't wait in
silence: after a few refusals who asked reads that nobody could be reached yet, and operators get a message,
or who asked does where there is no other operator. If that arrives, somebody was reached: a verdict follows.

No verdict is for good. It ends one message; the next one to the same recipient is tried. Whatever reaches
somebody who was judged, and whatever they do in Slack, has them asked again in all that waits for them.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from approvals.clocks import is_recent
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Outbox, backoff

log = logging.getLogger(__name__)

TRIES = 3
"""Refusals after which somebody counts as unreachable, if others are reached."""
LONGEST = 60.0
FARTHEST = 900.0
COUNTED_FOR = timedelta(days=1)
"""After so long without another, refusals count no more."""
ACTS_COUNT_EVERY = timedelta(hours=1)
"""How often what somebody does has them tried again: Slack may go on refusing messages to them."""
MOST = 1000
"""Recipients that are kept track of."""


@dataclass
class _Case:
    tries: int = 0
    due: datetime | None = None
    is_busy: bool = False
    reached: set[str] = field(default_factory=set)
    """Others whom the method reached since the first refusal, and whom it hasn't refused since."""


_STORED = TypeAdapter(list[tuple[str, str, int, datetime]])
"""Method, recipient, tries and when the next one is due."""


class Verdicts:
    """Refusals by method and recipient. They outlive a restart; that others were reached has to show anew.

    An error counts against a recipient only if the same method reached another one between the first refusal
    and the last. In a fault that befalls everybody nobody is reached, and who was is refused as well: then
    nobody is judged.
    """

    def __init__(
        self, now: Callable[[], datetime], stored: Outbox, came_back: Callable[[str], None] = lambda _: None
    ) -> None:
        """`came_back` gets each recipient that may have been judged, and was reached or acted since."""
        self._now, self._stored, self._came_back = now, stored, came_back
        self._lock = threading.Lock()
        self._cases = self._kept()
        self._acted: dict[str, datetime] = {}

    def _kept(self) -> dict[tuple[str, str], _Case]:
        """What was stored last, by any process."""
        with suppress(ValidationError):  # nothing yet, or what another version wrote
            stored = _STORED.validate_json(self._stored.refusals())
            return {(method, recipient): _Case(tries, due) for method, recipient, tries, due in stored}
        return {}

    def wait(self, method: str, recipient: str) -> float:
        """Seconds until a recipient that was refused is tried again, 0 for now."""
        with self._lock:
            case = self._cases.get((method, recipient))
            left = (case.due - self._now()).total_seconds() if case and case.due else 0.0
            # Further away it is because the clock was set back.
            return left if 0 < left <= FARTHEST else 0.0

    def tries(self, method: str, recipient: str) -> int:
        """How often in a row Slack refused a recipient."""
        with self._lock:
            case = self._cases.get((method, recipient))
            return case.tries if case else 0

    def busy(self, method: str, recipient: str, seconds: float) -> None:
        """Slack had no time for it. A second time others come first: it may be the channel that has none."""
        with self._lock:
            case = self._cases.setdefault((method, recipient), _Case())
            case.due = self._now() + timedelta(seconds=seconds + (1 if case.is_busy else 0))
            case.is_busy = True

    def reached(self, method: str, recipient: str) -> None:
        """Slack took a message for this recipient."""
        with self._lock:
            case = self._cases.pop((method, recipient), None)
            for (other, _), other_case in self._cases.items():
                if other == method and len(other_case.reached) < 9:
                    other_case.reached.add(recipient)
            if case and case.tries:
                self._keep()
        if case and case.tries >= TRIES:
            self._came_back(recipient)

    def acted(self, recipient: str) -> None:
        """Somebody did something in Slack: what was refused before counts no more."""
        with self._lock:
            known, now = self._kept() | self._cases, self._now()
            refused = [key for key, case in known.items() if key[1] == recipient and case.tries >= TRIES]
            if not refused or is_recent(self._acted.get(recipient), now, ACTS_COUNT_EVERY):
                return
            self._acted[recipient] = now
            for key in refused:
                self._cases.pop(key, None)
            self._keep()
        self._came_back(recipient)

    def is_close(self, method: str, recipient: str) -> bool:
        """Whether the next refusal may make the recipient unreachable."""
        with self._lock:
            case = self._cases.get((method, recipient))
            return bool(case and case.tries + 1 >= TRIES and case.reached)

    def refused(self, method: str, recipient: str) -> bool:
        """Slack refused one; whether that makes the recipient unreachable."""
        with self._lock:
            for (other, whose), case in self._cases.items():
                if other == method and whose != recipient:
                    case.reached.discard(recipient)
            case = self._case(method, recipient)
            case.tries += 1
            case.due = self._now() + timedelta(seconds=min(backoff(case.tries - 1), LONGEST))
            self._keep()
            return case.tries >= TRIES and bool(case.reached)

    def _case(self, method: str, recipient: str) -> _Case:
        case = self._cases.get((method, recipient))
        if case is None or (case.tries and not is_recent(case.due, self._now(), COUNTED_FOR)):
            case = self._cases[method, recipient] = _Case()
        if len(self._cases) > MOST:
            self._cases.pop(next(iter(self._cases)))
        return case

    def _keep(self) -> None:
        refused = [
            (*key, case.tries, case.due) for key, case in self._cases.items() if case.tries and case.due
        ]
        try:
            self._stored.keep_refusals(_STORED.dump_json(refused).decode())
        except StoreTrouble as error:
            # Somebody is tried a few times more, should the bot end before the next refusal.
            log.warning("a refusal of Slack's couldn't be stored: %s", error)
