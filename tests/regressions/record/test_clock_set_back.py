"""A clock that was ahead and is set back: dates in the future are suspect, and nothing rests on them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.clocks import SKEW
from approvals.ids import SlackId, stamp
from approvals.people import FRESH, Account, Standing
from approvals.record.store import Store
from approvals.request import Draft
from approvals.states import EventType
from bot.sandbox.stage import Clock, Stage, stage
from bot.work.refresh import Timetable
from tests.approvals.scene import asked
from tests.records import fresh

pytestmark = pytest.mark.regression

HOUR, LEASE = timedelta(hours=1), timedelta(minutes=5)
POOL, WINDOW = 1_000, timedelta(seconds=60)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    found = Store(fresh(tmp_path / "record.db"), clock)
    yield found
    found.close()


BACK = pytest.mark.parametrize(
    "back", [timedelta(minutes=10), HOUR, timedelta(days=3), timedelta(days=400)], ids=str
)


# -- claims and credits ------------------------------------------------------------------------------------


@BACK
def test_what_came_before_is_claimed_at_once(store: Store, clock: Clock, back: timedelta) -> None:
    store.ask(asked(store.people.meet(email="ada@example.com").id))
    clock.pass_(-back)
    assert store.claim("worker/1", LEASE)


def test_what_is_put_off_is_not_claimed_before_its_time(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    request = store.ask(asked(store.people.meet(email="ada@example.com").id))
    later = stamp(clock() + timedelta(minutes=2))
    store.append(
        request, [Draft(EventType.HELD, body={"next_try_at": later}, words={"text": "Miro is away."})]
    )
    assert store.claim("worker/1", LEASE) is None
    clock.pass_(timedelta(minutes=-10))
    for _ in range(2):
        assert store.claim("worker/1", LEASE) is None
    [warning] = caplog.messages
    assert "This clock is 0:10:00 behind the record" in warning
    clock.pass_(timedelta(minutes=12))
    assert store.claim("worker/1", LEASE)


@BACK
def test_a_lease_of_a_worker_that_is_gone_ends(store: Store, clock: Clock, back: timedelta) -> None:
    request = store.ask(asked(store.people.meet(email="ada@example.com").id))
    assert store.claim("worker/1", LEASE)
    clock.pass_(-back)
    assert store.claim("worker/2", LEASE) is None
    clock.pass_(LEASE + SKEW + timedelta(seconds=1))
    claim = store.claim("worker/2", LEASE)
    assert claim and claim.request == request.id


@BACK
def test_who_still_works_keeps_the_claim(store: Store, clock: Clock, back: timedelta) -> None:
    store.ask(asked(store.people.meet(email="ada@example.com").id))
    claim = store.claim("worker/1", LEASE)
    assert claim
    clock.pass_(-back)
    for _ in range(3):
        assert store.claim("worker/2", LEASE) is None
        clock.pass_(LEASE * 0.9)
        store.renew(claim, LEASE)


@BACK
def test_credits_come_back_within_a_window(store: Store, clock: Clock, back: timedelta) -> None:
    assert store.spend(POOL, POOL, WINDOW) == 0
    clock.pass_(-back)
    assert 0 < store.spend(POOL, POOL, WINDOW) <= WINDOW.total_seconds()
    clock.pass_(WINDOW)
    assert store.spend(POOL, POOL, WINDOW) == 0


# -- what Slack said ---------------------------------------------------------------------------------------


@BACK
def test_a_look_from_the_future_lets_nobody_decide(store: Store, clock: Clock, back: timedelta) -> None:
    account = Account(SlackId("U1"), Standing.COLLEAGUE, clock())
    store.people.saw(account, "ada@example.com")
    assert account.fresh(clock())
    clock.pass_(-back)
    assert not account.fresh(clock())


@BACK
def test_a_look_from_the_future_is_made_again(store: Store, clock: Clock, back: timedelta) -> None:
    for number in range(3):
        store.people.saw(
            Account(SlackId(f"U{number}"), Standing.COLLEAGUE, clock()), f"u{number}@example.com"
        )
    assert store.people.stale(clock() - HOUR, 9, clock()) == []
    clock.pass_(-back)
    assert len(store.people.stale(clock() - HOUR, 9, clock())) == 3
    assert len(store.people.stale(clock() - HOUR, 2, clock())) == 2


@BACK
def test_a_group_or_manager_from_the_future_is_not_known(store: Store, clock: Clock, back: timedelta) -> None:
    ada, bo = (store.people.meet(email=f"{name}@example.com").id for name in ("ada", "bo"))
    store.people.keep_members("@it", [SlackId("U1")], clock())
    store.people.keep_manager(ada, bo, clock())
    assert store.people.knows("@it", clock()) and store.people.manager(ada, clock())
    clock.pass_(-back)
    assert not store.people.knows("@it", clock())
    assert list(store.people.members("@it", clock())) == []
    assert store.people.manager(ada, clock()) is None


def test_two_clocks_may_differ_a_little(store: Store, clock: Clock) -> None:
    account = Account(SlackId("U1"), Standing.COLLEAGUE, clock())
    store.people.saw(account, "ada@example.com")
    store.people.keep_members("@it", [SlackId("U1")], clock())
    clock.pass_(-timedelta(seconds=30))
    assert account.fresh(clock()) and store.people.knows("@it", clock())
    assert store.people.stale(clock() - FRESH, 9, clock()) == []


# -- what is done again and again --------------------------------------------------------------------------


@BACK
def test_what_was_put_off_is_due(clock: Clock, back: timedelta) -> None:
    times = Timetable(clock)
    times.schedule("groups", timedelta(minutes=10))
    assert not times.is_due("groups")
    clock.pass_(-back)
    assert times.is_due("groups")
    times.schedule("groups", timedelta(minutes=10))
    assert not times.is_due("groups")


def test_a_running_bot_looks_at_teams_and_people_again(tmp_path: Path) -> None:
    with stage(tmp_path) as s:
        s.bot.housekeeping.tick()
        clock_was_set_back(s)
        s.miro.add_team("Brand New")
        s.bot.housekeeping.tick()
        assert "Brand New" in [one.known_name for one in s.bot.store.groups.all()]
        known = s.bot.store.people.by_email("carol@example.com")
        assert known and known.account and known.account.fresh(s.clock())


def clock_was_set_back(s: Stage) -> None:
    """By two hours; Slack's and Miro's limits are counted anew."""
    s.clock.pass_(-2 * HOUR)
    s.settle()
