"""Troubles with Miro: shown to requesters, once to operators for each kind, and in /healthz."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.clocks import is_recent
from approvals.ids import RequestId
from bot.miro.errors import Trouble, Troubled

log = logging.getLogger(__name__)

SENTENCES = {
    Trouble.UNREACHABLE: "Miro can't be reached.",
    Trouble.NO_ANSWER: "Miro isn't responding.",
    Trouble.BUSY: "Miro is busy.",
    Trouble.LIMITED: "Miro is limiting calls.",
    Trouble.CREDITS: "Miro's rate limit is used up.",
    Trouble.TOKEN: "Miro refuses the bot's token.",
    Trouble.FORBIDDEN: "Miro refuses the bot's token.",
    Trouble.SERVER: "Miro reports an internal error.",
    Trouble.STATUS: "Miro sent an unexpected answer.",
    Trouble.UNREADABLE: "Miro's answer is unreadable.",
    Trouble.COUNT: "Miro's answer is incomplete.",
    Trouble.OTHERS: "Miro answered about someone else.",
    Trouble.HIDDEN: "Miro's answer lacks something I need.",
}
"""{kind: sentence for the requester}."""

REMEDIES = {
    Trouble.UNREACHABLE: "Check MIRO_SCIM_URL and the network.",
    Trouble.TOKEN: "Set MIRO_SCIM_TOKEN to a valid token, then restart the bot.",
    Trouble.FORBIDDEN: "Check in Miro that SCIM is on and the token is still valid.",
    Trouble.LIMITED: "Check what else uses Miro's SCIM API, such as your identity provider.",
}
"""{kind: what an operator can do}; for other kinds only Miro can help."""

TELL_AFTER = 2
"""Failed tries of one request, of any kind, after which operators are notified of a trouble."""
ANEW = timedelta(hours=1)
"""After so long without it a trouble counts as ended; waiting requests are retried every 15 minutes."""


def sentence(error: Troubled) -> str:
    """The sentence about a trouble for requesters."""
    return SENTENCES[error.kind]


def detail(error: Troubled) -> str:
    """The trouble, the error and Miro's message; for operators, log and /healthz."""
    kind, seen = sentence(error), str(error)
    quoted = f'Miro said: "{error.words}"' if error.words and error.words not in seen else ""
    return " ".join(filter(None, ("" if seen.startswith(kind.rstrip(".")) else kind, seen, quoted)))


@dataclass
class Troubles:
    """The troubles of this process, with the requests that wait because of them.

    Kept in memory: after a start, troubles are noted again with the next tries.
    """

    tell: Callable[[str], None]
    now: Callable[[], datetime]
    _waiting: dict[Trouble, dict[RequestId, None]] = field(default_factory=dict)
    """{kind of trouble at the last try: requests in order of arrival}."""
    _met: dict[RequestId, Counter[Trouble]] = field(default_factory=dict)
    """{waiting request: number of tries by kind of trouble}."""
    _last: dict[Trouble, str] = field(default_factory=dict)
    _met_at: dict[Trouble, datetime] = field(default_factory=dict)
    _told: dict[Trouble, bool] = field(default_factory=dict)
    """{kind: whether operators were notified since it last began}."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, error: Troubled, request: RequestId) -> None:
        """Notes that a request waits because of a trouble; notifies operators once a kind, after two tries.

        A request that meets another kind than before still counts as waiting.
        """
        log.warning("%s waits: %s", request, detail(error))
        with self._lock:
            self._note_time(error.kind)
            self._take_out(request, but=error.kind)
            self._waiting.setdefault(error.kind, {})[request] = None
            tries = self._met.setdefault(request, Counter())
            tries[error.kind] += 1
            self._last[error.kind] = detail(error)
            is_known = self._told.get(error.kind) or error.kind == Trouble.CREDITS
            if is_known or tries.total() < TELL_AFTER:
                return
            self._told[error.kind] = True
            text = f"{self._line(error.kind)} Waiting requests are saved and continue by themselves."
        self.tell(f"{text} {REMEDIES.get(error.kind, '')}".strip())

    def went_on(self, request: RequestId) -> None:
        """Notes that Miro answered a request, which doesn't wait any more."""
        self._end(request, "Resolved:", is_answer=True)

    def prune(self, is_held: Callable[[RequestId], bool]) -> None:
        """Drops requests that were withdrawn, or continued elsewhere; checks as few as possible."""
        for kind in list(self._waiting):
            while (waiting := list(self._waiting.get(kind, ()))) and not is_held(waiting[0]):
                self._end(waiting[0], "No request waits for this anymore:")

    def lines(self) -> list[str]:
        """The current troubles, a sentence or two for each kind."""
        with self._lock:
            return [self._line(kind) for kind in self._waiting if kind != Trouble.CREDITS]

    def kept_by(self, request: RequestId) -> Trouble | None:
        """The trouble that a request waits for, or None."""
        with self._lock:
            return next((kind for kind, ids in self._waiting.items() if request in ids), None)

    def is_told(self) -> bool:
        """Whether operators know that something is the matter."""
        return bool(self._told)

    def _end(self, request: RequestId, lead: str, is_answer: bool = False) -> None:
        """Forgets a request, and tells operators of each kind that it met and none waits for any more."""
        with self._lock:
            self._take_out(request)
            met = self._met.pop(request, Counter())
            over = [kind for kind in met if kind in self._told and kind not in self._waiting]
            for kind in over:
                del self._told[kind]
            works = is_answer and not self._waiting.keys() - {Trouble.CREDITS}
        if over:
            kinds = " ".join(dict.fromkeys(SENTENCES[kind] for kind in over))
            log.info("%s %s", lead, kinds)
            self.tell(f"{'It works again. ' if works else ''}{lead} {kinds}")

    def _note_time(self, kind: Trouble) -> None:
        """A kind is met. It begins anew where nothing waits because of it, and nothing did for a while."""
        now = self.now()
        lasts = kind in self._waiting or is_recent(self._met_at.get(kind), now, ANEW)
        if kind in self._told and not lasts:
            self._told[kind] = False
        self._met_at[kind] = now

    def _take_out(self, request: RequestId, but: Trouble | None = None) -> None:
        """Takes a request out of all kinds but one."""
        for kind, waiting in list(self._waiting.items()):
            if kind is not but and request in waiting:
                del waiting[request]
                if not waiting:
                    del self._waiting[kind]

    def _line(self, kind: Trouble) -> str:
        first, *others = self._waiting[kind]
        more = f" and {len(others)} {'other' if len(others) == 1 else 'others'}" if others else ""
        return f"{self._last[kind]} {first}{more} {'wait' if others else 'waits'}."
