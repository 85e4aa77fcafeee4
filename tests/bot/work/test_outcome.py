"""Why provisioning stops: what Miro said, and what an operator does about it."""

import pytest

from bot.cards.catalogue import RESUME
from bot.work import outcome
from bot.work.outcome import REMEDIES
from tests.says import says


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("Any team in organization must have at least one admin", "Add another admin to Design in Miro"),
        (
            "Any account in organization must have at least one admin",
            "Make someone else a Company Admin and",
        ),
        ("Full users limit reached for organization", "Free up or buy a license in Miro"),
        ("kim@example.com is not whitelisted", "Allow this domain in Miro's company settings"),
        ("User kim@example.com is inactive", "Reactivate the account in Miro"),
        ("No valid resources: [3074457345618000009]", "Check that the person and the team still exist"),
        ("No resource with ID 3074457345618000009", "Check that the person and the team still exist"),
    ],
)
def test_what_the_sandbox_refuses_with_has_its_remedy(words: str, remedy: str) -> None:
    stop = outcome.refused(words, "Design")
    assert says(stop.text) == f'Miro said: "{words}."'
    assert says(stop.remedy).startswith(remedy) and says(stop.remedy).endswith(f", {RESUME}")


@pytest.mark.parametrize(("part", "code"), REMEDIES.items())
def test_no_remedy_is_hidden_behind_another_nor_by_capitals(part: str, code: str) -> None:
    stop = outcome.refused(f"Miro thinks: {part.upper()}!")
    assert stop.remedy.code == code and says(stop.remedy).endswith(RESUME)


def test_words_that_nobody_foresaw_send_an_operator_to_miro() -> None:
    assert says(outcome.refused("The moon is full").remedy) == f"Check it in Miro, {RESUME}"
