"""What the tests of `approvals` start from: a clock, a record, a company in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.record.store import Store
from tests.approvals.scene import STORES, Clock, Scene


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is told to move."""
    return Clock()


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty record; each kind of store has to pass the same tests."""
    found = STORES[request.param](tmp_path, clock)
    yield found
    found.close()


@pytest.fixture
def scene(store: Store, clock: Clock) -> Scene:
    """A record with people and a policy in it."""
    return Scene(store, clock)


@pytest.fixture
def record(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A record on SQLite, for what only SQLite has."""
    found = Store(tmp_path / "record.db", clock.now)
    yield found
    found.close()
