"""What is asked again and again costs the same in a record of years as in one of days.

Counted are the steps of SQLite's own machine, which a busy computer doesn't change.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from approvals.folding import fold
from approvals.ids import PersonId, RequestId, SlackId
from approvals.record.store import Store
from approvals.request import Event, Request
from approvals.states import EventType, State
from tests.approvals.decide.crowd import Crowd, effort
from tests.approvals.scene import START

pytestmark = pytest.mark.regression

FEW, MANY, MOST = 100, 6_000, 1.5
SOON, LEASE = timedelta(minutes=5), timedelta(minutes=10)
Fill = Callable[[Crowd, int], object]

FILLS: dict[str, Fill] = {
    "all is done and drawn": lambda crowd, count: crowd.requests(count),
    "many settled ones are to be drawn": lambda crowd, count: crowd.requests(count, drawn=False),
    "many open ones are to be drawn": lambda crowd, count: crowd.requests(count, "waiting", drawn=False),
    "many drawings failed and wait": lambda crowd, count: (
        crowd.requests(count, drawn=False, show_in=SOON),
        crowd.requests(count, "waiting", drawn=False, show_in=SOON),
    ),
    "many are claimed": lambda crowd, count: crowd.requests(
        count, "working", active=True, due_in=-SOON, owner="host/1/0", lease=LEASE
    ),
    "many claims have run out": lambda crowd, count: crowd.requests(
        count, "working", active=True, due_in=SOON, owner="host/1/0", lease=-SOON
    ),
    "many are held": lambda crowd, count: crowd.requests(count, "checking", active=True, due_in=SOON),
    "many without a person were done": lambda crowd, count: crowd.requests(count, of_a_group=True),
    "many wait for an answer": lambda crowd, count: crowd.requests(count, "waiting", due_in=SOON),
    "many messages failed and wait": lambda crowd, count: crowd.notes(count, SOON),
    "many pages are to be drawn": lambda crowd, count: crowd.people(count, shown=False),
    "many people are known": lambda crowd, count: crowd.people(count),
}


@pytest.fixture(params=FILLS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """Two records of one kind: a small one, and one sixty times as large."""
    few, many = (Store(tmp_path / f"{count}.db", lambda: START) for count in (FEW, MANY))
    for store, count in ((few, FEW), (many, MANY)):
        crowd = Crowd(store, START)
        if "people" not in request.param and "pages" not in request.param:
            crowd.people(FEW)
        FILLS[request.param](crowd, count)
    yield few, many
    few.close()
    many.close()


def _after(store: Store, subject: str | None) -> Request:
    """A request that would come next."""
    body: dict[str, Any] = {"action": "make-admin", "policy": "", "lanes": [], "subject": subject}
    return fold([Event(9, RequestId("R-999999"), 1, EventType.ASKED, 1, START, PersonId("P-1"), body, {})])


def _free(store: Store) -> None:
    store.free("host/2/0")


LOOKUPS: dict[str, Callable[[Store], object]] = {
    "what is to be shown": lambda store: store.outbox.due(20),
    "owners of claims": lambda store: store.leases(),
    "claims of one owner": _free,
    "a person by address": lambda store: store.people.by_email("P50@example.com"),
    "a person by an unknown address": lambda store: store.people.by_email("nobody@example.com"),
    "a person by Slack account": lambda store: store.people.by_slack(SlackId("U50")),
    "a person by id": lambda store: store.people.person(PersonId("P-50")),
    "accounts seen long ago": lambda store: store.people.stale(START + timedelta(days=1), 20),
    "the page of somebody": lambda store: store.outbox.find("page", "U50"),
    "a change on the page of somebody": lambda store: store.outbox.changed([PersonId("P-50")]),
    "who is sending": lambda store: store.outbox.owners(),
    "a card by its message": lambda store: store.outbox.at("D1", "50.0"),
    "all cards of a request": lambda store: store.outbox.of(RequestId("R-50")),
    "what time brings about": lambda store: store.due(20),
    "a delivery": lambda store: store.once("receipt"),
    "how the record ends": lambda store: store.head(),
    "what stopped": lambda store: store.requests(states=[State.STOPPED]),
    "what operators look after": lambda store: store.finding.in_trouble(),
    "the same request again, of a person": lambda store: store.twins(_after(store, "P-60")),
    "the same request again, of a group": lambda store: store.twins(_after(store, None)),
}


def _costs(stores: tuple[Store, Store]) -> Iterator[str]:
    for name, look in LOOKUPS.items():
        few, many = (effort(store, partial(look, store)) for store in stores)
        if many > MOST * few:
            yield f"{name}: {few} steps, and {many} in the larger record"


def test_no_lookup_costs_more_in_a_large_record(stores: tuple[Store, Store]) -> None:
    assert list(_costs(stores)) == []
