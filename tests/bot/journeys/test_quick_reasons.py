"""A denial says why: with a quick reason, with words, or both."""

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import ask, card, last, press, state

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("said", "reads"),
    [
        ({"quick": "Wrong team"}, "Wrong team"),
        ({"quick": "Wrong team", "reason": "Ask for Design."}, "Wrong team. Ask for Design."),
        ({"quick": "Other", "reason": "Not before May."}, "Not before May."),
        ({"reason": "Not before May."}, "Not before May."),
    ],
)
def test_the_requester_reads_why(s: Stage, said: dict[str, str], reads: str) -> None:
    id = ask(s, *ACCESS)
    press(s, "U0PRIYA", "deny", card(s, "U0PRIYA"))
    assert s.acting.submit("U0PRIYA", said).errors == {}
    s.settle()
    assert state(s, id) == "denied" and reads in last(s, "U0ALEX")


@pytest.mark.parametrize("said", [{}, {"quick": "Other"}])
def test_nothing_is_denied_without_a_reason(s: Stage, said: dict[str, str]) -> None:
    id = ask(s, *ACCESS)
    press(s, "U0PRIYA", "deny", card(s, "U0PRIYA"))
    assert set(s.acting.submit("U0PRIYA", said).errors) == {"reason"}
    assert state(s, id) == "waiting"
