"""The meaning of Miro's HTTP statuses, for reads and for writes."""

import re

from bot.miro import wire
from bot.miro.errors import Away, Declined, Locked, Trouble, Troubled, Unclear, Unreadable

_LOCKED = {401: Trouble.TOKEN, 403: Trouble.FORBIDDEN}
RETRIED = (408, 425, 429, 503)
"""Statuses after which nothing was done: retried for every method."""


def check_look(status: int, text: bytes) -> None:
    """Accepts 200, the only status of a complete answer. Raises Locked, or Away for all others.

    A 202 comes before the answer, a 203 was changed by a proxy, a 206, 207 or 226 is partial.
    """
    if status != 200:
        raise _trouble(Away, status, text)


def check_write(status: int, text: bytes) -> None:
    """Returns if the write was accepted. Raises Locked, Declined for other 4xx, else Unclear."""
    if 400 <= status < 500 and status not in _LOCKED:
        raise Declined(status, wire.complaint(status, text))
    if not 200 <= status < 300:
        raise _trouble(Unclear, status, text)


def _trouble(kind: type[Away | Unclear], status: int, text: bytes) -> Troubled:
    words = wire.complaint(status, text)
    if status in _LOCKED:
        return Locked(f"Miro refuses the bot's token ({status}).", _LOCKED[status], words)
    if status >= 500:
        return kind(f"Miro had an internal error ({status}): {words}", Trouble.SERVER, words)
    return kind(f"Miro answered with status {status}, without an explanation: {words}", Trouble.STATUS, words)


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
