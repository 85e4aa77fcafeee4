"""How names of teams are compared: wide where a match closes something, narrow where it opens; pure.

Both folds are keys to compare, never text to show.
"""

import re
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile(
    # Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt), which `unicodedata` doesn't have.
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BLANK = "\u2800"
"""Braille without dots: a sign to Unicode, a space to the eye."""
_ROUNDS = 4
"""The fold is repeated until it changes nothing: each of its parts may bring up work for another."""


@lru_cache(maxsize=20_000)
def narrow(name: str) -> str:
    """The key of a name that somebody chooses by: NFC, without outer whitespace, in small letters.

    Not `casefold`: it takes a ligature or a long s for other letters.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).lower())


@lru_cache(maxsize=20_000)
def wide(name: str) -> str:
    """The key under which all names are one that look alike: NFKC, whitespace folded, nothing invisible.

    Case is folded with the Turkish i, and every dash is a hyphen. '' for a name that shows nothing.
    """
    for _ in range(_ROUNDS):
        folded = _folded(name)
        if folded == name:
            break
        name = folded
    return name


def _folded(name: str) -> str:
    shown = "".join(filter(None, map(_sign, without_invisible(name))))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())
    return " ".join(folded.replace("ı", "i").replace("i\u0307", "i").split())


def _sign(one: str) -> str:
    kind = unicodedata.category(one)
    if one.isspace() or one == _BLANK:
        return " "
    if kind in ("Cc", "Cf"):
        return ""
    return "-" if kind == "Pd" or one == "\u2212" else one


def without_invisible(name: str) -> str:
    """The name without the signs that show nothing (zero-width, soft hyphen, bidi marks, selectors, tags)."""
    return _INVISIBLE.sub("", name)


def has_invisible(name: str) -> bool:
    """Whether a name holds signs that nobody sees, beside whitespace."""
    return any(
        not one.isspace() and (_INVISIBLE.match(one) or unicodedata.category(one) == "Cf") for one in name
    )


def is_alike(one: str, other: str) -> bool:
    """Whether two names can't be told apart by looking at them; a name that shows nothing is like none."""
    return bool(wide(one)) and wide(one) == wide(other)
