"""What every test has in common: a short way to loopback, the same generated examples, a judge of bodies.

`--hypothesis-profile=default` looks for other examples.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

from tests.miro_description import faults

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("long", settings.get_profile("steady"), max_examples=500)
settings.load_profile("steady")

TESTS, TESTPATHS = Path(__file__).parent, pytest.Config.ArgsSource.TESTPATHS
MEMORY, LEAST_FREE = Path("/dev/shm"), 2_000_000_000
with suppress(OSError):
    if shutil.disk_usage(MEMORY).free > LEAST_FREE and os.access(MEMORY, os.W_OK):
        # Every commit waits for the disk: on a file system in memory the tests take half the time.
        os.environ.setdefault("TMPDIR", str(MEMORY))

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


QUICK = ("approvals", "bot/cards", "bot/miro/test_plan.py", "bot/slack/test_phrases.py")
"""What a change of the rules or of the record is tried on first: no stage, no line, no other process."""
THOROUGH = ("regressions", "e2e", "campaigns", "screens", "bot/failures", "bot/bulk", "bot/directory")
"""Where every test is thorough: what was broken once, other processes, pictures, faults, many at once."""


def pytest_configure(config: pytest.Config) -> None:
    """Of files that are named, all is played but the long campaigns."""
    is_of_xdist, is_named = hasattr(config, "workerinput"), config.args_source is not TESTPATHS
    if not is_of_xdist and is_named and config.option.markexpr == "not (thorough or long)":
        config.option.markexpr = "not long"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of the quick tests alone, only their files are read: that takes as long as they do."""
    place = collection_path.relative_to(TESTS) if collection_path.is_relative_to(TESTS) else Path()
    parts = [Path(part) for part in QUICK]
    is_on_the_way = any(place.is_relative_to(part) or part.is_relative_to(place) for part in parts)
    return True if config.option.markexpr == "quick" and not is_on_the_way else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by where they lie and by their database, before any are left out."""
    for item in items:
        parameters = getattr(item, "callspec", None)
        on_server = parameters and "postgres" in parameters.params.values()
        if on_server or _lies_in(item, THOROUGH):
            item.add_marker("thorough")
        is_slow = item.get_closest_marker("thorough") or item.get_closest_marker("long")
        if not is_slow and _lies_in(item, QUICK):
            item.add_marker("quick")


def _lies_in(item: pytest.Item, places: tuple[str, ...]) -> bool:
    return any(item.path.is_relative_to(TESTS / place) for place in places)


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
