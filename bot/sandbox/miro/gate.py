"""The checks before Miro's SCIM service: token, rate limit, size, media type."""

import json
from collections import deque
from typing import Any

from bot.sandbox.miro.errors import Refusal, invalid, too_many, words
from bot.sandbox.server import Call

MEDIA = ("application/scim+json", "application/json")
MOST_BYTES = 800_000

_WINDOW = 30.0
_CREDITS = 10_000
# Levels 1 to 4 of Miro's page on rate limiting.
_FIRST, _SECOND, _THIRD, _FOURTH = 50, 100, 500, 2000
_COSTS = {
    "PUT /Users/{id}": _SECOND,
    "PATCH /Users/{id}": _SECOND,
    "DELETE /Users/{id}": _THIRD,
    "GET /Groups": _FOURTH,
    "GET /Groups/{id}": _THIRD,
    # The two below exist only in the user-group model, whose limits Miro doesn't publish.
    "POST /Groups": _SECOND,
    "DELETE /Groups/{id}": _THIRD,
}


class Credits:
    """One pool for all calls: every row of Miro's page on SCIM rate limits comes to 10,000 in 30 s.

    Whether Miro's window is fixed or slides isn't known; this one slides, which is the stricter of the two.
    """

    def __init__(self, credits: int = _CREDITS, window: float = _WINDOW) -> None:
        self._credits, self._window = credits, window
        self._spent: deque[tuple[float, int]] = deque()

    def spend(self, cost: int, now: float) -> None:
        # A time in the future is from before a test's clock was set back.
        while self._spent and not now - self._window < self._spent[0][0] <= now:
            self._spent.popleft()
        if cost > self._credits - sum(credits for _, credits in self._spent):
            raise too_many()
        self._spent.append((now, cost))


def cost(call: Call, parts: list[str]) -> int:
    """The credits that a call takes from the pool; `parts` is its path."""
    endpoint = f"{call.method} /{parts[0]}" + ("/{id}" if len(parts) > 1 else "")
    if endpoint == "PATCH /Groups/{id}":
        # A body of 500 bytes or more costs twenty times as much: Miro's page on SCIM rate limits.
        return _SECOND if len(call.body) < 500 else _FOURTH
    return _COSTS.get(endpoint, _FIRST)


def check_token(call: Call, token: str, enabled: bool) -> None:
    if call.headers.get("authorization") != f"Bearer {token}":
        raise Refusal(401, words(401)[1])
    if not enabled:
        raise Refusal(403, words(403)[1])


def read_body(call: Call) -> Any:
    """The body as JSON. Raises Refusal if Miro doesn't take its type or size."""
    media = call.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if media not in MEDIA:
        raise Refusal(415, f"Media type '{media}' is not supported")
    if len(call.body) > MOST_BYTES:
        raise Refusal(413, f"A request may have {MOST_BYTES} bytes at most")
    content = parsed(call.body)
    if content is None:
        raise invalid("Request is not JSON", "invalidSyntax")
    return content


def parsed(body: bytes) -> Any:
    """A body as JSON, None if it isn't JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def media(call: Call) -> str:
    """The media type of an answer; it isn't known which of the two Miro sends for which Accept."""
    return MEDIA[0] if MEDIA[0] in call.headers.get("accept", "") else MEDIA[1]
