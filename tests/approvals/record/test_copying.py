"""A record copied from one kind of database to another is the same record."""

from collections.abc import Callable
from pathlib import Path

import pytest

from approvals.ids import PersonId
from approvals.record.database import Location, StoreTrouble
from approvals.record.store import Store, copy_record, reading
from approvals.states import EventType
from tests.approvals.record.older import NEXT, as_layout
from tests.approvals.record.tamper import unguarded
from tests.approvals.scene import Clock, Scene, server_of

PLACES: dict[str, Callable[[Path], Location]] = {
    "sqlite": lambda folder: folder / "record.db",
    "postgres": server_of,
}
WAYS = [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite")]


def lived(where: Location, clock: Clock) -> None:
    """A record in which people asked, were asked and have decided."""
    store = Store(where, clock.now, migrates=True)
    scene = Scene(store, clock)
    scene.now(
        scene.waiting(),
        EventType.VOTED,
        EventType.APPROVED,
        EventType.TRYING,
        EventType.ANSWERED,
        EventType.DONE,
        by="cy",
    )
    scene.waiting("offboard", "bo")
    store.outbox.tell(scene.person("ada").account.slack_id, "Done.")  # type: ignore[union-attr]
    store.close()


def places(tmp_path: Path, *kinds: str) -> list[Location]:
    """A place of its own for each kind of database."""
    found = []
    for number, kind in enumerate(kinds):
        folder = tmp_path / str(number)
        folder.mkdir()
        found.append(PLACES[kind](folder))
    return found


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_a_copy_is_the_same_record(way: tuple[str, str], tmp_path: Path, clock: Clock) -> None:
    source, target = places(tmp_path, *way)
    lived(source, clock)
    after = Store(target, clock.now, migrates=True)
    with reading(source, clock.now) as before:
        found = copy_record(before, after)
        assert (found, found.faults) == (before.verify(), ())
        assert [*after.sealed()] == [*before.sealed()]
        assert after.requests() == before.requests()
        assert after.due() == before.due()
        assert after.people.person(PersonId("P-3")) == before.people.person(PersonId("P-3"))
        assert after.outbox.due(99) == before.outbox.due(99) != []
    after.close()


@pytest.mark.parametrize("way", WAYS[:2], ids="-".join)
def test_a_copy_goes_on_where_the_record_ended(way: tuple[str, str], tmp_path: Path, clock: Clock) -> None:
    source, target = places(tmp_path, *way)
    lived(source, clock)
    after = Store(target, clock.now, migrates=True)
    with reading(source, clock.now) as before:
        copy_record(before, after)
    assert after.people.meet(email="new@example.com").id == "P-7"
    assert Scene(after, clock).waiting().id == "R-3"
    assert not after.verify().faults
    after.close()


@pytest.mark.parametrize("way", WAYS[:2], ids="-".join)
def test_nothing_is_copied_over_another_record(way: tuple[str, str], tmp_path: Path, clock: Clock) -> None:
    source, target = places(tmp_path, *way)
    lived(source, clock)
    after = Store(target, clock.now, migrates=True)
    after.people.meet(email="new@example.com")
    before = after.head()
    with reading(source, clock.now) as record, pytest.raises(StoreTrouble, match="isn't empty"):
        copy_record(record, after)
    assert after.head() == before
    after.close()


@pytest.mark.parametrize("way", WAYS[:2], ids="-".join)
def test_what_does_not_hold_is_not_copied(way: tuple[str, str], tmp_path: Path, clock: Clock) -> None:
    source, target = places(tmp_path, *way)
    lived(source, clock)
    record, after = Store(source, clock.now), Store(target, clock.now, migrates=True)
    with unguarded(record) as hand:
        hand.execute("UPDATE words SET text = 'another' WHERE key = 'reason' AND seq = 2")
    with pytest.raises(StoreTrouble, match=r"was CHANGED: the reason of entry 2 \(R-1\)"):
        copy_record(record, after)
    assert (after.head().count, after.requests()) == (0, [])
    record.close()
    after.close()


@pytest.mark.thorough
@pytest.mark.parametrize("layout", NEXT)
def test_a_record_of_an_older_program_is_copied(layout: int, tmp_path: Path, clock: Clock) -> None:
    source, target = places(tmp_path, "sqlite", "postgres")
    lived(source, clock)
    assert isinstance(source, Path)
    as_layout(source, layout)
    after = Store(target, clock.now, migrates=True)
    with reading(source, clock.now) as before:
        assert copy_record(before, after).faults == ()
        assert after.head() == before.head()
    after.close()
