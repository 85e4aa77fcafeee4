"""Whether an error is about the token: `auth.test` depends on the token only."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from approvals.clocks import is_recent
from approvals.request import Urgency
from bot.slack.api.edge import Kind, SlackClient, SlackFault
from bot.slack.api.heard import refuses_token
from bot.slack.api.pace import Pace

TRUSTED_FOR = timedelta(seconds=10)
"""How long an answer of `auth.test` counts: as long as the hold that follows from it."""


class TokenCheck:
    """Checks the token with Slack, at most once in TRUSTED_FOR. Thread-safe."""

    def __init__(self, client: SlackClient, pace: Pace, now: Callable[[], datetime]) -> None:
        self._client, self._pace, self._now = client, pace, now
        self._lock = threading.Lock()
        self._answer: tuple[datetime, bool | None] | None = None

    def is_good(self) -> bool | None:
        """Whether Slack accepts the token; None without an answer. Raises Paced."""
        with self._lock:
            # Asks again exactly when the hold ends.
            within = TRUSTED_FOR - timedelta.resolution
            if self._answer is None or not is_recent(self._answer[0], self._now(), within):
                self._answer = self._now(), self._asked()
            elif self._answer[1]:
                self._client.heard.answer("auth.test", "")  # another call's refusal wasn't about the token
            return self._answer[1]

    def _asked(self) -> bool | None:
        try:
            with self._pace.calling("auth.test", urgency=Urgency.FIRST):
                self._client.auth_test()
        except SlackFault as fault:
            return False if fault.kind is Kind.REFUSED and refuses_token("auth.test", fault.code) else None
        return True
