"""The record on every database: each has to pass the same tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.record.store import Store
from tests.approvals.scene import STORES, Clock


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty record."""
    found = STORES[request.param](tmp_path, clock)
    yield found
    found.close()
