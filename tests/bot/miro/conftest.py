"""A Miro with two people in it for each test."""

from collections.abc import Iterator

import pytest

from tests.bot.miro.scene import Scene, scene


@pytest.fixture
def s() -> Iterator[Scene]:
    with scene() as whole:
        yield whole
