"""What the campaigns share."""

from collections.abc import Iterator

import pytest

from tests.campaigns.nursery import Nursery, nursery


@pytest.fixture(scope="session")
def born(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where bots are brought up; importing everything for it takes a second, once."""
    with nursery(tmp_path_factory.mktemp("nursery")) as found:
        yield found
