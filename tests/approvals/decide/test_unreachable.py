"""Whom no message reaches is stepped over at once, and nothing else waits because of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.decide.clock import lapse, review
from approvals.decide.decide import approve
from approvals.people import Standing
from approvals.record.store import Store
from approvals.request import Draft, Request
from approvals.states import EventType, State
from tests.approvals.ruled import away, done, ruled
from tests.approvals.scene import Clock, Scene, draft

A, V = EventType.APPROVED, EventType.VOTED
ONE = '[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\napprovers = ["cy@example.com"]\n'
BACKUP = 'fallback = ["ida@example.com"]\n'
TWO = ONE.replace('["cy@example.com"]', '["owners"]\nagree = 2')


def unreached(scene: Scene, name: str) -> Draft:
    """No message reached somebody."""
    return Draft(EventType.UNREACHED, body={"role": "approver", "who": scene.person(name).id})


def missed(scene: Scene, request: Request, *names: str) -> Request:
    """The request after no message reached some people."""
    return scene.store.append(request, [unreached(scene, name) for name in names])


def called(scene: Scene, request: Request) -> tuple[set[str], set[str]]:
    """Who may decide, and who of them is told, by name."""
    people = scene.store.people
    may = {people.person(id).name for id, _ in request.asking.approvers}
    return may, {people.person(id).name for id in request.asking.notified}


def test_who_was_told_in_vain_is_looked_after_at_once(scene: Scene) -> None:
    request = missed(scene, scene.waiting(), "cy")
    assert [one.id for one in scene.store.due()] == [request.id]
    [event] = lapse(request, scene.table)
    assert (event.type, event.body["because"]) == (EventType.ROUTED, "not reachable")
    after = scene.store.append(request, [event])
    assert called(scene, after) == ({"Cy", "Dee"}, {"Dee"})
    assert not scene.store.due()


def test_whom_nobody_wanted_to_tell_makes_nothing_due(scene: Scene) -> None:
    request = missed(scene, scene.waiting(), "bo")
    assert not scene.store.due()
    assert request.next_due == scene.waiting().next_due


def test_a_vote_in_between_does_not_put_off_asking_others(scene: Scene) -> None:
    request = missed(scene, scene.waiting("offboard"), "cy")
    drafts = approve(request, scene.who("dee"), "r1", scene.table)
    after = scene.store.append(request, [drafts[0]])
    assert [one.id for one in scene.store.due()] == [after.id]


@pytest.mark.parametrize(
    "whats", [(EventType.DENIED,), (V, A, EventType.TRYING, EventType.STOPPED), (V, A, EventType.DONE)]
)
def test_what_has_ended_has_nothing_due_again(scene: Scene, whats: tuple[EventType, ...]) -> None:
    request = missed(scene, scene.now(scene.waiting(), *whats), "cy")
    assert request.next_due is None
    assert scene.store.verify().faults == ()


def test_what_is_held_is_not_tried_sooner(scene: Scene) -> None:
    held = draft(EventType.HELD, scene.clock.now())
    request = scene.store.append(scene.now(scene.waiting(), V, A), [held])
    assert missed(scene, request, "cy").next_due == request.next_due


def test_a_request_that_waits_is_still_due_at_its_end(scene: Scene) -> None:
    request = missed(scene, scene.waiting(), "cy")
    after = scene.store.append(request, lapse(request, scene.table))
    assert request.deadlines.expires_at
    ends = lapse(after, replace(scene.table, now=request.deadlines.expires_at + timedelta(days=9)))
    assert [one.type for one in ends] == [EventType.EXPIRED]
    assert scene.store.append(after, ends).state is State.EXPIRED


def test_where_no_message_reaches_anybody_the_operators_have_to_know(scene: Scene) -> None:
    request = missed(scene, scene.waiting("request-access", ""), "bo")
    request = scene.store.append(request, lapse(request, scene.table))
    assert request.asking.is_stuck
    assert called(scene, request) == ({"Bo"}, set()), "who comes to it all the same may decide"
    assert review(request, scene.table) == []


def test_where_nobody_can_be_reached_the_fallback_is_asked(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, ONE, 'fallback = ["ida@example.com"]\n')
    request = missed(scene, scene.waiting(), "cy")
    after = scene.store.append(request, lapse(request, scene.table))
    assert called(scene, after) == ({"Cy", "Ida"}, {"Ida"})
    assert not after.asking.is_stuck


def test_where_nobody_can_be_reached_nor_stands_in_it_is_stuck_and_says_so(
    store: Store, clock: Clock
) -> None:
    scene = ruled(store, clock, ONE)
    request = missed(scene, scene.waiting(), "cy")
    after = scene.store.append(request, lapse(request, scene.table))
    assert (called(scene, after), after.asking.is_stuck) == (({"Cy"}, set()), True)
    # They may still decide, should they come by themselves.
    assert approve(after, scene.who("cy"), "r1", scene.table)[-1].type == EventType.APPROVED


def test_where_a_delegate_cant_be_reached_who_is_away_hears_of_it(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO)
    away(scene, "cy", "bo")
    request = scene.waiting()
    assert called(scene, request)[1] == {"Bo", "Dee"}
    request = missed(scene, request, "bo")
    after = scene.store.append(request, lapse(request, scene.table))
    assert called(scene, after)[1] == {"Cy", "Dee"}


def test_a_fallback_that_cant_be_reached_either_is_stuck(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, ONE + BACKUP)
    request = scene.waiting()
    scene.looked_at("cy", Standing.LEFT)
    request = done(scene, request, review)
    assert (called(scene, request)[1], request.asking.is_stuck) == ({"Ida"}, False)
    request = missed(scene, request, "ida")
    after = scene.store.append(request, lapse(request, scene.table))
    assert (called(scene, after)[1], after.asking.is_stuck) == (set(), True)
