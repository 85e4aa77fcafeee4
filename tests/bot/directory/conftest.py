"""A record on every database, with nothing pushed yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.record.store import Store
from bot.directory.store import Directories
from tests.approvals.scene import STORES, Clock


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is told to move."""
    return Clock()


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty record."""
    found = STORES[request.param](tmp_path, clock)
    yield found
    found.close()


@pytest.fixture
def directories(store: Store, clock: Clock) -> Directories:
    """What directories said: nothing yet."""
    return Directories(store.database, clock.now)
