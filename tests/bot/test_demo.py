"""The demo, as somebody reads it who has never seen the bot."""

import re

import pytest

from bot.sandbox import story


@pytest.mark.thorough
def test_the_demo_ends_well_and_tells_everything_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert story.play() == 0
    told = capsys.readouterr().out
    assert len(told.splitlines()) < 195

    pushed, _, first = told.partition("== 1. ")[2].partition("== 2. ")
    assert "The next chapters are of another" in pushed
    assert "POST /events/okta" in pushed
    assert "active, ORGANIZATION_INTERNAL_USER, in Everybody, Engineering" in pushed
    assert "presses" not in pushed

    steps = ("types:", "GET /Users", "sees:", "presses [Approve]", "POST /Users")
    places = [first.index(step) for step in steps]
    assert places == sorted(places)

    assert 'Priya Rao writes: "Ask again when the project starts."' in told
    assert "calls IT Administration g_app_itadmin_all" in told


@pytest.mark.thorough
def test_the_demo_lists_as_many_entries_as_it_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    story.play()
    record = capsys.readouterr().out.partition("== The record")[2]
    listed = [line.split() for line in record.splitlines() if re.match(r"  (R-\d|policy)", line)]
    count = sum(len(line) - (1 if line[0] == "policy" else 2) for line in listed)
    assert f"Verified: {count} entries, unbroken." in record
