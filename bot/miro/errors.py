"""Errors of calls to Miro: classes by what is known of the outcome, and kinds of trouble."""

from enum import StrEnum


class Trouble(StrEnum):
    """The kind of trouble, for messages and logs."""

    UNREACHABLE = "unreachable"
    """No connection: DNS, network or certificate."""
    NO_ANSWER = "no answer"
    """The call was sent; then a time-out, or the connection was cut."""
    BUSY = "busy"
    """408, 425 or 503 until the deadline."""
    LIMITED = "limited"
    """429 until the deadline."""
    CREDITS = "credits"
    """The bot's own pool of credits was used up until the deadline."""
    TOKEN = "token"
    """401."""
    FORBIDDEN = "forbidden"
    """403: SCIM is switched off, or the token has no permission."""
    SERVER = "server"
    """Another 5xx."""
    STATUS = "status"
    """An unexpected status: a redirect, a 404 that isn't SCIM's, 409 to a read, …"""
    UNREADABLE = "unreadable"
    """HTML, a truncated answer, or another form than documented."""
    COUNT = "count"
    """A list with inconsistent counts."""
    OTHERS = "others"
    """An answer about another person or group."""
    HIDDEN = "hidden"
    """An answer without an attribute that the decision depends on."""


class MiroError(Exception):
    """A failed call; the text is a sentence for people.

    MiroError
     ├─ Away        nothing was changed or learned; retry later
     │   └─ Unreadable   the answer hasn't the documented form
     ├─ Locked      Miro refuses the bot's token
     ├─ Unclear     it may have been done: look first
     ├─ Declined    Miro refused a write, in its own words
     ├─ Ambiguous   two accounts with one address
     └─ Practising  this bot changes nothing
    """


class Troubled(MiroError):
    """An error that is no decision of Miro's. `words`: Miro's own message or '', never with a token.

    `wait`: the seconds that Miro asks to wait, 0 if it names none.
    """

    def __init__(self, text: str, kind: Trouble, words: str = "", wait: float = 0.0) -> None:
        super().__init__(text)
        self.kind, self.words, self.wait = kind, words, wait


class Away(Troubled):
    """Miro couldn't be reached, was busy, or answered a read unreliably."""


class Unreadable(Away):
    """An answer of another form than documented. `lacks`: the unreadable fields, listed in words."""

    def __init__(self, text: str, lacks: str = "", words: str = "") -> None:
        super().__init__(text, Trouble.UNREADABLE, words)
        self.lacks = lacks


class Locked(Troubled):
    """401 or 403: the token is wrong or revoked, or SCIM is switched off."""


class Unclear(Troubled):
    """A write was sent, and its outcome isn't known."""


class Declined(MiroError):
    """Miro refused a write; `words`: its message."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Ambiguous(MiroError):
    """More than one account has this address."""


class Practising(MiroError):
    """`run --practice`: every write is refused."""
