"""What calls cost of Miro's rate limit, and how credits are taken from the pool."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.record.store import Store
from bot.miro.groups import GroupExists, GroupGone
from bot.miro.quota import MARGIN, POOL, WINDOW, cost, take
from bot.sandbox.stage import Clock
from tests.bot.miro.examples import EXAMPLES
from tests.bot.miro.scene import Credits
from tests.records import fresh


@pytest.mark.parametrize(
    ("method", "path", "size", "calls"),
    [
        # Miro's page "SCIM rate limits": requests per 30 seconds.
        ("GET", "/Users", 0, 200),
        ("GET", '/Users?filter=userName eq "a/b@example.com"', 0, 200),
        ("GET", "/Users/7", 0, 200),
        ("POST", "/Users", 900, 200),
        ("PUT", "/Users/7", 300, 100),
        ("PATCH", "/Users/7?attributes=id,active", 300, 100),
        ("PATCH", "/Users/7", 5_000, 100),
        ("DELETE", "/Users/7", 0, 20),
        ("GET", "/Groups", 0, 5),
        ("GET", "/Groups?attributes=id,displayName&startIndex=1", 0, 5),
        ("GET", "/Groups/7", 0, 20),
        ("PATCH", "/Groups/7", 499, 100),
        ("PATCH", "/Groups/7", 500, 5),
        ("PATCH", "/Groups/7?attributes=id", 800_000, 5),
    ],
)
def test_each_row_of_miros_table_uses_up_the_pool(method: str, path: str, size: int, calls: int) -> None:
    assert cost(method, path, size) * calls == POOL


@pytest.mark.parametrize(("method", "path"), [("POST", "/Groups"), ("DELETE", "/Groups/7")])
def test_what_miro_gives_no_limit_for_is_taken_as_dear(method: str, path: str) -> None:
    assert cost(method, path) == 2_000


def test_questions_about_the_service_are_cheap() -> None:
    assert cost("GET", "/ServiceProviderConfig") == 50


def test_no_call_of_a_goal_costs_the_highest_level() -> None:
    for one in EXAMPLES:
        if isinstance(one.goal, GroupExists | GroupGone):
            continue  # Miro publishes no limit for these
        size = len(json.dumps(one.body).replace("{user}", "3074457365265951581"))
        assert cost(one.method, one.path, size) <= 500


def test_taking_waits_as_long_as_the_pool_says() -> None:
    pool, waited = Credits(waits=[7.5, 0.25]), list[float]()
    take(pool, 500, waited.append)
    assert (waited, pool.taken) == ([7.5, 0.25], [(0, 500)])


def test_who_cannot_wait_takes_nothing() -> None:
    pool = Credits(waits=[7.5])

    def refuse(_: float) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        take(pool, 500, refuse)
    assert pool.taken == []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    found = Store(fresh(tmp_path / "record.db"), clock)
    yield found
    found.close()


def test_the_stored_pool_gives_five_lists_of_groups_a_window(store: Store, clock: Clock) -> None:
    began, waited = clock(), list[float]()

    def wait(seconds: float) -> None:
        waited.append(seconds)
        clock.sleep(seconds)

    for _ in range(5):
        take(store, cost("GET", "/Groups"), wait)
        clock.pass_(timedelta(seconds=2))
    assert waited == []
    take(store, cost("GET", "/Groups"), wait)
    assert (waited, clock() - began) == ([21.0], WINDOW + MARGIN)
