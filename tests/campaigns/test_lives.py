"""Whatever people, policies and time do, nobody decides who may not, and nothing waits for ever."""

import pytest

from tests.approvals.scene import need
from tests.campaigns.lives import BATCHES, MUST_HAPPEN, RARE, SHARE, campaign


def test_no_life_brings_about_what_may_not_be() -> None:
    assert campaign(200, 1)["lives"] >= 200


@pytest.mark.long
def test_lives_on_a_server_are_no_other() -> None:
    need("postgres")
    assert campaign(10, 1, "postgres") == campaign(10, 1)


@pytest.mark.long
@pytest.mark.parametrize("number", range(1, BATCHES + 1, 2))
def test_no_life_of_thousands_brings_about_what_may_not_be(number: int) -> None:
    counts = campaign(SHARE, number)
    assert {what for what in MUST_HAPPEN if not counts[what]} <= RARE
