"""The record: requests, work to do and what happened are written in one transaction."""

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import reduce
from itertools import product
from pathlib import Path
from typing import Any

from approvals.decide.delegates import AWAY, RETURNED, delegation
from approvals.decide.streams.directories import Hold
from approvals.decide.streams.directories import folded as held
from approvals.decide.streams.reviews import REVIEW, Review, Step, folded
from approvals.folding import apply, fold
from approvals.ids import PersonId, RequestId, stamp
from approvals.people import SOURCE
from approvals.record import schema
from approvals.record.chain import IN_FORCE, Anchor, Ledger, Sealed, Verified
from approvals.record.claims import HELD, Claim, Claims, Lanes, held_by
from approvals.record.database import Database, Location, Overtaken, Server, StoreTrouble, WrongRecord, among
from approvals.record.figures import Figures
from approvals.record.index import Finding
from approvals.record.opening import OWNER_ONLY, Source, at_rest, copy_rows, private_folder
from approvals.record.outbox import Outbox
from approvals.record.people.forgetting import Forgetting
from approvals.record.people.groups import Groups
from approvals.record.people.people import People
from approvals.record.people.reading import SAME, number_of
from approvals.record.policies import Policies
from approvals.record.sqlite import Sqlite, copy_file
from approvals.record.verify import Watch, verify
from approvals.refusals import Refused
from approvals.request import Draft, Event, Request, Urgency, is_active, listed
from approvals.splits import PEOPLE, told_apart
from approvals.states import OPEN, State

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of a running bot."""
    return datetime.now(UTC)


ALL = 2**62
"""As a limit: no limit."""
_RECEIPT = "INSERT INTO receipts VALUES (?,?) ON CONFLICT DO NOTHING"
_IS_OPEN = f"state IN ({', '.join(repr(state.value) for state in State if state in OPEN)})"
"""Exactly as in the partial index: otherwise SQLite doesn't use it."""
_IS_LINE = "because_of = ? AND action != 'bulk'"
"""Of a bulk; what undoes one follows from it, too."""


class Store(Claims, Policies):
    """The record, and all tables that change in the same transaction. Thread-safe; also for several processes
    on one machine (SQLite) or many (PostgreSQL)."""

    def __init__(
        self,
        where: Location,
        now: Callable[[], datetime] = utc_now,
        salt: Callable[[], str] = lambda: os.urandom(16).hex(),
        source: Source | None = None,
        migrates: bool = False,
    ) -> None:
        """`source`: what to read instead of the file itself; then only a copy is migrated.

        A record on a server is migrated only if the caller `migrates`, because that needs an owner's rights.
        Raises WrongRecord.
        """
        super().__init__(database_at(where, source), now)
        self._ledger = Ledger(self._on, now, salt)
        self._lanes = Lanes(self._on, now)
        self.finding = Finding(self._on, self._folded)
        self.outbox = Outbox(self._on, now)
        self.people = People(self._on, self.outbox.changed)
        self.groups = Groups(self._on, now)
        self.forgetting = Forgetting(self._on, self._ledger, self.people)
        self.figures = Figures(self._on, now)
        self.moved: Callable[[Request, Request], None] = lambda before, after: None
        """Called with the request before and after events were appended, when they are committed."""
        self._probe = Probe(self._on)
        self._prepare(where, migrates)

    @property
    def is_new(self) -> bool:
        """Whether it was empty when it was opened."""
        return self._on.is_new

    @property
    def database(self) -> Database:
        """The database itself, for a room with tables of its own."""
        return self._on

    @property
    def path(self) -> Path:
        """The file of a record on SQLite."""
        if not isinstance(self._on, Sqlite):
            raise TypeError(f"{self._on.name} is no file")
        return self._on.path

    def _prepare(self, where: Location, migrates: bool) -> None:
        """Checks that this program can open the record, and migrates a file."""
        try:
            tables = self._on.tables()
            self.layout = self._layout() if tables else schema.LAYOUT
            if self._on.migrates_itself or migrates:
                self._bring_up_to_date()
            elif not tables:
                raise WrongRecord(
                    f"There is no record in {self._on.name} yet: `miro-bot db migrate` makes one."
                )
            elif self.layout < schema.LAYOUT and isinstance(where, Server):
                raise WrongRecord(
                    f"{self._on.name} was written by an older miro-bot: run `miro-bot db migrate` first."
                )
        except WrongRecord:
            self._on.close()
            raise
        except StoreTrouble as error:
            self._on.close()
            raise WrongRecord(
                f"{self._on.name} can't be opened as a record: {error.__cause__}. Nothing was changed. "
                "Check MIRO_BOT_DATABASE. If the record is damaged, restore a backup that "
                "`miro-bot audit verify` finds intact."
            ) from error

    def _bring_up_to_date(self) -> None:
        with self._on.migrating():
            if self.layout < schema.LAYOUT:
                self._file_all()

    def _file_all(self) -> None:
        """Indexes open requests again, as a new layout needs, and links the keys of people."""
        self.people.link_known()
        self._on.run("DELETE FROM found_by")
        for request in self.requests(states=OPEN, limit=ALL):
            expires = listed(request)["expires_at"]
            self._on.run("UPDATE requests SET expires_at = ? WHERE number = ?", expires, request.number)
            self.finding.file(request)
            self._lanes.keep(request)

    def _layout(self) -> int:
        """The layout of the record. Raises WrongRecord if this program is too old for it."""
        if "meta" not in self._on.tables():
            raise self._no_record()
        meta = {row["key"]: row["value"] for row in self._on.rows("SELECT key, value FROM meta")}
        oldest = str(meta.get("oldest"))
        if not oldest.isdecimal():
            raise self._no_record()
        if int(oldest) > schema.LAYOUT:
            raise WrongRecord(
                f"{self._on.name} was written by a newer miro-bot (layout {meta['layout']}, this one knows "
                f"{schema.LAYOUT}). Install that version again; nothing was changed."
            )
        return min(int(str(meta.get("layout"))), schema.LAYOUT)

    def _no_record(self) -> WrongRecord:
        return WrongRecord(f"{self._on.name} is a database, but not a record of this bot. Name another file.")

    def patience(self, seconds: float) -> AbstractContextManager[None]:
        """Within the block this thread waits for other writers at most so many seconds in all."""
        return self._on.patience(seconds)

    def problem(self, patience: float) -> str:
        """Why the record can't be written, in a sentence, or ''; takes about `patience` seconds at most."""
        return self._probe.problem(patience)

    def writing(self) -> AbstractContextManager[None]:
        """One transaction over everything in the store."""
        return self._on.writing()

    def unit(self) -> AbstractContextManager[None]:
        """One unit of work of this thread: people and groups are read once, until they are written."""
        return self._on.unit()

    def alone(self) -> AbstractContextManager[None]:
        """A block of reading for one thread at a time, on a database where that is faster."""
        return self._on.alone()

    def forget(self) -> None:
        """Drops what this thread's unit of work has read, because it may have changed."""
        self._on.forget()

    def standing_still(self) -> AbstractContextManager[None]:
        """Within the block this thread reads one snapshot, whatever others write."""
        return self._on.standing_still()

    # -- requests --------------------------------------------------------------------------------------

    def ask(self, draft: Draft, receipt: str = "", *more: Draft) -> Request:
        """Appends *asked* and `more`; returns the new request, for a known receipt the earlier one."""
        with self.writing():
            row = self._on.row("SELECT coalesce(max(number), 0) + 1 FROM requests")
            id = RequestId(f"R-{row[0] if row else 1}")
            if receipt and not self._on.run(_RECEIPT, receipt, id):
                seen = self._on.row("SELECT outcome FROM receipts WHERE key = ?", receipt)
                if seen and seen["outcome"]:
                    return self.request(RequestId(seen["outcome"]))
                raise Overtaken("This was taken already, but not as a request. Nothing was asked; ask anew.")
            request = fold(self._ledger.write(id, 1, [draft, *more]))
            line = listed(request) | {"action": request.action, "requester": request.requester}
            self._on.insert(f"requests (number, {', '.join(line)})", [(request.number, *line.values())])
            self._lanes.keep(request)
            self.finding.file(request)  # pages show it shortly, after the worker's check
            self.outbox.asked(request)
            return request

    def append(
        self, request: Request, drafts: Sequence[Draft], claim: Claim | None = None, policy: str = ""
    ) -> Request:
        """Appends events to the version that was read. Raises Overtaken, ClaimLost, Impossible.

        `policy`: the hash of the policy that decided; raises Overtaken if another one is in force.
        """
        with self.writing():
            current = self._in_force([IN_FORCE]).get(IN_FORCE) if policy else None
            if current and current.hash != policy:
                raise Overtaken(f"Another policy came into force. Look at {request.id} again.")
            after = request

            def move(events: list[Event]) -> None:
                nonlocal after
                after = reduce(apply, events, request)
                self._move(request, after, claim)

            self._ledger.write(request.id, request.version + 1, drafts, move)
            self._on.then(lambda: self.moved(request, after))
        return after

    def _move(self, before: Request, after: Request, claim: Claim | None) -> None:
        """Updates the tables beside the entries."""
        line = listed(after)
        holds, fence = (f" AND {HELD}", held_by(claim, stamp(self._now()))) if claim else ("", ())
        if not self._on.run(
            f"UPDATE requests SET {' = ?, '.join(line)} = ?,"
            " lease_until = CASE WHEN ? = 1 THEN lease_until END, owner = CASE WHEN ? = 1 THEN owner END"
            f" WHERE number = ? AND version = ?{holds}",
            *line.values(), *[line["active"]] * 2, before.number, before.version, *fence,
        ):  # fmt: skip
            if claim:
                self._fence(claim, stamp(self._now()))
            raise Overtaken(f"{before.id} has moved on. Look at it again.")
        if _in_lanes(after) != _in_lanes(before):
            self._lanes.keep(after)
        self.outbox.changed(self.finding.file(after, before), after)
        if after.is_end and after.because_of:
            self.outbox.redraw(after.because_of)  # its card shows what follows

    def request(self, id: RequestId) -> Request:
        """One request. Raises KeyError."""
        events = list(self.events(id))
        if not events or not id.startswith("R-"):
            raise KeyError(id)
        request = fold(events)
        self.people.expect(_people_of(request))
        return request

    def version(self, id: RequestId) -> int:
        """How many events a request has, without folding it."""
        row = self._on.row("SELECT version FROM requests WHERE number = ?", int(id.removeprefix("R-")))
        return int(row["version"]) if row else 0

    def requests(
        self, *, states: Iterable[str] = (), person: PersonId | None = None, limit: int = 200
    ) -> Sequence[Request]:
        """Requests, newest first; of a person: those asked by or about them."""
        states = tuple(states)
        if person is None:
            where = among("state", states) if states else "1 = 1"
            sql = f"SELECT number FROM requests WHERE {where} ORDER BY number DESC LIMIT ?"
            return self._read(sql, *states, limit)
        return self._folded(self._numbers_of(person, states, limit))

    def numbers(
        self,
        *,
        states: Collection[str] = (),
        actions: Collection[str] = (),
        person: PersonId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[RequestId]:
        """The ids of all requests that match, newest first.

        `person`: the requester or the subject. `since`, `until`: asked at that time or later, and before it.
        """
        where, values = ["1 = 1"], list[Any]()
        for column, wanted in (("r.state", states), ("r.action", actions)):
            if wanted:
                where.append(among(column, wanted))
                values += wanted
        if person:
            same = self._on.rows(f"{SAME} WHERE a.number = ?", number_of(person))
            rows = {person, *(f"P-{row[0]}" for row in same)}
            where.append(f"({among('r.requester', rows)} OR {among('r.subject', rows)})")
            values += [*rows, *rows]
        for sign, time in ((">=", since), ("<", until)):
            if time:
                where.append(f"l.at {sign} ?")
                values.append(stamp(time))
        asked = "JOIN ledger l ON l.stream = 'R-' || r.number AND l.version = 1" if since or until else ""
        sql = f"SELECT r.number FROM requests r {asked} WHERE {' AND '.join(where)} ORDER BY r.number DESC"
        return [RequestId(f"R-{row['number']}") for row in self._on.rows(sql, *values)]

    def each(self, ids: Iterable[RequestId]) -> Iterator[Request]:
        """The requests with these ids, one at a time, without those that a newer program began."""
        return (request for id in ids for request in self._folded([int(id.removeprefix("R-"))]))

    def _numbers_of(self, person: PersonId, states: Sequence[str], limit: int) -> list[int]:
        """The newest requests by or about a person; rows with one address are one human."""
        rows = self._on.rows(f"{SAME} WHERE a.number = ?", number_of(person))
        # An expression, so that the database uses the index of a person, which is in order.
        where = among("state || ''", states) if states else "1 = 1"
        numbers: set[int] = set()
        for column, id in product(("requester", "subject"), {person, *(f"P-{row[0]}" for row in rows)}):
            sql = f"SELECT number FROM requests WHERE {column} = ? AND {where} ORDER BY number DESC LIMIT ?"
            numbers |= {row["number"] for row in self._on.rows(sql, id, *states, limit)}
        return sorted(numbers, reverse=True)[:limit]

    def _read(self, sql: str, *values: Any) -> list[Request]:
        return self._folded(row["number"] for row in self._on.rows(sql, *values))

    def _folded(self, numbers: Iterable[int]) -> list[Request]:
        requests = []
        for number in numbers:
            try:
                requests.append(self.request(RequestId(f"R-{number}")))
            except ValueError as error:  # it begins with an event of a newer program; the others are shown
                log.warning("%s", error)
        return requests

    def twins(self, request: Request) -> Sequence[Request]:
        """Older open requests with the same action and subject."""
        subject = "subject = ?" if request.subject else "subject IS NULL"
        return self._read(
            f"SELECT number FROM requests WHERE {_IS_OPEN} AND action = ? AND {subject} AND number < ?"
            " ORDER BY number",
            *(value for value in (request.action, request.subject) if value), request.number,
        )  # fmt: skip

    def done(self, action: str, subject: PersonId) -> Sequence[Request]:
        """All done requests with this action about this person, newest first."""
        return self._read(
            "SELECT number FROM requests WHERE action = ? AND subject = ? AND state = ? ORDER BY number DESC",
            action, subject, State.DONE,
        )  # fmt: skip

    def followers(self, request: RequestId) -> dict[RequestId, PersonId]:
        """{id of a request that joined this one: its requester}."""
        sql = "SELECT number, requester FROM requests WHERE because_of = ? AND state = ? ORDER BY number"
        rows = self._on.rows(sql, request, State.JOINED)
        return {RequestId(f"R-{row['number']}"): PersonId(row["requester"]) for row in rows}

    def lines(self, bulk: RequestId) -> Mapping[State, int]:
        """{state: how many lines of a bulk are in it}."""
        sql = f"SELECT state, count(*) AS total FROM requests WHERE {_IS_LINE} GROUP BY state"
        return {State(row["state"]): row["total"] for row in self._on.rows(sql, bulk)}

    def lines_in(self, bulk: RequestId, states: Collection[str]) -> list[RequestId]:
        """The ids of the lines of a bulk that are in one of these states, in order."""
        sql = f"SELECT number FROM requests WHERE {_IS_LINE} AND {among('state', states)} ORDER BY number"
        return [RequestId(f"R-{row['number']}") for row in self._on.rows(sql, bulk, *states)]

    def stranded(self, limit: int = 50) -> list[RequestId]:
        """Some requests that follow from a bulk that has ended: approved, waiting, or begun together with it.

        Includes those that somebody has resumed since.
        """
        states = (State.APPROVED, State.WAITING, State.WORKING)
        over = "SELECT 'R-' || number FROM requests WHERE number = CAST(substr(r.because_of, 3) AS BIGINT)"
        rows = self._on.rows(
            f"SELECT number FROM requests r WHERE {among('state', states)} AND (state != ? OR rank = ?)"
            " AND action != 'bulk'"
            f" AND lease_until IS NULL AND EXISTS ({over} AND action = 'bulk' AND NOT {_IS_OPEN})"
            " ORDER BY next_due LIMIT ?",
            *states, State.WORKING, int(Urgency.BULK), limit,
        )  # fmt: skip
        return [RequestId(f"R-{row['number']}") for row in rows]

    def because_of(self, request: RequestId) -> Sequence[Request]:
        """The open requests that follow from another, in order."""
        sql = f"SELECT number FROM requests WHERE {_IS_OPEN} AND because_of = ? ORDER BY number"
        return self._read(sql, request)

    # -- work ------------------------------------------------------------------------------------------

    def due(self, limit: int = 50) -> Sequence[Request]:
        """Requests with a deadline that is due: waiting ones, and access given for some days."""
        return self._read(
            "SELECT number FROM requests WHERE active = 0 AND next_due <= ? ORDER BY next_due LIMIT ?",
            stamp(self._now()), limit,
        )  # fmt: skip

    def is_busy(self, lanes: Collection[str]) -> bool:
        """Whether a request is being carried out, or about to be, in one of these lanes."""
        sql = f"SELECT 1 FROM lanes WHERE {among('key', lanes)} LIMIT 1"
        return bool(lanes) and self._on.row(sql, *lanes) is not None

    def has(self, receipt: str) -> bool:
        """Whether a receipt is already stored."""
        return self._on.row("SELECT 1 FROM receipts WHERE key = ?", receipt) is not None

    def once(self, receipt: str) -> bool:
        """Whether a receipt is new; stores it."""
        with self.writing():
            return self._on.run(_RECEIPT, receipt, "") == 1

    # -- delegates and proof ---------------------------------------------------------------------------

    def delegate(self, draft: Draft) -> None:
        """Appends that a person named a delegate, or is back, and updates the table."""
        with self.writing():
            for other in self.people.away_as(draft.by):  # under another account, when that was somebody else
                self._write_away(Draft(RETURNED, other, {}, {"who": draft.words.get("who", "")}))
            self._write_away(draft)

    def _write_away(self, draft: Draft) -> None:
        event = self._ledger.add(AWAY, draft)
        self._on.run("DELETE FROM delegations WHERE person = ?", number_of(event.by))
        new = delegation(event)
        if new:
            self._on.run(
                "INSERT INTO delegations VALUES (?,?,?,?)",
                number_of(new.person), number_of(new.delegate), stamp(new.since), stamp(new.until),
            )  # fmt: skip
        self._on.forget()
        self.outbox.changed([event.by])

    def split(self, draft: Draft) -> None:
        """Appends that linked keys belong to two people, and updates the tables."""
        with self.writing():
            self.people.split(*told_apart(self._ledger.add(PEOPLE, draft)))

    def review(self, id: str) -> Review:
        """One access review. Raises Refused."""
        if id not in self.reviews():
            raise Refused(f"There is no review {id[:20]}. List them: miro-bot review show")
        return folded(self.events(id))

    def add_to_review(self, draft: Draft, id: str = "") -> Review:
        """Appends an entry to an access review, by default to a new one."""
        with self.writing():
            return self.review(self._ledger.add(id or f"{REVIEW}{len(self.reviews()) + 1}", draft).request)

    def reviews(self) -> dict[str, bool]:
        """{id: whether it is open} of all access reviews, oldest first."""
        rows = self._on.rows(
            "SELECT stream, type FROM ledger l WHERE stream BETWEEN ? AND ?"
            " AND version = (SELECT max(version) FROM ledger WHERE stream = l.stream)",
            REVIEW, f"{REVIEW}~",
        )  # fmt: skip
        rows.sort(key=lambda row: int(row["stream"].removeprefix(REVIEW)))
        return {row["stream"]: row["type"] != Step.CLOSED for row in rows}

    def hold(self, source: str) -> Hold:
        """What operators decided about a directory."""
        return held(self.events(f"{SOURCE}{source}"))

    def control(self, source: str, draft: Draft) -> None:
        """Appends an entry about a directory."""
        with self.writing():
            self._ledger.add(f"{SOURCE}{source}", draft)

    def events(self, stream: str | None = None) -> Iterable[Event]:
        """The entries of one request, or of the whole record, oldest first."""
        return self._ledger.events(stream)

    def sealed(self, stream: str | None = None) -> Iterable[Sealed]:
        """The same entries as stored, with everything needed to check them."""
        return self._ledger.sealed(stream)

    def head(self) -> Anchor:
        """The current length and last hash."""
        return self._ledger.head()

    def verify(
        self,
        anchors: Sequence[Anchor] = (),
        checkpoint: Anchor | None = None,
        watch: Watch = lambda entries, count: entries,
    ) -> Verified:
        """Verifies the whole record, or what follows a checkpoint."""
        return verify(self._on, self._ledger, anchors, checkpoint, watch)

    def grant(self, *roles: str, may_forget: bool = False) -> None:
        """Grants roles of a server to run the bot: they can add to the ledger, not change it."""
        for role in roles:
            self._on.grant(role, may_forget)

    def tidy(self) -> None:
        """Does housekeeping while nobody waits."""
        self._on.tidy()

    def close(self) -> None:
        """Closes all connections."""
        self._on.close()


def _people_of(request: Request) -> Iterator[PersonId]:
    """Everybody that a request names; readers need them next."""
    yield from (request.requester, *([request.subject] if request.subject else ()), *request.asking.notified)
    yield from (request.hand_over.to,) if request.hand_over.to else ()
    yield from (id for id, _ in request.asking.approvers)
    yield from (id for vote in request.asking.votes for id in (vote.by, vote.principal))


def _in_lanes(request: Request) -> tuple[object, ...]:
    """The values that decide its place in lanes (`Lanes.keep`)."""
    held_until = request.next_due if request.progress.held else None
    return is_active(request), {*request.lanes}, request.priority, request.state is State.WORKING, held_until


ROOM = 16_384
"""Bytes of a trial write: more than one page, so that the file would have to grow."""


class _TakenBack(Exception):
    """Rolls back a trial write."""


class Probe:
    """Checks with a trial write whether the record can be written; one caller at a time, others get the last
    result."""

    def __init__(self, on: Database) -> None:
        self._on = on
        self._lock, self._found = threading.Lock(), ""

    def problem(self, patience: float) -> str:
        """The problem of the record, in a sentence, or ''; takes about `patience` seconds at most."""
        if self._lock.acquire(timeout=patience):
            try:
                self._found = self._look(patience)
            finally:
                self._lock.release()
        return self._found

    def _look(self, patience: float) -> str:
        if problem := self._on.problem():
            return problem
        try:
            with self._on.patience(patience):
                self._write()
        except StoreTrouble as error:
            return str(error)
        return ""

    def _write(self) -> None:
        with suppress(_TakenBack), self._on.writing():
            self._on.run(_RECEIPT, "probe", "-" * ROOM)
            raise _TakenBack
        if self._on.commit_failed:
            # Rolled back it doesn't reach the disk: whether that works again, only a commit shows.
            with self._on.writing():
                self._on.run(_RECEIPT, "probe", "")
                self._on.run("DELETE FROM receipts WHERE key = 'probe'")
            self._on.commit_failed = False


def database_at(where: Location, source: Source | None = None) -> Database:
    """The database of a record; only this function knows all kinds."""
    if isinstance(where, Server):
        try:
            # The driver is an optional extra.
            from approvals.record.postgres import Postgres
        except ImportError as error:
            raise WrongRecord(
                f"{where} needs a driver that isn't installed: "
                "pip install --require-hashes -r constraints.txt -r docs/deploy/postgres.txt"
            ) from error
        return Postgres(where)
    return Sqlite(where, source)


@contextmanager
def reading(where: Location, now: Callable[[], datetime] = utc_now) -> Iterator[Store]:
    """Yields a record for commands that only read: a file isn't created or changed, and writing fails.

    A record with an older layout is copied; the copy is migrated, read and thrown away.
    Raises StoreTrouble, WrongRecord.
    """
    with ExitStack() as open_:
        if isinstance(where, Server):
            yield open_.enter_context(closing(Store(where, now)))
            return
        source = open_.enter_context(at_rest(where))
        store = Store(where, now, source=source)
        open_.callback(store.close)
        if store.layout < schema.LAYOUT and not source.is_copy:
            copy = open_.enter_context(private_folder()) / "record.db"
            copy_file(source, copy)
            store = Store(where, now, source=Source(copy.as_uri(), is_copy=True))
            open_.callback(store.close)
        yield store


def copy_record(source: Store, target: Store) -> Verified:
    """Copies everything into an empty record, verified, or leaves it empty.

    Raises StoreTrouble if the target isn't empty, or the copy isn't intact.
    """
    with source.standing_still(), target.writing():
        if any(
            target._on.row(f"SELECT 1 FROM {name} LIMIT 1") for name in schema.columns() if name != "meta"
        ):
            raise StoreTrouble(f"The record {target._on.name} isn't empty. Nothing was copied.")
        copy_rows(source._on, target._on)
        head = source.head()
        verdict = target.verify([head] if head.count else [])
        if verdict.faults:
            raise StoreTrouble(
                f"The record {source._on.name} was CHANGED: {verdict.faults[0]}. "
                "Nothing was copied. `miro-bot audit verify` lists every problem."
            )
        return verdict


def back_up(where: Path, target: Path) -> Verified:
    """Copies a record's file, also while a bot runs, to a new verified file, or to none.

    Raises StoreTrouble, WrongRecord, FileExistsError.
    """
    with reading(where):  # first, so that an error names the right file
        target.touch(OWNER_ONLY, exist_ok=False)
    try:
        with at_rest(where) as source:
            copy_file(source, target)
        with reading(target) as copy:
            verdict = copy.verify()
        if verdict.faults:
            raise StoreTrouble(
                f"The record {where} was CHANGED: {verdict.faults[0]}. No backup was made. "
                "`miro-bot audit verify` lists every problem. To keep the file as it is, stop the bot and "
                "copy it with `cp`."
            )
    except BaseException:
        target.unlink()
        raise
    return verdict
