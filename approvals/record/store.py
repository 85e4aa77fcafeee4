"""The record: requests, work to do and what happened are written in one transaction."""

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial, reduce
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
from approvals.record.chain import IN_FORCE, Ledger, Verified
from approvals.record.claims import HELD, Claim, Claims, held_by
from approvals.record.database import Database, Location, Overtaken, Server, StoreTrouble, WrongRecord, among
from approvals.record.figures import Figures
from approvals.record.index import Finding
from approvals.record.opening import OWNER_ONLY, Source, at_rest, copy_rows, private_folder
from approvals.record.outbox import Outbox
from approvals.record.people.forgetting import Forgetting
from approvals.record.people.groups import Groups
from approvals.record.people.people import People
from approvals.record.people.reading import number_of, same_rows
from approvals.record.policies import Policies
from approvals.record.sqlite import Sqlite, copy_file
from approvals.record.verify import verify
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
EVENT = "event "
"""The beginning of receipts that are followed by a time, in seconds since 1970, and count for minutes."""
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
        self.database = on = database_at(where, source)
        """The database itself, for a room with tables of its own."""
        super().__init__(on, now)
        self._ledger = Ledger(on, now, salt)
        self.finding, self.figures = Finding(on, self._folded), Figures(on, now)
        self.outbox = Outbox(on, now)
        self.people, self.groups = People(on, self.outbox.changed), Groups(on, now)
        self.forgetting = Forgetting(on, self._ledger, self.people)
        self.moved: Callable[[Request, Request], None] = lambda before, after: None
        """Called with the request before and after events were appended, when they are committed."""
        self.problem = Probe(on).problem
        # What the database, and the ledger, do for everything in the record.
        self.is_new, self.close = on.is_new, on.close
        self.writing, self.standing_still, self.patience = on.writing, on.standing_still, on.patience
        self.unit, self.alone, self.forget = on.unit, on.alone, on.forget
        self.events, self.sealed, self.head = self._ledger.events, self._ledger.sealed, self._ledger.head
        self.verify = partial(verify, on, self._ledger)
        self._prepare(where, migrates)

    @property
    def path(self) -> Path:
        """The file of a record on SQLite."""
        if not isinstance(self._on, Sqlite):
            raise TypeError(f"{self._on.name} is no file")
        return self._on.path

    def _prepare(self, where: Location, migrates: bool) -> None:
        """Checks that this program can open the record, and migrates a file."""
        name = self._on.name
        try:
            tables = self._on.tables()
            self.layout = self._layout() if tables else schema.LAYOUT
            if self._on.migrates_itself or migrates:
                with self._on.migrating():
                    if self.layout < schema.LAYOUT:
                        self._file_all()
            elif not tables:
                raise WrongRecord(f"There is no record in {name} yet: `miro-bot db migrate` makes one.")
            elif self.layout < schema.LAYOUT and isinstance(where, Server):
                raise WrongRecord(
                    f"{name} was written by an older miro-bot: run `miro-bot db migrate` first."
                )
        except StoreTrouble as error:
            self._on.close()
            if isinstance(error, WrongRecord):
                raise
            raise WrongRecord(
                f"{name} can't be opened as a record: {error.__cause__}. Nothing was changed. "
                "Check MIRO_BOT_DATABASE. If the record is damaged, restore a backup that "
                "`miro-bot audit verify` finds intact."
            ) from error

    def _file_all(self) -> None:
        """Indexes open requests again, as a new layout needs, and links the keys of people."""
        self.people.humans.link_all(schema.links_before(self._on))
        self._on.run("DELETE FROM found_by")
        for request in self.requests(states=OPEN, limit=ALL):
            expires = listed(request)["expires_at"]
            self._on.run("UPDATE requests SET expires_at = ? WHERE number = ?", expires, request.number)
            self.finding.file(request)
            self._keep_lanes(request)

    def _layout(self) -> int:
        """The layout of the record. Raises WrongRecord if this program is too old for it."""
        name, is_record = self._on.name, "meta" in self._on.tables()
        oldest, layout = (self._on.kept(key) if is_record else "" for key in ("oldest", "layout"))
        if not oldest.isdecimal():
            raise WrongRecord(f"{name} is a database, but not a record of this bot. Name another file.")
        if int(oldest) > schema.LAYOUT:
            raise WrongRecord(
                f"{name} was written by a newer miro-bot (layout {layout}, this one knows {schema.LAYOUT}). "
                "Install that version again; nothing was changed."
            )
        return min(int(layout), schema.LAYOUT)

    # -- requests --------------------------------------------------------------------------------------

    def ask(self, draft: Draft, receipt: str = "", *more: Draft) -> Request:
        """Appends *asked* and `more`; returns the new request, for a known receipt the earlier one."""
        with self.writing():
            id = RequestId(f"R-{self._on.value('SELECT coalesce(max(number), 0) + 1 FROM requests')}")
            if receipt and not self._on.run(_RECEIPT, receipt, id):
                if seen := self._on.value("SELECT outcome FROM receipts WHERE key = ?", receipt):
                    return self.request(seen)
                raise Overtaken("This was handled already, but not as a request. Please ask again.")
            request = fold(self._ledger.write(id, 1, [draft, *more]))
            line = listed(request) | {"action": request.action, "requester": request.requester}
            self._on.insert(f"requests (number, {', '.join(line)})", [(request.number, *line.values())])
            self._keep_lanes(request)
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
        columns = [f"{name} = ?" for name in line]
        columns += [f"{name} = CASE WHEN ? = 1 THEN {name} END" for name in ("lease_until", "owner")]
        sql = f"UPDATE requests SET {', '.join(columns)} WHERE number = ? AND version = ?{holds}"
        values = (*line.values(), line["active"], line["active"], before.number, before.version, *fence)
        if not self._on.run(sql, *values):
            if claim and self._on.row(f"SELECT 1 FROM requests WHERE {HELD}", *fence) is None:
                raise claim.lost()
            raise Overtaken(f"{before.id} has moved on. Look at it again.")
        if _in_lanes(after) != _in_lanes(before):
            self._keep_lanes(after)
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
        number = int(id.removeprefix("R-"))
        return int(self._on.value("SELECT version FROM requests WHERE number = ?", number) or 0)

    def requests(
        self, *, states: Iterable[str] = (), person: PersonId | None = None, limit: int = 200
    ) -> Sequence[Request]:
        """Requests, newest first; of a person: those asked by or about them."""
        states = tuple(states)
        if person is None:
            where = among("state", states) if states else "1 = 1"
            return self._read(f"{where} ORDER BY number DESC LIMIT ?", *states, limit)
        # An expression, so that the database uses the index of a person, which is in order.
        where = among("state || ''", states) if states else "1 = 1"
        newest, numbers = f"{where} ORDER BY number DESC LIMIT ?", set[int]()
        for column, id in product(("requester", "subject"), same_rows(self._on, person)):
            numbers |= {*self._select(f"{column} = ? AND {newest}", id, *states, limit)}
        return self._folded(sorted(numbers, reverse=True)[:limit])

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
            rows = same_rows(self._on, person)
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

    def _select(self, where: str, *values: Any) -> list[int]:
        """The numbers of the requests that a condition selects."""
        return [row[0] for row in self._on.rows(f"SELECT number FROM requests WHERE {where}", *values)]

    def _read(self, where: str, *values: Any) -> list[Request]:
        return self._folded(self._select(where, *values))

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
        values = (request.action, *((request.subject,) if request.subject else ()), request.number)
        where = f"{_IS_OPEN} AND action = ? AND {subject} AND number < ? ORDER BY number"
        return self._read(where, *values)

    def done(self, action: str, subject: PersonId) -> Sequence[Request]:
        """All done requests with this action about this person, newest first."""
        where = "action = ? AND subject = ? AND state = ? ORDER BY number DESC"
        return self._read(where, action, subject, State.DONE)

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
        where = f"{_IS_LINE} AND {among('state', states)} ORDER BY number"
        return [RequestId(f"R-{number}") for number in self._select(where, bulk, *states)]

    def stranded(self, limit: int = 50) -> list[RequestId]:
        """Some requests that follow from a bulk that has ended: approved, waiting, or begun together with it.

        Includes those that somebody has resumed since.
        """
        states = (State.APPROVED, State.WAITING, State.WORKING)
        over = "SELECT 'R-' || number FROM requests WHERE number = CAST(substr(r.because_of, 3) AS BIGINT)"
        sql = f"""SELECT number FROM requests r WHERE {among("state", states)} AND (state != ? OR rank = ?)
            AND action != 'bulk' AND lease_until IS NULL
            AND EXISTS ({over} AND action = 'bulk' AND NOT {_IS_OPEN}) ORDER BY next_due LIMIT ?"""
        rows = self._on.rows(sql, *states, State.WORKING, int(Urgency.BULK), limit)
        return [RequestId(f"R-{row['number']}") for row in rows]

    def because_of(self, request: RequestId) -> Sequence[Request]:
        """The open requests that follow from another, in order."""
        return self._read(f"{_IS_OPEN} AND because_of = ? ORDER BY number", request)

    # -- work ------------------------------------------------------------------------------------------

    def due(self, limit: int = 50) -> Sequence[Request]:
        """Requests with a deadline that is due: waiting ones, and access given for some days."""
        where = "active = 0 AND next_due <= ? ORDER BY next_due LIMIT ?"
        return self._read(where, stamp(self._now()), limit)

    def is_busy(self, lanes: Collection[str]) -> bool:
        """Whether a request is being carried out, or about to be, in one of these lanes."""
        sql = f"SELECT 1 FROM lanes WHERE {among('key', lanes)} LIMIT 1"
        return bool(lanes) and self._on.row(sql, *lanes) is not None

    def has(self, receipt: str) -> bool:
        """Whether a receipt is already stored."""
        return self._on.row("SELECT 1 FROM receipts WHERE key = ?", receipt) is not None

    def once(self, receipt: str) -> bool:
        """Whether a receipt is new; stores it."""
        return self._on.write(_RECEIPT, receipt, "") == 1

    def tidy(self) -> None:
        """Does housekeeping while nobody waits, and forgets receipts of EVENTs of an hour ago and before."""
        old = "FROM receipts WHERE key >= ? AND key < ?"
        between = EVENT, f"{EVENT}{int(self._now().timestamp()) - 3600}"
        if self._on.row(f"SELECT 1 {old} LIMIT 1", *between):
            self._on.write(f"DELETE {old}", *between)
        self._on.tidy()

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
        if new := delegation(event):
            row = number_of(new.person), number_of(new.delegate), stamp(new.since), stamp(new.until)
            self._on.insert("delegations", [row])
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
        last = "version = (SELECT max(version) FROM ledger WHERE stream = l.stream)"
        sql = f"SELECT stream, type FROM ledger l WHERE stream BETWEEN ? AND ? AND {last}"
        rows = sorted(self._on.rows(sql, REVIEW, f"{REVIEW}~"), key=lambda row: int(row[0][len(REVIEW) :]))
        return {row["stream"]: row["type"] != Step.CLOSED for row in rows}

    def hold(self, source: str) -> Hold:
        """What operators decided about a directory."""
        return held(self.events(f"{SOURCE}{source}"))

    def control(self, source: str, draft: Draft) -> None:
        """Appends an entry about a directory."""
        self._ledger.add(f"{SOURCE}{source}", draft)


def _people_of(request: Request) -> Iterator[PersonId]:
    """Everybody that a request names; readers need them next."""
    asking = request.asking
    yield from filter(None, (request.requester, request.subject, request.hand_over.to))
    yield from (*asking.notified, *(id for id, _ in asking.approvers))
    yield from (id for vote in asking.votes for id in (vote.by, vote.principal))


def _in_lanes(request: Request) -> tuple[object, ...]:
    """The values that decide its place in lanes (`Claims._keep_lanes`)."""
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
                with self._on.patience(patience):
                    self._found = self._on.problem() or self._write()
            except StoreTrouble as error:
                self._found = str(error)
            finally:
                self._lock.release()
        return self._found

    def _write(self) -> str:
        """Writes, and takes it back; ''. Raises StoreTrouble."""
        with suppress(_TakenBack), self._on.writing():
            self._on.run(_RECEIPT, "probe", "-" * ROOM)
            raise _TakenBack
        if self._on.commit_failed:
            # Rolled back it doesn't reach the disk: whether that works again, only a commit shows.
            with self._on.writing():
                self._on.run(_RECEIPT, "probe", "")
                self._on.run("DELETE FROM receipts WHERE key = 'probe'")
            self._on.commit_failed = False
        return ""


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
