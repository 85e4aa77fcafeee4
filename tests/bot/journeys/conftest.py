"""A stage for every journey, and no proxy between the bot and the stand-ins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import playing


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk reads the proxy variables and ignores NO_PROXY (proxy_env_variable_loader.py)."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as whole:
        yield whole
