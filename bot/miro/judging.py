"""The meaning of Miro's HTTP statuses, for reads and for writes."""

import re
from datetime import datetime

from bot.http.retry_after import retry_after as read_retry_after
from bot.miro import wire
from bot.miro.errors import Away, Declined, Locked, MiroError, Trouble, Unclear, Unreadable
from bot.miro.quota import WINDOW

RETRIED = (408, 425, 429, 503)
"""Statuses after which nothing was done: retried for every method."""


def check_look(status: int, text: bytes) -> None:
    """Accepts 200, the only status of a complete answer. Raises Locked, or Away for all others.

    A 202 comes before the answer, a 203 was changed by a proxy, a 206, 207 or 226 is partial.
    """
    if status == 200:
        return
    if error := _locked(status, text):
        raise error
    raise Away(*_unknown(status, text))


def check_write(status: int, text: bytes) -> None:
    """Returns if the write was accepted. Raises Locked, Declined for other 4xx, else Unclear."""
    if 200 <= status < 300:
        return
    if error := _locked(status, text):
        raise error
    if 400 <= status < 500:
        raise Declined(status, wire.complaint(status, text))
    raise Unclear(*_unknown(status, text))


def _locked(status: int, text: bytes) -> MiroError | None:
    if status not in (401, 403):
        return None
    kind = Trouble.TOKEN if status == 401 else Trouble.FORBIDDEN
    return Locked(f"Miro refuses the bot's token ({status}).", kind, wire.complaint(status, text))


def _unknown(status: int, text: bytes) -> tuple[str, Trouble, str]:
    words = wire.complaint(status, text)
    if status >= 500:
        return f"Miro had an error of its own ({status}): {words}", Trouble.SERVER, words
    return f"Miro answered with status {status}, which tells nothing: {words}", Trouble.STATUS, words


def is_absent(status: int, text: bytes, id: str = "") -> bool:
    """Whether it is Miro's own 404: with SCIM's error schema (RFC 7644 section 3.12), or Miro's message.

    That message is "No resource with ID {id}". A gateway's 404 may be JSON, too, with a `detail` (RFC 9457)
    that repeats the path; it proves nothing about the resource `id`.
    """
    if status != 404:
        return False
    try:
        body = wire.content(text)
    except Unreadable:
        return False
    if not isinstance(body, dict) or str(body.get("status", "404")) != "404":
        return False
    schemas = body.get("schemas")
    return (isinstance(schemas, list) and wire.ERROR in schemas) or _names(body.get("detail"), id)


def _names(detail: object, id: str) -> bool:
    """Whether a message names the resource with this id, not a path that ends with it."""
    if not isinstance(detail, str) or not id or "resource" not in detail.casefold():
        return False
    return re.search(rf"(?<![\w/.:-]){re.escape(id)}(?![\w/:-])", detail) is not None


def retry_after(text: str, now: datetime, most: float) -> float:
    """Seconds to wait, 1 to `most`: a number or an HTTP date (RFC 9110 section 10.2.3), else one window.

    Miro isn't known to send Retry-After with SCIM.
    """
    return read_retry_after(text, now, most, WINDOW.total_seconds())
