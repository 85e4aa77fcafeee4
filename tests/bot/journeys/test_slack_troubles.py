"""Slack failing, and the bot starting again: every message arrives, no decision is taken twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.stage import CHANNEL, Stage
from bot.slack.door.serving import serving
from tests.approvals.queued import behind
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    buttons,
    calls,
    card,
    deny,
    has_card,
    history,
    last,
    press,
    read,
    say,
    state,
    teams_of,
    told,
    wait,
)
from tests.bot.journeys.shell import machine

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


ASK = ("ask", "request-access", "teams=Engineering", "--reason", "new", "--as", "alex@example.com")


def test_an_hour_without_messages_stops_no_work_and_everybody_is_told_once(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        for method in ("chat.postMessage", "chat.postEphemeral", "chat.update", "views.publish"):
            s.slack.fault(method, times=None, status=503)
        shell.types(*ASK)
        s.settle()
        wait(s, minutes=20)
        shell.types("approve", "R-1", "--as", "priya@example.com")
        wait(s, minutes=40)
        assert state(s, "R-1") == "done" and "Engineering" in teams_of(s, "alex@example.com")
        assert s.slack.messages == []
        s.slack.faults.clear()
        for _ in range(6):
            wait(s, minutes=15)
        for user in ("U0ALEX", "U0CAROL", "U0SAM"):
            [result] = told(s, user)
            assert "in Engineering in Miro" in result and not has_card(s, user)
        in_her_name, result = told(s, "U0PRIYA")
        assert "approved in your name from a command line" in in_her_name and "approved by you" in result
        assert behind(s.bot.store, 9) == []


def test_who_asked_in_a_shell_while_all_of_slack_was_away_gets_their_card_afterwards(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        for method in (
            "chat.postMessage",
            "chat.update",
            "users.info",
            "users.lookupByEmail",
            "views.publish",
        ):
            s.slack.fault(method, times=None, status=503)
        shell.types(*ASK)
        s.settle()
        wait(s, minutes=5)
        assert state(s, "R-1") == "checking" and s.slack.messages == []
        s.slack.faults.clear()
        for _ in range(2):
            wait(s, minutes=15)
        assert state(s, "R-1") == "waiting"
        assert has_card(s, "U0ALEX", "withdraw") and has_card(s, "U0PRIYA")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "how",
    [
        {"status": 429, "retry_after": 20},
        {"status": 500},
        {"status": 503},
        {"error": "internal_error"},
        {"error": "fatal_error"},
        {"cut": "before"},
    ],
    ids=str,
)
def test_a_card_that_cannot_be_posted_is_posted_later(s: Stage, how: dict[str, object]) -> None:
    s.slack.fault("chat.postMessage", times=4, **how)
    ask(s, *ACCESS)
    assert not has_card(s, "U0PRIYA")
    for _ in range(4):
        wait(s, minutes=1)
    assert has_card(s, "U0PRIYA")
    assert len(told(s, "U0PRIYA")) == 1
    assert len(told(s, "U0ALEX")) == 1


def test_a_message_cut_off_after_it_was_posted_comes_twice_at_most(s: Stage) -> None:
    s.slack.fault("chat.postMessage", cut="after")
    id = ask(s, *ACCESS)
    wait(s, minutes=1)
    twice = next(user for user in ("U0PRIYA", "U0ALEX") if len(told(s, user)) == 2)
    forgotten = s.slack.dm_of(twice)[0]
    assert twice == "U0PRIYA"
    press(s, "U0PRIYA", "approve", s.slack.dm_of("U0PRIYA")[1])
    assert state(s, id) == "done"
    assert "approve" in buttons(forgotten)
    press(s, "U0PRIYA", "approve", forgotten)
    assert answer(s, "U0PRIYA") == f"You approved {id} already. It's done."
    assert buttons(forgotten) == []
    assert history(s, id).count("approved") == 1


def test_a_forgotten_copy_can_be_decided_on_and_is_redrawn(s: Stage) -> None:
    s.slack.fault("chat.postMessage", cut="after")
    id = ask(s, *ACCESS)
    wait(s, minutes=1)
    forgotten, known = s.slack.dm_of("U0PRIYA")
    press(s, "U0PRIYA", "approve", forgotten)
    assert state(s, id) == "done"
    assert buttons(forgotten) == [] == buttons(known)


def test_a_redraw_that_fails_is_done_later(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.slack.fault("chat.update", times=9, status=500)
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert has_card(s, "U0CAROL")
    for _ in range(7):  # a method that fails again and again is tried by one call at a time
        wait(s, minutes=15)
    assert not has_card(s, "U0CAROL") and not has_card(s, "U0PRIYA")


def test_a_click_on_an_old_card_meanwhile_is_answered(s: Stage) -> None:
    id = ask(s, *ACCESS)
    theirs = card(s, "U0CAROL")
    s.slack.fault("chat.update", times=5, status=500)
    approve(s, "U0PRIYA")
    press(s, "U0CAROL", "approve", theirs)
    assert "Priya Rao approved" in answer(s, "U0CAROL")
    assert history(s, id).count("voted") == 1


def test_a_deleted_card_of_what_is_over_is_a_recorded_end(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.slack.messages.remove(card(s, "U0SAM"))
    deny(s, "U0PRIYA", "No seat is free.")
    assert state(s, id) == "denied" and history(s, id).count("unreached") == 0
    other = ask(s, "U0JO", "/miro-access", "for Design because I start Monday")
    for _ in range(3):
        wait(s, seconds=10)
    press(s, "U0JO", "withdraw")
    wait(s, minutes=1)
    assert state(s, other) == "withdrawn"
    assert history(s, id).count("unreached") == 1
    assert behind(s.bot.store, 9) == []


def test_a_deleted_card_of_what_is_open_is_posted_anew(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.slack.messages.remove(card(s, "U0SAM"))
    press(s, "U0PRIYA", "question")
    assert s.acting.submit("U0PRIYA", {"reason": "For how long?"}).errors == {}
    s.settle()
    mine = card(s, "U0SAM")
    assert "For how long?" in read(mine) and mine.thread_ts is None
    approve(s, "U0SAM")
    assert state(s, id) == "done" and history(s, id).count("unreached") == 0
    assert [one.thread_ts for one in s.slack.dm_of("U0SAM")] == [None, mine.ts]


@pytest.mark.parametrize("error", [None, "thread_not_found", "cannot_reply_to_message"])
def test_where_the_card_was_deleted_a_reply_brings_it_back(s: Stage, error: str | None) -> None:
    ask(s, *ACCESS)
    s.slack.messages.remove(card(s, "U0SAM"))
    if error:
        s.slack.fault("chat.postMessage", to="U0SAM", error=error)
    wait(s, days=1)
    [mine] = s.slack.dm_of("U0SAM")
    assert mine.thread_ts is None and "approve" in buttons(mine)
    assert behind(s.bot.store, 9) == []


def test_an_answer_to_a_click_survives_a_failing_slack(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.slack.fault("chat.postEphemeral", times=2, status=500)
    press(s, "U0ALEX", "approve", card(s, "U0PRIYA"))
    for _ in range(3):
        wait(s, minutes=1)
    assert answer(s, "U0ALEX") == "You requested this, so someone else has to decide."
    assert state(s, id) == "waiting"


def test_slack_not_telling_who_somebody_is_holds_the_request(s: Stage) -> None:
    s.slack.fault("users.info", times=5, status=500)
    id = ask(s, *ACCESS)
    assert state(s, id) == "checking"
    assert f"Slack isn't responding. {id} is saved and continues by itself." in last(s, "U0ALEX")
    for _ in range(8):
        wait(s, minutes=10)
    assert state(s, id) == "waiting"


def test_slack_silent_before_the_first_write_holds_the_approval(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.slack.fault("users.info", times=1, status=500)
    approve(s, "U0PRIYA")
    assert state(s, id) == "approved"
    assert calls(s) == []
    wait(s, seconds=30)
    assert state(s, id) == "done"


def test_a_form_that_slack_does_not_open_is_said(s: Stage) -> None:
    s.slack.fault("views.open", error="internal_error")
    s.acting.command(*ACCESS)
    assert last(s, "U0ALEX") == "Slack couldn't open the form. Please try again."


@pytest.mark.parametrize("how", [{"status": 500}, {"cut": "before"}, {"status": 429}], ids=str)
def test_a_form_that_fails_in_other_ways_is_said_too(s: Stage, how: dict[str, object]) -> None:
    s.slack.fault("views.open", **how)
    s.acting.command(*ACCESS)
    assert last(s, "U0ALEX") == "Slack couldn't open the form. Please try again."


def test_a_home_tab_that_fails_harms_nothing(s: Stage) -> None:
    s.slack.fault("views.publish", status=500)
    assert s.acting.open_home("U0ALEX").ok
    assert s.slack.homes == {}
    s.acting.open_home("U0ALEX")
    assert s.slack.until(lambda: s.slack.homes.get("U0ALEX"))


def test_another_bot_on_the_same_record_goes_on(s: Stage) -> None:
    id = ask(s, *ACCESS)
    old = card(s, "U0PRIYA")
    second = s.rebuild()
    try:
        with serving(second.door(), "127.0.0.1", 0, 8) as url:
            acting = replace_line(s, url)
            assert acting.click("U0PRIYA", old, "approve").ok
            second.settle()
        assert state(s, id) == "done"
        assert buttons(old) == []
        assert last(s, "U0ALEX").startswith("✅ You're in Engineering")
    finally:
        second.stop()


def replace_line(s: Stage, url: str) -> Gestures:
    """People whose gestures reach another bot."""
    return Gestures(s.slack, f"{url}/slack/events", wall_clock=s.clock.seconds)


def test_what_was_said_before_a_restart_is_sent_after_it(s: Stage) -> None:
    s.slack.fault("chat.postMessage", times=None, status=503)
    id = ask(s, *ACCESS)
    s.slack.faults.clear()
    second = s.rebuild()
    try:
        wait(s, minutes=1)
        second.settle()
        assert has_card(s, "U0PRIYA")
        assert state(s, id) == "waiting"
    finally:
        second.stop()


def test_two_bots_working_at_once_do_it_once(s: Stage) -> None:
    id = ask(s, *ACCESS)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    second = s.rebuild()
    try:
        while any([s.bot.workers[0].work(), second.workers[0].work()]):
            pass
        s.settle()
    finally:
        second.stop()
    assert state(s, id) == "done"
    assert len(calls(s)) == 2


def test_a_started_bot_works_without_being_told(s: Stage) -> None:
    s.bot.start()
    s.acting.command(*ACCESS)
    s.acting.submit("U0ALEX")
    s.slack.until(lambda: has_card(s, "U0PRIYA"))
    s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve")
    assert s.slack.until(lambda: s.miro.user("alex@example.com"))
    s.slack.until(lambda: last(s, "U0ALEX").startswith("✅ You're in Engineering"))


def test_an_archived_channel_does_not_swallow_an_answer(s: Stage) -> None:
    s.slack.fault("chat.postEphemeral", error="is_archived")
    say(s, "U0ALEX", "I need Miro access for Engineering", CHANNEL)
    assert "Review and Send" in last(s, "U0ALEX")


def test_a_card_is_never_redrawn_from_a_copy_in_hand(s: Stage) -> None:
    id = ask(s, *ACCESS)
    shown = card(s, "U0PRIYA")
    copy = replace(shown, blocks=list(shown.blocks))
    press(s, "U0ALEX", "withdraw")
    press(s, "U0PRIYA", "approve", copy)
    assert answer(s, "U0PRIYA") == f"Alex Smith withdrew {id} a moment before you."
    assert read(shown).count("Withdrawn by Alex Smith") == 1
