"""When Slack was last heard, and whether it accepts the bot's tokens and messages: for /healthz."""

import re
import time
from collections.abc import Callable

SILENT = 60.0
"""Seconds without a frame, pongs included, after which the Socket Mode connection counts as broken."""
MANY = 2
"""Recipients refused in a row, with none reached in between, after which all messages seem refused."""
_ABOUT_TOKENS = {"auth.test": "SLACK_BOT_TOKEN", "apps.connections.open": "SLACK_APP_TOKEN"}
"""Methods about a token only: any refusal is about that token."""
SLACKS_OWN = {"internal_error", "fatal_error"}
"""Errors of Slack's servers, not of a recipient or a token."""
OVERLOADED = {"service_unavailable", "request_timeout"}
"""The same, but for one recipient they may last."""
_LIKE_A_TOKENS = re.compile(r"auth|token|access|login|two_factor|account_inactive|app_|_app|enterprise|team_")
"""Parts of the codes of errors about a token, an installation or a workspace (each method's page, "Errors").
Slack also uses some for one channel or person: the next good answer, or `auth.test`, clears the error."""


def refuses_token(method: str, code: str) -> bool:
    """Whether an error is probably about the token; Slack adds codes, so no list is complete."""
    return code not in SLACKS_OWN | OVERLOADED and (
        method in _ABOUT_TOKENS or bool(_LIKE_A_TOKENS.search(code))
    )


class Heard:
    """What each connection to Slack reports. `seconds`: a monotonic clock."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._last: float | None = None
        self._line: float | None = None
        self.scopes: frozenset[str] | None = None
        """What the bot's token was granted, by Slack's last answer that says so."""
        self._refused: dict[str, str] = {}
        self._unsent: dict[str, str] = {}
        """{recipient: Slack's error code} of messages refused since the last accepted one."""

    def expect(self) -> None:
        """Socket Mode begins: from now on silence is a problem."""
        self._line = self._seconds()

    def line(self) -> None:
        """Any frame came over Socket Mode."""
        self._line = self._last = self._seconds()

    def delivery(self) -> None:
        """A signed request came over HTTP."""
        self._last = self._seconds()

    def answer(self, method: str, code: str, to: str = "") -> None:
        """Slack answered a call; `code`: an error or ''; `to`: the recipient of a message."""
        if self._line is None:
            self._last = self._seconds()
        token = _ABOUT_TOKENS.get(method, "SLACK_BOT_TOKEN")
        if code and refuses_token(method, code):
            self._refused[token] = code
        elif code not in SLACKS_OWN | OVERLOADED:
            self._refused.pop(token, None)
        if method == "chat.postMessage" and code:
            self._unsent[to] = code
        elif method == "chat.postMessage":
            self._unsent.clear()

    def problem(self) -> str:
        """What is wrong with Slack, in a sentence, or ''."""
        for token, code in list(self._refused.items()):
            return f"Slack refuses {token}: {code}."
        if len(self._unsent) >= MANY:
            return f"Slack refuses every message: {', '.join(sorted(set(self._unsent.values())))}."
        silent = 0.0 if self._line is None else self._seconds() - self._line
        return f"Slack hasn't been heard for {silent:.0f} s; I keep reconnecting." if silent > SILENT else ""

    def said(self) -> str:
        """When Slack was last heard, as text; over HTTP a long silence is normal."""
        return "not heard yet" if self._last is None else f"heard {self._seconds() - self._last:.0f} s ago"
