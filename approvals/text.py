"""Cleans text from outside for storing and showing."""

import re

_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
"""For a character class of a pattern (Unicode, section 23.7)."""
_DROPPED = re.compile(
    "["
    "\ud800-\udfff"  # lone surrogates, which UTF-8 and SQLite can't hold
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, overrides and isolates (Unicode UAX #9)
    "\u206a-\u206f\ufeff\ufff9-\ufffb"  # deprecated format characters, byte order mark, annotations
    + NONCHARACTERS
    + "]"
)


def cleaned(text: str) -> str:
    """The text without control characters, bidi controls, lone surrogates and noncharacters.

    Line breaks of any kind become a line feed, other control characters a space. Joiners stay: emoji and
    several scripts need them.
    """
    if text.isascii() and text.isprintable():
        return text
    return _DROPPED.sub("", _CONTROLS.sub(" ", _BREAKS.sub("\n", text)))
