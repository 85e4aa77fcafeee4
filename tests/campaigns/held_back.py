"""A line to Miro on which one write is late: its sender is dead by then, and the next bot has looked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from bot.sandbox.server import Answer, Call
from tests.campaigns.nursery import Nursery

PATIENCE = 30.0


@dataclass
class HeldBack:
    """Write number `number` kills its sender, and is carried out when somebody has looked and not yet heard.

    So the next bot sees Miro without it, and sends the same write: the worst that a time-out can do.
    """

    nursery: Nursery
    number: int
    _writes: int = 0
    _sent: Event = field(default_factory=Event)
    _looked: Event = field(default_factory=Event)
    _through: Event = field(default_factory=Event)

    def __call__(self, call: Call, carry_out: Callable[[], Answer | None]) -> Answer | None:
        """Carries out a call in its time."""
        if call.method != "GET":
            return self._write(carry_out)
        said = carry_out()
        if self._sent.is_set() and not self._looked.is_set():
            self._looked.set()
            self._through.wait(PATIENCE)
        return said

    def _write(self, carry_out: Callable[[], Answer | None]) -> Answer | None:
        self._writes += 1
        if self._writes != self.number:
            return carry_out()
        self._sent.set()
        self.nursery.kill()
        self._looked.wait(PATIENCE)
        carry_out()
        self._through.set()
        return Answer(204)  # nobody hears it
