"""Finds the line of a key in a policy file; pure."""

import re
from collections.abc import Iterator

_DOT = r"\s*\.\s*"

Place = tuple[str | int, ...]
"""The path to a value: keys, and after a list of tables the index."""
Problems = Iterator[tuple[Place, str]]
"""(place, text) of each problem."""


def line_of(text: str, place: Place) -> int:
    """The line of a key: below its table's heading, or where its inline table is."""
    keys, nth = _keys(place)
    lines, start, below = text.splitlines(), -1, keys
    for depth in range(len(keys), 0, -1):
        heading = re.compile(rf"\s*\[\[?\s*{_DOT.join(keys[:depth])}\s*\]")
        headings = [n for n, line in enumerate(lines) if heading.match(line)]
        if headings:
            start, below = headings[min(nth.get(depth, 0), len(headings) - 1)], keys[depth:]
            break
    end = next((n for n in range(start + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    for length in range(len(below), 0, -1):
        wanted = re.compile(rf"\s*{_DOT.join(below[:length])}\s*=")
        hit = next((n for n in range(start + 1, end) if wanted.match(lines[n])), -1)
        if hit >= 0:
            return hit + 1
    return max(start, 0) + 1


def _keys(place: Place) -> tuple[list[str], dict[int, int]]:
    """(the keys, {depth: index of the table in a list of tables})."""
    keys: list[str] = []
    nth: dict[int, int] = {}
    for part in place:
        if isinstance(part, int):
            nth[len(keys)] = part
        else:
            keys.append(rf"[\"']?{re.escape(part)}[\"']?")
    return keys, nth
