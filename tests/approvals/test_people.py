"""One human is one person, whatever the accounts and the spelling."""

from datetime import timedelta

import pytest

from approvals.ids import PersonId, SlackId
from approvals.people import FRESH, Account, Person, Standing, canonical, listed
from tests.approvals.scene import START

ADA = Person(PersonId("P-1"), "ada@example.com", "Ada")


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(timedelta(), True), (FRESH, True), (FRESH + timedelta(seconds=1), False), (timedelta(hours=25), False)],
)
def test_an_account_stays_fresh_for_a_day(age: timedelta, fresh: bool) -> None:
    seen = Account(SlackId("U1"), Standing.COLLEAGUE, START - age)
    assert seen.fresh(START) is fresh


def test_an_account_never_looked_at_is_not_fresh() -> None:
    assert not Account(SlackId("U1"), Standing.COLLEAGUE).fresh(START)


def test_the_same_id_is_the_same_human() -> None:
    assert ADA.is_(Person(PersonId("P-1")))


def test_the_same_address_is_the_same_human() -> None:
    assert ADA.is_(Person(PersonId("P-8"), "ada@example.com", "Ada at the other office"))


def test_two_people_without_address_are_two() -> None:
    assert not Person(PersonId("P-1")).is_(Person(PersonId("P-2")))


def test_the_same_name_makes_nobody_the_same() -> None:
    assert not ADA.is_(Person(PersonId("P-2"), "ada.b@example.com", "Ada"))


def test_a_colleague_account_is_the_one_to_write_to() -> None:
    left, works = Account(SlackId("U1"), Standing.LEFT), Account(SlackId("U2"), Standing.COLLEAGUE)
    assert Person(PersonId("P-1"), accounts=(left, works)).account == works
    assert Person(PersonId("P-1"), accounts=(left,)).account == left
    assert ADA.account is None


def test_people_are_called_by_what_is_known() -> None:
    assert ADA.called == "Ada"
    assert Person(PersonId("P-1"), "ada@example.com").called == "ada@example.com"
    assert Person(PersonId("P-1")).called == "P-1"


def test_addresses_are_compared_without_case() -> None:
    assert canonical("  Ada@Example.COM ") == "ada@example.com"


def test_names_are_listed_as_people_say_them() -> None:
    assert listed(["Ada"]) == "Ada"
    assert listed(["Ada", "Bo"]) == "Ada and Bo"
    assert listed(["Ada", "Bo", "Cy"], "or") == "Ada, Bo or Cy"
    assert listed([]) == ""
