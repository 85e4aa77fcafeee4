"""What is in the outbox and due, by its kind."""

from collections.abc import Callable

from approvals.ids import RequestId
from approvals.record.outbox import CARD, NOTE, PAGE, Item, Note
from approvals.record.store import Store

OWNER = "host/1/outbox"


def queued(store: Store, kind: str, limit: int = 2000) -> list[Item]:
    """Rows of one kind, first what goes first."""
    return [item for item in store.outbox.due(limit) if item.kind == kind]


def behind(store: Store, limit: int = 2000) -> list[RequestId]:
    """Requests whose newest state isn't drawn everywhere."""
    return [RequestId(item.key) for item in queued(store, CARD, limit)]


def notes(store: Store, limit: int = 2000) -> list[Note]:
    """Messages whose time has come."""
    return [item.note for item in queued(store, NOTE, limit)]


def pages(store: Store) -> list[str]:
    """Slack accounts whose page isn't drawn as it should be."""
    return [item.key for item in queued(store, PAGE)]


def claimed(store: Store, may_go: Callable[[Item], bool] = lambda _: True, owner: str = OWNER) -> Item:
    """What goes next, claimed."""
    item = store.outbox.next(owner, 20, may_go)
    assert item
    return item


def drawn(store: Store, request: str) -> None:
    """All copies of a request are drawn."""
    item = store.outbox.find(CARD, request)
    assert item
    held = store.outbox.claim(item, OWNER)
    assert held
    store.outbox.done(held)
