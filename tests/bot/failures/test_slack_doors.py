"""What Slack delivers twice, late, only as a retry, or doesn't deliver itself, and forms it won't open."""

from datetime import timedelta

import pytest

from bot.sandbox.slack.deliveries import Delivery
from bot.sandbox.slack.payloads import event, slash_command
from bot.sandbox.stage import CHANNEL, Stage
from tests.bot.journeys.homes import opened, page
from tests.bot.journeys.scenes import (
    approve,
    ask,
    calls,
    card,
    has_card,
    history,
    last,
    request,
    say,
    state,
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


@pytest.mark.parametrize("later", [0, 11])
def test_slack_retry_or_duplicate_delivery(s: Stage, later: int) -> None:
    s.acting.command(*ACCESS)
    sent = s.acting.submit("U0ALEX")
    s.settle()
    clicked = s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve")
    s.settle()
    wait(s, minutes=later)
    before = calls(s), len(told(s, "U0ALEX")), len(told(s, "U0PRIYA"))
    for once in (sent, clicked):
        for retry in (1, 2):
            assert s.acting.send(once.delivery, retry=retry).status == 200
            s.settle()
    [only] = s.bot.store.requests()
    assert (only.state, history(s, only.id).count("voted")) == ("done", 1)
    assert calls(s) == before[0] and len(told(s, "U0ALEX")) == before[1]


def test_socket_down_event_arrives_only_as_retry(s: Stage) -> None:
    place = s.slack.direct("U0ALEX").id
    said = {"type": "message", "user": "U0ALEX", "text": "access for Design", "ts": "1.1", "channel": place}
    lost = Delivery.of_event(event(s.slack, said | {"channel_type": "im"}, place))
    assert s.acting.send(lost, retry=3).status == 200
    s.settle()
    assert "Design" in last(s, "U0ALEX") and "Review and Send" in last(s, "U0ALEX")


@pytest.mark.parametrize(
    ("how", "why"),
    [({"age": 301}, "old"), ({"secret": "guessed"}, "badly signed"), ({"signed": False}, "unsigned")],
    ids=str,
)
def test_replay_of_captured_http_request(s: Stage, how: dict[str, object], why: str) -> None:
    id = ask(s, *ACCESS)
    captured = s.acting.click("U0DANA", card(s, "U0PRIYA"), "approve").delivery
    theirs = Delivery(captured.body.replace(b"U0DANA", b"U0PRIYA"))
    reply = s.acting.send(theirs, **how)  # type: ignore[arg-type]
    s.settle()
    assert (reply.status, reply.body) == (401, {"error": why})
    assert (state(s, id), history(s, id)) == ("waiting", ["asked", "planned"])


def test_trigger_id_expired(s: Stage) -> None:
    place = s.slack.direct("U0ALEX").id
    s.slack.direct("U0ALEX")
    slow = Delivery.of_form(slash_command(s.slack, *ACCESS[:1], place, *ACCESS[1:]))
    s.clock.pass_(timedelta(seconds=4))
    reply = s.acting.send(slow)
    s.settle()
    assert s.slack.views.get("U0ALEX", []) == []
    assert reply.status == 200
    assert "Slack couldn't open the form. Please try again." in str(reply.body)
    s.slack.fault("users.info", times=None, cut="before")
    assert s.acting.command(*ACCESS).ok
    assert s.acting.modal("U0ALEX")["type"] == "modal"


def test_hash_collision(s: Stage) -> None:
    opened(s, "U0PRIYA")
    s.slack.fault("views.publish", error="hash_conflict", times=2)
    id = ask(s, *ACCESS)
    for _ in range(3):
        wait(s, seconds=20)
    assert "Waiting for you: 1" in page(s, "U0PRIYA") and id in page(s, "U0PRIYA")
    approve(s, "U0PRIYA")
    assert "You're all caught up." in page(s, "U0PRIYA")


@pytest.mark.parametrize("error", ["user_not_found", "cannot_dm_bot", "is_archived", "channel_not_found"])
def test_im_not_open_or_channel_archived(s: Stage, error: str) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=3, error=error)
    id = ask(s, *ACCESS)
    for _ in range(3):
        wait(s, seconds=10)
    assert history(s, id).count("unreached") == 1
    assert sum(has_card(s, user) for user in ("U0PRIYA", "U0CAROL", "U0SAM")) == 2
    assert "can't be reached" in "".join(told(s, "U0ALEX"))
    s.slack.fault("chat.postEphemeral", error="is_archived")
    say(s, "U0JO", "I need Miro access for Design", CHANNEL)
    assert "Review and Send" in last(s, "U0JO")
    assert request(s, id).state == "waiting"
