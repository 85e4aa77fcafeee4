"""The bearer tokens of directories: one directory may have several, so that a new one takes over from an old.

A token has 256 random bits, so its SHA-256 is enough at rest: there is nothing to guess or to salt against.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from approvals.ids import stamp, unstamp
from approvals.record.database import Database, Row

OLD = timedelta(days=365)
"""After that a token should be replaced."""
NOTED = timedelta(minutes=1)
"""How exactly the last use is kept, so that a burst doesn't write for each request."""
_PREFIX = "miro-bot-directory-"
"""Lets scanners of repositories and logs find a token."""


@dataclass(frozen=True)
class Token:
    """What is kept of a token; the token itself isn't."""

    number: int
    source: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class Tokens:
    """The tokens of all directories. Thread-safe; also for several processes."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    def create(self, source: str, random: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
        """A new token for a directory; it can't be read again."""
        token = _PREFIX + random()
        sql = "INSERT INTO directory_tokens (source, digest, created_at) VALUES (?,?,?)"
        self._on.write(sql, source, _digest(token), stamp(self._now()))
        return token

    def all(self) -> Sequence[Token]:
        """All tokens, oldest first, revoked ones included."""
        return [_token(row) for row in self._on.rows("SELECT * FROM directory_tokens ORDER BY id")]

    def revoke(self, number: int) -> bool:
        """Ends a token for good; False if there is none with this number that still counts."""
        sql = "UPDATE directory_tokens SET revoked_at = ? WHERE id = ? AND revoked_at = ''"
        return self._on.write(sql, stamp(self._now()), number) == 1

    def source(self, token: str) -> str | None:
        """The directory that a token belongs to; None if it doesn't count."""
        sql = "SELECT * FROM directory_tokens WHERE digest = ? AND revoked_at = ''"
        row = self._on.row(sql, _digest(token))
        if row is None:
            return None
        known, now = _token(row), self._now()
        if known.used_at is None or now - known.used_at >= NOTED:
            self._on.write("UPDATE directory_tokens SET used_at = ? WHERE id = ?", stamp(now), known.number)
        return known.source


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Row) -> Token:
    used, revoked = (unstamp(row[column]) if row[column] else None for column in ("used_at", "revoked_at"))
    return Token(row["id"], row["source"], unstamp(row["created_at"]), used, revoked)
