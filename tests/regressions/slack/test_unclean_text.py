"""Half an emoji, NUL, marks that turn the direction round: what people type is stored without them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.sentence import Sentence
from approvals.text import cleaned
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import ask, deny, last, playing, press, request, say
from tests.bot.journeys.scenes import read as reads

pytestmark = pytest.mark.regression

UNCLEAN = {
    "half an emoji": ("I start Monday \ud83d", "I start Monday"),
    "the other half": ("\ude00 I start Monday", "I start Monday"),
    "NUL": ("I start\0Monday", "I start Monday"),
    "an override": ("I start \u202eyadnoM\u202c", "I start yadnoM"),
    "isolates": ("I \u2067start\u2069 Monday", "I start Monday"),
    "a right-to-left mark": ("I start\u200f Monday", "I start Monday"),
    "C0 and C1 controls": ("I\x1bstart\x9bMonday\x7f", "I start Monday"),
    "noncharacters": ("I start\ufdd0\U0001ffff Monday", "I start Monday"),
    "line breaks": ("I start\r\nMonday\u2028or\rTuesday", "I start\nMonday\nor\nTuesday"),
}
GOOD = ["👩‍👩‍👧 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم", "नमस्ते", "שלום, Ada", "naïve café", "a\nb", "x² ﬁ"]


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


@pytest.mark.parametrize(("typed", "stored"), UNCLEAN.values(), ids=UNCLEAN)
def test_a_reason_is_taken_without_what_does_harm(s: Stage, typed: str, stored: str) -> None:
    assert request(s, ask(s, "U0ALEX", "/miro-access", "for Engineering", reason=typed)).reason == stored


@pytest.mark.parametrize(("typed", "stored"), UNCLEAN.values(), ids=UNCLEAN)
def test_so_is_whatever_else_is_typed(s: Stage, typed: str, stored: str) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    press(s, "U0PRIYA", "question")
    assert not s.acting.submit("U0PRIYA", {"reason": typed}).errors
    s.settle()
    assert request(s, id).asking.questions[0].text == stored
    assert not deny(s, "U0PRIYA", typed).errors
    outcome = request(s, id).outcome
    assert outcome and outcome.text == Sentence.verbatim(stored)


def test_a_message_and_a_command_are_read_without_it(s: Stage) -> None:
    assert "Review and Send" in reads(say(s, "U0JO", "I need \u202eMiro\u202c access for Design \ud83d"))
    assert s.acting.command("U0JO", "/miro-access", "for\0Design because I\u202estart Monday").ok
    assert not s.acting.submit("U0JO").errors
    s.settle()
    assert "Design" in last(s, "U0JO")


def test_a_field_of_nothing_else_counts_as_empty(s: Stage) -> None:
    assert s.acting.command("U0ALEX", "/miro-access", "for Engineering").ok
    errors = s.acting.submit("U0ALEX", {"reason": "\u202e\ud83d\u2066"}).errors
    assert errors == {"reason": "Give a reason. The approver reads it."}


@pytest.mark.parametrize("text", GOOD)
def test_what_people_write_with_stays(text: str) -> None:
    assert cleaned(text) == text
