"""A message as a draft, its marks as words, and the chooser within Slack's limits."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import ACTIONS, Action
from bot.sandbox.slack.drawing import as_text
from bot.slack import forms
from bot.slack.shortcuts import LONGEST, WHAT, Source, chooser, draft
from bot.slack.words.reading import Draft
from tests.bot.slack.scenes import NOW, check_valid, everybody, many, tables

KNOWN = tables(many(3), everybody(["Ada Example", "Bo Example"]))


def drafted(said: Source, action: type[Action] | None = None) -> Draft | None:
    """The form that a message fills in."""
    found = draft(said, KNOWN, NOW.date(), action)
    return found if isinstance(found, Draft) else None


def of(text: Any, author: str = "U0P1", clicker: str = "U0P2", **more: Any) -> Source:
    """A message as a shortcut brings it."""
    return Source.of({"user": {"id": clicker}, "message": {"user": author, "text": text, **more}})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<@U0P1> needs it", "@Ada Example needs it"),
        ("<@U0P1|ada> and <@U0NEW|new>", "@Ada Example and @new"),
        ("ask <@U0GONE>", "ask @somebody"),
        ("see <#C01|design> and <#C02>", "see #design and #a channel"),
        ("<https://example.com/a|the plan>, <https://example.com>", "the plan, https://example.com"),
        ("<mailto:bo@example.com|bo@example.com>", "bo@example.com"),
        ("<!here> <!subteam^S01|@designers>", "@here @designers"),
        ("R&amp;D &lt;3 &amp;amp;", "R&D <3 &amp;"),
        ("5 > 3 and 2 < 4", "5 > 3 and 2 < 4"),
    ],
)
def test_marks_are_read_as_words(text: str, words: str) -> None:
    found = drafted(Source(f"I need access because {text}"))
    assert found and found.reason == words


def test_a_reason_that_is_named_is_the_reason() -> None:
    found = drafted(Source("I need access to Team 2 because <@U0P2> leaves &amp; I follow"))
    assert found and (found.reason, found.raw) == ("@Bo Example leaves & I follow", {"teams": "2"})


def test_who_wrote_it_is_meant_unless_it_names_somebody() -> None:
    said = of("I need access to Team 2")
    found = drafted(said)
    assert found and found.raw == {"person": "U0P1", "teams": "2"}
    found = drafted(of("<@U0P9> needs access to Team 2"))
    assert found and found.raw == {"person": "U0P9", "teams": "2"}


@pytest.mark.parametrize("action", ["offboard", "remove-admin", "reactivate", "make-admin"])
def test_who_wrote_it_is_not_meant_where_somebody_has_to_be_named(action: str) -> None:
    found = drafted(of("please do it"), ACTIONS[action])
    assert found and "person" not in found.raw


def test_what_was_chosen_opens_empty_where_its_message_is_not_understood() -> None:
    found = drafted(of("Jo was offboarded by mistake?"), ACTIONS["rename-group"])
    assert found and (found.raw, found.reason) == ({}, "Jo was offboarded by mistake")


def test_ones_own_message_and_a_bots_have_no_author() -> None:
    assert of("access", author="U0P1", clicker="U0P1").author == ""
    assert of("access", author="U0P1", bot_id="B01").author == ""
    assert Source.of({"user": {"id": "U0P1"}}) == Source()


@pytest.mark.parametrize("text", ["", None, "Good morning!"])
def test_no_action_is_made_up(text: Any) -> None:
    assert drafted(of(text)) is None


def test_an_action_that_was_chosen_needs_no_verb() -> None:
    found = drafted(of("Team 2, please"), ACTIONS["request-access"])
    assert found and found.raw == {"person": "U0P1", "teams": "2"}
    assert found.reason == "Team 2, please"


@given(
    st.text(alphabet=st.characters(exclude_categories=[]), max_size=1200), st.sampled_from(sorted(ACTIONS))
)
def test_any_text_makes_a_valid_chooser_and_a_valid_form(text: str, action: str) -> None:
    said = of(text)
    view = chooser(list(ACTIONS.values()), WHAT, said)
    check_valid("modal", view)
    assert Source.carried(view) == said
    filled = draft(said, KNOWN, NOW.date(), ACTIONS[action])
    assert filled
    if isinstance(filled, Draft):
        check_valid("modal", forms.Form(filled, KNOWN, False).view())


@pytest.mark.parametrize("letter", ['"', "\\", "\n", "\x01", "\ud83d", "🙂"])
def test_the_longest_message_fits_into_a_modal(letter: str) -> None:
    view = chooser([], WHAT, of(letter * 4000, author="U" * 20))
    assert len(view["private_metadata"]) <= 2 * LONGEST + 60 < 3000
    json.dumps(view).encode()
    assert len(Source.carried(view).text) <= LONGEST


def test_the_chooser_has_a_button_and_an_example_for_each_action() -> None:
    mine = [ACTIONS["request-access"], ACTIONS["move-team"]]
    assert as_text(chooser(mine, WHAT, Source())) == (
        "Ask for Miro Access\n"
        "What do you need in Miro?\n"
        "Get access to Miro or to another team. For example: “I need Miro access for Engineering”\n"
        "[Request Access]\n"
        "Leave one team for another. For example: “move me from Engineering to Design”\n"
        "[Move to Another Team]\n"
        "[Cancel]"
    )


@pytest.mark.parametrize("torn", ["<@U0P1", "<https://example.com/", "&", "&am", "&amp"])
def test_a_mark_that_is_cut_is_left_out(torn: str) -> None:
    start = "access " + "x" * (LONGEST - len(torn) - 7)
    assert of(f"{start}{torn}{'y' * 9}").text == start
