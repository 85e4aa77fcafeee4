"""When a Web API method may be called: by Slack's tiers and its 429, urgent calls first.

Slack counts the calls of all processes together. Each has an equal share of every limit: they work through
one outbox, so another sends what one may not. While their number stays the same, no minute has more calls
than the limit. They are counted every few seconds (`Deliverer`), so there may be more calls for a minute
after a process has started; then Slack's 429 holds the method, in the others when they count again.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from approvals.request import Urgency

MINUTE = 60.5
"""Seconds that a call counts, from its answer (it reached Slack earlier), with a margin of half a second."""
TIERS = {
    "chat.postMessage": 200, "users.info": 200, "users.profile.get": 200,
    "users.list": 20, "usergroups.list": 20, "usergroups.users.list": 20,
}  # fmt: skip
"""Calls a minute other than USUAL (docs.slack.dev/apis/web-api/rate-limits, and each method's page).

Posting has its own limit: one a second for each channel, short bursts allowed, and "several hundred" a minute
for a workspace. Tier 4 is "100+": a 429 shows how many that is (`hold`).
"""
USUAL = 50
"""Calls a minute of tier 3, and of tier 4 methods that can wait."""
LEAST_LEARNED = 20
"""A 429 after fewer calls in a minute has another cause: it only holds the method for its time."""
LEARNED_FOR = 3600.0
"""Seconds until the documented limit is tried again."""
KEPT = 0.15
"""The share of a minute's calls reserved for Urgency.FIRST, half of it for Urgency.SOON too; it shrinks over
KEPT_FOR seconds."""
KEPT_FOR = 30.0
PASSED_FOR = 1.0
"""Seconds after its turn has come in which a call still precedes those of less urgency."""
AT_ONCE = 2
"""Concurrent calls of one method: a method that hangs must not block every thread."""
CHANNEL_CALLS, CHANNEL_SECONDS = 10, 10.0
"""Messages to one channel: on average one a second over ten seconds."""
LONGEST = 600.0
EVERYTHING = "*"
"""Held like a method when no call can succeed, for example because of a wrong token."""


class Paced(Exception):
    """This method wasn't called: it is rate-limited for so many seconds. The message itself is fine."""

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(f"{method} in {seconds:.1f} s")
        self.method, self.seconds = method, seconds


class Crowded(Exception):
    """This channel has had enough messages for now; the method can be called for others."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds:.1f} s")
        self.seconds = seconds


@dataclass
class _Method:
    limit: int
    calls: deque[float] = field(default_factory=deque)
    on_their_way: int = 0
    held_until: float = 0.0
    failures: int = 0
    learned: int | None = None
    learned_at: float = 0.0
    awaited: dict[int, float] = field(default_factory=dict)
    """{urgency: seconds since 1970 until when a postponed call precedes others}."""


class Pace:
    """One for each process. It never sleeps: it says how long a call has to wait."""

    _processes = 1

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._methods: dict[str, _Method] = {}
        self._posts: deque[tuple[float, str]] = deque()
        """(time, channel) of the messages of the last CHANNEL_SECONDS."""
        self._refused: dict[str, float] = {}

    @contextmanager
    def calling(self, method: str, channel: str = "", urgency: int = Urgency.ORDINARY) -> Iterator[None]:
        """A context for one call of a method. Raises Paced or Crowded if the call must wait.

        After Paced, calls of less urgency wait until this one is due again.
        """
        with self._lock:
            if wait := self._wait(method, urgency):
                self._of(method).awaited[urgency] = self._seconds() + wait + PASSED_FOR
                raise Paced(method, wait)
            if wait := self._channel_wait(method, channel):
                raise Crowded(wait)
            self._of(method).on_their_way += 1
        try:
            yield
        finally:
            with self._lock:
                now, state = self._seconds(), self._of(method)
                state.on_their_way -= 1
                state.calls.append(now)
                if channel and method == "chat.postMessage":
                    self._posts.append((now, channel))

    def wait(self, method: str, urgency: int = Urgency.ORDINARY) -> float:
        """Seconds until a method may be called; 0: now."""
        with self._lock:
            return self._wait(method, urgency)

    def went_well(self, method: str) -> None:
        """Slack accepted a call of this method."""
        with self._lock:
            self._of(method).failures = 0

    def failed(self, method: str) -> None:
        """A call got no usable answer: from the third in a row on the method waits, up to half a minute."""
        with self._lock:
            state = self._of(method)
            state.failures += 1
            if state.failures > 2:
                self._hold(state, min(2.0 ** min(state.failures - 3, 5), 30.0))

    def hold(self, method: str, seconds: float) -> None:
        """Blocks this method for so many seconds: Slack answered 429, or refuses everything from this bot."""
        with self._lock:
            state, now = self._of(method), self._seconds()
            accepted = (len(self._recent(state, now)) - 1) * self._processes
            if LEAST_LEARNED <= accepted < state.limit:
                state.learned, state.learned_at = accepted, now
            self._hold(state, seconds)
            if method != EVERYTHING:
                self._refused[method] = state.held_until

    def refused(self) -> dict[str, float]:
        """{method: seconds since 1970 until when Slack's 429 holds it}, for the other processes."""
        with self._lock:
            return {method: until for method, until in self._refused.items() if until > self._seconds()}

    def share(self, refused: Sequence[Mapping[str, float]]) -> None:
        """Takes one share of all limits; `refused`: of each process that sends, this one included."""
        with self._lock:
            self._processes = len(refused)
            for method, until in (item for each in refused for item in each.items()):
                state = self._of(method)
                state.held_until = max(state.held_until, until)

    def _hold(self, state: _Method, seconds: float) -> None:
        state.held_until = max(state.held_until, self._seconds() + min(seconds, LONGEST))

    def _wait(self, method: str, urgency: int) -> float:
        now, state = self._seconds(), self._of(method)
        others = [until for other, until in state.awaited.items() if other > urgency]
        passing = max((_left(until, now, MINUTE + PASSED_FOR) for until in others), default=0.0)
        held = max(_left(each.held_until, now, LONGEST) for each in (state, self._of(EVERYTHING)))
        if held or passing:
            return max(held, passing)
        if state.on_their_way >= AT_ONCE:
            return 0.05
        if state.learned is not None and not 0 <= now - state.learned_at < LEARNED_FOR:
            state.learned = None
        calls, limit = self._recent(state, now), self._shared(state.learned or state.limit)
        used = len(calls) + state.on_their_way
        if used >= limit:
            return max(0.05, calls[0] + MINUTE - now) if calls else 0.05
        share = KEPT * (1 - urgency / Urgency.FIRST)
        kept = limit * share * (1 - (now - calls[0]) / KEPT_FOR) if calls else 0.0
        return 0.5 if used >= limit - kept else 0.0

    def _channel_wait(self, method: str, channel: str) -> float:
        now = self._seconds()
        while self._posts and not 0 <= now - self._posts[0][0] < CHANNEL_SECONDS:
            self._posts.popleft()
        calls = [at for at, to in self._posts if to == channel and method == "chat.postMessage"]
        return calls[0] + CHANNEL_SECONDS - now if len(calls) >= self._shared(CHANNEL_CALLS) else 0.0

    def _of(self, method: str) -> _Method:
        return self._methods.setdefault(method, _Method(TIERS.get(method, USUAL)))

    def _shared(self, limit: int) -> int:
        return max(limit // self._processes, 1)

    @staticmethod
    def _recent(state: _Method, now: float) -> deque[float]:
        # A clock that was set back must not block calls until it has caught up.
        while state.calls and not 0 <= now - state.calls[0] < MINUTE:
            state.calls.popleft()
        return state.calls

    def _seconds(self) -> float:
        return self._now().timestamp()


def _left(until: float, now: float, longest: float) -> float:
    """Seconds until a time; 0 if it is further away than `longest`: it was set while the clock was ahead."""
    return until - now if 0 < until - now <= longest else 0.0
