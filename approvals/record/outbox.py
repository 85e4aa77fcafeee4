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

from approvals.clocks import LONGEST_RETRY, SKEW, due_spans, put_off
from approvals.ids import PersonId, RequestId, SlackId, stamp
from approvals.record.database import ClaimLost, Database, Row, among
from approvals.record.people.reading import SAME, number_of
from approvals.request import Request, Urgency
from approvals.states import ACTIVE, State

CARD, NOTE, PAGE = "card", "note", "page"
"""Kinds of rows; the key is the request's id, the place and a number, or the Slack account."""

LEASE = timedelta(minutes=3)
"""How long a row is claimed. No single message takes half as long."""
_AGAIN = (
    "wanted = outbox.wanted + 1, tries = 0, next_try_at = '',"
    " wanted_at = CASE WHEN outbox.shown < outbox.wanted THEN outbox.wanted_at ELSE ? END"
)
"""Wants a row once more, and keeps since when it waits."""
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
        with self._on.writing():
            self._on.run(
                "INSERT INTO outbox (kind, key, urgency, body, wanted_at) VALUES (?,?,?,?,?)"
                " ON CONFLICT (kind, key) DO UPDATE SET urgency = excluded.urgency, body = excluded.body,"
                f" {_AGAIN}",
                kind, key, urgency, body, *[stamp(self._now())] * 2,
            )  # fmt: skip

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
        with self._on.writing():
            self._on.run(
                f"UPDATE outbox SET {_AGAIN}, urgency = CASE kind WHEN 'card' THEN ? ELSE urgency END"
                " WHERE (kind = 'card' AND key = ?) OR (kind = 'page' AND key IN"
                " (SELECT slack_id FROM accounts WHERE person IN"
                f" ({SAME} WHERE {among('a.number', numbers)})))",
                stamp(self._now()), _urgency(request) if request else 0, request.id if request else "",
                *numbers,
            )  # fmt: skip

    def redraw(self, request: RequestId) -> None:
        """Has every copy of a request drawn again."""
        with self._on.writing():
            where = "WHERE kind = 'card' AND key = ?"
            self._on.run(f"UPDATE outbox SET {_AGAIN} {where}", stamp(self._now()), request)

    def say(self, note: Note) -> None:
        """Puts a message on its way."""
        with self._on.writing():
            self._on.run(
                "INSERT INTO outbox (kind, key, urgency, body, wanted_at)"
                " SELECT 'note', CAST(? AS TEXT) || (coalesce(max(id), 0) + 1), ?, ?, ? FROM outbox",
                f"{note.channel} {note.only_for} ", NOTES, json.dumps(note.message), stamp(self._now()),
            )  # fmt: skip

    # -- the queue -------------------------------------------------------------------------------------

    def due(self, limit: int) -> list[Item]:
        """What is to be shown and due, first what goes first; what somebody has claimed is among it."""
        rows: list[Row] = []
        top = self._on.row(_MOST_URGENT, TOLD + 1)
        while top and len(rows) < limit:
            for span in due_spans(self._now()):
                # In the order of its index, so that nothing is read that isn't wanted.
                rows += self._on.rows(
                    "SELECT * FROM outbox WHERE shown < wanted AND urgency = ?"
                    " AND next_try_at BETWEEN ? AND ? ORDER BY next_try_at, id LIMIT ?",
                    top["urgency"], *span, limit - len(rows),
                )  # fmt: skip
            top = self._on.row(_MOST_URGENT, top["urgency"])
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
        with self._on.writing(lasting=False):
            row = self._on.row(
                "UPDATE outbox SET lease = ? WHERE id = ? AND kind = ? AND key = ? AND lease = ? RETURNING *",
                f"{stamp(self._now() + LEASE)} {owner}", item.id, item.kind, item.key, item.lease,
            )  # fmt: skip
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
        with self._on.writing(lasting=False):
            self._on.run(
                f"UPDATE outbox SET lease = ''{change} WHERE id = ? AND lease = ?",
                *values, item.id, item.lease,
            )  # fmt: skip

    def release(self, item: Item) -> None:
        """It wasn't sent, and keeps its place."""
        self._leave(item)

    def done(self, item: Item) -> None:
        """It is shown as it was wanted when it was claimed; or it needs no showing any more."""
        if item.kind == NOTE:
            self.drop(item)
        else:
            self._leave(item, ", shown = ?, tries = 0", item.wanted)

    def drop(self, item: Item) -> None:
        """It leaves the queue."""
        with self._on.writing():
            self._on.run("DELETE FROM outbox WHERE id = ? AND lease = ?", item.id, item.lease)

    def retry(self, item: Item, seconds: float, is_counted: bool = True) -> None:
        """It is to be tried again after so many seconds, if nothing changes before."""
        due = put_off(self._now() + timedelta(seconds=seconds), self._now())
        put = ", ".join(
            f"{column} = CASE wanted WHEN ? THEN ? ELSE {column} END" for column in ("tries", "next_try_at")
        )
        self._leave(item, f", {put}", item.wanted, item.tries + is_counted, item.wanted, due)

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
            self._keep(f"sender:{owner}", f"{stamp(until)} {note}")
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
            after = self.find(PAGE, item.key)
            if after and after.wanted != item.wanted:
                body, urgency = replace(after.page, drawn=""), after.urgency
            else:
                body, urgency = replace(item.page, drawn=drawn), 0
            change = ", shown = ?, tries = 0, urgency = ?, body = ?"
            self._leave(item, change, item.wanted, urgency, json.dumps(asdict(body)))

    # -- where each message lies -----------------------------------------------------------------------

    def of(self, request: RequestId) -> Sequence[Card]:
        """All cards of a request."""
        rows = self._on.rows(
            "SELECT * FROM messages WHERE request = ? ORDER BY round, role, address", request
        )
        return [Card(*row) for row in rows]

    def at(self, channel: str, ts: str) -> Card | None:
        """The card that is this message; read once in a unit of work."""
        return self._on.ahead(self._lying).get((channel, ts))

    def _lying(self, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Card]:
        where = " OR ".join(["channel = ? AND ts = ?"] * len(places))
        rows = self._on.rows(f"SELECT * FROM messages WHERE {where}", *chain.from_iterable(places))
        return {(row["channel"], row["ts"]): Card(*row) for row in rows}

    def put(self, card: Card, lasting: bool = True) -> None:
        """Writes a card down, by (request, role, address, round)."""
        with self._on.writing(lasting):
            self._on.run(
                "INSERT INTO messages VALUES (?,?,?,?,?,?,?,?,?,?)"
                " ON CONFLICT (request, role, address, round) DO UPDATE SET channel = excluded.channel,"
                " ts = excluded.ts, drawn = excluded.drawn, ended = excluded.ended,"
                " text = excluded.text, catalogue = excluded.catalogue",
                *vars(card).values(),
            )  # fmt: skip
            self._on.forget(self._lying)

    # -- what is known of recipients -------------------------------------------------------------------

    def refusals(self) -> str:
        """What `keep_refusals` was given last, '' for nothing yet."""
        return self._kept("refusals")

    def keep_refusals(self, text: str) -> None:
        """Keeps what is known of recipients that Slack refuses; with several processes, of the last one."""
        self._keep("refusals", text)

    def permalink(self, card: Card) -> str:
        """The link of a card in the form of chat.getPermalink; '' where workspace or message isn't known.

        https://docs.slack.dev/reference/methods/chat.getPermalink
        """
        workspace = self.workspace().rstrip("/") if card.ts else ""
        return f"{workspace}/archives/{card.channel}/p{card.ts.replace('.', '')}" if workspace else ""

    def workspace(self) -> str:
        """The URL of the Slack workspace where the messages are, '' while it isn't known."""
        return self._kept("workspace")

    def keep_workspace(self, url: str) -> None:
        """Keeps the URL of the workspace, as `auth.test` names it."""
        if url != self.workspace():
            self._keep("workspace", url)

    def _kept(self, key: str) -> str:
        row = self._on.row("SELECT value FROM meta WHERE key = ?", key)
        return str(row["value"]) if row else ""

    def _keep(self, key: str, value: str) -> None:
        with self._on.writing():
            self._on.run(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                key,
                value,
            )


_MOST_URGENT = "SELECT urgency FROM outbox WHERE shown < wanted AND urgency < ? ORDER BY urgency DESC LIMIT 1"
_CLAIMED, _OWNER = "WHERE lease != ''", "substr(lease, 26)"
_SENDERS = "FROM meta WHERE key BETWEEN 'sender:' AND 'sender;'"
