"""How names of teams are compared: wide where a match closes something, narrow where it opens; pure.

Both folds are keys to compare, never text to show.
"""

import re
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile(
    # Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt), which `unicodedata` doesn't have; the
    # place of an object; noncharacters (Unicode, section 23.7).
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ufffc\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800\U00013441\U00013442"
"""Signs to Unicode, a space to the eye: Hangul fillers, braille without dots, Egyptian blanks."""
_NOTHING = "\U00016fe4\U0001d159"
"""Signs to Unicode, nothing to the eye: the Khitan filler, a note without a head."""
_DASHES = "\u02d7\u2043\u2212\u23af\u2500\u2501\u2796"
"""Look like a hyphen, and aren't dashes (Pd) to Unicode."""
_APOSTROPHES = (
    "\u0060\u00b4\u02b9\u02bb-\u02bf\u02c8\u02ca\u02cb\u02f4\u0374\u0384\u055a\u055d\u05f3\u07f4\u07f5\u1fbd\u1fbf"
    "\u1fef\u1ffd\u1ffe\u2018-\u201b\u2032\u2035\u275b\u275c\ua78b\ua78c\uff07\uff40"
)
_QUOTES = '"\u02ba\u02dd\u02ee\u02f6\u05f4\u201c-\u201f\u2033\u2036\u275d\u275e\u301d-\u301f\uff02'
_ALIKE = (
    # NFKC makes a space and an accent of some of these, and two of others: they are read before it.
    (re.compile(f"[{_BLANKS}]"), " "),
    (re.compile(f"[{_NOTHING}]"), ""),
    (re.compile(f"[{_DASHES}]"), "-"),
    (re.compile(f"[{_APOSTROPHES}]"), "'"),
    (re.compile(f"[{_QUOTES}]"), "''"),
)
"""What is another sign to the eye, and how it is compared; a quotation mark is two apostrophes."""
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

    Case is folded with the Turkish i; every dash is a hyphen, every quotation mark is made of apostrophes.
    Unassigned and private code points aren't compared: few fonts show them. '' for a name that shows nothing.
    """
    for _ in range(_ROUNDS):
        folded = _folded(name)
        if folded == name:
            break
        name = folded
    return name


def _folded(name: str) -> str:
    for pattern, sign in _ALIKE:
        name = pattern.sub(sign, name)
    shown = "".join(map(_sign, without_invisible(name)))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())
    return " ".join(folded.replace("ı", "i").replace("i\u0307", "i").split())


def _sign(letter: str) -> str:
    kind = unicodedata.category(letter)
    if letter.isspace():
        return " "
    if kind[0] == "C":
        return ""
    return "-" if kind == "Pd" else letter


def without_invisible(name: str) -> str:
    """The name without the signs that show nothing (zero-width, soft hyphen, bidi marks, selectors, tags)."""
    return _INVISIBLE.sub("", name)


def has_invisible(name: str) -> bool:
    """Whether a name holds signs that nobody sees, or sees as a blank, beside whitespace."""
    return any(
        not letter.isspace()
        and (letter in _BLANKS + _NOTHING or _INVISIBLE.match(letter) or unicodedata.category(letter) == "Cf")
        for letter in name
    )


def is_alike(name: str, other: str) -> bool:
    """Whether two names can't be told apart by looking at them; a name that shows nothing is like none."""
    return bool(wide(name)) and wide(name) == wide(other)
