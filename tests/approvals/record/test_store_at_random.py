"""Whatever several workers and people do, in whatever order, the record stays true."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from approvals.clocks import SKEW
from approvals.ids import PersonId, RequestId
from approvals.record.chain import Anchor
from approvals.record.claims import Claim
from approvals.record.database import ClaimLost, Overtaken, StoreTrouble
from approvals.record.store import Store
from approvals.request import Request, is_active
from approvals.states import MOVES, EventType, Impossible, State
from tests.approvals.scene import START, STEADY, STORES, Clock, asked, draft, met, need

LANES = st.lists(st.sampled_from(["person:P-1", "admins"]), unique=True, max_size=2)
WORKERS = st.sampled_from(["one", "two", "three"])
LEASES = st.integers(1, int(SKEW.total_seconds())).map(lambda seconds: timedelta(seconds=seconds))
"""All workers ask for one span: who finds a lease much longer than the own takes the clock for set back."""
PICKS = st.integers(0, 1_000)
ONWARD = {
    State.CHECKING: EventType.PLANNED,
    State.WAITING: EventType.APPROVED,
    State.APPROVED: EventType.TRYING,
    State.WORKING: EventType.STOPPED,
    State.STOPPED: EventType.RESUMED,
}


class Office(RuleBasedStateMachine):
    """People ask and answer, workers claim and work, time passes; `held` is what the claims should be."""

    kind = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        # Hypothesis makes one more of these than it tears down: that one's folder goes with it, in silence.
        self.folder = Path(mkdtemp())
        self.clean_up = finalize(self, rmtree, self.folder)
        self.clock = Clock()
        self.store: Store = STORES[self.kind](self.folder, self.clock)
        met(self.store)
        self.known: list[Request] = []
        self.asked: list[RequestId] = []
        self.held: dict[Claim, datetime] = {}
        self.lost: list[Claim] = []
        self.anchors: list[Anchor] = []

    def teardown(self) -> None:
        """Closes the office, once the record was looked through."""
        try:
            self.look_through()
        finally:
            self.store.close()
            self.clean_up()

    # -- the model -----------------------------------------------------------------------------------------

    def alive(self, claim: Claim) -> bool:
        """Whether a claim should still be good."""
        return claim in self.held and self.held[claim] >= self.clock.now()

    def end(self, claim: Claim) -> None:
        """A claim is no more."""
        if self.held.pop(claim, None):
            self.lost.append(claim)

    def moved(self, request: Request) -> None:
        """Somebody has read a request as it is now; work on it may be over."""
        self.known.append(request)
        for claim in [one for one in self.held if one.request == request.id]:
            if not is_active(request):
                self.end(claim)

    def next_of(self, request: Request, pick: int) -> EventType:
        """Something that may happen to a request."""
        may = [what for what, moves in MOVES.items() if request.state in moves]
        return may[pick % len(may)]

    def append(self, request: Request, what: EventType, claim: Claim | None) -> None:
        """An append, and how it must end."""
        newest = self.store.request(request.id)
        try:
            after = self.store.append(
                request, [draft(what, self.clock.now(), lanes=list(request.lanes))], claim
            )
        except Overtaken:
            assert newest.version > request.version
        except ClaimLost:
            assert claim
            assert not self.alive(claim)
        else:
            assert newest.version == request.version
            assert claim is None or self.alive(claim)
            self.moved(after)

    # -- what happens --------------------------------------------------------------------------------------

    @initialize(lanes=LANES)
    def begin(self, lanes: list[str]) -> None:
        """There is always one request."""
        self.ask(lanes)

    @rule(lanes=LANES)
    def ask(self, lanes: list[str]) -> None:
        """Somebody asks, and Slack delivers it twice."""
        receipt = f"view {len(self.asked)}"
        request = self.store.ask(asked(PersonId("P-1"), lanes=lanes), receipt)
        assert request.id not in self.asked
        self.asked.append(request.id)
        self.known.append(request)
        assert self.store.ask(asked(PersonId("P-1"), lanes=lanes), receipt) == request

    @rule(pick=PICKS, what=PICKS, late=st.booleans())
    def answer(self, pick: int, what: int, late: bool) -> None:
        """Somebody answers what is true now, or what they read a while ago."""
        request = self.known[pick % len(self.known)]
        request = request if late else self.store.request(request.id)
        self.append(request, self.next_of(request, what), None)

    @rule(pick=PICKS)
    def go_on(self, pick: int) -> None:
        """A request takes the next step of an ordinary life."""
        request = self.store.request(self.asked[pick % len(self.asked)])
        if request.state in ONWARD:
            self.append(request, ONWARD[request.state], None)

    @rule(pick=PICKS, what=st.sampled_from(EventType))
    def meddle(self, pick: int, what: EventType) -> None:
        """Somebody tries what can't be, inside a transaction that goes on."""
        request = self.store.request(self.asked[pick % len(self.asked)])
        if request.state in MOVES.get(what, {}):
            return
        with pytest.raises(StoreTrouble), self.store.writing(), pytest.raises(Impossible):
            self.store.append(request, [draft(EventType.UNREACHED, START), draft(what, START)])

    @rule(owner=WORKERS, lease=LEASES)
    def claim(self, owner: str, lease: timedelta) -> None:
        """A worker looks for work."""
        claim = self.store.claim(owner, lease)
        if claim:
            for older in [one for one in self.held if one.request == claim.request]:
                assert not self.alive(older)
                self.end(older)
            self.held[claim] = self.clock.now() + lease

    @precondition(lambda self: self.held or self.lost)
    @rule(pick=PICKS, what=PICKS)
    def work(self, pick: int, what: int) -> None:
        """A worker writes what it did, whether or not it still may."""
        claims = [*self.held, *self.lost]
        claim = claims[pick % len(claims)]
        request = self.store.request(claim.request)
        self.append(request, self.next_of(request, what), claim)

    @precondition(lambda self: self.held or self.lost)
    @rule(pick=PICKS, lease=LEASES)
    def renew(self, pick: int, lease: timedelta) -> None:
        """A worker wants more time."""
        claims = [*self.held, *self.lost]
        claim = claims[pick % len(claims)]
        if self.alive(claim):
            self.store.renew(claim, lease)
            self.held[claim] = self.clock.now() + lease
        else:
            with pytest.raises(ClaimLost):
                self.store.renew(claim, lease)

    @precondition(lambda self: self.held)
    @rule(pick=PICKS)
    def release(self, pick: int) -> None:
        """A worker has done what it could."""
        claim = list(self.held)[pick % len(self.held)]
        self.store.release(claim)
        self.end(claim)

    @rule(span=st.integers(1, 90))
    def wait(self, span: int) -> None:
        """Time passes."""
        self.clock.pass_(timedelta(seconds=span))

    @rule()
    def restart(self) -> None:
        """The bot is started anew; what was claimed stays claimed."""
        self.look_through()
        self.store.close()
        self.store = STORES[self.kind](self.folder, self.clock)

    # -- what always holds ---------------------------------------------------------------------------------

    @invariant()
    def nobody_shares_a_lane(self) -> None:
        """No two claims that are alive have a lane, or a request, in common."""
        alive = [self.store.request(claim.request) for claim in self.held if self.alive(claim)]
        used = Counter(lane for request in alive for lane in (request.id, *request.lanes))
        assert not [lane for lane, times in used.items() if times > 1]

    def look_through(self) -> None:
        """The chain is whole, cached states are the folded ones, and no request is lost."""
        found = self.store.verify(self.anchors)
        assert found.faults == ()
        self.anchors.append(found.anchor)
        requests = self.store.requests()
        assert [one.id for one in requests] == self.asked[::-1]
        for state in {one.state for one in requests}:
            assert list(self.store.requests(states=[state])) == [
                one for one in requests if one.state == state
            ]


def office(kind: str) -> type[Office]:
    """The office on one kind of store."""
    return type("Office", (Office,), {"kind": kind})


QUICK = settings(
    STEADY,
    max_examples=30,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", sorted(STORES))
def test_the_record_stays_true_whatever_happens(kind: str) -> None:
    need(kind)
    examples = 30 if kind == "sqlite" else 6
    run_state_machine_as_test(office(kind), settings=settings(QUICK, max_examples=examples))


@pytest.mark.long
@pytest.mark.parametrize("kind", sorted(STORES))
def test_the_record_stays_true_for_long(kind: str) -> None:
    need(kind)
    more = settings(QUICK, max_examples=200, stateful_step_count=50)
    run_state_machine_as_test(office(kind), settings=more)
