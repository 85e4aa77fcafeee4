"""Who is long gone is forgotten: nothing names them any more, and the record still verifies."""

from datetime import timedelta

import pytest

from approvals.decide.streams.forgetting import check
from approvals.decide.streams.reviews import started
from approvals.ids import GroupId
from approvals.people import Person, Standing
from approvals.record import schema
from approvals.record.outbox import NOTE, Note
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import EventType
from tests.approvals.record.tamper import by_hand
from tests.approvals.scene import Clock, Scene, asked, draft, mail

EVE = "EVE Stone"


def denied(scene: Scene) -> Request:
    """Ada asked something for Eve, with a reason about her, and Cy said no."""
    scene.store.people.learn(scene.person("eve").id, name=EVE)
    return scene.now(scene.waiting(subject="eve"), EventType.DENIED, by="cy")


def gone(scene: Scene) -> Person:
    """Eve, whose request is over and whose account is deactivated."""
    denied(scene)
    scene.looked_at("eve", Standing.LEFT)
    return scene.person("eve")


def contents(store: Store) -> str:
    """Every row of every table, as text."""
    tables = [store._on.rows(f"SELECT * FROM {name}") for name in schema.columns()]
    return "\n".join(str(tuple(row)) for rows in tables for row in rows).lower()


def test_nothing_names_who_was_forgotten_and_the_record_verifies(scene: Scene) -> None:
    eve, store = gone(scene), scene.store
    others = asked(scene.person("bo").id, reason=f"As {EVE.upper()} and <{mail('Eve')}> had it")
    store.ask(others)
    assert store.forgetting.person([eve], scene.who("ida")) > 1
    for text in (mail("eve"), EVE.lower(), "ueve01", "joins it on monday"):
        assert text not in contents(store)
    assert store.people.person(eve.id).addressed == f"somebody who was forgotten ({eve.id})"
    *_, last = store.sealed("people")
    assert (last.entry.type, last.entry.by, last.body["people"]) == (
        "forgotten",
        scene.person("ida").id,
        [eve.id],
    )
    assert store.verify().faults == ()
    assert [request.subject for request in store.requests(person=eve.id)] == [eve.id]


def test_queued_messages_to_them_or_about_them_are_dropped(scene: Scene) -> None:
    eve, outbox = gone(scene), scene.store.outbox
    scene.store.people.learn(eve.id, name="Ève Stone")
    outbox.say(Note("UEVE01", {"text": "Your request is done."}))
    outbox.say(Note("C1", {"text": "Only you see this."}, only_for="UEVE01"))
    for text in ("Ève Stone asks.", "<@UEVE01> asks.", "Ada asks."):
        outbox.say(Note("UADA01", {"text": text}))
    scene.store.forgetting.person([scene.person("eve")], scene.who("ida"))
    notes = [item.note.message["text"] for item in outbox.due(99) if item.kind == NOTE]
    assert notes == ["Ada asks."] and "ueve01" not in contents(scene.store)


def test_accented_names_in_reviews_are_removed(scene: Scene) -> None:
    eve, end = gone(scene), scene.clock.now() + timedelta(days=1)
    scene.store.people.learn(eve.id, name="Ève Stöne")
    holders = {("old@example.com", "", "9"): "Ève Stöne", ("bo@example.com", "", "8"): "Bo"}
    team = GroupId("7")
    review = scene.store.add_to_review(started(scene.who("ida"), team, "access to Design", holders, end))
    scene.store.forgetting.person([scene.person("eve")], scene.who("ida"))
    assert [each.name for each in scene.store.review(review.id).accesses] == ["Bo", ""]


def test_not_even_the_file_holds_what_was_forgotten(record: Store, clock: Clock) -> None:
    scene = Scene(record, clock)
    eve = gone(scene)
    record.tidy()
    assert mail("eve").encode() in record.path.read_bytes()
    record.forgetting.person([eve], scene.who("ida"))
    record.close()  # which moves everything into the file
    assert [name.encode() in record.path.read_bytes() for name in (mail("eve"), EVE)] == [False, False]


def test_only_what_the_record_names_may_be_missing(scene: Scene) -> None:
    scene.store.forgetting.person([gone(scene)], scene.who("ida"))
    bo = scene.store.ask(asked(scene.person("bo").id, reason="Mine"))
    with by_hand(scene.store) as hand:
        hand.execute("DELETE FROM words WHERE text = 'Mine'")
    [entry] = [sealed.entry for sealed in scene.store.sealed(bo.id)]
    assert scene.store.verify().faults == (f"the reason of entry {entry.seq} ({bo.id}) is missing",)


def test_who_comes_back_is_still_excluded(scene: Scene) -> None:
    eve, store = gone(scene), scene.store
    store.forgetting.person([eve], scene.who("ida"))
    back, other = store.people.meet(email=mail("eve")), store.people.meet(email=mail("eva"))
    assert back.id != eve.id and back.is_linked(store.people.person(eve.id))
    assert not other.is_linked(store.people.person(eve.id))
    assert store.verify().faults == ()


def test_texts_by_another_of_the_same_name_stay(scene: Scene) -> None:
    eve, store = gone(scene), scene.store
    store.people.learn(scene.person("dee").id, name=EVE)
    bo = store.ask(asked(scene.person("bo").id, reason=f"{EVE} said so"))
    store.forgetting.person([eve], scene.who("ida"))
    assert store.request(bo.id).reason == f"{EVE} said so"


@pytest.mark.parametrize(
    ("who", "whom", "said"),
    [
        ("bo", "eve", "Only an operator can forget somebody."),
        ("ida", "ida", "This is about you, so another operator has to do it."),
        ("ida", "dee", "Slack account UDEE01 isn't deactivated. Deactivate it first."),
        ("ida", "cy", "The policy names cy@example.com. Take it out of the policy first."),
        ("ida", "eve", "R-1 isn't over. Try again when it is."),
    ],
)
def test_only_an_operator_forgets_and_only_who_is_gone(scene: Scene, who: str, whom: str, said: str) -> None:
    scene.waiting(subject="eve")
    for name in ("eve", "cy"):
        scene.looked_at(name, Standing.LEFT)
    rows = [scene.person(whom)]
    pending = scene.store.forgetting.pending(rows)
    with pytest.raises(Refused) as refused:
        check(scene.who(who), rows, pending, scene.in_force, scene.text)
    assert str(refused.value) == said


def test_texts_of_requests_that_ended_long_ago_are_forgotten(scene: Scene) -> None:
    store, clock = scene.store, scene.clock
    old, open_ = denied(scene), store.ask(asked(scene.person("bo").id, reason="Still open"))
    clock.pass_(timedelta(days=30))
    newer = store.append(
        store.ask(asked(scene.person("bo").id, reason="Newer")), [draft(EventType.REFUSED, clock.now())]
    )
    before = clock.now() - timedelta(days=20)
    assert store.forgetting.texts(before) == 1
    again = [store.request(request.id) for request in (old, open_, newer)]
    assert [request.reason for request in again] == ["(missing)", "Still open", "Newer"]
    assert again[0].details == old.details and again[0].state == old.state
    assert store.verify().faults == ()
    count = store.head().count
    assert store.forgetting.texts(before) == 0 and store.head().count == count
