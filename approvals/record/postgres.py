"""A record on PostgreSQL, for several processes: a pool of connections, and one lock for all writers.

Transactions are READ COMMITTED, and the lock is a statement of its own: only the next statement sees what
others wrote while it waited. The tables are SQLite's with the server's types; texts are compared by bytes.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
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
        self.name, self._server = str(server), server
        self._cursors, self._lost = count(), ""
        self._used: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        with self._troubles():
            parameters: dict[str, Any] = {**LINE, **conninfo_to_dict(server.url)}
            how: dict[str, Any] = {"autocommit": True, "row_factory": _named}
            where = make_conninfo(**parameters)
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
        if self._mine.line:
            yield self._mine.line
            return
        with self._pool.connection(timeout=self._left()) as line:
            yield line
            self._went_well(line)

    def _went_well(self, line: Any) -> None:
        self._used[line], self._lost = time.monotonic(), ""

    @contextmanager
    def _holding(self, line: Any, inside: bool) -> Iterator[None]:
        """Within the block this thread uses one connection."""
        before = self._mine.line, self._mine.inside, self._mine.failed
        self._mine.line, self._mine.inside, self._mine.failed = line, inside, False
        try:
            yield
        finally:
            self._mine.line, self._mine.inside, self._mine.failed = before

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
                "A running bot continues by itself when it is back. After a command, look whether its last "
                "step was saved before you repeat it."
            )
        return StoreTrouble(f"The server of the record {self.name} can't be reached: {self._lost}. {remedy}")

    def _said(self, error: Exception) -> str:
        """The first line of the driver's message, without URL and secrets."""
        first = (str(error).strip() or type(error).__name__).splitlines()[0].removesuffix(".")
        url = self._server.url
        for secret in (url, *re.findall(r"(?<=:)[^:@/]+(?=@)|(?<=password=)[^&\s]+", url)):
            first = first.replace(secret, "…")
        return first

    def close(self) -> None:
        self._pool.close()

    # -- statements ------------------------------------------------------------------------------------

    def _execute(self, sql: str, values: Sequence[Any]) -> tuple[list[Row], int]:
        with self._troubles(), self._line() as line:
            cursor = line.execute(_translated(sql), plain(values))
            return cursor.fetchall() if cursor.description else [], cursor.rowcount

    def each(self, sql: str, *values: Any) -> Iterator[Row]:
        name = f"each_{next(self._cursors)}"
        # A server-side cursor needs a transaction. If one is open, no nested one is begun: two results that
        # are read side by side needn't end in reverse order.
        with (
            self._troubles(),
            self._line() as line,
            nullcontext() if line is self._mine.line else line.transaction(),
            line.cursor(name) as cursor,
        ):
            cursor.itersize = AT_ONCE
            cursor.execute(_translated(sql), plain(values))
            yield from cursor

    def run_each(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._troubles(), self._line() as line, line.cursor() as cursor:
            cursor.executemany(_translated(sql), [plain(row) for row in rows])

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        if self._mine.line:
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
                    function = "RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
                    self.run(f"CREATE FUNCTION {name}() {function} AS $body${what}$body$")
                    self.run(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")
                self.insert("meta", [(key, str(schema.LAYOUT)) for key in ("layout", "oldest")])
            for later in range(int(self.kept("layout")) + 1, schema.LAYOUT + 1):
                for statement in schema.migration(later):
                    self.run(_typed(statement))
                self.run("UPDATE meta SET value = ? WHERE key IN ('layout', 'oldest')", str(later))
            yield

    def renumber(self) -> None:
        sql = "SELECT table_name, column_name FROM information_schema.columns"
        for table, column in self.rows(
            f"{sql} WHERE table_schema = current_schema() AND is_identity = 'YES'"
        ):
            sequence = f"pg_get_serial_sequence('{table}', '{column}')"
            self.rows(
                f"SELECT setval({sequence}, max({column})) FROM {table} HAVING max({column}) IS NOT NULL"
            )

    def grant(self, role: str, may_forget: bool = False) -> None:
        """Grants a role to run the bot: it can add to KEPT, but not change it or drop a trigger.

        `may_forget`: it can also delete words, which `verify` misses unless the chain names them.
        """
        place, whom = sql.Identifier(self._schema), sql.Identifier(role)
        with self.writing(), self._troubles():
            line = self._mine.line
            assert line
            line.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, whom))
            for table in sorted(self.tables()):
                rights = "SELECT, INSERT" if table in KEPT else "SELECT, INSERT, UPDATE, DELETE"
                rights += ", DELETE" if may_forget and table == "words" else ""
                change = sql.SQL(f"REVOKE ALL ON {{0}} FROM {{1}}; GRANT {rights} ON {{0}} TO {{1}}")
                line.execute(change.format(sql.Identifier(table), whom))
            line.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(place, whom))

    def differences(self) -> Iterator[tuple[str, str]]:
        wanted = {
            ("table", name): ", ".join(f"{column} {_TYPES[kind]}" for column, kind in columns)
            for name, columns in schema.columns().items()
        }
        wanted |= {("trigger", name): f"O {what}" for name, (_, what) in TRIGGERS.items()}
        wanted |= {("index", name): "" for name in schema.indexes()}
        return schema.compared(wanted, {(row[0], row[1]): row[2] for row in self.rows(_OBJECTS)})


@cache
def _translated(sql: str) -> str:
    """The statement with the driver's placeholders."""
    return sql.replace("%", "%%").replace("?", "%s")


_OBJECTS = """SELECT 'table', c.relname,
  string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' GROUP BY c.relname
UNION ALL SELECT 'trigger', t.tgname, t.tgenabled::text || ' ' || p.prosrc
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
UNION ALL SELECT 'index', c.relname, '' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE c.relnamespace = current_schema()::regnamespace AND i.indisvalid
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"""
"""(kind, name, definition) of everything that the schema has."""
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
