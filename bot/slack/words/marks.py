"""What Slack makes of typed text, undone once, at the edge: marks are taken apart first, then its escaping.

Slack escapes `& < >` and marks people and links in messages, mentions, commands and message shortcuts; not
in the fields of a form. Whoever was picked from its list stays apart from a mark that was only typed: between
two noncharacters, which `cleaned` drops from what anybody types.
"""

import re
from collections.abc import Callable

from approvals.text import cleaned

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARK = re.compile(r"<([^<>]+)>")

LONGEST = 3000
"""Characters that are read: as many as a field of a form holds. A message may have 40,000."""

MENTION = rf"{_OPEN}([^|{_CLOSE}]*)\|([^{_CLOSE}]*){_CLOSE}"
"""A person who was picked: the id, and the name that Slack gave along."""


def typed(text: str, bot: str = "") -> str:
    """A text of Slack's as it was typed, its first `LONGEST` characters.

    `bot` is the id whose own mention means nobody. What Slack writes for a person isn't cut in two.
    """

    def words(mark: re.Match[str]) -> str:
        target, _, label = mark[1].partition("|")
        return "" if target == f"@{bot}" else _words(target, label)

    # Last the ampersand: "&amp;lt;" is somebody who typed "&lt;".
    plain = _MARK.sub(words, cleaned(text))
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    start = plain.rfind(_OPEN, 0, LONGEST)
    is_whole = plain.rfind(_CLOSE, 0, LONGEST) >= start
    return plain[:LONGEST] if is_whole else plain[:start]


def _words(target: str, label: str) -> str:
    kind, rest = target[:1], target[1:]
    if kind == "@":
        return f"{_OPEN}{rest}|{label}{_CLOSE}"
    if kind == "#":
        return f"#{label or 'a channel'}"
    if target.startswith("mailto:"):
        return label if "@" in label else target.removeprefix("mailto:")
    if target.startswith("!subteam"):
        return label or "a user group"
    return label or (f"@{rest}" if kind == "!" else target)


def by_name(text: str, called: Callable[[str], str]) -> str:
    """The same for somebody to read: people by name."""
    return re.sub(MENTION, lambda hit: f"@{called(hit[1]) or hit[2] or 'somebody'}", text)
