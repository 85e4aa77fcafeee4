"""What every database takes: plain text and numbers, and conditions of any length."""

import pytest

from approvals.people import Standing
from approvals.record.database import StoreTrouble, among, plain
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
