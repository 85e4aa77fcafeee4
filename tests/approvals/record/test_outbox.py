"""What every store promises about the outbox: nothing is lost, and nobody sends what another is sending."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from approvals.clocks import LONGEST_RETRY
from approvals.ids import PersonId, RequestId, SlackId
from approvals.record.database import ClaimLost
from approvals.record.outbox import CARD, LEASE, NOTE, Card, Item, Note, backoff
from approvals.record.store import Store, copy_record, reading
from approvals.request import Request, Urgency
from approvals.states import EventType
from tests.approvals.queued import OWNER, behind, claimed, drawn, notes, queued
from tests.approvals.record.older import as_layout
from tests.approvals.scene import START, STORES, Clock, asked, draft, met, server_of

ADA = PersonId("P-1")
R1 = RequestId("R-1")
HOUR = timedelta(hours=1)
FIVE = timedelta(minutes=5)


def led(store: Store, *whats: EventType, **words: object) -> Request:
    """A new request, and what happened to it."""
    return store.append(store.ask(asked(ADA, **words)), [draft(what, START) for what in whats])


def none_goes(store: Store) -> bool:
    """Whether there is nothing that another sender could send."""
    return store.outbox.next("host/2/outbox", 20, lambda _: True) is None


# -- messages ----------------------------------------------------------------------------------------------

CARD_1 = Card(R1, "approver", "P-2", 1, "D2", "171.5", "hash", "")


def test_a_card_comes_back_as_it_was_put(store: Store) -> None:
    store.outbox.put(CARD_1)
    assert list(store.outbox.of(R1)) == [CARD_1]
    assert store.outbox.at("D2", "171.5") == CARD_1


def test_a_card_put_again_replaces_itself(store: Store) -> None:
    ended = replace(CARD_1, drawn="other", ended="channel archived")
    store.outbox.put(CARD_1)
    store.outbox.put(ended)
    assert list(store.outbox.of(R1)) == [ended]


def test_cards_differ_by_role_address_and_round(store: Store) -> None:
    cards = [
        replace(CARD_1, role="requester", address="P-1", ts="1"),
        replace(CARD_1, address="P-3", ts="2"),
        replace(CARD_1, round=2, ts="3"),
    ]
    for card in (CARD_1, *cards):
        store.outbox.put(card)
    assert set(store.outbox.of(R1)) == {CARD_1, *cards}
    assert list(store.outbox.of(RequestId("R-2"))) == []


def test_an_unknown_message_is_no_card(store: Store) -> None:
    store.outbox.put(CARD_1)
    assert store.outbox.at("D2", "171.6") is None
    assert store.outbox.at("D3", "171.5") is None


# -- cards -------------------------------------------------------------------------------------------------


def test_a_new_version_is_behind_until_drawn(store: Store) -> None:
    request = store.ask(asked(ADA))
    assert behind(store) == [request.id]
    store.outbox.done(claimed(store))
    assert behind(store) == []
    store.append(request, [draft(EventType.PLANNED, START)])
    assert behind(store) == [request.id]


def test_what_changes_while_it_is_drawn_is_drawn_again(store: Store) -> None:
    request = store.ask(asked(ADA))
    drawing = claimed(store)
    store.append(request, [draft(EventType.PLANNED, START)])
    store.outbox.done(drawing)
    assert behind(store) == [request.id]
    store.outbox.done(claimed(store))
    assert behind(store) == []


def test_settled_requests_are_drawn_first(store: Store) -> None:
    ways: list[list[EventType]] = [
        [],
        [EventType.PLANNED],
        [EventType.PLANNED, EventType.DENIED],
        [EventType.UNNEEDED],
    ]
    made = [led(store, *way).id for way in ways]
    assert behind(store) == [made[2], made[3], made[0], made[1]]
    assert behind(store, 1) == [made[2]]


def test_urgent_cards_go_before_messages_and_messages_before_all_other_cards(store: Store) -> None:
    made = {urgency: led(store, urgency=int(urgency)).id for urgency in Urgency}
    store.outbox.say(Note("C1", {"text": "a"}))
    first, note, *others = store.outbox.due(9)
    assert (first.key, note.kind) == (made[Urgency.FIRST], NOTE)
    assert [item.key for item in others] == [made[Urgency.SOON], made[Urgency.ORDINARY], made[Urgency.BULK]]
    assert [item.is_first for item in (first, note, *others)] == [True, False, False, False, False]


def test_a_failed_drawing_is_tried_again_later(store: Store, clock: Clock) -> None:
    request = store.ask(asked(ADA))
    store.outbox.retry(claimed(store), FIVE.total_seconds())
    assert behind(store) == []
    clock.pass_(FIVE)
    [item] = queued(store, CARD)
    assert (item.key, item.tries) == (request.id, 1)


def test_a_newer_version_does_not_wait_for_the_retry(store: Store) -> None:
    request = store.ask(asked(ADA))
    store.outbox.retry(claimed(store), FIVE.total_seconds())
    store.append(request, [draft(EventType.PLANNED, START)])
    drawing = claimed(store)
    store.outbox.redraw(request.id)
    store.outbox.retry(drawing, FIVE.total_seconds())
    [item] = queued(store, CARD)
    assert (item.key, item.tries) == (request.id, 0)


def test_redrawing_puts_every_copy_behind(store: Store) -> None:
    request = store.ask(asked(ADA))
    store.outbox.done(claimed(store))
    store.outbox.redraw(request.id)
    assert behind(store) == [request.id]
    assert store.request(request.id) == request


# -- notes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "note",
    [
        Note("C1", {"text": "Grüße, <Ada>", "blocks": []}, "U1"),
        Note("U1", {"text": "a"}),
        Note("https://hooks.slack.com/actions/T1/2/3", {"text": "a"}),
    ],
    ids=["for one of a channel", "direct", "in place of what was pressed"],
)
def test_a_note_waits_until_it_is_sent(store: Store, note: Note) -> None:
    store.outbox.say(note)
    item = claimed(store)
    assert item.note == note
    store.outbox.done(item)
    assert notes(store) == []


def test_notes_go_in_their_order(store: Store) -> None:
    for text in "abc":
        store.outbox.say(Note("C1", {"text": text}))
    assert [note.message["text"] for note in notes(store)] == ["a", "b", "c"]
    assert len(notes(store, 2)) == 2


def test_to_one_place_they_go_one_after_the_other(store: Store) -> None:
    for text in "ab":
        store.outbox.say(Note("C1", {"text": text}))
    store.outbox.say(Note("C1", {"text": "c"}, "U1"))
    first, alone = claimed(store), claimed(store)
    assert (first.note.message["text"], alone.note.message["text"]) == ("a", "c")
    assert none_goes(store)
    store.outbox.done(first)
    assert claimed(store).note.message["text"] == "b"


def test_what_may_not_go_is_passed_by_others_and_by_nothing_to_the_same_place(store: Store) -> None:
    for channel in ("C1", "C1", "C2"):
        store.outbox.say(Note(channel, {"text": channel}))
    assert claimed(store, lambda item: item.note.channel != "C1").note.channel == "C2"
    seen: list[str] = []

    def may_go(item: Item) -> bool:
        seen.append(item.key)
        return False

    assert store.outbox.next(OWNER, 20, may_go) is None
    assert len(seen) == 1


def test_a_note_that_failed_keeps_its_tries(store: Store, clock: Clock) -> None:
    store.outbox.say(Note("C1", {"text": "a"}))
    for is_counted, tries in ((True, 1), (False, 1), (True, 2)):
        store.outbox.retry(claimed(store), FIVE.total_seconds(), is_counted)
        assert notes(store) == []
        clock.pass_(FIVE)
        assert [item.tries for item in queued(store, NOTE)] == [tries]


def test_a_note_is_part_of_the_transaction(store: Store) -> None:
    try:
        with store.writing():
            store.outbox.say(Note("C1", {"text": "R-1 is approved"}))
            store.outbox.put(CARD_1)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert (notes(store), list(store.outbox.of(R1))) == ([], [])


# -- leases ------------------------------------------------------------------------------------------------

ENDS: dict[str, Callable[[Store, Item], None]] = {
    "done": lambda store, item: store.outbox.done(item),
    "dropped": lambda store, item: store.outbox.drop(item),
    "put off": lambda store, item: store.outbox.retry(item, 600.0),
    "released": lambda store, item: store.outbox.release(item),
}


def test_nobody_else_gets_what_is_being_sent(store: Store) -> None:
    store.ask(asked(ADA))
    store.outbox.release(claimed(store))
    claimed(store)
    assert none_goes(store)


def test_what_a_dead_sender_had_is_sent_by_another_when_its_lease_has_run_out(
    store: Store, clock: Clock
) -> None:
    store.outbox.say(Note("C1", {"text": "a"}))
    claimed(store)
    clock.pass_(LEASE)
    assert none_goes(store)
    clock.pass_(timedelta(milliseconds=1))
    assert claimed(store, owner="host/2/outbox").note.message["text"] == "a"


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_who_lost_the_lease_changes_nothing_more(
    store: Store, clock: Clock, end: Callable[[Store, Item], None]
) -> None:
    store.outbox.say(Note("C1", {"text": "a"}))
    late = claimed(store)
    clock.pass_(LEASE + timedelta(seconds=1))
    now = claimed(store, owner="host/2/outbox")
    end(store, late)
    [item] = queued(store, NOTE)
    assert item == now
    with pytest.raises(ClaimLost):
        store.outbox.renew(late)
    store.outbox.done(now)
    assert notes(store) == []


def test_who_sends_for_long_keeps_the_lease(store: Store, clock: Clock) -> None:
    store.ask(asked(ADA))
    item = claimed(store)
    for _ in range(9):
        clock.pass_(LEASE / 2 + timedelta(seconds=1))
        store.outbox.renew(item)
        assert none_goes(store)
    store.outbox.done(item)
    assert behind(store) == []


def test_a_lease_of_a_clock_that_was_ahead_holds_nothing(store: Store, clock: Clock) -> None:
    store.ask(asked(ADA))
    claimed(store)
    clock.pass_(-HOUR)
    assert claimed(store).key == R1


def test_a_try_of_a_clock_that_was_ahead_is_due(store: Store, clock: Clock) -> None:
    store.ask(asked(ADA))
    store.outbox.retry(claimed(store), 600.0)
    clock.pass_(-HOUR)
    assert behind(store) == [R1]


def test_what_a_sender_of_this_machine_had_is_freed_when_it_is_known_to_be_dead(store: Store) -> None:
    for channel in ("C1", "C2"):
        store.outbox.say(Note(channel, {"text": "a"}))
    claimed(store), claimed(store, owner="host_1/2/outbox")
    assert store.outbox.owners() == {OWNER, "host_1/2/outbox"}
    store.outbox.free(OWNER)
    assert store.outbox.owners() == {"host_1/2/outbox"}
    assert claimed(store).note.channel == "C1"


@pytest.mark.parametrize("kind", STORES)
def test_many_senders_of_two_processes_send_each_note_once_and_in_order(tmp_path: Path, kind: str) -> None:
    clock = Clock()
    stores = [STORES[kind](tmp_path, clock) for _ in range(2)]
    for number in range(12):
        for channel in ("C1", "C2", "C3"):
            stores[0].outbox.say(Note(channel, {"text": str(number)}))
    sent: list[tuple[str, str]] = []
    start = Barrier(6)

    def send(number: int) -> None:
        outbox = stores[number % 2].outbox
        start.wait(30)
        while notes(stores[0]):
            if item := outbox.next(f"host/{number}/outbox", 99, lambda _: True):
                sent.append((item.note.channel, item.note.message["text"]))
                outbox.done(item)

    threads = [Thread(target=send, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    for channel in ("C1", "C2", "C3"):
        assert [text for place, text in sent if place == channel] == [str(number) for number in range(12)]


# -- the back-off ------------------------------------------------------------------------------------------


def test_gaps_double_from_two_seconds_to_a_quarter_of_an_hour() -> None:
    assert [backoff(tries) for tries in (0, 1, 2, 8)] == [2.0, 4.0, 8.0, 512.0]
    assert {backoff(tries) for tries in (9, 10, 99, 10**6)} == {LONGEST_RETRY.total_seconds()}


# -- records from before there was one ---------------------------------------------------------------------


def left(store: Store) -> tuple[list[tuple[object, ...]], list[Card], list[tuple[str, str]]]:
    """What is to be sent and how often it was tried, where each message lies, and what isn't drawn."""
    due = [(*one.place, one.tries, json.loads(one.body or "0")) for one in store.outbox.due(99)]
    ids = [request.id for request in store.requests()]
    cards = [card for id in ids for card in store.outbox.of(id)]
    return sorted(due, key=str), cards, sorted((one.kind, one.key) for one in queued(store, CARD))


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("layout", [4, 5])
def test_what_an_older_program_left_to_be_sent_is_sent(tmp_path: Path, kind: str, layout: int) -> None:
    clock, path = Clock(), tmp_path / "record.db"
    store = Store(path, clock.now)
    met(store)
    drawn(store, store.ask(asked(ADA)).id)
    settled, late = led(store, EventType.UNNEEDED), store.ask(asked(ADA))
    late_card = store.outbox.find(CARD, late.id)
    held = late_card and store.outbox.claim(late_card, OWNER)
    assert held
    store.outbox.retry(held, FIVE.total_seconds())
    store.outbox.put(CARD_1)
    for note in (
        Note("C1", {"text": "a"}, "U123"),
        Note("C1", {"text": "b"}),
        Note("https://hooks.slack.com/T1/1", {"text": "c"}),
    ):
        store.outbox.say(note)
    store.outbox.opened(SlackId("U1"), "digest")
    store.outbox.tell(SlackId("U2"), "Carol was first.")
    before = left(store)
    store.close()
    as_layout(path, layout)
    again = Store(path, clock.now)
    if kind == "postgres":
        again.close()
        again = Store(server_of(tmp_path), clock.now, migrates=True)
        with reading(path, clock.now) as source:
            copy_record(source, again)
    assert left(again) == before
    assert behind(again) == [settled.id]
    assert [note.message["text"] for note in notes(again)] == ["a", "b", "c"]
    clock.pass_(FIVE)
    assert behind(again) == [settled.id, late.id]
    again.outbox.say(Note("C1", {"text": "d"}))
    store_ids = [one.id for one in again.outbox.due(99)]
    assert len(set(store_ids)) == len(store_ids) == 8
    again.close()
