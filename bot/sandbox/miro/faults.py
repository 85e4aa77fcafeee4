"""What can be made to go wrong between a client and the sandbox's Miro."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.miro.errors import cdn_page, rest_error, scim_error, words
from bot.sandbox.server import Answer

Matching = str | Callable[[str, str], bool]


@dataclass
class Fault:
    """Disturbs the next `times` calls that match; the kinds can be combined.

    `path` is a regular expression searched for in the logged path, or a predicate of method and path.
    """

    method: str = ".*"
    path: Matching = ""
    times: int = 1
    # Sent instead of Miro's own answer; nothing changes in Miro then.
    status: int | None = None
    body: Literal["scim", "rest", "html", "empty"] = "scim"
    detail: str = ""
    retry_after: int | str | None = None
    # Added to Miro's own headers as well: Location, Content-Encoding, …
    headers: Mapping[str, str] = field(default_factory=dict)
    # The connection is cut before or after the change; the client gets no answer either way.
    cut: Literal["before", "after"] | None = None
    # Miro says 200 and has changed nothing.
    no_effect: bool = False
    # Carried out; the body sent is what this makes of Miro's own: another form, another person.
    saying: Callable[[Any], Any] | None = None
    latency: float = 0.0
    # Called before all else: changes Miro between two calls of the client.
    then: Callable[[], object] = field(default=lambda: None)

    def fits(self, method: str, path: str) -> bool:
        if self.times < 1 or not re.fullmatch(self.method, method, re.IGNORECASE):
            return False
        if callable(self.path):
            return self.path(method, path)
        return re.search(self.path, path) is not None

    def answer(self) -> Answer | None:
        """The answer sent instead of Miro's own; None if Miro answers itself."""
        if self.status is None:
            return None
        kind, content = self._error(self.status)
        headers = {"Content-Type": kind} if kind else {}
        if self.body == "html":
            headers["X-Cache"] = "Error from cloudfront"
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return Answer(self.status, content.encode(), {**headers, **self.headers})

    def altered(self, answer: Answer) -> Answer:
        """Miro's own answer as the client gets it."""
        body = answer.body
        if self.saying:
            body = json.dumps(self.saying(json.loads(body) if body else None)).encode()
        return Answer(answer.status, body, {**answer.headers, **self.headers})

    def _error(self, status: int) -> tuple[str, str]:
        code, usual = words(status)
        message = self.detail or usual
        match self.body:
            case "empty":
                return "", ""
            case "html":
                return "text/html", cdn_page(status)
            case "rest":
                return "application/json", json.dumps(rest_error(status, message))
        scim_type = code if status == 429 else ""
        return "application/scim+json", json.dumps(scim_error(status, message, scim_type))
