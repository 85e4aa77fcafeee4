"""People in sentences: by their account and their address, as anybody can choose any display name.

A sentence holds a mark for each person. Where Slack takes rich text, a block turns it into a mention and the
address; where it takes plain text alone, into the name and the address. A mark can't be typed by anybody: it
holds a seal of this process, which is never sent.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from approvals.people import Person, addressed, neutral
from bot.actions.sentences import clip

_SEAL = secrets.token_hex(8)
_OPEN, _NEXT, _CLOSE, _BLANK = "\ufdd2", "\ufdd3", "\ufdd4", "\ufdd5"
_FIELD = f"([^{_OPEN}{_NEXT}{_CLOSE}]*)"
_MARK = re.compile(f"{_OPEN}{_SEAL}{_NEXT}{_FIELD}{_NEXT}{_FIELD}{_NEXT}{_FIELD}{_CLOSE}")


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


def mark(person: Person, address: str = "", *, brief: bool = False) -> str:
    """Somebody in a sentence, as one word; `address`: the one that Miro has, where it isn't Slack's.

    `brief`: only the account, where there is little room and the address stands elsewhere.
    Who has no account in Slack is shown by the address alone: it is all that is sure about them.
    """
    account, address = person.account, address or person.email
    name = clip(neutral(person.name), 40, 3) if account or not address else ""
    name = name or ("" if address else str(person.id))
    address = "" if brief and account and name else address
    fields = (_SEAL, account.slack_id if account else "", name.replace(" ", _BLANK), address)
    return f"{_OPEN}{_NEXT.join(fields)}{_CLOSE}"


def pieces(text: str) -> Iterator[str | Named]:
    """A sentence taken apart: what stands between people, and the people."""
    start = 0
    for hit in _MARK.finditer(text):
        yield text[start : hit.start()]
        yield Named(hit[1], hit[2].replace(_BLANK, " "), hit[3])
        start = hit.end()
    yield text[start:]


def has_mentions(text: str) -> bool:
    """Whether somebody in it has an account that can be mentioned."""
    return any(isinstance(one, Named) and one.slack_id for one in pieces(text))


def plainly(text: str) -> str:
    """The sentence where nobody can be mentioned: people by name and address."""
    return "".join(one if isinstance(one, str) else one.plain for one in pieces(text))


def words_in(text: str) -> int:
    """How many words somebody reads; a mention counts as a name of two, whatever Slack shows for it."""
    shown = (_counted(one) if isinstance(one, Named) else one for one in pieces(text))
    return len("".join(shown).split())


def _counted(named: Named) -> str:
    return replace(named, name="Some Body").plain if named.slack_id else named.plain
