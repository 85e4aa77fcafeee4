"""How SQLite goes about it: by an index, never by walking through a table that grows for years."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from approvals.ids import PersonId
from approvals.record.database import Row
from approvals.record.people.reading import SAME
from approvals.record.store import Store
from tests.approvals.scene import START, asked, met, planned

ADA, BO = PersonId("P-1"), PersonId("P-2")
TABLES = "requests|r|people|p|accounts|a|b|ledger|l|words|w|found_by|outbox|messages"
WALKED = re.compile(rf"SCAN ({TABLES})\b")


@pytest.fixture
def plans(record: Store) -> Iterator[list[str]]:
    """What SQLite means to do for every query that reads several rows."""
    met(record)
    found: list[str] = []
    rows = record._on.rows

    def explained(sql: str, *values: Any) -> list[Row]:
        found.extend(str(row["detail"]) for row in rows(f"EXPLAIN QUERY PLAN {sql}", *values))
        return rows(sql, *values)

    record._on.rows = explained  # type: ignore[method-assign]
    yield found
    record._on.rows = rows  # type: ignore[method-assign]


def walked(plans: list[str]) -> list[str]:
    """Steps that read a whole table."""
    assert plans
    return [one for one in plans if WALKED.match(one)]


def test_a_person_is_found_without_reading_all_accounts(record: Store, plans: list[str]) -> None:
    record.people.person(BO)
    assert walked(plans) == []


def test_who_is_the_same_human_is_found_without_reading_all_people(record: Store, plans: list[str]) -> None:
    sql = f"SELECT number FROM people WHERE number IN ({SAME} WHERE a.number = 1)"
    assert len(record._on.rows(sql)) == 1
    assert walked(plans) == []


def test_a_request_is_read_without_reading_others(record: Store, plans: list[str]) -> None:
    record.request(record.ask(asked(ADA)).id)
    assert walked(plans) == []


def test_what_is_due_is_found_by_its_time(record: Store, plans: list[str]) -> None:
    assert record.due() == []
    assert plans == ["SEARCH requests USING INDEX requests_due (next_due<?)"]


def test_what_waits_for_others_is_found_among_what_is_active(record: Store, plans: list[str]) -> None:
    assert record.blocked(START) == []
    assert walked(plans) == []
    assert "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)" in plans


def test_what_is_the_same_and_open_is_found_by_an_index_of_its_own(record: Store, plans: list[str]) -> None:
    """Which names the very states that are open."""
    request = record.ask(asked(ADA, subject=BO))
    assert record.twins(request) == []
    assert "SEARCH requests USING INDEX requests_twins" in " ".join(plans)


def test_nothing_on_a_page_is_found_by_reading_a_whole_table(record: Store, plans: list[str]) -> None:
    request = record.ask(asked(ADA))
    record.append(request, [planned(START + timedelta(days=1), approvers=[BO])])
    seen = record.finding.seen_by(BO, ("offboard",))
    seen.kinds(), seen.waiting(9), seen.waiting(9, "make-admin")
    seen.mine(9), seen.ended(9), seen.stopped(9), seen.stuck(9), seen.teams(["Design"], 9)
    record.finding.in_trouble(), record.finding.last_done("bo@example.com", ("make-admin",))
    record.outbox.due(9), record.outbox.at("D1", "1.0"), record.outbox.of(request.id)
    assert len(plans) > 30
    assert walked(plans) == []
