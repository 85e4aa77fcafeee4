"""A record on PostgreSQL, for several processes: a pool of connections, and one lock for all writers.

Transactions are READ COMMITTED, and the lock is a statement of its own: only the next statement sees what
others wrote while it waited. The tables are SQLite's with the server's types; texts are compared by bytes.
"""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from approvals.record import schema
from approvals.record.database import Database, Row, Server, StoreTrouble, in_use, plain

CONNECTIONS = 12
"""The most connections of a process; writers take turns before they take one."""
IDLE = 1.0
"""Seconds after which an idle connection is checked before it is used."""
LINE = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 20_000}
"""How soon a dead server is noticed (libpq's parameters); parameters in the URL take precedence."""
AT_ONCE = 1000
"""Rows fetched at once of a result too long for memory."""

_GUARD = "RAISE EXCEPTION '{}' USING ERRCODE = 'integrity_constraint_violation';"
_NEVER = f"BEGIN {_GUARD.format('the record is append-only')} END"
_FORGOTTEN = f"BEGIN {_GUARD.format('a word is kept as it was said, or forgotten')} END"
_IN_ORDER = f"""BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM ledger)
    OR NEW.prev IS DISTINCT FROM
      coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), repeat('0', 64))
    OR EXISTS (SELECT 1 FROM ledger WHERE stream = NEW.stream AND version = NEW.version)
  THEN {_GUARD.format("an entry must follow on the last one")} END IF;
  RETURN NEW;
END"""
TRIGGERS = {
    "ledger_no_update": ("BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW", _NEVER),
    "ledger_no_truncate": ("BEFORE TRUNCATE ON ledger FOR EACH STATEMENT", _NEVER),
    "ledger_in_order": ("BEFORE INSERT ON ledger FOR EACH ROW", _IN_ORDER),
    "words_no_update": ("BEFORE UPDATE ON words FOR EACH ROW", _FORGOTTEN),
    "words_no_truncate": ("BEFORE TRUNCATE ON words FOR EACH STATEMENT", _FORGOTTEN),
}
"""{trigger: (when it fires, what it does)}."""
KEPT = ("ledger", "words", "policies")
"""Tables that the role of a running bot may only add to."""


class Mine(threading.local):
    """The state of one thread."""

    line: "psycopg.Connection[Named] | None" = None
    """The connection of its transaction."""


class Named:
    """A row with named columns."""

    __slots__ = ("_places", "_values")

    def __init__(self, places: dict[str, int], values: Sequence[Any]) -> None:
        self._places, self._values = places, values

    def __getitem__(self, key: Any, /) -> Any:
        return self._values[self._places[key] if isinstance(key, str) else key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)


def _named(cursor: Any) -> Any:
    """The row factory of a cursor."""
    places = {column.name: place for place, column in enumerate(cursor.description or ())}
    return lambda values: Named(places, values)


class Postgres(Database):
    """One schema of a server: the first in the role's search path."""

    is_shared = True

    def __init__(self, server: Server) -> None:
        """Connects. Raises StoreTrouble."""
        super().__init__()
        self.name, self._server, self._held = str(server), server, Mine()
        self._cursors, self._lost = count(), ""
        self._used: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        with self._troubles():
            where = make_conninfo(server.url)
            given = {key for key, _ in re.findall(r"(\w+)=('(?:[^'\\]|\\.)*'|\S*)", where)}
            line = {key: value for key, value in LINE.items() if key not in given}
            how: dict[str, Any] = {"autocommit": True, "row_factory": _named, **line}
            # A single connection first, because a pool's error doesn't say why it failed.
            with psycopg.connect(where, **how) as first:
                where_to = "coalesce(current_schema(), '')"
                key = f"SELECT hashtextextended('miro-bot ' || {where_to}, 0), {where_to}"
                lock: Any = first.execute(key).fetchone()
        self._key, self._schema = int(lock[0]), str(lock[1])
        self._pool = ConnectionPool(
            where, kwargs=how, min_size=1, max_size=CONNECTIONS, open=False, check=self._check
        )
        with self._troubles():
            self._pool.open(wait=True, timeout=self._left())  # else the first use opens a second one
        self.is_new = "ledger" not in self.tables() or self.row("SELECT 1 FROM ledger LIMIT 1") is None

    # -- connections -----------------------------------------------------------------------------------

    def _check(self, line: Any) -> None:
        """Checks an idle connection: the server may have been restarted."""
        if time.monotonic() - self._used.get(line, 0.0) > IDLE:
            ConnectionPool.check_connection(line)

    @contextmanager
    def _line(self) -> Iterator[Any]:
        """The connection of this thread's transaction, or one for a single statement."""
        if self._held.line:
            yield self._held.line
            return
        with self._pool.connection(timeout=self._left()) as line:
            yield line
            self._went_well(line)

    def _went_well(self, line: Any) -> None:
        self._used[line], self._lost = time.monotonic(), ""

    @contextmanager
    def _holding(self, line: Any, inside: bool) -> Iterator[None]:
        """Within the block this thread uses one connection."""
        before = self._held.line, self._mine.inside, self._mine.failed
        self._held.line, self._mine.inside, self._mine.failed = line, inside, False
        try:
            yield
        finally:
            self._held.line, self._mine.inside, self._mine.failed = before

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Turns the server's errors into sentences."""
        try:
            yield
        except psycopg.IntegrityError:
            raise
        except errors.LockNotAvailable as error:
            raise in_use(self.name) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._lost = self._said(error)
            raise self._unreachable() from error
        except psycopg.Error as error:
            raise StoreTrouble(
                f"The record {self.name} can't be used: {self._said(error)}. Nothing was done. "
                "Check that `miro-bot db migrate` was run, with --grant for this role (and --may-forget, to "
                "forget)."
            ) from error

    def _unreachable(self) -> StoreTrouble:
        remedy = "Nothing was done. Check that it runs, and MIRO_BOT_DATABASE."
        if self._used:
            remedy = (
                "A running bot goes on by itself when it is back. After a command, look whether its last "
                "step was saved before you repeat it."
            )
        return StoreTrouble(f"The server of the record {self.name} can't be reached: {self._lost}. {remedy}")

    def _said(self, error: Exception) -> str:
        """The first line of the driver's message, without URL and secrets."""
        first = (str(error).strip() or type(error).__name__).splitlines()[0].removesuffix(".")
        secrets = [
            self._server.url,
            *re.findall(r"(?<=:)[^:@/]+(?=@)|(?<=password=)[^&\s]+", self._server.url),
        ]
        for secret in secrets:
            first = first.replace(secret, "…")
        return first

    def close(self) -> None:
        self._pool.close()

    # -- statements ------------------------------------------------------------------------------------

    def rows(self, sql: str, *values: Any) -> list[Row]:
        with self._troubles(), self._line() as line:
            return list(line.execute(_translated(sql), plain(values)).fetchall())

    def each(self, sql: str, *values: Any) -> Iterator[Row]:
        name = f"each_{next(self._cursors)}"
        # A server-side cursor needs a transaction. If one is open, no nested one is begun: two results that
        # are read side by side needn't end in reverse order.
        with (
            self._troubles(),
            self._line() as line,
            nullcontext() if line is self._held.line else line.transaction(),
            line.cursor(name) as cursor,
        ):
            cursor.itersize = AT_ONCE
            cursor.execute(_translated(sql), plain(values))
            yield from cursor

    def row(self, sql: str, *values: Any) -> Row | None:
        with self._troubles(), self._line() as line:
            first: Row | None = line.execute(_translated(sql), plain(values)).fetchone()
        return first

    def run(self, sql: str, *values: Any) -> int:
        with self._troubles(), self._line() as line:
            return int(line.execute(_translated(sql), plain(values)).rowcount)

    def run_each(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._troubles(), self._line() as line, line.cursor() as cursor:
            cursor.executemany(_translated(sql), [plain(row) for row in rows])

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        if self._held.line:
            yield
            return
        with self._troubles(), self._line() as line:
            line.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            with self._holding(line, inside=False):
                yield
            line.execute("COMMIT")

    # -- writing ---------------------------------------------------------------------------------------

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Threads take turns before they take a connection, so that waiting ones use none."""
        if not self._turns.take(self._left()):
            # Whose turn it is may be waiting for the server.
            raise self._unreachable() if self._lost else in_use(self.name)
        try:
            with self._troubles(), self._pool.connection(timeout=self._left()) as line:
                patience = max(int(self._left() * 1000), 1)
                line.execute(
                    f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {patience}; "
                    f"{'' if self._mine.lasting else 'SET LOCAL synchronous_commit = off; '}"
                    f"SELECT pg_advisory_xact_lock({self._key})"
                )
                with self._holding(line, inside=True):
                    yield
                    self._check_whole()
                self._commit(line)
                self._went_well(line)
        finally:
            self._turns.hand_on()

    def _commit(self, line: Any) -> None:
        try:
            status = line.execute("COMMIT").statusmessage
        except psycopg.Error:
            self.commit_failed = True
            raise
        if status != "COMMIT":  # after a failed statement the server rolls back without an error
            raise StoreTrouble("One part couldn't be saved, so nothing was. Try again.")

    # -- the whole record ------------------------------------------------------------------------------

    def tables(self) -> set[str]:
        rows = self.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {row["tablename"] for row in rows}

    @contextmanager
    def migrating(self) -> Iterator[None]:
        with self.writing():
            if "meta" not in self.tables():
                for statement in schema.statements():
                    self.run(_typed(statement))
                for name, (when, what) in TRIGGERS.items():
                    self._guard(name, when, what)
                self.run_each("INSERT INTO meta VALUES (?,?)", [*schema.META.items()])
            self._bring_up_to_date()
            yield

    def _bring_up_to_date(self) -> None:
        row = self.row("SELECT value FROM meta WHERE key = 'layout'")
        layout = int(row["value"]) if row else schema.LAYOUT
        for later in range(layout + 1, schema.LAYOUT + 1):
            for statement in schema.migration(later):
                self.run(_typed(statement))
            self.run("UPDATE meta SET value = ? WHERE key IN ('layout', 'oldest')", str(later))

    def renumber(self) -> None:
        for row in self.rows(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND is_identity = 'YES'"
        ):
            table, column = row
            self.rows(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"
                f" HAVING max({column}) IS NOT NULL"
            )

    def _guard(self, name: str, when: str, what: str) -> None:
        self.run(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
            f" AS $body${what}$body$"
        )
        self.run(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")

    def grant(self, role: str, may_forget: bool) -> None:
        """Grants a role to run the bot: it can add to KEPT, but not change it or drop a trigger.

        `may_forget`: it can also delete words, which `verify` misses unless the chain names them.
        """
        with self.writing(), self._troubles():
            line = self._held.line
            assert line
            whom = sql.Identifier(role)
            place = sql.Identifier(self._schema)
            line.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, whom))
            for table in sorted(self.tables()):
                rights = "SELECT, INSERT" if table in KEPT else "SELECT, INSERT, UPDATE, DELETE"
                rights += ", DELETE" if may_forget and table == "words" else ""
                line.execute(
                    sql.SQL(f"REVOKE ALL ON {{0}} FROM {{1}}; GRANT {rights} ON {{0}} TO {{1}}").format(
                        sql.Identifier(table), whom
                    )
                )
            line.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(place, whom))

    def damage(self) -> Iterator[str]:
        """None: a server checks its own files."""
        yield from ()

    def differences(self) -> Iterator[tuple[str, str]]:
        has = {
            ("table", name): columns for name, columns in self._columns().items()
        } | self._guards() | {("index", name): True for name in self._indexes()}  # fmt: skip
        wanted: dict[tuple[str, str], Any] = {
            ("table", name): [(column, _TYPES[kind]) for column, kind in columns]
            for name, columns in schema.columns().items()
        }
        wanted |= {("trigger", name): ("O", what) for name, (_, what) in TRIGGERS.items()}
        wanted |= {("index", name): True for name in schema.indexes()}
        return schema.compared(wanted, has)

    def _columns(self) -> dict[str, list[tuple[str, str]]]:
        by_table: dict[str, list[tuple[str, str]]] = {name: [] for name in self.tables()}
        for row in self.rows(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type"
            " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0"
            " AND NOT a.attisdropped ORDER BY c.relname, a.attnum"
        ):
            by_table[row["relname"]].append((row["attname"], row["type"]))
        return by_table

    def _guards(self) -> dict[tuple[str, str], Any]:
        rows = self.rows(
            "SELECT t.tgname, t.tgenabled::text AS enabled, p.prosrc FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal"
        )
        return {("trigger", row["tgname"]): (row["enabled"], row["prosrc"]) for row in rows}

    def _indexes(self) -> set[str]:
        rows = self.rows(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND i.indisvalid"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"
        )
        return {row["relname"] for row in rows}

    def problem(self) -> str:
        return ""


@cache
def _translated(sql: str) -> str:
    """The statement with the driver's placeholders."""
    return sql.replace("%", "%%").replace("?", "%s")


_TYPES = {"INTEGER": "bigint", "TEXT": "text"}


def _typed(statement: str) -> str:
    """The server's form of a CREATE statement of SQLite's."""
    for pattern, made in (
        (r"\bINTEGER PRIMARY KEY", "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
        (r"\bINTEGER\b", "bigint"),
        (r"\bTEXT\b", 'text COLLATE "C"'),
        (r"\) STRICT(, WITHOUT ROWID)?$", ")"),
    ):
        statement = re.sub(pattern, made, statement)
    return statement
