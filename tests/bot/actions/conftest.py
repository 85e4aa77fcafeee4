"""An office for the tests of actions."""

from collections.abc import Iterator

import pytest

from tests.bot.actions.scene import Office, office


@pytest.fixture
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as whole:
        yield whole
