"""Looking again whether those who were asked can decide: others are asked only where that has changed."""

from datetime import timedelta

import pytest

from approvals.decide.clock import lapse, review
from approvals.people import Standing
from approvals.record.store import Store
from approvals.states import State
from tests.approvals.ruled import away, done, in_force, may, ruled, seats, yes
from tests.approvals.scene import Clock

ASK = '[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\n'
TWO = ASK + 'approvers = ["owners", "ida@example.com"]\nagree = 2\n'


def test_a_vote_alone_asks_nobody_anew(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO)
    request = yes(scene, scene.waiting(), "cy")
    assert request.state is State.WAITING
    assert review(request, scene.table) == []


def test_a_delegates_vote_alone_asks_nobody_anew(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO)
    away(scene, "cy", "bo")
    request = yes(scene, scene.waiting(), "bo")
    assert request.asking.votes[0].principal == scene.person("cy").id
    assert review(request, scene.table) == []


@pytest.mark.parametrize("change", ["milder", "people", "requester"])
def test_what_has_run_out_of_time_is_left_to_end(store: Store, clock: Clock, change: str) -> None:
    scene = ruled(store, clock, TWO)
    request = yes(scene, scene.waiting(), "cy")
    if change == "milder":
        in_force(scene, TWO.replace("agree = 2", "agree = 1"))
    else:
        scene.looked_at("ada" if change == "requester" else "dee", Standing.LEFT)
    assert review(request, scene.table)
    clock.pass_(timedelta(days=2))
    assert review(request, scene.table) == []
    assert done(scene, request, lapse).state is State.EXPIRED


def test_the_same_people_in_another_order_are_not_asked_anew(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, ASK + 'approvers = ["@desk", "owners"]\n')
    context = {name: one.slack_id for name in ("dee", "ida") for one in scene.person(name).accounts}
    store.people.keep_members("@desk", context.values(), clock.now())
    request = scene.waiting()
    assert may(scene, request) == ["Dee", "Ida", "Cy"]
    store.people.keep_members("@desk", [context["ida"]], clock.now())
    assert seats(scene, request) == ["Ida", "Cy", "Dee"]
    assert review(request, scene.table) == []
