"""Marks in sentences: people, moments and bold words, which each block draws in its own way.

Anybody can choose any display name, so a person is shown by account (a mention) and address; a time is
Slack's date token, which each client draws in its reader's zone. Plain text has names, addresses and a
fallback date instead. A mark can't be typed by anybody: it holds a seal of this process, which is never sent.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from approvals.people import Person, addressed, neutral
from bot.actions.sentences import clip

_SEAL = secrets.token_hex(8)
_OPEN, _NEXT, _CLOSE, _BLANK = "\ufdd2", "\ufdd3", "\ufdd4", "\ufdd5"
_FIELD = f"([^{_OPEN}{_NEXT}{_CLOSE}]*)"
_MARK = re.compile(f"{_OPEN}{_SEAL}{f'{_NEXT}{_FIELD}' * 4}{_CLOSE}")


@dataclass(frozen=True)
class Named:
    """Somebody as a block shows them; '' for what isn't known."""

    slack_id: str
    name: str
    address: str

    @property
    def plain(self) -> str:
        """'Alex Smith (alex@example.com)', as far as it is known."""
        return addressed(self.name, self.address)


@dataclass(frozen=True)
class Moment:
    """A time; `timestamp`: seconds since 1970, `plain`: what is shown where Slack draws no dates."""

    timestamp: int
    plain: str


@dataclass(frozen=True)
class Bold:
    """Words of the bot's own that stand out."""

    plain: str


Piece = str | Named | Moment | Bold


def _marked(kind: str, *fields: str) -> str:
    """One word, whatever the fields hold."""
    padded = (*fields, "", "")[:3]
    return f"{_OPEN}{_NEXT.join((_SEAL, kind, *padded)).replace(' ', _BLANK)}{_CLOSE}"


def mark(person: Person, address: str = "", *, brief: bool = False, hidden: bool = False) -> str:
    """Somebody in a sentence, as one word; `address`: the one that Miro has, where it isn't Slack's.

    `brief`: only the account, where the address stands elsewhere; `hidden`: only the address, no mention.
    Somebody without an account in Slack is shown by the address alone: it is all that is certain.
    """
    account, address = person.account, address or person.email
    name = clip(neutral(person.name), 40, 3) if account or not address else ""
    name = name or ("" if address else person.called)
    if hidden and address:
        return _marked("person", "", "", address)
    address = "" if brief and account and name else address
    return _marked("person", account.slack_id if account else "", name, address)


def when(at: datetime, zone: str) -> str:
    """A moment in a sentence; plain text has it in `zone`: 'Tue 8 Dec, 12:00'; '' for many readers."""
    try:
        local = at.astimezone(ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        local = at.astimezone(ZoneInfo("UTC"))
    plain = f"{local:%a} {local.day} {local:%b, %H:%M}{'' if zone else ' UTC'}"
    return _marked("moment", str(int(at.timestamp())), plain)


def bold(words: str) -> str:
    """A label in a sentence."""
    return _marked("bold", words)


def pieces(text: str) -> Iterator[Piece]:
    """A sentence taken apart: the text between marks, and what the marks stand for."""
    start = 0
    for match in _MARK.finditer(text):
        yield text[start : match.start()]
        kind, first, second, third = (field.replace(_BLANK, " ") for field in match.groups())
        if kind == "person":
            yield Named(first, second, third)
        else:
            yield Moment(int(first), second) if kind == "moment" else Bold(first)
        start = match.end()
    yield text[start:]


def is_rich(text: str) -> bool:
    """Whether there is something in it that plain text can't show: a mention, a date, bold words."""
    marks = (piece for piece in pieces(text) if not isinstance(piece, str))
    return any(not isinstance(mark, Named) or mark.slack_id for mark in marks)


def plainly(text: str) -> str:
    """The sentence where nobody can be mentioned: people by name and address, fallback dates."""
    return "".join(piece if isinstance(piece, str) else piece.plain for piece in pieces(text))


def words_in(text: str) -> int:
    """How many words somebody reads; a mention counts as a name of two, whatever Slack shows for it."""
    return len("".join(map(_as_counted, pieces(text))).split())


def _as_counted(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Moment):
        return "Mar 4, 2026, 09:00"
    if isinstance(piece, Named) and piece.slack_id:
        return addressed("Some Body", piece.address)
    return piece.plain
