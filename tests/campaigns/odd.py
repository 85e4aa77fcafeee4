"""Seeded mutation of JSON, text and HTTP answers: parts missing, swapped, cut, doubled, huge or hostile."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from operator import getitem
from random import Random
from typing import Any

from bot.sandbox.server import Answer

Path = tuple[Any, ...]

TEXTS = (
    "", " ", "\0", "a\0b", "\ud83d", "x\udc00y", "\u202egnp.exe", "\u2066\u2069", "\u200b", "\ufeff",
    "\u2028", "🙂" * 3_000, "x" * 40_000, "e\u0301\u0301" * 300, "ß" * 600, "İ", "\r\n\r\n", "\x1b[31m", "\t",
    "<!channel>", "<@U0ALEX>", "<@", "&lt;&amp;amp;", "```", "*_~`", "|", "%s%(x)s{0}{}", "%zz", "%ff",
    "=cmd|'/C calc'!A0", "' OR 1=1 --", '") or (active eq true', "\\", '"', "../../etc/passwd", "//",
    "http://[", "9" * 5_000, "-1", "1e999", "NaN", "null", "true", "2026-02-30",
    "0001-01-01", "9999-12-31", "R-1", "R-0", "R-" + "9" * 30, "U0ALEX", "alex@example.com", "@",
    "@" * 300, "a@b", "Engineering", ", " * 400, "[" * 5_000,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**400, -1.5e300, float("nan"), float("inf"), [], {}, [[]], [None],
    {"": 0}, ["odd"], {"odd": []}, [{}] * 200, {"id": "U0ALEX"}, {"value": None},
)  # fmt: skip
STATUSES = (200, 200, 201, 202, 204, 206, 302, 400, 401, 403, 404, 409, 413, 418, 429, 500, 502, 503)
HEADERS = (
    ("Retry-After", "soon"), ("Retry-After", "-5"), ("Retry-After", "9" * 400), ("Retry-After", "1e400"),
    ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"), ("Content-Encoding", "gzip"),
    ("Content-Encoding", "br"), ("Content-Type", "text/html; charset=odd"),
    ("Content-Type", "\xe9"), ("Content-Length", "4000"), ("Content-Length", "-1"), ("Content-Length", "3"),
    ("Location", "http://[::"), ("Set-Cookie", "a=b"),
    ("X-Long", "x" * 70_000),
)  # fmt: skip


def paths(value: Any, above: Path = ()) -> Iterator[Path]:
    """The place of each part of a JSON value, the outer ones first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield (*above, step)
        yield from paths(part, (*above, step))


def text(random: Random, before: str) -> str:
    """A text with something odd in place of all or a part of it."""
    start, end = sorted(random.randint(0, len(before)) for _ in range(2))
    odd = random.choice(TEXTS)
    return random.choice((odd, before[:start] + odd + before[end:], before[start:end], before * 30))


def part(random: Random, before: Any) -> Any:
    """What may stand in place of a part of a JSON value."""
    match random.randrange(6):
        case 0 | 1:
            return text(random, before) if isinstance(before, str) else random.choice(TEXTS)
        case 2:
            return [before]
        case 3:
            return {"value": before}
        case 4:
            return reduce(lambda inner, _: [inner], range(random.choice((5, 49, 60, 300))), before)
        case _:
            return copy.deepcopy(random.choice(VALUES))


def value(random: Random, before: Any, below: Path = ()) -> Any:
    """A copy of a JSON value with one to three parts, somewhere below a place, missing or odd."""
    changed = copy.deepcopy(before)
    for _ in range(random.randint(1, 3)):
        places = [*paths(reduce(getitem, below, changed), below)]
        if not places:
            return part(random, changed)
        *above, last = random.choice(places)
        holder = reduce(getitem, above, changed)
        if random.random() < 0.25:
            del holder[last]
        else:
            holder[last] = part(random, holder[last])
    return changed


def raw(random: Random, before: bytes) -> bytes:
    """Bytes of which some are flipped, cut off, doubled, or followed by something odd."""
    start, end = sorted(random.randint(0, len(before)) for _ in range(2))
    match random.randrange(5):
        case 0:
            flipped = bytearray(before)
            for place in random.choices(range(len(before)), k=random.randint(1, 4)) if before else ():
                flipped[place] ^= 1 << random.randrange(8)
            return bytes(flipped)
        case 1:
            return before[:start]
        case 2:
            return before[:end] + before[start:]
        case 3:
            odd = random.choice((b"[" * 100_000, b'{"a":' * 20_000, b"\xff\xfe", b"\0", b"\xed\xa0\xbd"))
            return before[:start] + odd + before[end:]
        case _:
            odd = json.dumps(random.choice(TEXTS), ensure_ascii=False).encode("utf-8", "surrogatepass")
            return before.replace(b"{", b'{"id":' + odd + b",", 2)  # a name twice, if it has one


def document(random: Random, before: Any) -> bytes:
    """A JSON value, changed as a value or as text."""
    if random.random() < 0.6:
        return json.dumps(value(random, before)).encode()
    return raw(random, json.dumps(before).encode())


def answer(random: Random, before: Answer) -> Answer | None:
    """An HTTP answer with a changed status, header or body; None for none at all."""
    match random.randrange(8):
        case 0:
            return None
        case 1:
            return replace(before, status=random.choice(STATUSES))
        case 2:
            status = random.choice((before.status, *STATUSES))
            return replace(
                before, status=status, headers={**before.headers, **dict([random.choice(HEADERS)])}
            )
        case _ if before.body[:1] in (b"{", b"["):
            return replace(before, body=document(random, json.loads(before.body)))
    return replace(before, body=raw(random, before.body))
