"""Why provisioning stops: what Miro said, what an operator does about it, and how a stop reads."""

import pytest

from bot.work import outcome
from bot.work.outcome import ONLY_WHAT_IS_LEFT, REMEDIES


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("Any team in organization must have at least one admin", "Make somebody else admin of that team"),
        ("Any account in organization must have at least one admin", "Make somebody else Company Admin, and"),
        ("Full users limit reached for organization", "Free a license in Miro, or buy one"),
        ("kim@example.com is not whitelisted", "Allow this domain in Miro's company settings"),
        ("User kim@example.com is inactive", "Reactivate the account in Miro"),
        ("No valid resources: [3074457345618000009]", "Look whether the person and the team are still"),
        ("No resource with ID 3074457345618000009", "Look whether the person and the team are still"),
    ],
)
def test_what_the_sandbox_refuses_with_has_its_remedy(words: str, remedy: str) -> None:
    stop = outcome.refused(words)
    assert stop.text == f'Miro said: "{words}"'
    assert stop.remedy.startswith(remedy) and stop.remedy.endswith(f", {ONLY_WHAT_IS_LEFT}")


@pytest.mark.parametrize(("part", "helps"), REMEDIES)
def test_no_remedy_is_hidden_behind_another_nor_by_capitals(part: str, helps: str) -> None:
    assert outcome.refused(f"Miro thinks: {part.upper()}!").remedy == f"{helps}, {ONLY_WHAT_IS_LEFT}"


def test_words_that_nobody_foresaw_send_an_operator_to_miro() -> None:
    assert outcome.refused("The moon is full").remedy == f"Look into it in Miro, {ONLY_WHAT_IS_LEFT}"


def test_a_call_that_was_never_answered_says_how_often_it_was_tried_and_what_was_heard() -> None:
    stop = outcome.never_answered("join Design", 3, "Miro had an error of its own. ")
    assert stop.text == (
        "Miro had an error of its own. I tried 3 times to join Design and never learned whether it worked."
    )
    assert stop.remedy == f"Look in Miro whether it is so; {ONLY_WHAT_IS_LEFT}"
    assert str(stop) == stop.text


def test_a_call_that_was_accepted_and_never_shown_is_not_called_refused() -> None:
    stop = outcome.never_shown("join Design")
    assert stop.text == "Miro accepted my call to join Design, but doesn't show it."
    assert stop.remedy == f"Look in Miro whether it is so; {ONLY_WHAT_IS_LEFT}"


def test_somebody_who_left_after_it_began_leaves_the_choice_to_an_operator() -> None:
    stop = outcome.left_halfway("Jo Park has left the company")
    assert stop.text == "Jo Park has left the company, after it had begun."
    assert stop.remedy == "Press Leave as It Is, unless it is to be done all the same"


def test_another_versions_action_is_named() -> None:
    stop = outcome.unknown_action("teleport")
    assert (stop.text, stop.remedy) == (
        "I don't know the action teleport.",
        "Install the version that asked for it",
    )
