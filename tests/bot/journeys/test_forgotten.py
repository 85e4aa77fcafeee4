"""Copies of cards that were posted twice: whoever clicks reads what is meant for them."""

import copy
from pathlib import Path

import pytest

from bot.sandbox.miro.service import Fault
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from tests.bot.journeys.scenes import approve, ask, buttons, card, playing, press, read, wait

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


def forgotten(s: Stage, original: Message) -> Message:
    """The same card once more, of which the record knows nothing."""
    blocks = copy.deepcopy(original.blocks)
    return s.slack.add_message(original.channel, s.slack.bot_user, original.text, blocks)


def test_the_requester_reads_where_it_stands(s: Stage) -> None:
    ask(s, *ACCESS)
    twice = forgotten(s, card(s, "U0ALEX", "withdraw"))
    press(s, "U0ALEX", "withdraw", twice)
    assert read(twice).startswith("⛔ R-1 · Withdrawn")
    assert buttons(twice) == []


def test_a_requester_who_presses_too_late_keeps_the_own_card(s: Stage) -> None:
    ask(s, *ACCESS)
    twice = forgotten(s, card(s, "U0ALEX", "withdraw"))
    s.miro.faults.append(Fault("POST", "", status=503, times=99))
    approve(s, "U0PRIYA")
    press(s, "U0ALEX", "withdraw", twice)
    assert read(twice).startswith("⏳ R-1 · Approved")


def test_an_approver_reads_as_an_approver(s: Stage) -> None:
    ask(s, *ACCESS)
    twice = forgotten(s, card(s, "U0PRIYA"))
    press(s, "U0CAROL", "approve")
    press(s, "U0PRIYA", "approve", twice)
    assert read(twice).startswith("✅ Alex Smith is in Engineering in Miro")
    assert "approved by Carol Diaz" in read(twice) and buttons(twice) == []


def test_an_operator_has_the_way_out(s: Stage) -> None:
    ask(s, *ACCESS)
    s.miro.faults.append(Fault("POST", "", status=400, times=2))
    approve(s, "U0PRIYA")
    twice = forgotten(s, card(s, "U0CAROL", "resume"))
    press(s, "U0CAROL", "resume", twice)
    assert buttons(twice) == ["resume", "hand-over", "withdraw", "details"]
    assert "R-1 stopped before anything changed" in read(twice)
    s.miro.faults.clear()
    press(s, "U0CAROL", "resume", twice)
    assert "Both changes are verified in Miro." in read(twice) and buttons(twice) == []


@pytest.mark.parametrize("user", ["U0PRIYA", "U0ALEX"])
def test_where_many_read_along_it_is_nobodys(tmp_path: Path, user: str) -> None:
    with playing(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as s:
        ask(s, *ACCESS)
        shown = card(s, "U0PRIYA", channel=CHANNEL)
        twice = forgotten(s, shown)
        press(s, user, "approve", twice)
        assert read(twice) == read(shown)
        assert "You're asked" not in read(twice)


def test_a_confidential_request_is_drawn_in_no_channel(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    blocks = [one for one in card(s, "U0PRIYA").blocks if one["type"] == "actions"]
    astray = s.slack.add_message(CHANNEL, s.slack.bot_user, "old", copy.deepcopy(blocks))
    press(s, "U0PRIYA", "approve", astray)
    wait(s, seconds=5)
    assert "Jo" not in read(astray) + astray.text
