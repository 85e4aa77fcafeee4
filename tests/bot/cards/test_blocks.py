"""The small pieces of Block Kit: cut, escaped, counted, and dated in the reader's zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import blocks
from bot.cards.named import when
from tests.bot.slack.scenes import check_valid

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=4000)


@given(ANY)
def test_any_text_makes_a_valid_message(text: str) -> None:
    button = blocks.button(text, "approve", "R-1:cafe", confirm=blocks.confirmation(text, text, text))
    row = blocks.actions(button)
    whole = blocks.message(
        text, blocks.header(text), blocks.section(text), blocks.small_print(text, "x"), row
    )
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


@pytest.mark.parametrize(
    ("zone", "plain"),
    [
        ("Europe/Berlin", "Mon 2 Mar, 10:00"),
        ("Asia/Tokyo", "Mon 2 Mar, 18:00"),
        ("Nowhere/Land", "Mon 2 Mar, 09:00"),
        ("../../etc/passwd", "Mon 2 Mar, 09:00"),
        ("", "Mon 2 Mar, 09:00 UTC"),
    ],
)
def test_a_time_is_slacks_own_date_and_in_plain_text_that_of_the_readers_zone(zone: str, plain: str) -> None:
    at = f"Expires {when(NOW, zone)}."
    [paragraph] = blocks.section(at)["elements"]
    date = {"type": "date", "timestamp": 1772442000, "format": blocks.DATE, "fallback": plain}
    assert paragraph["elements"] == [
        {"type": "text", "text": "Expires "},
        date,
        {"type": "text", "text": "."},
    ]
    assert blocks.plain(at)["text"] == blocks.message(at, blocks.section("x"))["text"] == f"Expires {plain}."
    small = blocks.foot(at)["elements"][0]
    assert small["text"] == f"Expires <!date^1772442000^{{date_short_pretty}}, {{time}}|{plain}>."
    check_valid("message", blocks.message(at, blocks.section(at), blocks.foot(at)))


@pytest.mark.parametrize("typed", ["<!date", "<!channel>", " <!date^1^x|y>", "<@U1>"])
def test_only_a_mark_of_the_bot_is_markup(typed: str) -> None:
    assert blocks.small_print(typed)["elements"][0]["type"] == "plain_text"
    small = blocks.foot(f"{typed} {when(NOW, '')}")["elements"][0]["text"]
    assert small.startswith(blocks.escape(typed)) and small.count("<") == 1


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
