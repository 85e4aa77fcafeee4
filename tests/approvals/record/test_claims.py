"""A claim is the right to work on a request, alone in all its lanes, until the lease ends."""

from datetime import timedelta

import pytest

from approvals.ids import PersonId
from approvals.record.claims import Claim
from approvals.record.database import ClaimLost, Overtaken
from approvals.record.store import Store
from approvals.request import Request
from approvals.states import EventType, State
from tests.approvals.scene import START, Clock, asked, draft, planned

ADA = PersonId("P-1")
LEASE = timedelta(minutes=1)


def ask(store: Store, *lanes: str) -> Request:
    """A request in some lanes, waiting for a worker."""
    return store.ask(asked(ADA, lanes=list(lanes)))


def claimed(store: Store, owner: str = "one") -> Claim:
    """A claim that must be given."""
    found = store.claim(owner, LEASE)
    assert found
    return found


def step(store: Store, request: Request, *whats: EventType, claim: Claim | None = None) -> Request:
    """What happened next."""
    return store.append(request, [draft(what, START) for what in whats], claim)


def approved(store: Store, *lanes: str) -> Request:
    """A request in some lanes that may be carried out."""
    request = store.append(ask(store, *lanes), [planned(START, lanes=list(lanes))])
    return step(store, request, EventType.VOTED, EventType.APPROVED)


# -- what is handed out ------------------------------------------------------------------------------------


def test_nothing_is_handed_out_where_nothing_is_due(store: Store) -> None:
    assert store.claim("one", LEASE) is None


def test_a_claim_names_request_owner_and_attempt(store: Store) -> None:
    ask(store, "admins")
    assert claimed(store) == Claim(claimed_request := store.requests()[0].id, "one", 1)
    assert claimed_request == "R-1"


def test_a_claimed_request_is_not_handed_out_twice(store: Store) -> None:
    ask(store, "admins")
    claimed(store)
    assert store.claim("two", LEASE) is None
    assert store.claim("one", LEASE) is None


@pytest.mark.parametrize(
    "ended", [EventType.UNNEEDED, EventType.REFUSED, EventType.JOINED, EventType.WITHDRAWN]
)
def test_nobody_works_on_an_ended_request(store: Store, ended: EventType) -> None:
    step(store, ask(store, "admins"), ended)
    assert store.claim("one", LEASE) is None


def test_nobody_works_while_approvers_are_asked(store: Store, clock: Clock) -> None:
    store.append(ask(store, "admins"), [planned(START)])
    clock.pass_(timedelta(days=30))
    assert store.claim("one", LEASE) is None


def test_nobody_works_before_the_start_and_no_lane_is_taken(store: Store, clock: Clock) -> None:
    later = store.append(ask(store, "admins"), [draft(EventType.SCHEDULED, START), planned(START)])
    later = step(store, later, EventType.VOTED, EventType.APPROVED)
    assert (later.next_due, store.is_busy(later.lanes)) == (later.starts_at, False)
    for passes in (timedelta(), timedelta(days=30)):
        clock.pass_(passes)
        assert store.claim("one", LEASE) is None
    assert store.due() == [later]
    step(store, later, EventType.STARTED)
    assert (claimed(store).request, store.due()) == (later.id, [])
    clock.pass_(-timedelta(days=31))
    assert store.claim("two", LEASE) is None


def test_nobody_works_on_a_stopped_request(store: Store) -> None:
    request = step(store, approved(store, "admins"), EventType.STOPPED)
    assert store.claim("one", LEASE) is None
    step(store, request, EventType.RESUMED)
    assert claimed(store).request == request.id


def test_a_held_request_comes_back_in_its_time(store: Store, clock: Clock) -> None:
    step(store, ask(store, "admins"), EventType.HELD)
    assert store.claim("one", LEASE) is None
    clock.pass_(timedelta(minutes=1))
    assert claimed(store).request == "R-1"


# -- lanes -------------------------------------------------------------------------------------------------


def test_two_requests_of_one_lane_are_never_claimed_together(store: Store) -> None:
    ask(store, "person:P-7", "group:G-1")
    ask(store, "person:P-8", "group:G-1")
    assert claimed(store).request == "R-1"
    assert store.claim("two", LEASE) is None


def test_requests_of_different_lanes_go_side_by_side(store: Store) -> None:
    for n in (1, 2, 3):
        ask(store, f"person:P-{n}")
    assert [claimed(store, owner).request for owner in ("one", "two", "three")] == ["R-1", "R-2", "R-3"]


def test_requests_without_lanes_hinder_nobody(store: Store) -> None:
    ask(store)
    ask(store)
    assert [claimed(store).request, claimed(store).request] == ["R-1", "R-2"]


def test_a_released_lane_goes_to_the_older_first(store: Store) -> None:
    ask(store, "admins")
    ask(store, "admins")
    claim = claimed(store)
    store.release(claim)
    assert claimed(store, "two").request == "R-1"


def test_a_younger_request_follows_when_the_older_waits(store: Store) -> None:
    first = ask(store, "admins")
    ask(store, "admins")
    claim = claimed(store)
    store.append(first, [planned(START)], claim)
    assert claimed(store).request == "R-2"


def test_a_held_older_request_keeps_its_lane(store: Store) -> None:
    step(store, ask(store, "admins"), EventType.HELD)
    ask(store, "admins")
    assert store.claim("one", LEASE) is None


def test_an_older_request_waits_for_a_younger_at_work(store: Store) -> None:
    older = store.append(ask(store, "admins"), [planned(START)])
    ask(store, "admins")
    younger = claimed(store)
    step(store, older, EventType.VOTED, EventType.APPROVED)
    assert (younger.request, store.claim("two", LEASE)) == ("R-2", None)
    store.release(younger)
    assert claimed(store, "two").request == older.id
    assert store.claim("one", LEASE) is None


def test_a_plan_may_change_the_lanes(store: Store) -> None:
    request = store.append(ask(store, "admins"), [planned(START, lanes=["group:G-1"])])
    ask(store, "group:G-1")
    ask(store, "admins")
    step(store, request, EventType.VOTED, EventType.APPROVED)
    assert [claimed(store).request, claimed(store).request] == ["R-1", "R-3"]


# -- leases ------------------------------------------------------------------------------------------------


def test_a_lease_lasts_to_its_very_end(store: Store, clock: Clock) -> None:
    request = ask(store, "admins")
    claim = claimed(store)
    clock.pass_(LEASE)
    assert store.claim("two", LEASE) is None
    assert step(store, request, EventType.HELD, claim=claim).progress.held


def test_another_worker_takes_over_after_the_lease(store: Store, clock: Clock) -> None:
    ask(store, "admins")
    claimed(store)
    clock.pass_(LEASE + timedelta(seconds=1))
    assert claimed(store, "two") == Claim(store.requests()[0].id, "two", 2)


@pytest.mark.parametrize("owner", ["one", "two"])
def test_who_was_replaced_writes_nothing(store: Store, clock: Clock, owner: str) -> None:
    request = ask(store, "admins")
    lost = claimed(store)
    clock.pass_(LEASE + timedelta(seconds=1))
    now = claimed(store, owner)
    for refused in (
        lambda: step(store, request, EventType.HELD, claim=lost),
        lambda: store.renew(lost, LEASE),
        lambda: store.release(lost),
    ):
        with pytest.raises(ClaimLost):
            refused()
    assert store.request(request.id) == request
    assert step(store, request, EventType.HELD, claim=now).version == 2


def test_a_lease_that_ran_out_allows_nothing_in_its_lanes(store: Store, clock: Clock) -> None:
    """Another request of the lane may be worked on by now, although nobody took this one."""
    older = store.append(ask(store, "admins"), [planned(START)])
    younger = ask(store, "admins")
    lost = claimed(store)
    step(store, older, EventType.VOTED, EventType.APPROVED)
    clock.pass_(LEASE + timedelta(seconds=1))
    assert claimed(store, "two").request == older.id
    with pytest.raises(ClaimLost):
        step(store, younger, EventType.HELD, claim=lost)
    with pytest.raises(ClaimLost):
        store.renew(lost, LEASE)


def test_a_claim_ends_when_the_work_does(store: Store) -> None:
    """Else a resumed request would be worked on in lanes that somebody else has by now."""
    request = approved(store, "admins")
    ask(store, "admins")
    claim = claimed(store)
    stopped = step(store, request, EventType.STOPPED, claim=claim)
    assert claimed(store, "two").request == "R-2"
    again = step(store, stopped, EventType.RESUMED)
    with pytest.raises(ClaimLost):
        step(store, again, EventType.TRYING, claim=claim)
    with pytest.raises(ClaimLost):
        store.release(claim)
    assert store.claim("one", LEASE) is None


def test_a_renewed_claim_lives_on(store: Store, clock: Clock) -> None:
    request = ask(store, "admins")
    claim = claimed(store)
    for _ in range(3):
        clock.pass_(timedelta(seconds=50))
        store.renew(claim, LEASE)
    assert store.claim("two", LEASE) is None
    assert step(store, request, EventType.HELD, claim=claim).progress.held


def test_a_released_claim_is_worth_nothing(store: Store) -> None:
    request = ask(store, "admins")
    claim = claimed(store)
    store.release(claim)
    with pytest.raises(ClaimLost):
        step(store, request, EventType.HELD, claim=claim)
    with pytest.raises(ClaimLost):
        store.renew(claim, LEASE)
    assert claimed(store, "two").attempt == 2


def test_a_late_release_of_ones_own_is_no_error(store: Store, clock: Clock) -> None:
    ask(store, "admins")
    claim = claimed(store)
    clock.pass_(timedelta(hours=1))
    store.release(claim)
    assert claimed(store, "two").request == "R-1"


def test_a_withdrawal_overtakes_the_worker(store: Store) -> None:
    request = ask(store, "admins")
    claim = claimed(store)
    step(store, request, EventType.WITHDRAWN)
    with pytest.raises((Overtaken, ClaimLost)):
        store.append(request, [planned(START)], claim)
    assert store.request(request.id).state is State.WITHDRAWN


def test_leases_name_who_is_at_work(store: Store, clock: Clock) -> None:
    ask(store, "person:P-1")
    ask(store, "person:P-2")
    first = claimed(store, "one")
    claimed(store, "two")
    assert store.leases() == {"one", "two"}
    store.release(first)
    assert store.leases() == {"two"}
    clock.pass_(LEASE + timedelta(seconds=1))
    assert store.leases() == set()


def test_the_dead_are_freed_and_fenced_off(store: Store) -> None:
    request = ask(store, "person:P-1")
    ask(store, "person:P-2")
    dead, alive = claimed(store, "dead"), claimed(store, "alive")
    store.free("dead")
    with pytest.raises(ClaimLost):
        step(store, request, EventType.HELD, claim=dead)
    store.renew(alive, LEASE)
    assert claimed(store, "next").request == request.id
