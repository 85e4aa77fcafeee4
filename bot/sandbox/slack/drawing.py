"""Draws messages and modals as plain text, for the demo's terminal and for word counts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from html import unescape
from typing import Any, Protocol

JSON = dict[str, Any]
BLANK = "____"

# The tokens of Slack's date format; the "pretty" ones, "today" in Slack, are fixed dates here.
DATES = {
    "date_num": "%Y-%m-%d",
    "date_slash": "%d/%m/%Y",
    "date_short": "%b %d, %Y",
    "date_short_pretty": "%b %d, %Y",
    "date": "%B %d, %Y",
    "date_pretty": "%B %d, %Y",
    "date_long": "%A, %B %d, %Y",
    "date_long_pretty": "%A, %B %d, %Y",
    "day_divider_pretty": "%A, %B %d, %Y",
    "time": "%H:%M",
    "time_secs": "%H:%M:%S",
}


class Drawable(Protocol):
    """A message: `text` for the notification, and blocks."""

    @property
    def text(self) -> str: ...
    @property
    def blocks(self) -> Sequence[JSON]: ...


def as_text(
    drawn: "Drawable | Mapping[str, Any]", names: Mapping[str, str] | None = None, zone: tzinfo = UTC
) -> str:
    """A message or view as a person reads it: people by `names` ({id: name}), times in `zone`."""
    pen = _Pen(names or {}, zone)
    if isinstance(drawn, Mapping):
        return "\n".join(pen.view(drawn))
    # With blocks, Slack keeps `text` for the notification and doesn't draw it.
    return "\n".join(pen.blocks(drawn.blocks)) if drawn.blocks else pen.marked(drawn.text)


def words(drawing: str) -> int:
    """The number of words outside buttons and menus."""
    return len(re.findall(r"[^\W_][\w'’@.:/-]*", re.sub(r"\[[^\[\]\n]*\]", " ", drawing)))


class _Pen:
    def __init__(self, names: Mapping[str, str], zone: tzinfo):
        self.names = names
        self.zone = zone

    def view(self, view: Mapping[str, Any]) -> Iterator[str]:
        if view.get("title"):
            yield self.text(view["title"])
        yield from self.blocks(view.get("blocks") or [])
        buttons = [f"[{self.text(view[name])}]" for name in ("submit", "close") if view.get(name)]
        if buttons:
            yield " ".join(buttons)

    def blocks(self, blocks: Sequence[JSON]) -> Iterator[str]:
        for block in blocks:
            draw = getattr(self, f"_{block['type']}", None)
            if draw is None:
                yield f"({block['type']})"
            else:
                yield from draw(block)

    def _section(self, block: JSON) -> Iterator[str]:
        if block.get("text"):
            yield self.text(block["text"])
        yield from (self.text(each) for each in block.get("fields") or [])
        if block.get("accessory"):
            yield self.element(block["accessory"])

    def _header(self, block: JSON) -> Iterator[str]:
        yield self.text(block["text"])

    def _divider(self, block: JSON) -> Iterator[str]:
        yield "──────"

    def _image(self, block: JSON) -> Iterator[str]:
        yield f"({block['alt_text']})"

    def _context(self, block: JSON) -> Iterator[str]:
        parts = block["elements"]
        yield "  ".join(each["alt_text"] if each["type"] == "image" else self.text(each) for each in parts)

    def _actions(self, block: JSON) -> Iterator[str]:
        yield " ".join(self.element(each) for each in block["elements"])

    def _input(self, block: JSON) -> Iterator[str]:
        optional = " (optional)" if block.get("optional") else ""
        yield f"{self.text(block['label'])}{optional}: {self.element(block['element'])}"
        if block.get("hint"):
            yield f"  {self.text(block['hint'])}"

    def _rich_text(self, block: JSON) -> Iterator[str]:
        for part in block["elements"]:
            yield from self.rich(part)

    def rich(self, part: JSON) -> Iterator[str]:
        if part["type"] == "rich_text_list":
            indent = "  " * part.get("indent", 0)
            for number, item in enumerate(part["elements"], start=1 + part.get("offset", 0)):
                mark = f"{number}." if part["style"] == "ordered" else "•"
                yield f"{indent}{mark} {self.inline(item['elements'])}"
            return
        before = {"rich_text_quote": "> ", "rich_text_preformatted": "    "}.get(part["type"], "")
        elements = part["elements"]
        if all(each.get("style") == {"bold": True} for each in elements):
            # A first line, or the heading of a list: drawn as a header is.
            elements = [{**each, "style": {}} for each in elements]
        for line in self.inline(elements).rstrip("\n").split("\n"):
            yield before + line

    def inline(self, elements: Sequence[JSON]) -> str:
        return "".join(self.leaf(each) for each in elements)

    def leaf(self, leaf: JSON) -> str:
        match leaf["type"]:
            case "user":
                return "@" + self.names.get(leaf["user_id"], leaf["user_id"])
            case "date":
                return self.date(leaf["timestamp"], leaf["format"])
            case "link":
                return str(leaf.get("text") or leaf["url"])
            case "channel":
                return "#" + self.names.get(leaf["channel_id"], leaf["channel_id"])
            case "emoji":
                return f":{leaf['name']}:"
            case "text":
                bold = leaf["text"].strip() and (leaf.get("style") or {}).get("bold")
                return f"*{leaf['text']}*" if bold else str(leaf["text"])
        return "@" + str(leaf.get("usergroup_id") or leaf.get("range"))

    def text(self, text: JSON) -> str:
        return self.marked(text["text"]) if text["type"] == "mrkdwn" else str(text["text"])

    def marked(self, mrkdwn: str) -> str:
        return unescape(re.sub(r"<([^<>]+)>", lambda match: self.reference(match[1]), mrkdwn))

    def reference(self, inner: str) -> str:
        target, _, label = inner.partition("|")
        if target.startswith("!date^"):
            _, timestamp, form, *_ = target.split("^")
            return self.date(int(timestamp), form)
        if target[:1] in "@#":
            return target[0] + self.names.get(target[1:], label or target[1:])
        return label or target.replace("!", "@", 1)

    def date(self, timestamp: int, form: str) -> str:
        moment = datetime.fromtimestamp(timestamp, self.zone)

        def part(match: re.Match[str]) -> str:
            return moment.strftime(DATES.get(match[1], match[1])).replace(" 0", " ")

        return re.sub(r"\{(\w+)\}", part, form)

    def element(self, element: JSON) -> str:
        match element["type"]:
            case "button":
                return f"[{self.text(element['text'])}]"
            case "image":
                return f"({element['alt_text']})"
            case "radio_buttons" | "checkboxes":
                return " ".join(self.tick(element, option) for option in element["options"])
            case "overflow":
                return "[⋯ " + " | ".join(self.text(option["text"]) for option in element["options"]) + "]"
        first = self.first(element)
        return f"[{first or self.prompt(element)} ▾]" if "select" in element["type"] else first or BLANK

    def tick(self, element: JSON, option: JSON) -> str:
        chosen = [element.get("initial_option"), *(element.get("initial_options") or [])]
        on, off = ("(•)", "( )") if element["type"] == "radio_buttons" else ("[x]", "[ ]")
        ticked = any(each and each["value"] == option["value"] for each in chosen)
        return f"{on if ticked else off} {self.text(option['text'])}"

    def prompt(self, element: JSON) -> str:
        return self.text(element["placeholder"]) if element.get("placeholder") else "Choose"

    def first(self, element: JSON) -> str:
        """The field's initial value as text."""
        for name, value in element.items():
            if name.startswith("initial_") and value:
                several = value if isinstance(value, list) else [value]
                return ", ".join(self.chosen(each) for each in several)
        return ""

    def chosen(self, value: Any) -> str:
        if isinstance(value, dict):
            return self.text(value["text"])
        return self.names.get(str(value), str(value))
