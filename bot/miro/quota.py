"""Credits of Miro's rate limit: what a call costs; one pool for all work, kept in the store.

Miro's page "SCIM rate limits" gives numbers of calls for each endpoint in 30 seconds; each row equals 10,000
credits at the price of its level. Whether the pool is shared isn't documented; here it is.
"""

import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from approvals.record.claims import Place
from approvals.request import Urgency

POOL = 10_000
WINDOW = timedelta(seconds=30)
MARGIN = timedelta(seconds=1)
"""Added to the window: a credit counts from when its call leaves, Miro counts from its arrival."""
RESERVE = 500
"""Credits reserved for Urgency.FIRST: enough for one whole offboarding of an admin."""
LIST = 2_000
"""Credits of the highest level."""
LARGE = 500
"""Bytes from which on a PATCH of a group costs the highest level."""


def cost(method: str, path: str, size: int = 0) -> int:
    """Credits of one call; `path` begins below the base URL, `size` is the body's in bytes."""
    is_single = len([part for part in path.partition("?")[0].split("/") if part]) > 1
    if path.startswith("/Users"):
        return {"DELETE": 500, "PUT": 100, "PATCH": 100}.get(method, 50)
    if path.startswith("/Groups"):
        if method == "PATCH":
            return 100 if size < LARGE else LIST
        return 500 if is_single and method == "GET" else LIST
    return 50


class Pool(Protocol):
    """The store's counter of credits."""

    def spend(self, credits: int, pool: int, window: timedelta, place: Place) -> float:
        """0 if taken, else the seconds until there may be enough credits."""

    def unqueue(self, ticket: str) -> None:
        """Leaves the queue."""

    def arrived(self, credits: int, left: datetime) -> None:
        """Moves credits, taken at `left`, to now, when their call was answered."""


def take(pool: Pool, credits: int, wait: Callable[[float], None], urgency: int = Urgency.ORDINARY) -> None:
    """Takes credits, waiting as long as necessary; `wait` raises if that is too long.

    More urgent work goes first, then first come, first served: small calls can't overtake a list, which needs
    a fifth of the pool, for ever.
    """
    # A thread waits for one call at a time.
    ticket = f"{socket.gethostname()}/{os.getpid()}/{threading.get_ident()}"
    # Lists may use the reserve: five of them are the whole pool.
    place = Place(ticket, urgency, RESERVE if credits < LIST else 0)
    try:
        while seconds := pool.spend(credits, POOL, WINDOW + MARGIN, place):
            wait(seconds)
    except BaseException:
        pool.unqueue(ticket)
        raise
