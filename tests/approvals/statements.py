"""Which statements a record is asked, as its database is handed them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from approvals.record.store import Store

KINDS = ("rows", "row", "run", "run_each", "each")


@dataclass(frozen=True)
class Statement:
    """One statement; `inside`: while nobody else can write. With `run_each` each row is one."""

    sql: str
    values: Sequence[Any]
    inside: bool


@contextmanager
def listening(store: Store) -> Iterator[list[Statement]]:
    """All statements of every thread until the block ends."""
    heard: list[Statement] = []
    database: Any = store._on

    def through(kind: str) -> None:
        ask = getattr(database, kind)

        def asked(sql: str, *values: Any) -> Any:
            many = values[0] if kind == "run_each" else [values]
            heard.extend(Statement(sql, one, database._mine.inside) for one in many)
            return ask(sql, *values)

        setattr(database, kind, asked)

    for kind in KINDS:
        through(kind)
    try:
        yield heard
    finally:
        for kind in KINDS:
            delattr(database, kind)
