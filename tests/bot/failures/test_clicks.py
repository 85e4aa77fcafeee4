"""Clicks that come twice, at once, too late, or to a card that Slack didn't redraw."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.sandbox.stage import Stage
from tests.approvals.decide.clicks import by_processes, by_threads, decided
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    buttons,
    calls,
    card,
    deny,
    history,
    last,
    press,
    read,
    state,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")


def test_double_click(s: Stage) -> None:
    id = ask(s, *ACCESS)
    shown, start = as_it_was(card(s, "U0PRIYA")), threading.Barrier(2)

    def clicks(_: int) -> bool:
        start.wait(10)
        return s.acting.click("U0PRIYA", shown, "approve").ok

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(clicks, range(2))) == [True, True]
    s.settle()
    assert state(s, id) == "done"
    assert (history(s, id).count("voted"), len(calls(s, "POST"))) == (1, 1)
    press(s, "U0CAROL", "approve", shown)
    assert answer(s, "U0CAROL") == f"Priya Rao approved {id} a moment before you. It's done."


def test_concurrent_approve_and_deny(tmp_path: Path) -> None:
    counts = by_threads("sqlite", tmp_path, 10)
    assert (counts.winners, counts.answered, counts.errors) == (1, 9, ())
    [said] = counts.answers
    assert " a moment before you. " in said
    assert len(decided("sqlite", tmp_path)) == 1


def test_lock_is_a_no_op_on_sqlite(tmp_path: Path) -> None:
    counts = by_processes("sqlite", tmp_path, 6)
    assert (counts.winners, counts.answered, counts.errors) == (1, 5, ())
    assert len(decided("sqlite", tmp_path)) == 1


def _withdraw(s: Stage) -> None:
    press(s, "U0ALEX", "withdraw", card(s, "U0ALEX", "withdraw"))


def _edit(s: Stage) -> None:
    s.miro.change_user("alex@example.com", active=False)
    approve(s, "U0PRIYA")


ENDS: list[tuple[Callable[[Stage], object], str, str]] = [
    (lambda s: approve(s, "U0PRIYA"), "done", "Priya Rao approved R-1"),
    (lambda s: deny(s, "U0PRIYA", "Not now."), "denied", "Priya Rao denied R-1"),
    (lambda s: wait(s, days=3), "expired", "R-1 expired a moment ago without an answer."),
    (_withdraw, "withdrawn", "Alex Smith withdrew R-1"),
    (_edit, "waiting", "The change is different now, so your click did nothing."),
]


@pytest.mark.parametrize(("end", "then", "words"), ENDS, ids=[then for _, then, _ in ENDS])
def test_stale_button_after_decide_expire_cancel_edit(
    s: Stage, end: Callable[[Stage], object], then: str, words: str
) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    id = ask(s, *MOVE)
    known = card(s, "U0CAROL")
    stale = as_it_was(known)
    end(s)
    before = history(s, id), calls(s)
    press(s, "U0CAROL", "approve", stale)
    assert words in answer(s, "U0CAROL")
    assert (state(s, id), (history(s, id), calls(s))) == (then, before)
    assert ("approve" in buttons(known)) == (then == "waiting"), "with the changes that are asked about now"


@pytest.mark.parametrize("how", [{"status": 500}, {"status": 429}, {"cut": "before"}], ids=str)
def test_card_left_with_live_buttons(s: Stage, how: dict[str, object]) -> None:
    id = ask(s, *ACCESS)
    theirs = card(s, "U0CAROL")
    s.slack.fault("chat.update", times=9, **how)
    approve(s, "U0PRIYA")
    assert "approve" in buttons(theirs)
    press(s, "U0CAROL", "approve", theirs)
    assert "Priya Rao approved" in answer(s, "U0CAROL")
    assert history(s, id).count("voted") == 1
    for _ in range(9):  # a method that fails again and again is tried by one call at a time
        wait(s, minutes=15)
    assert buttons(theirs) == [] and "approved by Priya Rao" in read(theirs)


def test_crash_after_approve_before_execute(s: Stage) -> None:
    id = ask(s, *ACCESS)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    assert (state(s, id), calls(s)) == ("approved", [])
    second = s.rebuild()  # the first one never gets to it
    try:
        second.settle()
    finally:
        second.stop()
    assert state(s, id) == "done"
    assert last(s, "U0ALEX").startswith("✅ You're in Engineering")
    assert len(calls(s, "POST")) == 1


def test_two_bot_processes(s: Stage) -> None:
    id = ask(s, *ACCESS)
    shown = card(s, "U0PRIYA")
    second = s.rebuild()
    try:
        assert s.acting.click("U0PRIYA", shown, "approve").ok
        with ThreadPoolExecutor(2) as threads:
            working = [threads.submit(bot.settle) for bot in (s.bot, second)]
            for one in working:
                one.result(60)
        s.settle()
    finally:
        second.stop()
    assert state(s, id) == "done"
    assert len(calls(s)) == 2
    assert [history(s, id).count(one) for one in ("voted", "approved", "done")] == [1, 1, 1]
