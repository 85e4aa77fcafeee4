"""A record on every database, with nothing pushed yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.record.store import Store
from bot.cli.running import DIRECTORY_LIMITS
from bot.directory.service import Application, refusal
from bot.directory.store import Directories
from bot.directory.tokens import Tokens
from bot.slack.door.serving import serving
from tests.approvals.scene import STORES, Clock
from tests.bot.directory.provider import Provider


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


@pytest.fixture
def tokens(store: Store, clock: Clock) -> Tokens:
    """No tokens yet."""
    return Tokens(store.database, clock.now)


@pytest.fixture
def url(store: Store, directories: Directories, tokens: Tokens) -> Iterator[str]:
    """Where SCIM is served, over HTTP."""
    app = Application(store.database, directories, tokens)
    with serving(app, "127.0.0.1", 0, 4, DIRECTORY_LIMITS, explain=refusal) as served:
        yield f"{served}/scim/v2"


@pytest.fixture
def okta(url: str, tokens: Tokens) -> Iterator[Provider]:
    """Okta, with its token."""
    with Provider(url, tokens.create("okta")) as provider:
        yield provider


@pytest.fixture
def entra(url: str, tokens: Tokens) -> Iterator[Provider]:
    """Entra ID, with its token."""
    with Provider(url, tokens.create("entra")) as provider:
        yield provider
