"""What every database takes: plain text and numbers, and conditions of any length."""

from contextlib import nullcontext

import pytest

from approvals.people import Standing
from approvals.record.database import StoreTrouble, among, plain
from approvals.record.sqlite import Sqlite
from approvals.record.store import Store
from approvals.request import Urgency
from tests.approvals.scene import asked, met


def test_values_are_text_and_whole_numbers() -> None:
    taken = plain([Standing.LEFT, Urgency.FIRST, True, None, 3, "R-1"])
    assert [(type(one), one) for one in taken] == [
        (str, "deactivated"), (int, 2), (int, 1), (type(None), None), (int, 3), (str, "R-1"),
    ]  # fmt: skip


def test_a_condition_on_no_value_holds_for_nothing() -> None:
    assert (among("state", ["a", "b"]), among("state", [])) == ("state IN (?,?)", "1 = 0")


def test_a_nul_is_refused_and_nothing_is_written(store: Store) -> None:
    met(store)
    before = store.head()
    with pytest.raises(StoreTrouble, match="NUL"):
        store.ask(asked(store.people.meet(email="ada@example.com").id, reason="a\0b"))
    assert store.head() == before


@pytest.mark.parametrize("still", [True, False])
def test_two_walks_side_by_side_end_in_any_order(store: Store, still: bool) -> None:
    met(store)
    walk = "SELECT number FROM people ORDER BY number"
    with store.standing_still() if still else nullcontext():
        first, second = store._on.each(walk), store._on.each(walk)
        assert [next(first)[0], next(second)[0]] == [1, 1]
        assert [row[0] for row in first] == [row[0] for row in second] == [2, 3, 4, 5, 6]
    assert store.people.meet(email="new@example.com").id == "P-7"


def test_only_what_is_worthless_after_a_restart_does_not_wait_for_the_disk(store: Store) -> None:
    ask = "PRAGMA synchronous" if isinstance(store._on, Sqlite) else "SHOW synchronous_commit"
    waits = {"2": True, "on": True, "1": False, "off": False}

    def lasts(lasting: bool) -> bool:
        with store._on.writing(lasting), store._on.writing(lasting=False):
            [[answer]] = store._on.rows(ask)
        return waits[str(answer)]

    assert [lasts(lasting) for lasting in (True, False, False, True)] == [True, False, False, True]
    with pytest.raises(AssertionError), store._on.writing(lasting=False), store.writing():
        pass
    assert lasts(True)
