"""How team names are compared: loosely where a match restricts, strictly where it allows; pure.

Both functions return keys to compare, never text to show.
"""

import re
import unicodedata
from functools import lru_cache

from approvals.text import NONCHARACTERS

_INVISIBLE = re.compile(
    # Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt), which `unicodedata` doesn't have; the
    # place of an object; noncharacters (Unicode, section 23.7).
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ufffc" + NONCHARACTERS + "]"
)
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800\U00013441\U00013442"
"""Characters that look like a space: Hangul fillers, braille without dots, Egyptian blanks."""
_NOTHING = "\U00016fe4\U0001d159"
"""Characters that show nothing: the Khitan filler, a note without a head."""
_DASHES = "\u02d7\u2043\u2212\u23af\u2500\u2501\u2796"
"""Characters that look like a hyphen without being dashes (Pd) in Unicode."""
_APOSTROPHES = (
    "\u0060\u00b4\u02b9\u02bb-\u02bf\u02c8\u02ca\u02cb\u02f4\u0374\u0384\u055a\u055d\u05f3\u07f4\u07f5\u1fbd\u1fbf"
    "\u1fef\u1ffd\u1ffe\u2018-\u201b\u2032\u2035\u275b\u275c\ua78b\ua78c\uff07\uff40"
)
_QUOTES = '"\u02ba\u02dd\u02ee\u02f6\u05f4\u201c-\u201f\u2033\u2036\u275d\u275e\u301d-\u301f\uff02'
_ALIKE = (
    # NFKC turns some into a space and an accent, others into two characters: replaced before it.
    (re.compile(f"[{_BLANKS}]"), " "),
    (re.compile(f"[{_NOTHING}]"), ""),
    (re.compile(f"[{_DASHES}]"), "-"),
    (re.compile(f"[{_APOSTROPHES}]"), "'"),
    (re.compile(f"[{_QUOTES}]"), "''"),
)
"""(look-alikes, replacement); a quotation mark becomes two apostrophes."""
_ROUNDS = 4
"""The most repetitions of the fold until it changes nothing: one part may produce input for another."""


@lru_cache(maxsize=20_000)
def narrow(name: str) -> str:
    """The key of a name for choosing a team: NFC, trimmed, in lower case.

    Not `casefold`: that would change a ligature or a long s into other letters.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).lower())


@lru_cache(maxsize=20_000)
def wide(name: str) -> str:
    """The key shared by all names that look alike: NFKC, whitespace folded, invisible characters removed.

    Case is folded, the Turkish i included; every dash becomes a hyphen, every quotation mark apostrophes.
    Unassigned and private code points, which few fonts show, are ignored. '' for a name that shows nothing.
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
    shown = "".join(map(_sign, _INVISIBLE.sub("", name)))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())
    return " ".join(folded.replace("ı", "i").replace("i\u0307", "i").split())


def _sign(letter: str) -> str:
    if letter.isspace():
        return " "
    kind = unicodedata.category(letter)
    return "" if kind[0] == "C" else "-" if kind == "Pd" else letter


def has_invisible(name: str) -> bool:
    """Whether a name has invisible or blank characters other than whitespace."""
    return any(
        not letter.isspace()
        and (letter in _BLANKS + _NOTHING or _INVISIBLE.match(letter) or unicodedata.category(letter) == "Cf")
        for letter in name
    )


def is_alike(name: str, other: str) -> bool:
    """Whether two names look alike; a name that shows nothing is like none."""
    return bool(wide(name)) and wide(name) == wide(other)
