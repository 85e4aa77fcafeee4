"""A Miro with two people in it for each test, and a short way to it: no proxy, no certificates."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.miro.scene import Scene, scene


@pytest.fixture(autouse=True)
def short_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    # Reading the certificates of the world would be most of a test's time, and loopback has none.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


@pytest.fixture
def s() -> Iterator[Scene]:
    with scene() as whole:
        yield whole
