"""When Slack was last heard, and whether it takes the bot's tokens: what /healthz says of Slack."""

import time
from collections.abc import Callable

SILENT = 60.0
"""Seconds without a frame, pongs included, after which the line of Socket Mode counts as broken."""
_REFUSED = {
    "account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "org_login_required",
    "token_expired", "token_revoked",
}  # fmt: skip
"""Slack's words for a token that nothing can be done with (its page of each method, "Errors")."""


class Heard:
    """Noted by every way to Slack. `seconds` is a clock that only runs forward."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._last: float | None = None
        self._line: float | None = None
        self._refused: dict[str, str] = {}

    def expect(self) -> None:
        """Socket Mode begins: from now on silence of its line is a problem."""
        self._line = self._seconds()

    def line(self) -> None:
        """Any frame came on the line of Socket Mode."""
        self._line = self._last = self._seconds()

    def delivery(self) -> None:
        """A signed delivery came over HTTP."""
        self._last = self._seconds()

    def answer(self, method: str, code: str) -> None:
        """Slack answered a call, with an error's name or ''."""
        if self._line is None:
            self._last = self._seconds()
        # The one method that takes the app's token; all others take the bot's.
        token = "SLACK_APP_TOKEN" if method == "apps.connections.open" else "SLACK_BOT_TOKEN"
        if code in _REFUSED:
            self._refused[token] = code
        else:
            self._refused.pop(token, None)

    def problem(self) -> str:
        """What is wrong with Slack, in a sentence, or ''."""
        for token, code in list(self._refused.items()):
            return f"Slack refuses {token}: {code}."
        silent = 0.0 if self._line is None else self._seconds() - self._line
        return f"Slack hasn't been heard for {silent:.0f} s; I go on joining." if silent > SILENT else ""

    def said(self) -> str:
        """When Slack was last heard; over HTTP it may rightly be silent for long."""
        return "not heard yet" if self._last is None else f"heard {self._seconds() - self._last:.0f} s ago"
