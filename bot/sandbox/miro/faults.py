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
    """Disturbs the next `times` calls that it matches; the kinds can be combined.

    `path` is a regular expression searched for in the logged path, or a predicate of method and path.
    """

    method: str = ".*"
    path: Matching = ""
    times: int = 1
    # Answered instead of Miro's own answer; nothing is changed then.
    status: int | None = None
    body: Literal["scim", "rest", "html", "empty"] = "scim"
    detail: str = ""
    retry_after: int | str | None = None
    # Added to Miro's own headers as well: Location, Content-Encoding, …
    headers: Mapping[str, str] = field(default_factory=dict)
    # The line is cut before or after the change; the client hears nothing either way.
    cut: Literal["before", "after"] | None = None
    # Miro says 200 and has changed nothing.
    no_effect: bool = False
    # Done as asked, and answered with what this makes of Miro's own answer: another body, another person.
    saying: Callable[[Any], Any] | None = None
    latency: float = 0.0
    # Called before all else, so that the world can change under the client.
    then: Callable[[], object] = field(default=lambda: None)

    def fits(self, method: str, path: str) -> bool:
        if self.times < 1 or not re.fullmatch(self.method, method, re.IGNORECASE):
            return False
        if callable(self.path):
            return self.path(method, path)
        return re.search(self.path, path) is not None

    def answer(self) -> Answer | None:
        """What is said instead of Miro's answer, if anything is."""
        if self.status is None:
            return None
        kind, content = self._said(self.status)
        headers = {"Content-Type": kind} if kind else {}
        if self.body == "html":
            headers["X-Cache"] = "Error from cloudfront"
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return Answer(self.status, content.encode(), {**headers, **self.headers})

    def said(self, answer: Answer) -> Answer:
        """What is heard of an answer of Miro's own."""
        body = answer.body
        if self.saying:
            body = json.dumps(self.saying(json.loads(body) if body else None)).encode()
        return Answer(answer.status, body, {**answer.headers, **self.headers})

    def _said(self, status: int) -> tuple[str, str]:
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
