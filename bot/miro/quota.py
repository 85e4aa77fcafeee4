"""What a call costs of Miro's rate limit: one pool for all work, kept in the store.

Miro's page "SCIM rate limits" gives numbers per endpoint and 30 seconds; each row of it equals 10,000
credits at the price of its level. Whether the pool is shared isn't said, so it is treated as shared.
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
"""A credit is dated when its call leaves, and Miro's when it arrives: so much later it may be used again."""
RESERVE = 500
"""Credits that only what is of the first urgency may take: one offboarding whole, with rights taken away."""
LIST = 2_000
"""Credits of the highest level."""
LARGE = 500
"""Bytes from which a PATCH of a group costs the highest level."""


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
    """The part of the store that counts credits."""

    def spend(self, credits: int, pool: int, window: timedelta, place: Place) -> float:
        """0 when taken, else the seconds until there may be enough."""

    def unqueue(self, ticket: str) -> None:
        """Gives up a place in the queue."""

    def arrived(self, credits: int, left: datetime) -> None:
        """Dates credits anew whose call left then and was answered only now."""


def take(pool: Pool, credits: int, wait: Callable[[float], None], urgency: int = Urgency.ORDINARY) -> None:
    """Takes credits, waiting as long as it needs; `wait` raises when that is too long.

    More urgent work goes first, else what came first: a list, which needs a fifth of the pool, isn't
    overtaken for ever by small calls.
    """
    # A thread waits for one thing at a time.
    ticket = f"{socket.gethostname()}/{os.getpid()}/{threading.get_ident()}"
    # Lists may take all: five of them make up the pool.
    place = Place(ticket, urgency, RESERVE if credits < LIST else 0)
    try:
        while seconds := pool.spend(credits, POOL, WINDOW + MARGIN, place):
            wait(seconds)
    except BaseException:
        pool.unqueue(ticket)
        raise
