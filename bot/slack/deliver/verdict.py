"""Decides whether Slack's refusals are about one recipient: only if others are reached by the same method.

No error code is final: with a token of another workspace, while a workspace moves or Slack has an incident,
any of them may come for everybody. Network faults, 5xx, 429 and errors of the token don't count here.

Without other recipients of the method nobody is judged. So that the request doesn't wait in silence, after a
few refusals its requester reads that nobody could be reached yet, and operators get a message, or the
requester if there is no other operator. If that arrives, others were reached, and a verdict follows.

No verdict is final. It ends one message; the next one to the same recipient is tried. Any message that
reaches a person, and any action of theirs in Slack, makes all their waiting requests ask them again.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from approvals.clocks import is_recent
from approvals.record.database import Database, StoreTrouble
from approvals.record.outbox import backoff

log = logging.getLogger(__name__)

TRIES = 3
"""Refusals after which a recipient counts as unreachable, if others are reached."""
LONGEST = 60.0
FARTHEST = 900.0
COUNTED_FOR = timedelta(days=1)
"""Refusals expire after so long without another."""
ACTS_COUNT_EVERY = timedelta(hours=1)
"""How often a person's actions cause retries: Slack may go on refusing messages to them."""
MOST = 1000
"""The most recipients that are tracked."""


@dataclass
class _Case:
    tries: int = 0
    due: datetime | None = None
    is_busy: bool = False
    reached: set[str] = field(default_factory=set)
    """Others reached by the method since the first refusal, and not refused since."""


_STORED = TypeAdapter(list[tuple[str, str, int, datetime]])
"""[(method, recipient, tries, when the next one is due)]."""


class Verdicts:
    """Refusals by method and recipient. They survive a restart; others must be reached again after it.

    Errors count against a recipient only if the same method reached another one between the first and the
    last refusal. If a fault concerns everybody, nobody is reached, or those reached are refused later: then
    nobody is judged.
    """

    def __init__(
        self, now: Callable[[], datetime], on: Database, came_back: Callable[[str], None] = lambda _: None
    ) -> None:
        """`came_back` is called with each refused recipient who was reached or acted since."""
        self._now, self._on, self._came_back = now, on, came_back
        self._lock = threading.Lock()
        self._cases = self._kept()
        self._acted: dict[str, datetime] = {}

    def _kept(self) -> dict[tuple[str, str], _Case]:
        """The refusals last stored by any process."""
        with suppress(ValidationError):  # nothing yet, or another version's
            stored = _STORED.validate_json(self._on.kept("refusals"))
            return {(method, recipient): _Case(tries, due) for method, recipient, tries, due in stored}
        return {}

    def wait(self, method: str, recipient: str) -> float:
        """Seconds until a refused recipient is tried again; 0: now."""
        due = self._known(method, recipient).due
        left = (due - self._now()).total_seconds() if due else 0.0
        # It is further away if the clock was set back.
        return left if 0 < left <= FARTHEST else 0.0

    def tries(self, method: str, recipient: str) -> int:
        """Slack's refusals of a recipient in a row."""
        return self._known(method, recipient).tries

    def is_close(self, method: str, recipient: str) -> bool:
        """Whether the next refusal may make the recipient unreachable."""
        case = self._known(method, recipient)
        return case.tries + 1 >= TRIES and bool(case.reached)

    def _known(self, method: str, recipient: str) -> _Case:
        with self._lock:
            return self._cases.get((method, recipient)) or _Case()

    def busy(self, method: str, recipient: str, seconds: float) -> None:
        """Notes that Slack was busy. From the second time others go first: the limit may be the channel's."""
        with self._lock:
            case = self._cases.setdefault((method, recipient), _Case())
            case.due = self._now() + timedelta(seconds=seconds + (1 if case.is_busy else 0))
            case.is_busy = True

    def reached(self, method: str, recipient: str) -> None:
        """Notes that Slack accepted a message for this recipient."""
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
        """Notes that a person acted in Slack: earlier refusals don't count any more."""
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

    def refused(self, method: str, recipient: str) -> bool:
        """Notes a refusal; returns whether it makes the recipient unreachable."""
        with self._lock:
            for (other, whose), case in self._cases.items():
                if other == method and whose != recipient:
                    case.reached.discard(recipient)
            case = self._cases.get((method, recipient)) or _Case()
            if case.tries and not is_recent(case.due, self._now(), COUNTED_FOR):
                case = _Case()
            self._cases[method, recipient] = case
            if len(self._cases) > MOST:
                self._cases.pop(next(iter(self._cases)))
            case.tries += 1
            case.due = self._now() + timedelta(seconds=min(backoff(case.tries - 1), LONGEST))
            self._keep()
            return case.tries >= TRIES and bool(case.reached)

    def _keep(self) -> None:
        cases = self._cases.items()
        refused = [(*key, case.tries, case.due) for key, case in cases if case.tries and case.due]
        try:
            self._on.keep("refusals", _STORED.dump_json(refused).decode())
        except StoreTrouble as error:
            # If the bot ends before the next refusal, a few more tries are made.
            log.warning("a refusal of Slack's couldn't be stored: %s", error)
