"""What the bot says in rich text can be read in local-slack's page as well."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
from slack_bolt import BoltResponse

from bot.cards.blocks import bullets, header
from bot.cards.named import mark
from bot.sandbox.server import Answer, Call, serving
from bot.sandbox.slack.readable import ReadableReceiver, readable
from bot.slack.door.inbound import Payload
from bot.slack.door.receiver import Receiver
from tests.bot.slack.scenes import person

TEXT = f"Give {mark(person(7))} <b> & access?"
SHOWN = "*Give* <@U0P7> *(p7@example.com) &lt;b&gt; &amp; access?*"


def passed_on(body: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """What arrives at a Slack that draws no rich text."""
    got: list[Call] = []

    def answers(call: Call) -> Answer:
        got.append(call)
        return Answer.of(200, {"ok": True})

    with serving(answers) as slack, readable(slack) as url:
        if as_json:
            said = httpx.post(f"{url}chat.postMessage", json=body)
        else:
            flat = {name: part if isinstance(part, str) else json.dumps(part) for name, part in body.items()}
            media = {"Content-Type": "application/x-www-form-urlencoded"}
            said = httpx.post(f"{url}chat.postMessage", content=urlencode(flat), headers=media)
    assert said.json() == {"ok": True} and got[0].path == "/api/chat.postMessage"
    if as_json:
        return dict(json.loads(got[0].body))
    fields = {name: values[0] for name, values in parse_qs(got[0].body.decode()).items()}
    return {name: json.loads(text) if text[0] in "[{" else text for name, text in fields.items()}


@pytest.mark.parametrize("as_json", [True, False])
def test_rich_text_becomes_mrkdwn_and_all_else_stays(as_json: bool) -> None:
    divider = {"type": "divider"}
    body = {
        "channel": "C1",
        "blocks": [header(TEXT), divider],
        "view": {"blocks": [bullets(["one", "two"]), bullets(["one", "two"], "ordered", "Both")]},
    }
    assert passed_on(body, as_json=as_json) == {
        "channel": "C1",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": SHOWN}}, divider],
        "view": {
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "• one\n• two"}},
                {"type": "section", "text": {"type": "mrkdwn", "text": "Both\n1. one\n2. two"}},
            ]
        },
    }


class Answering(Receiver):
    """A receiver with one acknowledgement for everything."""

    def __init__(self, body: str) -> None:
        self._body = body

    def take(self, payload: Payload, headers: Mapping[str, str]) -> BoltResponse:
        return BoltResponse(status=200, body=self._body)


def test_an_acknowledgement_is_readable_too() -> None:
    body = json.dumps({"response_action": "update", "view": {"blocks": [header(TEXT)]}})
    response = ReadableReceiver(Answering(body)).take({}, {})

    shown = {"type": "section", "text": {"type": "mrkdwn", "text": SHOWN}}
    assert json.loads(response.body) == {"response_action": "update", "view": {"blocks": [shown]}}


@pytest.mark.parametrize("body", ["", "Nothing has changed."])
def test_an_acknowledgement_in_plain_text_stays(body: str) -> None:
    assert ReadableReceiver(Answering(body)).take({}, {}).body == body
