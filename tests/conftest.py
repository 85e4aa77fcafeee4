"""What every test has in common: a short way to loopback, the same generated examples, a judge of bodies.

`--hypothesis-profile=default` looks for other examples.
"""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.miro_description import faults

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(autouse=True, scope="session")
def short_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No proxy: slack_sdk reads the variables and ignores NO_PROXY (proxy_env_variable_loader.py).

    No certificates: reading those of the world would be most of a test's time, and loopback has none.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in (*PROXIES, "SSL_CERT_FILE"):
            patch.delenv(name, raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("certificates")))
        yield


class Judging(logging.Handler):
    """Holds every body that reaches a sandbox's Miro against Miro's published description."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        exchange = record.__dict__["exchange"]
        found = faults(exchange.method, exchange.path, exchange.body)
        self.faults += [f"{exchange.method} {exchange.path}: {fault}" for fault in found]


@pytest.fixture(autouse=True)
def judged() -> Iterator[Judging]:
    """What Miro's description has against the bodies of this test; nothing, when it ends."""
    judging, log = Judging(), logging.getLogger("sandbox.miro")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(judging)
    yield judging
    log.removeHandler(judging)
    assert judging.faults == []
