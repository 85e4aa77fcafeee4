"""What can go wrong with a call to Miro: by what is known of its outcome, and by the kind of trouble."""

from enum import StrEnum


class Trouble(StrEnum):
    """What kind of trouble it is, for those who are told of it."""

    UNREACHABLE = "unreachable"
    """No connection was made: name, network, certificate."""
    NO_ANSWER = "no answer"
    """The call went out; a time-out or a cut line came back."""
    BUSY = "busy"
    """408, 425 or 503, for longer than there is time."""
    LIMITED = "limited"
    """429, for longer than there is time."""
    CREDITS = "credits"
    """The bot's own share of Miro's rate limit was used up until the deadline."""
    TOKEN = "token"
    """401."""
    FORBIDDEN = "forbidden"
    """403: SCIM is switched off, or the token may not."""
    SERVER = "server"
    """Another 5xx."""
    STATUS = "status"
    """A status that doesn't answer what was asked: a redirect, a 404 that isn't SCIM's, 409 to a look, …"""
    UNREADABLE = "unreadable"
    """HTML, half an answer, or another form than documented."""
    COUNT = "count"
    """A list that doesn't add up."""
    OTHERS = "others"
    """An answer about another person or group than the one asked about."""
    HIDDEN = "hidden"
    """An answer that leaves out what the decision hangs on."""


class MiroError(Exception):
    """Something about Miro; the text is what people are told.

    MiroError
     ├─ Away        nothing was done or learned; try again later
     │   └─ Unreadable   an answer that isn't what Miro's documentation promises
     ├─ Locked      Miro refuses the bot's token
     ├─ Unclear     it may have been done: look before doing anything
     ├─ Declined    Miro refused a write, in its own words
     ├─ Ambiguous   two accounts of one address
     └─ Practising  this bot changes nothing
    """


class Troubled(MiroError):
    """Not a verdict of Miro's. `words`: Miro's own, '' where it said none; never a token.

    `wait`: seconds before which Miro wants to hear nothing; 0 where it named none.
    """

    def __init__(self, text: str, kind: Trouble, words: str = "", wait: float = 0.0) -> None:
        super().__init__(text)
        self.kind, self.words, self.wait = kind, words, wait


class Away(Troubled):
    """Miro couldn't be reached, had no time, or answered a look with what can't be relied on."""


class Unreadable(Away):
    """An answer of another form than documented. `lacks`: the fields that can't be read, joined in words."""

    def __init__(self, text: str, lacks: str = "", words: str = "") -> None:
        super().__init__(text, Trouble.UNREADABLE, words)
        self.lacks = lacks


class Locked(Troubled):
    """401 or 403: the token is wrong or revoked, or SCIM is switched off."""


class Unclear(Troubled):
    """A write went out, and nobody knows what came of it."""


class Declined(MiroError):
    """Miro refused a write. `words` are Miro's own."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Ambiguous(MiroError):
    """More than one account has this address."""


class Practising(MiroError):
    """`run --practice`: every write is refused here, whoever asks."""
