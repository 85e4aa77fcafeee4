"""What enters the chain can never be taken out again: so nothing there names a person."""

from typing import Any

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, state


def bodies(s: Stage, id: str) -> list[dict[str, Any]]:
    """What the chained rows of a request say."""
    return [dict(event.body) for event in s.bot.store.events(id)]


def test_no_entry_of_a_new_account_names_the_person_outside_its_words(s: Stage) -> None:
    who = "kim.berg@example.com for Design because Kim starts Monday"
    id = ask(s, "U0CAROL", "/miro-access", who)
    approve(s, "U0SAM")
    assert state(s, id) == "done"
    said = bodies(s, id)
    assert "account" in [body.get("step") for body in said]
    assert not [
        body for body in said if {"kim", "berg"} & set(str(body).casefold().replace(".", " ").split())
    ]
    assert "@" not in str(said)


def test_what_hr_knows_stays_out_of_the_chain(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith")
    id = ask(s, "U0ALEX", "/miro-access", "for Design because I start Monday")
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert "attributes organization" in [body.get("step") for body in bodies(s, id)]
    assert "Example Ltd" not in str(bodies(s, id))
