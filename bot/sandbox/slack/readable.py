"""A proxy between a bot and local-slack, whose page can't draw rich text: rewrites it as mrkdwn."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from slack_bolt import BoltResponse

from bot.sandbox.server import Answer, Call, serving
from bot.slack.door.inbound import Payload
from bot.slack.door.receiver import Receiver

PASSED_ON = ("authorization", "content-type")


@contextmanager
def readable(url: str) -> Iterator[str]:
    """Serves the Web API of the local-slack at `url` until the block ends; yields the bot's SLACK_API_URL."""
    with httpx.Client(timeout=30, trust_env=False) as client:  # local-slack is on this machine

        def answers(call: Call) -> Answer:
            headers = {name: call.headers[name] for name in PASSED_ON if name in call.headers}
            address, body = f"{url}{call.path}", _in_mrkdwn(call)
            sent = client.request(call.method, address, params=call.query, headers=headers, content=body)
            return Answer(sent.status_code, sent.content, {"Content-Type": sent.headers["content-type"]})

        with serving(answers) as own:
            yield f"{own}/api/"


class ReadableReceiver(Receiver):
    """A bot's receiver, with the rich text of its acknowledgements (they don't pass the proxy) as mrkdwn."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def take(self, payload: Payload, headers: Mapping[str, str]) -> BoltResponse:
        response = self._receiver.take(payload, headers)
        if response.body.startswith("{"):
            response.body = json.dumps(_drawn(json.loads(response.body)))
        return response


def _in_mrkdwn(call: Call) -> bytes:
    """The body of a call with the rich text of its blocks (or its view's blocks) as mrkdwn."""
    if not call.body:
        return b""
    if call.headers.get("content-type", "").startswith("application/json"):
        return json.dumps(_drawn(json.loads(call.body))).encode()
    fields = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
    drawn = {
        name: json.dumps(_drawn(json.loads(fields[name]))) for name in ("blocks", "view") if name in fields
    }
    return urlencode(fields | drawn).encode()


def _drawn(value: Any) -> Any:
    if isinstance(value, list):
        return [_drawn(part) for part in value]
    if isinstance(value, dict) and value.get("type") == "rich_text":
        text = "\n".join(map(_paragraph, value["elements"]))
        return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {name: _drawn(part) for name, part in value.items()} if isinstance(value, dict) else value


def _paragraph(part: dict[str, Any]) -> str:
    if part["type"] == "rich_text_list":
        items = enumerate(map(_paragraph, part["elements"]), 1)
        is_ordered = part["style"] == "ordered"
        return "\n".join(f"{f'{number}.' if is_ordered else '•'} {item}" for number, item in items)
    return "".join(map(_leaf, part["elements"]))


def _leaf(leaf: dict[str, Any]) -> str:
    if leaf["type"] == "user":
        return f"<@{leaf['user_id']}>"
    text = str(leaf.get("text") or leaf.get("fallback", ""))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    bare = text.strip()
    return text.replace(bare, f"*{bare}*", 1) if bare and leaf.get("style", {}).get("bold") else text
