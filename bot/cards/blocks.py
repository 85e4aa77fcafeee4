"""Block Kit as plain dicts; typed text is plain_text or rich_text, so its markup has no effect."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any

from bot.cards.named import Bold, Moment, Named, Piece, is_rich, pieces, plainly, words_in

Block = dict[str, Any]
Message = dict[str, Any]

LONGEST_SECTION = 3000
LONGEST_HEADER = 150
LONGEST_TITLE = 100
"""The most characters of a confirmation's title."""
DATE = "{date_short_pretty}, {time}"
"""Slack's date format, drawn in the reader's zone (docs.slack.dev/messaging/formatting-message-text)."""
_BOLD: Block = {"style": {"bold": True}}


def element(kind: str, **parts: Any) -> Block:
    """A block or a part of one, without parts that are empty."""
    return {"type": kind} | {name: part for name, part in parts.items() if part}


def escape(text: str) -> str:
    """Text escaped for mrkdwn, as in notifications (Slack's page "Formatting text")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, longest: int = LONGEST_SECTION) -> Block:
    """A plain_text object, without markup and emoji."""
    return {"type": "plain_text", "text": cut(plainly(text), longest) or " ", "emoji": False}


def option(text: str, value: str) -> Block:
    """An option of a select or of radio buttons, at most 75 characters (Slack, option object)."""
    return {"text": plain(text, 75), "value": value}


def cut(text: str, longest: int) -> str:
    """At most `longest` code points."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def clip_words(text: str, most: int) -> str:
    """At most `most` words, with "…" if cut."""
    words = text.split()
    if words_in(text) <= most:
        return " ".join(words)
    lengths = list(accumulate(map(words_in, words)))
    return " ".join(words[: bisect_right(lengths, max(most - 1, 0))]) + " …"


def header(text: str) -> Block:
    """A heading, as rich text, because a header block can't mention people."""
    if is_rich(text):
        return title(text)
    return {"type": "header", "text": plain(text, LONGEST_HEADER)}


def title(text: str) -> Block:
    """The first line of a card: the question or the outcome, people as mentions."""
    return _rich_text(_section(text, LONGEST_HEADER, bold=True))


def section(text: str) -> Block:
    """A paragraph."""
    return rich(text) if is_rich(text) else {"type": "section", "text": plain(text)}


def rich(text: str) -> Block:
    """A paragraph with people, dates and bold words."""
    return _rich_text(_section(text))


def bullets(lines: Sequence[str], style: str = "bullet", heading: str = "") -> Block:
    """A list that can mention people; `style`: "bullet" or "ordered"."""
    items = [_section(line, 1000) for line in lines]
    part = {"type": "rich_text_list", "style": style, "elements": items}
    return _rich_text(*([_section(heading)] if heading else []), part)


def _rich_text(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def _section(text: str, longest: int = LONGEST_SECTION, *, bold: bool = False) -> Block:
    leaves: list[Block] = []
    for piece in _cut(text, longest):
        style = _BOLD if bold or isinstance(piece, Bold) else {}
        if isinstance(piece, Named) and piece.slack_id:
            leaves.append({"type": "user", "user_id": piece.slack_id} | style)
            piece = f" ({piece.address})" if piece.address else ""
        elif isinstance(piece, Moment):
            leaf = {"type": "date", "timestamp": piece.timestamp, "format": DATE, "fallback": piece.plain}
            leaves.append(leaf | style)
            continue
        words = piece if isinstance(piece, str) else piece.plain
        last: Block = leaves[-1] if leaves else {}
        if words and last == {"type": "text", "text": last.get("text")} | style:
            last["text"] += words
        elif words:
            leaves.append({"type": "text", "text": words} | style)
    return {"type": "rich_text_section", "elements": leaves or [{"type": "text", "text": " "}]}


def _cut(text: str, longest: int) -> Iterator[Piece]:
    """The pieces of a text, at most `longest` characters without the marks."""
    left = longest
    for piece in pieces(text):
        if isinstance(piece, str):
            yield cut(piece, left) if left > 0 else ""
            left -= len(piece)
        else:
            yield piece


def mention(before: str, slack_id: str) -> Block:
    """A line with a mention, drawn with Slack's name."""
    leaves: list[Block] = [{"type": "text", "text": f"{before} "}, {"type": "user", "user_id": slack_id}]
    return _rich_text({"type": "rich_text_section", "elements": leaves})


def between(parts: Sequence[Sequence[Block]]) -> list[Block]:
    """Groups of blocks, with dividers between them."""
    return [block for part in parts for block in ({"type": "divider"}, *part)][1:]


def sections(*lines: str) -> list[Block]:
    """A paragraph for each line: some Slack clients drop line breaks within one."""
    return [section(line) for line in lines if line]


def small_print(*texts: str) -> Block:
    """Small print; a paragraph if it mentions people, which a context block can only in mrkdwn."""
    if is_rich("".join(texts)):
        return rich(" ".join(filter(None, texts)))
    return {"type": "context", "elements": [plain(text, 2000) for text in texts if text]}


def foot(*texts: str) -> Block:
    """Small print in mrkdwn with mentions; only for the bot's own words, never for typed text."""
    return {"type": "context", "elements": [_small(text) for text in texts if text][:10]}


def _small(text: str) -> Block:
    if not is_rich(text):
        return plain(text, 2000)
    return {"type": "mrkdwn", "text": "".join(map(_marked_up, _cut(text, 1000))), "verbatim": True}


def _marked_up(piece: Piece) -> str:
    if isinstance(piece, Moment):
        return f"<!date^{piece.timestamp}^{DATE}|{escape(piece.plain)}>"
    if isinstance(piece, Named) and piece.slack_id:
        return f"<@{piece.slack_id}>" + (f" ({escape(piece.address)})" if piece.address else "")
    if isinstance(piece, Bold):
        return f"*{escape(piece.plain)}*"
    return escape(piece if isinstance(piece, str) else piece.plain)


def actions(*buttons: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": "decide", "elements": list(buttons)}


def button(
    label: str,
    action: str,
    value: str,
    *,
    primary: bool = False,
    danger: bool = False,
    confirm: Block | None = None,
) -> Block:
    """A button; its value is only an id and a revision."""
    style, text = "danger" if danger else "primary" if primary else "", plain(label, 75)
    return element("button", text=text, action_id=action, value=value, style=style, confirm=confirm)


def link(label: str, action: str, url: str) -> Block:
    """A button that opens a page."""
    return {"type": "button", "text": plain(label, 75), "action_id": action, "url": url}


def confirmation(title: str, text: str, yes: str, *, danger: bool = False) -> Block:
    """The question between a click and what it does."""
    whole = {
        "title": plain(title, LONGEST_TITLE), "text": plain(text, 300),
        "confirm": plain(yes, 30), "deny": plain("Cancel", 30),
    }  # fmt: skip
    return whole | ({"style": "danger"} if danger else {})


def message(text: str, *blocks: Block) -> Message:
    """A message; `text` is for notifications and screen readers."""
    words = plainly(text)
    if not blocks and is_rich(text):
        blocks = (rich(text),)
    return {"text": escape(cut(words, 500)), "blocks": list(blocks)} if blocks else {"text": escape(words)}


def about(id: str, *blocks: Block) -> list[Block]:
    """Blocks of a view with block ids by which `read_of` finds those about one request."""
    return [{"block_id": f"about:{id}:{number}", **block} for number, block in enumerate(blocks)]


def read_of(id: str, blocks: Sequence[Block]) -> str:
    """The text about one request in a view, or ''."""
    return as_text(block for block in blocks if id in str(block.get("block_id")).split(":"))


def as_text(blocks: Iterable[Block]) -> str:
    """The text of blocks, a line for each paragraph and row of buttons; people in Slack's form."""
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: Block) -> Iterator[str]:
    if block["type"] in ("header", "section"):
        yield block["text"]["text"]
    elif block["type"] == "context":
        yield from (element["text"] for element in block["elements"])
    elif block["type"] == "rich_text":
        for part in block["elements"]:
            lines = part["elements"] if part["type"] == "rich_text_list" else [part]
            yield from ("".join(map(_leaf, line["elements"])) for line in lines)
    elif block["type"] == "actions":
        buttons = [button for button in block["elements"] if "text" in button]
        yield " ".join(f"[{button['text']['text']}]" for button in buttons)
        confirms = [button["confirm"] for button in buttons if "confirm" in button]
        yield from (f"{confirm['title']['text']} {confirm['text']['text']}" for confirm in confirms)


def _leaf(leaf: Block) -> str:
    return f"<@{leaf['user_id']}>" if leaf["type"] == "user" else leaf.get("text") or leaf["fallback"]


def span(length: timedelta) -> str:
    """'3 days', '36 hours', '90 minutes': in the largest unit without a remainder."""
    seconds = int(length.total_seconds())
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    unit, size = next((unit for unit in units if not seconds % unit[1]), units[-1])
    return f"{seconds // size} {unit}{'' if seconds // size == 1 else 's'}"
