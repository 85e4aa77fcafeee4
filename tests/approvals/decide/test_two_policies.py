"""A vote counts, and a request is approved, only if the policy of then and the one in force both say so."""

from approvals.decide.clock import review
from approvals.people import Standing
from approvals.record.store import Store
from approvals.states import State, What
from tests.approvals.ruled import away, done, in_force, may, no_way, ruled, seats, yes
from tests.approvals.scene import Clock

ASK = '[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\n'
OWNERS = ASK + 'approvers = ["owners"]\n'
TWO_OWNERS = OWNERS + "agree = 2\n"


def test_a_policy_that_wants_nobodys_approval_objects_to_nobodys(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, ASK + "approval = false\n")
    assert seats(scene, request) == ["Cy", "Dee"]
    assert not review(request, scene.table)
    assert "can decide" in no_way(scene, request, "ida")
    assert yes(scene, request, "cy").state is State.APPROVED


def test_a_milder_policy_alone_approves_nothing(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, scene.waiting(), "cy")
    in_force(scene, OWNERS)
    request = done(scene, request, review)
    assert (request.state, seats(scene, request)) == (State.WAITING, ["Dee"])
    assert yes(scene, request, "dee").state is State.APPROVED


def test_a_stricter_policy_wants_its_own_votes_too(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, TWO_OWNERS)
    request = yes(scene, request, "cy")
    assert request.state is State.WAITING
    assert yes(scene, request, "dee").state is State.APPROVED


def test_an_action_that_nobody_can_ask_for_any_more_is_approved_by_nobody(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, ASK.replace("make-admin", "offboard") + "approval = false\n")
    request = done(scene, request, review)
    assert (may(scene, request), request.is_stuck) == ([], True)
    assert "the policy or its people changed" in no_way(scene, request, "cy")


def test_a_policy_back_as_it_was_asks_as_it_did(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = scene.waiting()
    in_force(scene, ASK + 'approvers = ["ida@example.com"]\n')
    request = done(scene, request, review)
    assert request.is_stuck
    in_force(scene, OWNERS)
    request = done(scene, request, review)
    assert (may(scene, request), request.is_stuck) == (["Cy", "Dee"], False)
    assert [one.type for one in store.events(request.id)].count(What.ROUTED) == 2


def test_who_stands_in_for_nobody_left_by_one_policy_alone_votes_once(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, ASK + 'approvers = ["ida@example.com"]\n')
    request = scene.waiting()
    in_force(scene, ASK + 'approvers = ["cy@example.com"]\nfallback = ["ida@example.com"]\n')
    scene.looked_at("cy", Standing.LEFT)
    request = yes(scene, request, "ida")
    assert (request.state, len(request.votes)) == (State.APPROVED, 1)


def test_a_delegate_by_one_policy_who_may_decide_by_the_other_votes_once(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, ASK + 'approvers = ["cy@example.com"]\n')
    away(scene, "cy", "bo")
    request = scene.waiting()
    in_force(scene, ASK + 'approvers = ["bo@example.com"]\n')
    request = yes(scene, request, "bo")
    assert (request.state, len(request.votes)) == (State.APPROVED, 1)
    assert request.votes[0].stands_for == scene.person("cy").id


def test_who_stands_in_for_a_voter_has_no_second_vote_as_the_fallback(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, ASK + 'approvers = ["cy@example.com", "dee@example.com"]\nagree = 2\n')
    away(scene, "cy", "bo")
    request = yes(scene, scene.waiting(), "bo")
    scene.looked_at("dee", Standing.LEFT)
    in_force(scene, ASK + 'approvers = ["owners"]\nagree = 2\nfallback = ["cy@example.com"]\n')
    scene.asked = scene.in_force
    request = done(scene, request, review)
    assert (seats(scene, request), request.is_stuck) == ([], True)
    assert (
        no_way(scene, request, "cy")
        == "Bo (bo@example.com) approved R-1 for you already. It waits for somebody else."
    )
