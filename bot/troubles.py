"""What keeps the bot from working with Miro: told to who waits, to operators once a kind, and to /healthz."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from approvals.ids import RequestId
from bot.miro.errors import Trouble, Troubled

log = logging.getLogger(__name__)

SENTENCES = {
    Trouble.UNREACHABLE: "Miro can't be reached.",
    Trouble.NO_ANSWER: "Miro isn't responding.",
    Trouble.BUSY: "Miro is busy.",
    Trouble.LIMITED: "Miro is limiting calls.",
    Trouble.CREDITS: "Too much is asked of Miro at the moment.",
    Trouble.TOKEN: "Miro refuses the bot's token.",
    Trouble.FORBIDDEN: "Miro refuses the bot's token.",
    Trouble.SERVER: "Miro has an error of its own.",
    Trouble.STATUS: "Miro gave an answer I can't use.",
    Trouble.UNREADABLE: "Miro's answer couldn't be read.",
    Trouble.COUNT: "Miro's answer doesn't add up.",
    Trouble.OTHERS: "Miro answered about somebody else.",
    Trouble.HIDDEN: "Miro's answer leaves out what I need.",
}
"""What who asked reads."""

REMEDIES = {
    Trouble.UNREACHABLE: "Look at MIRO_SCIM_URL and the network.",
    Trouble.TOKEN: "Put in a valid token (MIRO_SCIM_TOKEN) and start again.",
    Trouble.FORBIDDEN: "Look in Miro whether SCIM is switched on and the token still holds.",
    Trouble.LIMITED: "Look what else uses Miro's SCIM API, such as your identity provider.",
}
"""What an operator does about it; where nothing stands here, only Miro can help."""

TELL_AFTER = 2
"""Tries of one request after which operators hear of a kind of trouble."""


def sentence(error: Troubled) -> str:
    """What kind of trouble it is, for who waits."""
    return SENTENCES[error.kind]


def detail(error: Troubled) -> str:
    """The kind, what the bot saw, and Miro's words; for operators, log and health."""
    kind, seen = sentence(error), str(error)
    said = f'Miro said: "{error.words}"' if error.words and error.words not in seen else ""
    return " ".join(filter(None, ("" if seen.startswith(kind.rstrip(".")) else kind, seen, said)))


@dataclass
class Troubles:
    """The troubles of this process, by kind and by the requests that wait because of them.

    Kept in memory: after a start, whatever is still troubled says so at its next try.
    """

    tell: Callable[[str], None]
    _waiting: dict[Trouble, dict[RequestId, int]] = field(default_factory=dict)
    """Requests, each with how often it was tried."""
    _last: dict[Trouble, str] = field(default_factory=dict)
    _told: set[Trouble] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, error: Troubled, request: RequestId) -> None:
        """A request has to wait because of this. Operators are told once a kind, after the second try."""
        log.warning("%s waits: %s", request, detail(error))
        with self._lock:
            tries = self._waiting.get(error.kind, {}).get(request, 0) + 1
            over = self._remove(request, but=error.kind)
            self._waiting.setdefault(error.kind, {})[request] = tries
            self._last[error.kind] = detail(error)
            is_new = tries >= TELL_AFTER and error.kind not in self._told and error.kind != Trouble.CREDITS
            if is_new:
                self._told.add(error.kind)
            text = f"{self._line(error.kind)} What waits is saved and continues by itself."
        self._tell_of(over)
        if is_new:
            self.tell(f"{text} {REMEDIES.get(error.kind, '')}".strip())

    def went_on(self, request: RequestId) -> None:
        """A request doesn't wait for Miro any more."""
        with self._lock:
            over = self._remove(request)
        self._tell_of(over)

    def prune(self, is_held: Callable[[RequestId], bool]) -> None:
        """Forgets requests that went on elsewhere, or were withdrawn; looks no further than it must."""
        for kind in list(self._waiting):
            while (waiting := list(self._waiting.get(kind, ()))) and not is_held(waiting[0]):
                self.went_on(waiting[0])

    def lines(self) -> list[str]:
        """What is the matter now, a sentence or two for each kind."""
        with self._lock:
            return [self._line(kind) for kind in self._waiting if kind != Trouble.CREDITS]

    def is_told(self) -> bool:
        """Whether operators know that something is the matter."""
        return bool(self._told)

    def _remove(self, request: RequestId, but: Trouble | None = None) -> list[Trouble]:
        """Takes a request out of all kinds but one; the kinds, told to operators, that are over with it."""
        over = []
        for kind, waiting in list(self._waiting.items()):
            if kind is not but and waiting.pop(request, 0) and not waiting:
                del self._waiting[kind]
                over += [kind] if kind in self._told else []
                self._told.discard(kind)
        return over

    def _tell_of(self, over: list[Trouble]) -> None:
        for kind in over:
            log.info("this is over: %s", SENTENCES[kind])
            self.tell(f"It works again. This is over: {SENTENCES[kind]}")

    def _line(self, kind: Trouble) -> str:
        first, *others = self._waiting[kind]
        more = f" and {len(others)} {'other' if len(others) == 1 else 'others'}" if others else ""
        return f"{self._last[kind]} {first}{more} {'wait' if others else 'waits'}."
