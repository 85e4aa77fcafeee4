"""The small pieces of Block Kit: cut, escaped, counted, and dated in the reader's zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import blocks
from tests.bot.slack.scenes import check_valid

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=4000)


@given(ANY)
def test_any_text_makes_a_valid_message(text: str) -> None:
    button = blocks.button(text, "approve", "R-1:cafe", confirm=blocks.confirmation(text, text, text))
    row = blocks.actions(button)
    whole = blocks.message(text, blocks.header(text), blocks.section(text), blocks.context(text, "x"), row)
    check_valid("message", whole)


@given(ANY)
def test_no_markup_survives_in_a_notification(text: str) -> None:
    said = blocks.message(text, blocks.section("x"))["text"]
    assert "<" not in said and ">" not in said
    assert "&" not in said.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


def test_text_is_cut_before_it_is_escaped() -> None:
    said = blocks.message("&" * 600, blocks.section("x"))["text"]
    assert said == "&amp;" * 499 + "…"


@given(ANY, st.integers(1, 100))
def test_cutting_counts_code_points(text: str, longest: int) -> None:
    kept = blocks.cut(text, longest)
    assert len(kept) <= longest
    assert kept == text or (kept.endswith("…") and text.startswith(kept[:-1]))


@given(ANY, st.integers(1, 30))
def test_clipping_keeps_at_most_so_many_words(text: str, most: int) -> None:
    assert len(blocks.clip_words(text, most).split()) <= most


def test_words_of_buttons_are_not_counted() -> None:
    rows = [blocks.header("One two"), blocks.section("three"), blocks.context("four", "five six")]
    assert blocks.count_words([*rows, blocks.actions(blocks.button("Not These", "a", "b"))]) == 6


@pytest.mark.parametrize(
    ("at", "zone", "said"),
    [
        (NOW, "Europe/Berlin", "today, 10:00"),
        (NOW + timedelta(days=1), "UTC", "tomorrow, 09:00"),
        (NOW - timedelta(days=1), "UTC", "yesterday, 09:00"),
        (NOW + timedelta(days=3), "UTC", "Thursday, 09:00"),
        (NOW + timedelta(days=7), "UTC", "9 March, 09:00"),
        (NOW - timedelta(days=3), "UTC", "27 February, 09:00"),
        (NOW + timedelta(hours=14), "Asia/Tokyo", "tomorrow, 08:00"),
        (NOW + timedelta(hours=16), "America/Los_Angeles", "today, 17:00"),
        (NOW + timedelta(days=27), "Europe/Berlin", "29 March, 11:00"),
        (NOW, "Nowhere/Land", "today, 09:00"),
        (NOW, "../../etc/passwd", "today, 09:00"),
    ],
)
def test_times_are_said_in_the_readers_zone(at: datetime, zone: str, said: str) -> None:
    assert blocks.when(at, zone, NOW) == said


def test_many_readers_each_get_their_own_time() -> None:
    said = blocks.when(NOW, "", NOW)
    assert said == "<!date^1772442000^{date_long_pretty}, {time}|02 March, 09:00 UTC>"
    assert blocks.context(said)["elements"][0]["type"] == "mrkdwn"


@pytest.mark.parametrize("typed", ["<!date", "<!channel>", " <!date^1^x|y>", "<@U1>"])
def test_only_a_date_of_the_bot_is_markup(typed: str) -> None:
    assert blocks.context(typed)["elements"][0]["type"] == "plain_text"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=3), "3 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=18), "18 hours"),
        (timedelta(minutes=30), "30 minutes"),
    ],
)
def test_spans_are_said_in_their_largest_unit(length: timedelta, said: str) -> None:
    assert blocks.span(length) == said
