"""What reaches the HTTP door unsigned, badly signed, late, twice, or too large."""

import hashlib
import hmac
import json
import logging

import httpx
import pytest

from bot.sandbox.slack.deliveries import FORM, Delivery, Reply
from bot.sandbox.slack.payloads import slash_command
from bot.sandbox.stage import SECRET, Stage
from tests.bot.journeys.scenes import ask, card, history, request, state
from tests.says import says

SECRETIVE = "because-this-must-not-be-logged"


def typed(s: Stage) -> Delivery:
    """A slash command as Slack would send it, before it is signed."""
    place = s.slack.direct("U0ALEX").id
    return Delivery.of_form(slash_command(s.slack, "U0ALEX", place, "/miro", f"help {SECRETIVE}"))


def refusals(s: Stage) -> dict[str, int]:
    """What /healthz counts."""
    found = httpx.get(f"{s.url}/healthz").json()
    return dict(found["refused"])


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"signed": False}, "unsigned"),
        ({"secret": "guessed"}, "badly signed"),
        ({"secret": ""}, "badly signed"),
        ({"age": 301}, "old"),
        ({"age": -301}, "old"),
        ({"age": 86_400}, "old"),
    ],
    ids=str,
)
def test_what_is_not_signed_by_slack_is_turned_away(
    s: Stage, caplog: pytest.LogCaptureFixture, how: dict[str, object], why: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        reply = s.acting.send(typed(s), **how)  # type: ignore[arg-type]
    assert (reply.status, reply.body) == (401, {"error": why})
    assert refusals(s) == {why: 1}
    assert f"a request to /slack/events was refused: {why}" in caplog.text
    assert SECRETIVE not in caplog.text
    assert s.slack.messages == []


def test_a_signature_of_another_body_is_turned_away(s: Stage) -> None:
    delivery = typed(s)
    headers = s.acting.signature(delivery.body) | {"Content-Type": FORM}
    assert s.acting.post(delivery.body + b"&text=withdraw", headers).status == 401
    assert refusals(s) == {"badly signed": 1}


STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((STAMP, text) for text in ("", "yesterday", "-1", "1e9", "９９", "²", "9" * 5_000)),
        *((SIGNATURE, text) for text in ("", "v0=é", "v0=²", "v0=" + "x" * 5_000)),
    ],
    ids=lambda text: ascii(text)[:30],
)
@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_header_that_slack_never_sends_is_turned_away(
    s: Stage, caplog: pytest.LogCaptureFixture, name: str, value: str, coding: str
) -> None:
    delivery = typed(s)
    headers = s.acting.signature(delivery.body) | {name: value}
    encoded = {name: value.encode(coding, errors="replace") for name, value in headers.items()}
    answer = httpx.post(s.acting.bot_url, content=delivery.body, headers=encoded)  # type: ignore[arg-type]
    check_turned_away(s, caplog, answer)


def check_turned_away(s: Stage, caplog: pytest.LogCaptureFixture, answer: httpx.Response) -> None:
    """401, counted once, one line in the log, and nothing of the body in it."""
    (why,) = refusals(s)
    assert (answer.status_code, answer.json()) == (401, {"error": why})
    assert refusals(s) == {why: 1}
    said = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert said == [f"a request to /slack/events was refused: {why}"]
    assert SECRETIVE not in caplog.text


@pytest.mark.parametrize("rightly", [True, False], ids=["signed", "badly signed"])
def test_a_body_that_is_no_text_is_turned_away(
    s: Stage, caplog: pytest.LogCaptureFixture, rightly: bool
) -> None:
    body = typed(s).body + b"&more=\xff\xfe"
    stamp = str(int(s.clock.seconds()))
    proof = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {STAMP: stamp, SIGNATURE: f"v0={proof if rightly else '0' * 64}", "Content-Type": FORM}
    check_turned_away(s, caplog, httpx.post(s.acting.bot_url, content=body, headers=headers))


def test_within_five_minutes_a_late_delivery_counts(s: Stage) -> None:
    assert s.acting.send(typed(s), age=290).status == 200
    assert refusals(s) == {}


def test_too_large_a_body_is_not_read(s: Stage) -> None:
    reply = s.acting.send(Delivery(b"x" * 1_000_001))
    assert reply.status == 413
    assert refusals(s) == {"too large": 1}


def test_other_addresses_are_not_there(s: Stage) -> None:
    assert httpx.get(f"{s.url}/slack/events").status_code == 404
    assert httpx.post(f"{s.url}/healthz").status_code == 404
    assert httpx.get(f"{s.url}/").status_code == 404


def test_health_is_bad_while_the_policy_file_is_broken(s: Stage) -> None:
    assert httpx.get(f"{s.url}/healthz").status_code == 200
    (s.folder / "policy.toml").write_text("operators = [", encoding="utf-8")
    s.bot.housekeeping.tick()
    answer = httpx.get(f"{s.url}/healthz")
    assert answer.status_code == 503
    assert "line 1" in answer.json()["policy"]


def again(s: Stage, reply: Reply) -> Reply:
    """The same delivery once more, as after a time-out."""
    reply = s.acting.send(reply.delivery, retry=1)
    s.settle()
    return reply


def test_a_form_sent_twice_asks_once(s: Stage) -> None:
    s.acting.command("U0ALEX", "/miro-access", "for Engineering because I start Monday")
    first = s.acting.submit("U0ALEX")
    s.settle()
    second = again(s, first)
    assert second.status == 200
    assert len(s.bot.store.requests()) == 1
    assert "R-1" in json.dumps(second.body)


def test_a_click_delivered_twice_counts_once(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    reply = s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve")
    before = len(s.slack.messages)
    again(s, reply)
    assert history(s, id).count("voted") == 1
    assert state(s, id) == "done"
    new = [one for one in s.slack.messages[before:] if one.ephemeral_for]
    assert new == []


def test_a_denial_delivered_twice_counts_once(s: Stage) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "deny")
    s.slack.until(lambda: s.slack.views.get("U0PRIYA"))
    reply = s.acting.submit("U0PRIYA", {"reason": "No."})
    assert again(s, reply).errors == {}
    assert history(s, id).count("denied") == 1
    assert says(request(s, id).outcome.text) == "No."  # type: ignore[union-attr]


def test_a_message_delivered_twice_is_answered_once(s: Stage) -> None:
    reply = s.acting.say("U0ALEX", "I need Miro access for Engineering")
    again(s, reply)
    answered = [one for one in s.slack.dm_of("U0ALEX") if one.user == s.slack.bot_user]
    assert len(answered) == 1


def test_a_retry_whose_first_delivery_was_lost_counts(s: Stage) -> None:
    place = s.slack.direct("U0ALEX").id
    said = {"type": "message", "user": "U0ALEX", "text": "access for Design", "ts": "1.1", "channel": place}
    from bot.sandbox.slack.payloads import event

    delivery = Delivery.of_event(event(s.slack, said | {"channel_type": "im"}, place))
    assert s.acting.send(delivery, retry=2).status == 200
    s.settle()
    assert "Design" in s.slack.dm_of("U0ALEX")[-1].text
