"""Slack user groups whose handles only look alike: their members decide nothing for one another."""

import logging
from datetime import timedelta

import pytest

from approvals.ids import SlackId
from bot.sandbox.stage import Stage
from bot.work.cached import CachedColleagues
from tests.bot.conftest import s

__all__ = ["s"]

pytestmark = pytest.mark.regression

LOOKALIKES = [
    ("\u017fecurity", "security"),  # long s
    ("des\u212a", "desk"),  # Kelvin sign
    ("o\ufb03ce", "office"),  # ligature ffi
    ("stra\u00dfe", "strasse"),  # sharp s
]


@pytest.mark.parametrize(("lookalike", "handle"), LOOKALIKES)
def test_the_group_of_that_handle_is_found_wherever_it_is_listed(
    s: Stage, lookalike: str, handle: str
) -> None:
    s.slack.add_group("S0EVIL", lookalike, ["U0SAM"])
    s.slack.add_group("S0GOOD", handle, ["U0PRIYA"])
    assert s.bot.people.user_group(f"@{handle}") == ["U0PRIYA"]
    assert s.bot.people.user_group(f"@{handle.upper()}") == ["U0PRIYA"]
    assert s.bot.people.user_group(f"@{lookalike}") == ["U0SAM"]


@pytest.mark.parametrize(("lookalike", "handle"), LOOKALIKES)
def test_a_lookalike_alone_isnt_the_group(s: Stage, lookalike: str, handle: str) -> None:
    s.slack.add_group("S0EVIL", lookalike, ["U0SAM"])
    assert s.bot.people.user_group(f"@{handle}") is None


@pytest.mark.parametrize(("lookalike", "handle"), LOOKALIKES)
def test_what_was_seen_of_one_isnt_kept_for_the_other(s: Stage, lookalike: str, handle: str) -> None:
    people, now = s.bot.store.people, s.bot.context.now()
    people.keep_members(f"@{lookalike}", [SlackId("U0SAM")], now)
    assert not people.knows(f"@{handle}", now)
    assert not people.members(f"@{handle}", now)
    people.keep_members(f"@{handle}", [SlackId("U0PRIYA")], now)
    assert people.members(f"@{lookalike}", now) == ["U0SAM"]
    assert people.members(f"@{handle.title()}", now + timedelta(hours=1)) == ["U0PRIYA"]
    people.keep_members(f"@{lookalike}", None, now)
    assert people.knows(f"@{handle}", now)


@pytest.mark.parametrize("second", ["security", "Security", "SECURITY "])
def test_of_two_groups_of_one_handle_none_is_taken(
    s: Stage, second: str, caplog: pytest.LogCaptureFixture
) -> None:
    s.slack.add_group("S01", "security", ["U0SAM"])
    s.slack.add_group("S02", second, ["U0PRIYA"])
    with caplog.at_level(logging.WARNING):
        assert s.bot.people.user_group("@security") is None
    assert "several user groups @security (S01, S02)" in caplog.text
    assert s.bot.people.user_group("S02") == ["U0PRIYA"], "by its id it can be named"


@pytest.mark.parametrize("first", ["@security", "@\u017fecurity"])
def test_a_look_up_of_the_last_minute_answers_for_no_lookalike_group(s: Stage, first: str) -> None:
    s.slack.add_group("S01", "security", ["U0SAM"])
    looked_up = CachedColleagues(s.bot.people, s.bot.store.people, s.clock)
    looked_up.user_group(first)
    assert looked_up.user_group("@security") == ["U0SAM"]
    assert looked_up.user_group("@\u017fecurity") is None


def test_a_look_up_of_the_last_minute_answers_for_no_lookalike_address(s: Stage) -> None:
    s.slack.add_person("U0KIM", "kim@example.com", "Kim Berg")
    looked_up = CachedColleagues(s.bot.people, s.bot.store.people, s.clock)
    person = looked_up.find("kim@example.com")
    assert person and person.email == "kim@example.com"
    assert looked_up.find("\u212aim@example.com") is None
