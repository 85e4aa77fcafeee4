"""Letters that Unicode folds into A to Z make another address, and another person."""

from pathlib import Path

import pytest

from approvals.people import canonical
from approvals.policy.check import BrokenPolicy, load
from bot.actions import CONDITIONS
from bot.sandbox.stage import POLICY
from tests.bot.journeys.scenes import answer, ask, calls, card, history, playing, press, state, wait

pytestmark = pytest.mark.regression

LOOKALIKES = [
    ("\u017fam@example.com", "sam@example.com"),  # long s
    ("\u212aim@example.com", "kim@example.com"),  # Kelvin sign
    ("je\ufb00@example.com", "jeff@example.com"),  # ligature ff
    ("mei\u00df@example.com", "meiss@example.com"),  # sharp s
]


@pytest.mark.parametrize(("lookalike", "address"), LOOKALIKES)
def test_a_lookalike_is_another_address(lookalike: str, address: str) -> None:
    assert canonical(lookalike) != canonical(address)


def test_capitals_of_ascii_and_blanks_around_an_address_differ_in_nothing() -> None:
    assert canonical(" Sam.Lee@Example.COM\n") == "sam.lee@example.com"


@pytest.mark.parametrize(("lookalike", "address"), LOOKALIKES)
def test_a_lookalike_approves_nothing_of_the_person_whom_the_policy_names(
    tmp_path: Path, lookalike: str, address: str
) -> None:
    with playing(tmp_path, POLICY.replace("sam@example.com", address)) as s:
        s.slack.add_person("U0REAL", address, "The Approver")
        s.slack.add_person("U0ELSE", lookalike, "The Approver")
        id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        shown = card(s, "U0PRIYA")
        for _ in range(2):  # the first click has the account looked up
            press(s, "U0ELSE", "approve", shown)
            wait(s, seconds=5)
        assert "can decide" in answer(s, "U0ELSE")
        assert state(s, id) == "waiting"
        assert "voted" not in history(s, id)
        assert calls(s) == []


def test_a_lookalike_of_the_requester_is_somebody_else_for_slack_as_well(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        s.slack.add_person("U0ELSE", "\u017fam@example.com", "Sam Lee")
        found = s.bot.people.find("\u017fam@example.com")
        assert found is None or found.email == "\u017fam@example.com"
        sam = s.bot.people.find("sam@example.com")
        assert sam is not None and [one.slack_id for one in sam.accounts] == ["U0SAM"]


def test_a_lookalike_of_a_domain_isnt_the_companys() -> None:
    policy = load(POLICY.replace('domains = ["example.com"]', 'domains = ["kontor.example"]'), CONDITIONS)
    assert policy.allows("ada@KONTOR.example")
    assert not policy.allows("ada@\u212aontor.example")


def test_second_addresses_and_attributes_are_those_of_the_address_alone() -> None:
    text = POLICY + '[accounts."sam@example.com"]\ndepartment = "IT"\n'
    text += '[same_person]\n"U0SECOND" = "sam@example.com"\n'
    policy = load(text, CONDITIONS)
    assert policy.account("Sam@example.com").department == "IT"
    assert policy.account("\u017fam@example.com").department == ""
    assert policy.known_as("\u017fam@example.com") == ""
    assert policy.manager_of("\u017fam@example.com") == ""


def test_one_address_in_two_cases_is_one_line_of_a_table() -> None:
    text = POLICY + '[same_person]\n"Sam.B@example.com" = "sam@example.com"\n'
    load(text + '"\u017fam.b@example.com" = "kim@example.com"\n', CONDITIONS)
    with pytest.raises(BrokenPolicy, match="in other letters"):
        load(text + '"sam.b@example.com" = "kim@example.com"\n', CONDITIONS)


def test_two_rows_of_lookalikes_are_two_people(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        people = s.bot.store.people
        real, other = people.meet(email="kim@example.com"), people.meet(email="\u212aim@example.com")
        assert not real.is_(other)
