"""Several processes follow one directory: each word is asked for once."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from approvals.record.database import Location
from approvals.record.store import Store
from bot.context import Context
from bot.directory.asking.feeder import QUIET, Feeder
from bot.directory.asking.together import FEWEST
from bot.policies import Policies
from bot.sandbox.stage import Stage
from tests.approvals.scene import need, server_of
from tests.bot.directory.scenes import POLICY_WITH_OKTA, Okta, states
from tests.bot.journeys.scenes import playing

POLICY = POLICY_WITH_OKTA.replace("hold_above = 5", "hold_above = 12")


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    need(request.param)
    if request.param == "sqlite":
        return tmp_path / "record.db"
    server = server_of(tmp_path)
    Store(server, migrates=True).close()
    return server


@pytest.fixture
def s(tmp_path: Path, place: Location) -> Iterator[Stage]:
    with playing(tmp_path, POLICY, database=place) as scene:
        yield scene


@pytest.mark.parametrize("count", [5, 12], ids=["one by one", "together"])
def test_several_processes_ask_for_each_word_once(s: Stage, place: Location, count: int) -> None:
    okta = Okta(s)
    for number in range(count):
        okta.person(f"p{number}@example.com", "miroUsers")
    with ExitStack() as open_:
        stores = [open_.enter_context(closing(Store(place, s.clock))) for _ in range(3)]
        policy = s.folder / "policy.toml"
        feeders = [Feeder(Context(store, Policies(policy, store, leads=False), s.clock)) for store in stores]
        for feeder in feeders:
            feeder.step()
        s.clock.pass_(QUIET)
        threads = [threading.Thread(target=feeder.step) for feeder in feeders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    s.settle()
    bulks = {("bulk", "done"): 1} if count >= FEWEST else {}
    assert Counter(states(okta.asked())) == {("request-access", "done"): count, **bulks}
    assert s.bot.store.verify().faults == ()
