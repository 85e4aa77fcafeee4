"""The tables of cards and notes: what is in Slack, and what still has to get there."""

from dataclasses import replace
from datetime import timedelta

from approvals.ids import PersonId, RequestId
from approvals.record.outbox import Card, Note
from approvals.record.store import Store
from approvals.request import Request
from approvals.states import EventType
from tests.approvals.scene import START, Clock, asked, draft

ADA = PersonId("P-1")
R1 = RequestId("R-1")
HOUR = timedelta(hours=1)


def led(store: Store, *whats: EventType) -> Request:
    """A new request, and what happened to it."""
    return store.append(store.ask(asked(ADA)), [draft(what, START) for what in whats])


# -- cards -------------------------------------------------------------------------------------------------

CARD = Card(R1, "approver", "P-2", 1, "D2", "171.5", "hash", 2, START + HOUR, "")


def test_a_card_comes_back_as_it_was_put(store: Store) -> None:
    store.cards.put(CARD)
    assert list(store.cards.of(R1)) == [CARD]
    assert store.cards.at("D2", "171.5") == CARD


def test_a_card_put_again_replaces_itself(store: Store) -> None:
    ended = replace(CARD, drawn="other", next_try_at=None, ended="channel archived")
    store.cards.put(CARD)
    store.cards.put(ended)
    assert list(store.cards.of(R1)) == [ended]


def test_cards_differ_by_role_address_and_round(store: Store) -> None:
    cards = [
        replace(CARD, role="requester", address="P-1", ts="1"),
        replace(CARD, address="P-3", ts="2"),
        replace(CARD, round=2, ts="3"),
    ]
    for card in (CARD, *cards):
        store.cards.put(card)
    assert set(store.cards.of(R1)) == {CARD, *cards}
    assert list(store.cards.of(RequestId("R-2"))) == []


def test_an_unknown_message_is_no_card(store: Store) -> None:
    store.cards.put(CARD)
    assert store.cards.at("D2", "171.6") is None
    assert store.cards.at("D3", "171.5") is None


def test_a_new_version_is_behind_until_drawn(store: Store) -> None:
    request = store.ask(asked(ADA))
    assert list(store.cards.behind(10)) == [request.id]
    store.cards.drawn(request.id, request.version, None)
    assert list(store.cards.behind(10)) == []
    store.append(request, [draft(EventType.PLANNED, START)])
    assert list(store.cards.behind(10)) == [request.id]


def test_drawing_an_older_version_leaves_it_behind(store: Store) -> None:
    request = led(store, EventType.PLANNED)
    store.cards.drawn(request.id, 1, None)
    assert list(store.cards.behind(10)) == [request.id]


def test_settled_requests_are_drawn_first(store: Store) -> None:
    ways: list[list[EventType]] = [
        [],
        [EventType.PLANNED],
        [EventType.PLANNED, EventType.DENIED],
        [EventType.UNNEEDED],
    ]
    made = [led(store, *way).id for way in ways]
    assert list(store.cards.behind(10)) == [made[2], made[3], made[0], made[1]]
    assert list(store.cards.behind(1)) == [made[2]]


def test_a_failed_drawing_is_tried_again_later(store: Store, clock: Clock) -> None:
    request = store.ask(asked(ADA))
    store.cards.drawn(request.id, 1, clock.now() + HOUR)
    assert list(store.cards.behind(10)) == []
    clock.pass_(HOUR)
    assert list(store.cards.behind(10)) == [request.id]


def test_a_newer_version_does_not_wait_for_the_retry(store: Store, clock: Clock) -> None:
    request = store.ask(asked(ADA))
    store.cards.drawn(request.id, 1, clock.now() + HOUR)
    store.append(request, [draft(EventType.PLANNED, START)])
    store.cards.drawn(request.id, 1, clock.now() + HOUR)
    assert list(store.cards.behind(10)) == [request.id]


def test_redrawing_puts_every_copy_behind(store: Store) -> None:
    request = store.ask(asked(ADA))
    store.cards.drawn(request.id, 1, None)
    store.cards.redraw(request.id)
    assert list(store.cards.behind(10)) == [request.id]
    assert store.request(request.id) == request


# -- notes -------------------------------------------------------------------------------------------------


def test_a_note_waits_until_it_is_said(store: Store) -> None:
    store.cards.say(Note("C1", {"text": "Grüße, <Ada>", "blocks": []}, "U1"))
    [note] = store.cards.notes(10)
    assert (note.channel, note.message, note.only_for) == (
        "C1",
        {"text": "Grüße, <Ada>", "blocks": []},
        "U1",
    )
    store.cards.said(note)
    assert list(store.cards.notes(10)) == []


def test_notes_are_said_in_their_order(store: Store) -> None:
    for text in "abc":
        store.cards.say(Note("C1", {"text": text}))
    assert [note.message["text"] for note in store.cards.notes(10)] == ["a", "b", "c"]
    assert len(store.cards.notes(2)) == 2


def test_a_note_that_failed_keeps_its_tries(store: Store, clock: Clock) -> None:
    store.cards.say(Note("C1", {"text": "a"}))
    for tries in (1, 1, 2):
        [note] = store.cards.notes(10)
        store.cards.said(replace(note, tries=tries), clock.now() + HOUR)
        assert list(store.cards.notes(10)) == []
        clock.pass_(HOUR)
        assert [one.tries for one in store.cards.notes(10)] == [tries]


def test_a_note_is_part_of_the_transaction(store: Store) -> None:
    try:
        with store.writing():
            store.cards.say(Note("C1", {"text": "R-1 is approved"}))
            store.cards.put(CARD)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert (list(store.cards.notes(10)), list(store.cards.of(R1))) == ([], [])
