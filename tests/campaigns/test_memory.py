"""A bot holds no more memory after very many requests than after some."""

import pytest

from tests.bench.memory import MOST_GROWTH, measured


@pytest.mark.long
def test_requests_that_have_ended_are_not_kept_in_memory() -> None:
    start, *_, end = measured(900, 300)
    assert end - start < MOST_GROWTH
