"""Well-signed nonsense at the HTTP door: refused with a 400 and one line, and nothing of it is quoted."""

import copy
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from bot.sandbox.slack.deliveries import FORM, Delivery, Reply
from bot.sandbox.stage import CHANNEL, Stage
from tests.bot.journeys.scenes import ask, card, playing

pytestmark = pytest.mark.regression

SECRETIVE = "because-this-must-not-be-logged"
REASON = {"reason": SECRETIVE}
ODD: tuple[Any, ...] = (None, [], {}, "", 7, True, "odd", ["odd"], {"odd": []}, [[None]], "\ud83d", -1.5e300)


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


def interaction(payload: str) -> Delivery:
    return Delivery(urlencode({"payload": payload}).encode())


def event(text: str) -> Delivery:
    return Delivery(text.encode("utf-8", "surrogatepass"), "application/json")


HAPPENED = '{"type": "event_callback", "event_id": "Ev1", "event": %s}'
NONSENSE = {
    "null": interaction("null"),
    "a list": interaction("[1, 2]"),
    "a string": interaction('"text"'),
    "a number": interaction("3"),
    "an empty payload": interaction(""),
    "an empty object": interaction("{}"),
    "a broken object": interaction('{"type": "block_actions"'),
    "100,000 brackets": interaction("[" * 100_000),
    "100,000 objects": event('{"a":' * 100_000 + "1" + "}" * 100_000),
    "60 levels": interaction('{"type": "shortcut", "x": ' + "[" * 60 + "]" * 60 + "}"),
    "a number of 5,000 digits": interaction('{"type": "shortcut", "x": ' + "9" * 5_000 + "}"),
    "NaN": interaction('{"type": "shortcut", "x": NaN}'),
    "a name twice": interaction('{"type": "shortcut", "type": "block_actions"}'),
    "a type that is a list": interaction('{"type": ["shortcut"]}'),
    "an unknown type": interaction('{"type": "odd", "user": {"id": "U0ALEX"}}'),
    "no button": interaction(
        '{"type": "block_actions", "actions": [], "trigger_id": "1", "user": {"id": "U0ALEX"}}'
    ),
    "a view without state": interaction(
        '{"type": "view_submission", "view": {"id": "V1", "type": "modal", "callback_id": "deny"},'
        ' "user": {"id": "U0ALEX"}}'
    ),
    "a form with a list among its people": interaction(
        '{"type": "view_submission", "user": {"id": "U0ALEX"}, "view": {"id": "V1", "type": "modal",'
        ' "callback_id": "ask:request-access", "blocks": [{"type": "input", "block_id": "person",'
        ' "element": {}}], "state": {"values": {"person": {"value": {"selected_users": [[]]}}}}}}'
    ),
    "a form with an id of 5,000 signs": interaction(
        '{"type": "view_submission", "user": {"id": "U0ALEX"}, "view": {"id": "V1", "type": "modal",'
        ' "callback_id": "ask:request-access", "state": {"values": {"person": {"value":'
        f' {{"selected_users": ["{"9" * 5_000}"]}}}}}}}}}}'
    ),
    "a view whose title is a string": interaction(
        '{"type": "view_submission", "user": {"id": "U0ALEX"}, "view": {"id": "V1", "type": "modal",'
        ' "callback_id": "deny", "title": "Deny", "state": {"values": {}}}}'
    ),
    "a user that is a list": interaction(
        '{"type": "shortcut", "callback_id": "x", "trigger_id": "1", "user": ["U0ALEX"]}'
    ),
    "an event that is a string": event(HAPPENED % '"message"'),
    "an event that is null": event(HAPPENED % "null"),
    "an event without a type": event(HAPPENED % '{"user": "U0ALEX"}'),
    "a message without a channel": event(HAPPENED % '{"type": "message", "user": "U0ALEX", "ts": "1.1"}'),
    "a message whose text is an object": event(
        HAPPENED % '{"type": "message", "channel": "D1", "ts": "1.1", "user": "U0ALEX", "text": {}}'
    ),
    "a home of nobody": event(HAPPENED % '{"type": "app_home_opened", "user": 7}'),
    "an authorization that is a string": event(
        '{"type": "event_callback", "authorizations": ["T1"], "event": {"type": "message"}}'
    ),
    "a list of events": event("[]"),
    "no JSON": event("not JSON"),
    "nothing": event(""),
    "an empty form": Delivery(b""),
    "a form without fields": Delivery(b"odd"),
    "a broken escape": Delivery(b"command=%2Fmiro&user_id=U0ALEX&trigger_id=1&text=%zz"),
    "an escape that is no UTF-8": Delivery(b"command=%2Fmiro&user_id=U0ALEX&trigger_id=1&text=%ff"),
    "a field twice": Delivery(b"command=%2Fmiro&command=%2Fmiro-offboard&user_id=U0ALEX&trigger_id=1"),
    "a command of nobody": Delivery(b"command=%2Fmiro&trigger_id=1"),
    "a command nobody knows": Delivery(b"command=%2Fodd&user_id=U0ALEX&trigger_id=1"),
}  # fmt: skip


@pytest.mark.parametrize("delivery", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_with_one_line(
    s: Stage, caplog: pytest.LogCaptureFixture, delivery: Delivery
) -> None:
    reply = s.acting.send(delivery)
    assert (reply.status, reply.body) == (400, {"error": "malformed"})
    assert len(complaints(caplog)) == 1
    assert s.bot.door().counts.all() == {"malformed": 1}
    assert s.bot.store.requests() == [] and s.slack.messages == []


def complaints(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [one for one in caplog.records if one.levelno >= logging.WARNING]


def real(s: Stage) -> list[Delivery]:
    """One delivery of each kind that people bring about, as the sandbox sends it."""
    bot = s.acting
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    wrote = bot.write("U0JO", "I need Miro access for Design", CHANNEL)
    gestures: list[Callable[[], Reply]] = [
        lambda: bot.command("U0JO", "/miro-access", "for Engineering"),
        lambda: bot.submit("U0JO", {"reason": ""}, complete=False),
        lambda: bot.say("U0JO", "I need Miro access for Design"),
        lambda: bot.say("U0JO", "help", CHANNEL),
        lambda: bot.open_home("U0PRIYA"),
        lambda: bot.click("U0PRIYA", card(s, "U0PRIYA"), "deny"),
        lambda: bot.submit("U0PRIYA", {"reason": ""}, complete=False),
        lambda: bot.click("U0PRIYA", card(s, "U0PRIYA"), "details"),
        lambda: bot.click("U0SAM", card(s, "U0PRIYA"), "approve"),
        lambda: bot.shortcut("U0JO", "ask-anything"),
        lambda: bot.click("U0JO", None, "choose:request-access"),
        lambda: bot.message_shortcut("U0JO", "make-request", wrote),
    ]
    return [gesture().delivery for gesture in gestures]


def mutated(delivery: Delivery) -> Iterator[Delivery]:
    """The same delivery with each of its values missing once, and once replaced by something odd."""
    payload, wrapped = opened(delivery)
    for number, path in enumerate(paths(payload)):
        for odd in (..., ODD[number % len(ODD)]):
            changed = copy.deepcopy(payload)
            place = changed
            for step in path[:-1]:
                place = place[step]
            if odd is ...:
                del place[path[-1]]
            else:
                place[path[-1]] = odd
            yield wrapped(changed)


def opened(delivery: Delivery) -> tuple[Any, Callable[[Any], Delivery]]:
    """What a delivery holds, and how it is put back."""
    if delivery.content_type != FORM:
        return json.loads(delivery.body), Delivery.of_event
    form = dict(parse_qsl(delivery.body.decode(), keep_blank_values=True))
    if "payload" in form:
        return json.loads(form["payload"]), Delivery.of_interaction
    return form, lambda changed: Delivery.of_form({name: ascii(value) for name, value in changed.items()})


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value of a payload stands, the outer ones first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield (*above, step)
        yield from paths(part, (*above, step))


def test_whatever_is_wrong_with_a_real_delivery_is_no_error_of_the_bots(
    s: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    deliveries = [odd for delivery in real(s) for odd in mutated(delivery)]
    assert len(deliveries) > 1_000
    for delivery in deliveries:
        caplog.clear()
        reply = s.acting.send(delivery)
        assert reply.status in (200, 400), delivery
        assert not [one for one in caplog.records if one.levelno >= logging.ERROR or one.exc_info], delivery
        assert SECRETIVE not in caplog.text
        if reply.status == 400:
            assert len(complaints(caplog)) == 1
