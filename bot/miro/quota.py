"""What a call costs of Miro's rate limit: one pool for all work, kept in the store.

Miro's page "SCIM rate limits" gives numbers per endpoint and 30 seconds; each row of it equals 10,000
credits at the price of its level. Whether the pool is shared isn't said, so it is treated as shared.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

POOL = 10_000
WINDOW = timedelta(seconds=30)
LARGE = 500
"""Bytes from which a PATCH of a group costs the highest level."""


def cost(method: str, path: str, size: int = 0) -> int:
    """Credits of one call; `path` begins below the base URL, `size` is the body's in bytes."""
    one = len([part for part in path.partition("?")[0].split("/") if part]) > 1
    if path.startswith("/Users"):
        return {"DELETE": 500, "PUT": 100, "PATCH": 100}.get(method, 50)
    if path.startswith("/Groups"):
        if method == "PATCH":
            return 100 if size < LARGE else 2_000
        return 500 if one and method == "GET" else 2_000
    return 50


class Pool(Protocol):
    """The part of the store that counts credits."""

    def spend(self, credits: int, pool: int, window: timedelta) -> float:
        """0 when taken, else the seconds until there may be enough."""


def take(pool: Pool, credits: int, wait: Callable[[float], None]) -> None:
    """Takes credits, waiting as long as it needs; `wait` raises when that is too long."""
    while seconds := pool.spend(credits, POOL, WINDOW):
        wait(seconds)
