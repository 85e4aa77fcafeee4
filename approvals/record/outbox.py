"""The outbox: everything Slack still has to be shown, in one queue, and where each message lies.

A row of the queue is the cards of one request, one account's page of App Home, or one message that is sent
once. `wanted` counts the reasons to show it anew and `shown` follows: what is drawn is always what is stored
by then, so a hundred changes may be one drawing, and a change during a drawing makes another one. A message
that is sent once leaves the queue when it is sent; to one place they go in their order, one after the other.

First goes what has the highest `urgency`: an answer on the page of somebody who pressed something, cards of
what is urgent, messages, cards of what takes access away, all other cards; of these what is settled, for its
buttons do nothing any more. Of one urgency goes first what is due first, then what is older.

A sender claims a row before it sends: the row's `lease` names it and when that ends. It is fenced by it, and
where it dies another takes the row up when the lease has run out. So any number of threads and processes
share the queue, and nothing is sent while the record takes nothing. What was sent and couldn't be noted is
sent again: at least once.

What fails is put off by the one back-off there is, `backoff`; a change makes it due at once. What can't go
now because its method is to be called later keeps its place.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any

from approvals.clocks import LONGEST_RETRY, SKEW, due_spans
from approvals.ids import PersonId, RequestId, SlackId, stamp
from approvals.record.database import ClaimLost, Database, Row, among
from approvals.record.people.reading import SAME, number_of
from approvals.request import Request, Urgency
from approvals.states import ACTIVE, State

CARD, NOTE, PAGE = "card", "note", "page"
"""Kinds of rows; the key is the request's id, the place and a number, or the Slack account."""

WORKSPACE = "workspace"
"""The key under which the URL of the Slack workspace is kept, as `auth.test` names it."""
LEASE = timedelta(minutes=3)
"""How long a row is claimed. No single message takes half as long."""
_AGAIN = """wanted = outbox.wanted + 1, tries = 0, next_try_at = '',
  wanted_at = CASE WHEN outbox.shown < outbox.wanted THEN outbox.wanted_at ELSE ? END"""
"""Wants a row once more, and keeps since when it waits."""
_SHOWN = "shown = ?, tries = 0, wanted_at = CASE WHEN outbox.wanted > ? THEN ? ELSE outbox.wanted_at END"
"""Shows what a row had to when it was claimed; what changed since waits from now on, at the latest."""
TOLD, NOTES = 7, 4
"""Urgency of a page with an answer on it, and of messages; `_urgency` has that of cards."""


def backoff(tries: int) -> float:
    """Seconds until the next try of what failed so many times before."""
    return min(2.0 ** min(tries + 1, 10), LONGEST_RETRY.total_seconds())


def digest(shows: Mapping[str, Any]) -> str:
    """By what it is told whether a message or a page shows the same as another."""
    return sha256(json.dumps(shows).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Card:
    """A Slack message that draws a request. `address` is a person, or a channel for role `channel`.

    `drawn`: a digest of what it shows; `ended`: why it is drawn no more, or ''. `text`: what it
    shows, of the sentences of the version `catalogue`; '' and 0 for what an older program sent.
    """

    request: RequestId
    role: str
    address: str
    round: int = 0
    channel: str = ""
    ts: str = ""
    drawn: str = ""
    ended: str = ""
    text: str = ""
    catalogue: int = 0


@dataclass(frozen=True)
class Note:
    """One message that isn't a card. With `only_for`, it is seen by that account alone, in `channel`."""

    channel: str
    message: dict[str, Any]
    only_for: str = ""


@dataclass(frozen=True)
class Page:
    """What is known of an account's App Home: a digest of what it shows, and a sentence that answers a click.

    Times are as they are stored, '' for none.
    """

    opened_at: str
    drawn: str = ""
    notice: str = ""
    noticed_at: str = ""


@dataclass
class Item:
    """A row of the queue, as it was read. `lease`: until when it is claimed and by whom, '' for nobody."""

    id: int
    kind: str
    key: str
    wanted: int
    shown: int
    urgency: int
    tries: int
    next_try_at: str
    lease: str
    body: str
    wanted_at: str

    @property
    def place(self) -> tuple[str, str]:
        """Where it goes: of one place only one is on its way at a time."""
        return self.kind, self.key.rpartition(" ")[0] if self.kind == NOTE else self.key

    @property
    def is_first(self) -> bool:
        """Whether it may take the calls that are kept for what is urgent."""
        return self.kind == CARD and self.urgency > NOTES

    @property
    def note(self) -> Note:
        """The message that is sent once."""
        channel, _, only_for = self.place[1].partition(" ")
        return Note(channel, json.loads(self.body), only_for)

    @property
    def page(self) -> Page:
        """What is known of the page."""
        return Page(**json.loads(self.body))


def _urgency(request: Request) -> int:
    """Of its cards: 0 to 3, and 5 or 6 for what goes before messages."""
    is_settled = request.state not in ACTIVE | {State.WAITING}
    return 2 * request.priority + is_settled + (request.priority == Urgency.FIRST)


class Outbox:
    """The queue and the messages; whatever the bot wants to say is stored before it is sent."""

    def __init__(self, on: Database, now: Callable[[], datetime]) -> None:
        self._on, self._now = on, now

    # -- what is wanted --------------------------------------------------------------------------------

    def _want(self, kind: str, key: str, urgency: int, body: str = "") -> None:
        now = stamp(self._now())
        new = "INSERT INTO outbox (kind, key, urgency, body, wanted_at) VALUES (?,?,?,?,?)"
        anew = f"DO UPDATE SET urgency = excluded.urgency, body = excluded.body, {_AGAIN}"
        self._on.write(f"{new} ON CONFLICT (kind, key) {anew}", kind, key, urgency, body, now, now)

    def asked(self, request: Request) -> None:
        """A new request is to be shown."""
        self._want(CARD, request.id, _urgency(request))

    def changed(self, people: Iterable[PersonId], request: Request | None = None) -> None:
        """Something changed that may stand on the pages of these people, on all their accounts.

        `request`: which one it was, as it is now.
        """
        numbers = [number_of(id) for id in people]
        if not numbers and request is None:
            return
        anew = f"{_AGAIN}, urgency = CASE kind WHEN 'card' THEN ? ELSE urgency END"
        rows = f"SELECT slack_id FROM accounts WHERE person IN ({SAME} WHERE {among('a.number', numbers)})"
        which = f"(kind = 'card' AND key = ?) OR (kind = 'page' AND key IN ({rows}))"
        values = (stamp(self._now()), *((_urgency(request), request.id) if request else (0, "")), *numbers)
        self._on.write(f"UPDATE outbox SET {anew} WHERE {which}", *values)

    def redraw(self, request: RequestId) -> None:
        """Has every copy of a request drawn again."""
        sql = f"UPDATE outbox SET {_AGAIN} WHERE kind = 'card' AND key = ?"
        self._on.write(sql, stamp(self._now()), request)

    def say(self, note: Note) -> None:
        """Puts a message on its way."""
        place, text = f"{note.channel} {note.only_for} ", json.dumps(note.message)
        row = "'note', CAST(? AS TEXT) || (coalesce(max(id), 0) + 1), ?, ?, ?"
        sql = f"INSERT INTO outbox (kind, key, urgency, body, wanted_at) SELECT {row} FROM outbox"
        self._on.write(sql, place, NOTES, text, stamp(self._now()))

    # -- the queue -------------------------------------------------------------------------------------

    def due(self, limit: int) -> list[Item]:
        """What is to be shown and due, first what goes first; what somebody has claimed is among it."""
        rows: list[Row] = []
        # In the order of its index, so that nothing is read that isn't wanted.
        sql = """SELECT * FROM outbox WHERE shown < wanted AND urgency = ?
            AND next_try_at BETWEEN ? AND ? ORDER BY next_try_at, id LIMIT ?"""
        urgency = self._on.value(_MOST_URGENT, TOLD + 1)
        while urgency is not None and len(rows) < limit:
            for span in due_spans(self._now()):
                rows += self._on.rows(sql, urgency, *span, limit - len(rows))
            urgency = self._on.value(_MOST_URGENT, urgency)
        return [Item(*row) for row in rows]

    def next(self, owner: str, limit: int, may_go: Callable[[Item], bool]) -> Item | None:
        """Claims what goes next of the first so many; None if nothing can go now."""
        taken = set[tuple[str, str]]()
        for item in self.due(limit):
            if item.place in taken:
                continue
            taken.add(item.place)
            if self.is_free(item) and may_go(item):
                # Where another was faster, what comes next is another one as well.
                return self.claim(item, owner) or self.next(owner, limit, may_go)
        return None

    def find(self, kind: str, key: str) -> Item | None:
        """The row of a request or of a page, whether there is anything to show or not."""
        row = self._on.row("SELECT * FROM outbox WHERE kind = ? AND key = ?", kind, key)
        return Item(*row) if row else None

    def is_free(self, item: Item) -> bool:
        """Whether nobody is sending it. A lease that ends later than any is given for is of a clock that was
        ahead."""
        now = self._now()
        return not stamp(now) <= item.lease <= stamp(now + LEASE + SKEW)

    def claim(self, item: Item, owner: str) -> Item | None:
        """The row as it is now, claimed; None where it has been claimed or sent since it was read."""
        lease, here = f"{stamp(self._now() + LEASE)} {owner}", "id = ? AND kind = ? AND key = ? AND lease = ?"
        sql = f"UPDATE outbox SET lease = ? WHERE {here} RETURNING *"
        with self._on.writing(lasting=False):
            row = self._on.row(sql, lease, item.id, item.kind, item.key, item.lease)
        return Item(*row) if row else None

    def renew(self, item: Item) -> None:
        """Keeps a row that is being sent for as long as for a new one. Raises ClaimLost."""
        until, owner = item.lease.split(" ", 1)
        if until < stamp(self._now() + LEASE / 2):
            after = self.claim(item, owner)
            if after is None:
                raise ClaimLost(f"another sender has {item.kind} {item.key} now")
            item.lease = after.lease

    def _leave(self, item: Item, change: str = "", *values: Any) -> None:
        """Gives a row back, unless another has it by now."""
        sql = f"UPDATE outbox SET lease = ''{change} WHERE id = ? AND lease = ?"
        self._on.write(sql, *values, item.id, item.lease, lasting=False)

    def release(self, item: Item) -> None:
        """It wasn't sent, and keeps its place."""
        self._leave(item)

    def done(self, item: Item) -> None:
        """It is shown as it was wanted when it was claimed; or it needs no showing any more."""
        if item.kind == NOTE:
            self.drop(item)
        else:
            self._leave(item, f", {_SHOWN}", *self._shown(item))

    def _shown(self, item: Item) -> tuple[int, int, str]:
        return item.wanted, item.wanted, stamp(self._now())

    def drop(self, item: Item) -> None:
        """It leaves the queue."""
        self._on.write("DELETE FROM outbox WHERE id = ? AND lease = ?", item.id, item.lease)

    def retry(self, item: Item, seconds: float, is_counted: bool = True) -> None:
        """It is to be tried again after so many seconds, if nothing changes before."""
        due = stamp(self._now() + min(timedelta(seconds=seconds), LONGEST_RETRY))
        change = [
            f", {name} = CASE wanted WHEN ? THEN ? ELSE {name} END" for name in ("tries", "next_try_at")
        ]
        self._leave(item, "".join(change), item.wanted, item.tries + is_counted, item.wanted, due)

    def owners(self) -> set[str]:
        """Who has claimed something, or counts as a process that sends."""
        sql = f"SELECT {_OWNER} AS owner FROM outbox {_CLAIMED} UNION SELECT substr(key, 8) {_SENDERS}"
        return {row["owner"] for row in self._on.rows(sql)}

    def free(self, owner: str) -> None:
        """Ends the leases of an owner that is known to be dead."""
        with self._on.writing():
            self._on.run(f"UPDATE outbox SET lease = '' {_CLAIMED} AND {_OWNER} = ?", owner)
            self._on.run("DELETE FROM meta WHERE key = ?", f"sender:{owner}")

    def senders(self, owner: str, note: str, until: datetime) -> list[str]:
        """Keeps the note of a process that sends until a time, and returns the notes of all.

        Without the others on a database that isn't shared, where nothing is written.
        """
        if not self._on.is_shared:
            return [note]
        now, latest = stamp(self._now()), stamp(until + SKEW)
        with self._on.writing():
            self._on.keep(f"sender:{owner}", f"{stamp(until)} {note}")
            self._on.run(f"DELETE {_SENDERS} AND value NOT BETWEEN ? AND ?", now, latest)
            rows = self._on.rows(f"SELECT value {_SENDERS}")
        return [row["value"].partition(" ")[2] for row in rows]

    # -- pages -----------------------------------------------------------------------------------------

    def page(self, slack_id: SlackId) -> Page | None:
        """Somebody's page, if they opened it."""
        item = self.find(PAGE, slack_id)
        return item.page if item else None

    def opened(self, slack_id: SlackId, drawn: str = "") -> None:
        """Somebody opens it, and sees what `drawn` says; it is looked at once more."""
        self._turn(slack_id, 0, opened_at=stamp(self._now()), drawn=drawn)

    def tell(self, slack_id: SlackId, notice: str) -> None:
        """Has a sentence put on somebody's page: the answer to what they pressed there."""
        self._turn(slack_id, TOLD, notice=notice, noticed_at=stamp(self._now()))

    def _turn(self, slack_id: SlackId, urgency: int, **changes: str) -> None:
        with self._on.writing():
            page = self.page(slack_id) or Page(stamp(self._now()))
            self._want(PAGE, slack_id, urgency, json.dumps(asdict(replace(page, **changes))))

    def published(self, item: Item, drawn: str) -> None:
        """A page shows what it was to show when it was claimed.

        What was on its way while somebody opened the page may have come before or after: it counts as
        unknown what they see.
        """
        with self._on.writing():
            page, urgency, after = replace(item.page, drawn=drawn), 0, self.find(PAGE, item.key)
            if after and after.wanted != item.wanted:
                page, urgency = replace(after.page, drawn=""), after.urgency
            change = f", {_SHOWN}, urgency = ?, body = ?"
            self._leave(item, change, *self._shown(item), urgency, json.dumps(asdict(page)))

    # -- where each message lies -----------------------------------------------------------------------

    def of(self, request: RequestId) -> Sequence[Card]:
        """All cards of a request."""
        sql = "SELECT * FROM messages WHERE request = ? ORDER BY round, role, address"
        return [Card(*row) for row in self._on.rows(sql, request)]

    def at(self, channel: str, ts: str) -> Card | None:
        """The card that is this message; read once in a unit of work."""
        return self._on.ahead(self._lying).get((channel, ts))

    def _lying(self, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Card]:
        where = " OR ".join(["channel = ? AND ts = ?"] * len(places))
        rows = self._on.rows(f"SELECT * FROM messages WHERE {where}", *chain.from_iterable(places))
        return {(row["channel"], row["ts"]): Card(*row) for row in rows}

    def put(self, card: Card, lasting: bool = True) -> None:
        """Writes a card down, by (request, role, address, round)."""
        columns = ("channel", "ts", "drawn", "ended", "text", "catalogue")
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
        sql = "INSERT INTO messages VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (request, role, address, round)"
        with self._on.writing(lasting):
            self._on.run(f"{sql} DO UPDATE SET {changes}", *vars(card).values())
            self._on.forget(self._lying)

    def permalink(self, card: Card) -> str:
        """The link of a card in the form of chat.getPermalink; '' where workspace or message isn't known.

        https://docs.slack.dev/reference/methods/chat.getPermalink
        """
        workspace = self._on.kept(WORKSPACE).rstrip("/") if card.ts else ""
        return f"{workspace}/archives/{card.channel}/p{card.ts.replace('.', '')}" if workspace else ""


_MOST_URGENT = "SELECT urgency FROM outbox WHERE shown < wanted AND urgency < ? ORDER BY urgency DESC LIMIT 1"
_CLAIMED, _OWNER = "WHERE lease != ''", "substr(lease, 26)"
_SENDERS = "FROM meta WHERE key BETWEEN 'sender:' AND 'sender;'"
