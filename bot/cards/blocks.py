"""Block Kit as plain dicts: what somebody typed is plain_text everywhere, so no markup of theirs acts."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cards.named import Named, has_mentions, pieces, plainly, words_in

Block = dict[str, Any]
Message = dict[str, Any]

LONGEST_SECTION = 3000
LONGEST_HEADER = 150
LONGEST_TITLE = 100
"""Of a confirmation."""
_DATE = re.compile(r"<!date\^(\d+)\^([^|]*)\|([^>]*)>")
MOST_WORDS = 80
"""Of one card, buttons not counted."""


def escape(text: str) -> str:
    """Text for a place that Slack reads as mrkdwn: a notification (Slack's page "Formatting text")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, longest: int = LONGEST_SECTION) -> Block:
    """A text object in which nothing is markup and ':name:' is no emoji."""
    return {"type": "plain_text", "text": cut(plainly(text), longest) or " ", "emoji": False}


def option(text: str, value: str) -> Block:
    """One choice of a select or of radio buttons; a text has 75 characters at most (Slack, option object)."""
    return {"text": plain(text, 75), "value": value}


def cut(text: str, longest: int) -> str:
    """At most `longest` code points."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def clip_words(text: str, most: int) -> str:
    """At most `most` words, with a mark where more stood."""
    words = text.split()
    if words_in(text) <= most:
        return " ".join(words)
    lengths = list(accumulate(map(words_in, words)))
    return " ".join(words[: bisect_right(lengths, max(most - 1, 0))]) + " …"


def header(text: str) -> Block:
    """The first line: the question or the outcome. A header block can't mention anybody, rich text can."""
    if has_mentions(text):
        return rich(text, LONGEST_HEADER, bold=True)
    return {"type": "header", "text": plain(text, LONGEST_HEADER)}


def section(text: str) -> Block:
    """A paragraph."""
    return rich(text) if has_mentions(text) else {"type": "section", "text": plain(text)}


def rich(text: str, longest: int = LONGEST_SECTION, *, bold: bool = False) -> Block:
    """A paragraph with people in it: each is mentioned, with the address beside; `longest` without them."""
    return _rich_text("rich_text_section", _leaves(text, longest, bold))


def bullets(lines: Sequence[str]) -> Block:
    """A list, with people in it."""
    items = [{"type": "rich_text_section", "elements": _leaves(one, 1000, False)} for one in lines]
    part = {"type": "rich_text_list", "style": "bullet", "elements": items}
    return {"type": "rich_text", "elements": [part]}


def _rich_text(kind: str, leaves: list[Block]) -> Block:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": leaves}]}


def _leaves(text: str, longest: int, bold: bool) -> list[Block]:
    style: Block = {"style": {"bold": True}} if bold else {}
    left, leaves = longest, list[Block]()
    for piece in pieces(text):
        if isinstance(piece, Named) and piece.slack_id:
            leaves.append({"type": "user", "user_id": piece.slack_id} | style)
            beside = f" ({piece.address})" if piece.address else ""
        elif isinstance(piece, Named):
            beside = piece.plain
        else:
            beside, left = cut(piece, left) if left > 0 else "", left - len(piece)
        if beside and leaves and leaves[-1]["type"] == "text":
            leaves[-1]["text"] += beside
        elif beside:
            leaves.append({"type": "text", "text": beside} | style)
    return leaves


def mention(before: str, slack_id: str) -> Block:
    """Somebody by whatever name Slack shows them."""
    leaves: list[Block] = [{"type": "text", "text": f"{before} "}, {"type": "user", "user_id": slack_id}]
    return _rich_text("rich_text_section", leaves)


def between(parts: Sequence[Sequence[Block]]) -> list[Block]:
    """Several things one below the other, with a line between them."""
    return [block for part in parts for block in ({"type": "divider"}, *part)][1:]


def sections(*lines: str) -> list[Block]:
    """A paragraph a line: not every client of Slack's keeps line breaks inside one."""
    return [section(line) for line in lines if line]


def context(*texts: str) -> Block:
    """Small print; with people in it a paragraph, as small print mentions them only in mrkdwn."""
    if any(map(has_mentions, texts)):
        leaves: list[Block] = []
        for text in filter(None, texts):
            leaves += [{"type": "text", "text": " "}] if leaves else []
            leaves += _dated(text)
        return _rich_text("rich_text_section", leaves)
    return {"type": "context", "elements": [_inline(text) for text in texts if text]}


def _inline(text: str) -> Block:
    # A date is the one thing written in mrkdwn: Slack shows it in each reader's own zone.
    return {"type": "mrkdwn", "text": text} if text.startswith("<!date^") else plain(text, 2000)


def _dated(text: str) -> list[Block]:
    """The leaves of a text that may begin with a date of Slack's."""
    date = _DATE.match(text)
    if date is None:
        return _leaves(text, 2000, False)
    rest = text[date.end() :]
    return [_date(date), *([{"type": "text", "text": rest}] if rest else [])]


def _date(date: re.Match[str]) -> Block:
    return {"type": "date", "timestamp": int(date[1]), "format": date[2], "fallback": date[3]}


def actions(*buttons: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": "decide", "elements": list(buttons)}


def button(
    label: str, action: str, value: str, *, primary: bool = False, confirm: Block | None = None
) -> Block:
    """A button; its value is an id and a revision, nothing else of meaning."""
    whole: Block = {"type": "button", "text": plain(label, 75), "action_id": action, "value": value}
    if primary:
        whole["style"] = "primary"
    if confirm:
        whole["confirm"] = confirm
    return whole


def link(label: str, action: str, url: str) -> Block:
    """A button that opens a page."""
    return {"type": "button", "text": plain(label, 75), "action_id": action, "url": url}


def confirmation(title: str, text: str, yes: str) -> Block:
    """The question between a click and what it does."""
    return {
        "title": plain(title, LONGEST_TITLE), "text": plain(text, 300),
        "confirm": plain(yes, 30), "deny": plain("Cancel", 30),
    }  # fmt: skip


def message(text: str, *blocks: Block) -> Message:
    """A message: `text` is what a notification and a screen reader say."""
    words = plainly(text)
    if not blocks and has_mentions(text):
        blocks = (rich(text),)
    return {"text": escape(cut(words, 500)), "blocks": list(blocks)} if blocks else {"text": escape(words)}


def when(at: datetime, zone: str, now: datetime) -> str:
    """A time in the reader's zone: 'today, 14:02', 'Thursday, 12:00', '3 March, 09:00'.

    Without a zone (many readers): Slack's date form, which each client draws in its own zone.
    """
    if not zone:
        fallback = at.strftime("%d %B, %H:%M UTC")
        return f"<!date^{int(at.timestamp())}^{{date_long_pretty}}, {{time}}|{fallback}>"
    local, today = at.astimezone(_zone(zone)), now.astimezone(_zone(zone)).date()
    days = (local.date() - today).days
    names = {0: "today", 1: "tomorrow", -1: "yesterday"}
    name = names.get(days) or (f"{local:%A}" if 0 < days < 7 else f"{local.day} {local:%B}")
    return f"{name}, {local:%H:%M}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def numbered(lines: Sequence[str]) -> list[str]:
    """Each line with its number."""
    return [f"{number}. {line}" for number, line in enumerate(lines, 1)]


_LONGEST_DATE = "Wednesday, March 4, 2026, 09:00"
"""How a reader sees a date that Slack draws."""


def about(id: str, *blocks: Block) -> list[Block]:
    """Blocks of a view under ids of their own, by which `read_of` finds those about one request again."""
    return [{"block_id": f"about:{id}:{number}", **block} for number, block in enumerate(blocks)]


def read_of(id: str, blocks: Sequence[Block]) -> str:
    """What a view says of one request, as text; '' for nothing."""
    return as_text(block for block in blocks if id in str(block.get("block_id")).split(":"))


def as_text(blocks: Iterable[Block]) -> str:
    """What stands in blocks, a line for each paragraph and row of buttons; people as Slack writes them."""
    return "\n".join(line for block in blocks for line in (*_texts(block, _written), *_buttons(block)))


def _written(leaf: Block) -> str:
    return f"<@{leaf['user_id']}>" if leaf["type"] == "user" else str(leaf.get("fallback", ""))


def _buttons(block: Block) -> list[str]:
    buttons = block["elements"] if block["type"] == "actions" else ()
    named = [f"[{one['text']['text']}]" for one in buttons if "text" in one]
    confirms = [one["confirm"] for one in buttons if "confirm" in one]
    asked = [" ".join(one[part]["text"] for part in ("title", "text")) for one in confirms]
    return [" ".join(named), *asked] if named else []


def count_words(blocks: Sequence[Block]) -> int:
    """Words somebody has to read before the buttons."""
    return sum(len(text.split()) for block in blocks for text in _texts(block, _longest))


def _texts(block: Block, shown: Callable[[Block], str]) -> list[str]:
    """Its lines; `shown`: how a mention and a date read."""
    if block["type"] in ("header", "section"):
        return [block["text"]["text"]]
    if block["type"] == "context":
        return [_DATE.sub(lambda date: shown(_date(date)), one["text"]) for one in block["elements"]]
    if block["type"] != "rich_text":
        return []
    lines = [line.get("elements", []) for part in block["elements"] for line in _lines(part)]
    return ["".join(shown(leaf) or str(leaf.get("text", "")) for leaf in line) for line in lines]


def _lines(part: Block) -> list[Block]:
    return part["elements"] if part["type"] == "rich_text_list" else [part]


def _longest(leaf: Block) -> str:
    """What counts for a mention, a name of two words, and for a date."""
    return {"user": "Some Body", "date": _LONGEST_DATE}.get(leaf["type"], "")


def span(length: timedelta) -> str:
    """'3 days', '36 hours', '90 minutes': in the largest unit that fits without a rest."""
    seconds = int(length.total_seconds())
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    unit, size = next((one for one in units if not seconds % one[1]), units[-1])
    return f"{seconds // size} {unit}{'' if seconds // size == 1 else 's'}"
