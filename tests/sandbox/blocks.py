"""Small Block Kit objects that the tests of the Slack stand-in are written with."""

from typing import Any

JSON = dict[str, Any]


def plain(text: str) -> JSON:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> JSON:
    return {"type": "mrkdwn", "text": text}


def option(text: str = "Engineering", value: str = "T-1") -> JSON:
    return {"text": plain(text), "value": value}


def options(number: int) -> list[JSON]:
    return [option(value=f"T-{each}") for each in range(number)]


def button(**changes: Any) -> JSON:
    return {"type": "button", "text": plain("Approve"), "action_id": "approve", "value": "R-1", **changes}


def actions(*elements: JSON) -> JSON:
    return {"type": "actions", "elements": list(elements)}


def section(text: str = "Words", **changes: Any) -> JSON:
    return {"type": "section", "text": plain(text), **changes}


def field(element: JSON, **changes: Any) -> JSON:
    return {"type": "input", "label": plain("Team"), "element": element, **changes}


def select(**changes: Any) -> JSON:
    return {"type": "static_select", "action_id": "team", **({"options": options(2)} | changes)}


def rich(*elements: JSON) -> JSON:
    return {"type": "rich_text", "elements": list(elements)}


def modal(*blocks: JSON, **changes: Any) -> JSON:
    view = {"type": "modal", "title": plain("Ask"), "submit": plain("Send"), "blocks": list(blocks)}
    return {**view, **changes}
