"""No statement of the running bot reads a whole table to find a row of it, on either database."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from approvals.record.database import Location
from approvals.record.store import Store
from bot.sandbox.stage import Stage, stage
from tests.approvals.scene import server_of
from tests.approvals.statements import Statement, listening
from tests.bot.journeys.scenes import approve, ask, deny, press, wait

WHOLE = {
    "groups",
    "admins",
    "members",
    "apart",
    "quota",
    "quota_queue",
    "meta",
    "links",
    "homes",
    "user_groups_seen",
}
"""Tables that are read whole by those who want all of it: they stay small, or it is done once an hour."""
DERIVED = {"wanted", "same", "near", "of", "CONSTANT"}
"""What a statement makes of rows it has found."""
UNINDEXED = ("SELECT blocked.number,",)
"""What reads a whole table: the lanes, in which only work to be done stands, for what keeps it waiting."""
FEW = {"requests_behind", "homes_behind", "notes_due", "requests_rank", "requests_busy", "requests_leased"}
FEW |= {"requests_due", "requests_active"}
"""Indexes that have nothing in them but what is to be done."""


def lived(s: Stage) -> None:
    """Most of what people do, and what the bot does about it."""
    for user in ("U0PRIYA", "U0ALEX", "U0LENA"):
        s.acting.command(user, "/miro", "whoami")
        s.acting.open_home(user)
    wait(s, seconds=5)
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    ask(s, "U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    approve(s, "U0PRIYA")
    ask(s, "U0JO", "/miro-access", "for Design because of the workshop")
    deny(s, "U0PRIYA", "Not now")
    ask(s, "U0JO", "/miro-access", "for Engineering because of the workshop")
    for text in ("status", "remind R-4", "away until 2026-03-06 <@U0LENA|lena>", "away off", "withdraw R-4"):
        s.acting.command("U0JO" if "R-4" in text else "U0PRIYA", "/miro", text)
    wait(s, hours=2)
    ask(s, "U0LENA", "/miro-access", "<@U0JO|jo> for Design because of the workshop")
    press(s, "U0PRIYA", "details")
    press(s, "U0ALEX", "undo")
    wait(s, days=30)
    s.bot.health()


@pytest.fixture(params=["sqlite", "postgres"])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, list[Statement]]]:
    """Every statement of such a life, each once."""
    place: Location = tmp_path / "record.db"
    if request.param == "postgres":
        place = server_of(tmp_path)
        Store(place, migrates=True).close()
    with stage(tmp_path, database=place) as s:
        with listening(s.bot.store) as heard:
            lived(s)
        yield s.bot.store, [*{re.sub(r"\?(,\?)+", "?", one.sql): one for one in heard}.values()]


def walks(store: Store, statement: Statement) -> list[str]:
    """The tables that a statement reads whole."""
    if hasattr(store._on, "_pool"):
        with store._on.writing():
            store._on.run("SET LOCAL enable_seqscan = off")
            [[plans]] = store._on.rows(f"EXPLAIN (FORMAT JSON) {statement.sql}", *statement.values)
        return [*on_server(plans[0]["Plan"])]
    rows = store._on.rows(f"EXPLAIN QUERY PLAN {statement.sql}", *statement.values)
    return [*in_file([str(row["detail"]) for row in rows], statement.sql)]


def on_server(plan: dict[str, Any], is_limited: bool = False) -> Iterator[str]:
    """With sequential scans as dear as can be, only what has no index is read by one."""
    is_limited |= plan["Node Type"] == "Limit"
    is_walk = plan["Node Type"] == "Seq Scan" or (
        plan["Node Type"] in ("Index Scan", "Index Only Scan")
        and "Index Cond" not in plan
        and not is_limited
        and plan["Index Name"] not in FEW
    )
    if is_walk:
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from on_server(part, is_limited)


def in_file(steps: Sequence[str], sql: str) -> Iterator[str]:
    """A scan in the order of an index, or of the rows, that ends with the first row is none."""
    is_limited = "LIMIT" in sql and not any("ORDER BY" in step for step in steps)
    names = dict(re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE) (\w+) (?:AS )?(\w+)\b", sql))
    names = {short: table for table, short in names.items()}
    for step in steps:
        found = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        table = str(names.get(found[1], found[1])) if found else ""
        if found and table not in DERIVED and not is_limited and found[2] not in FEW:
            yield table


@pytest.mark.thorough
def test_nothing_reads_a_whole_table_to_find_a_row(asked: tuple[Store, list[Statement]]) -> None:
    store, statements = asked
    assert len(statements) > 60
    reading = [one for one in statements if re.match("(WITH|SELECT|UPDATE|DELETE)", one.sql)]
    reading = [one for one in reading if not one.sql.startswith(UNINDEXED)]
    read = {one.sql: {*walks(store, one)} - WHOLE for one in reading}
    assert {sql: tables for sql, tables in read.items() if tables} == {}
