"""What the tests of `approvals` start from: a clock, a record, a company in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.record.store import Store
from tests.approvals.scene import Clock, Scene, company
from tests.records import empty, fresh


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is told to move."""
    return Clock()


@pytest.fixture
def store(record: Store) -> Store:
    """An empty record; on which database, is nothing to those who decide."""
    return record


@pytest.fixture
def scene(store: Store, clock: Clock) -> Scene:
    """A record with people and a policy in it."""
    return Scene(store, clock)


@pytest.fixture
def record(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A record on SQLite, for what only SQLite has; where a scene is played, with its company in it."""
    make = company if "scene" in request.fixturenames else empty
    found = Store(fresh(tmp_path / "record.db", make), clock.now)
    yield found
    found.close()
