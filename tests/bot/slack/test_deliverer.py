"""The deliverer alone: in which order it sends, and nothing twice."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox.slack.records import ApiCall
from bot.sandbox.stage import Stage
from tests.approvals.queued import behind
from tests.bot.journeys.scenes import approve, ask, card, request

ACCESS = ("/miro-access", "for Engineering because I start Monday")


def posts(s: Stage) -> int:
    return sum(one.method == "chat.postMessage" for one in s.slack.log)


def test_nothing_is_sent_twice_when_nothing_changed(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    before = len(s.slack.log)
    for _ in range(3):
        s.bot.store.outbox.redraw(request(s, "R-1").id)
        s.settle()
    assert len(s.slack.log) == before


def test_the_clickers_own_card_is_drawn_first(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    theirs = card(s, "U0SAM")
    s.slack.log.clear()
    assert s.acting.click("U0SAM", theirs, "approve").ok
    s.bot.deliverer.send()
    updates = [one.params["ts"] for one in s.slack.log if one.method == "chat.update"]
    assert updates[0] == theirs.ts and len(updates) > 1


def test_the_card_that_deny_was_pressed_on_is_drawn_first(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    theirs = card(s, "U0SAM")
    assert s.acting.click("U0SAM", theirs, "deny").ok
    s.slack.log.clear()
    assert s.acting.submit("U0SAM", {"reason": "No seat is free."}).errors == {}
    s.bot.deliverer.send()
    updates = [one.params["ts"] for one in s.slack.log if one.method == "chat.update"]
    assert updates[0] == theirs.ts and len(updates) > 1


class Meanwhile(list[ApiCall]):
    """A log of Slack's, and what somebody does while the first card is on its way."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self._happens = happens

    def append(self, call: ApiCall) -> None:
        super().append(call)
        if len(self.updates()) == 1:
            self._happens()

    def updates(self) -> list[str]:
        """Messages that were redrawn, in order."""
        return [call.params["ts"] for call in self if call.method == "chat.update"]


def test_what_is_pressed_comes_between_two_cards_of_a_long_queue(s: Stage) -> None:
    ids = [ask(s, user, *ACCESS) for user in ("U0ALEX", "U0JO", "U0LENA", "U0DANA")]
    cards = {id: s.bot.store.outbox.of(id) for id in ids}
    for id in ids:
        for one in cards[id]:
            s.bot.store.outbox.put(replace(one, drawn=""))
        s.bot.store.outbox.redraw(id)
    assert behind(s.bot.store, 9) == ids
    pressed = next(one for one in cards[ids[-1]] if one.role == "approver")
    hurry = s.bot.deliverer.hurry
    log = Meanwhile(
        lambda: hurry(ids[-1], pressed.channel, pressed.ts, s.bot.store.request(ids[-1]).requester)
    )
    s.slack.log = log
    assert s.bot.deliverer.send()
    first, rest = {one.ts for one in cards[ids[0]]}, {one.ts for id in ids[1:] for one in cards[id]}
    updates = log.updates()
    assert updates[0] in first and rest <= set(updates)
    assert next(ts for ts in updates if ts in rest) == pressed.ts


def test_settled_requests_are_drawn_before_waiting_ones(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    ask(s, "U0JO", *ACCESS)
    approve(s, "U0PRIYA")
    assert request(s, "R-2").state == "done"
    for id in ("R-1", "R-2"):
        s.bot.store.outbox.redraw(request(s, id).id)
    assert behind(s.bot.store, 9) == ["R-2", "R-1"]


def test_no_token_and_no_name_stand_in_the_log(s: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="bot"):
        s.slack.fault("chat.postMessage", status=500, times=2)
        s.slack.fault("chat.postMessage", error="is_archived")
        ask(s, "U0ALEX", *ACCESS)
        s.clock.pass_(timedelta(seconds=10))
        s.settle()
        approve(s, "U0PRIYA")
    assert caplog.records
    for secret in ("xoxb-", "sandbox-token", "Alex", "alex@example.com", "I start Monday"):
        assert secret not in caplog.text
