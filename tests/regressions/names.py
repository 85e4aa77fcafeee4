"""The system's look-up of hosts, in which one name is never answered: a name server that went away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Names:
    """Stands in for `socket.getaddrinfo`."""

    ask: Callable[..., Any]
    hanging: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, host: Any, *args: Any, **how: Any) -> Any:
        if host == self.hanging:
            self._ended.wait(60)
            host = "127.0.0.1"
        return self.ask(host, *args, **how)

    @contextmanager
    def until_the_end(self) -> Iterator[None]:
        """Whatever hangs when the block ends is answered then."""
        try:
            yield
        finally:
            self._ended.set()
