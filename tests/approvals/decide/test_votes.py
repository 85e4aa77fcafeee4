"""Whose yes counts: of somebody who may decide today as well, once for each human."""

import pytest

from approvals.people import Standing
from approvals.record.store import Store
from approvals.request import Request
from approvals.states import State
from tests.approvals.ruled import away, back, ruled, yes
from tests.approvals.scene import Clock, Scene, mail

ASK = '[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\n'
OWNERS = ASK + 'approvers = ["owners"]\n'
TWO_OWNERS = OWNERS + "agree = 2\n"


def settled(scene: Scene, request: Request) -> bool:
    """Whether the votes are still enough, as it is looked at before the first write."""
    return scene.table.route(request).is_settled


def turns_out(scene: Scene, name: str, other: str) -> None:
    """Slack tells that somebody's account is another's: both are one human."""
    account = scene.person(name).account
    assert account
    scene.store.people.saw(account, mail(other))


# -- one human, one vote -----------------------------------------------------------------------------------


def test_two_votes_that_turn_out_to_be_one_humans_are_one(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    request = yes(scene, yes(scene, scene.waiting(), "cy"), "dee")
    assert (request.state, settled(scene, request)) == (State.APPROVED, True)
    turns_out(scene, "dee", "cy")
    assert not settled(scene, request)


def test_one_who_turns_out_to_be_the_requester_has_no_vote(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    request = yes(scene, scene.waiting(), "dee")
    turns_out(scene, "dee", "ada")
    assert not settled(scene, request)


def test_a_delegate_who_turns_out_to_be_a_voter_is_one_with_them(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, TWO_OWNERS)
    away(scene, "cy", "bo")
    request = yes(scene, yes(scene, scene.waiting(), "bo"), "dee")
    assert settled(scene, request)
    turns_out(scene, "bo", "dee")
    assert not settled(scene, request)


# -- delegates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", [Standing.LEFT, Standing.GUEST])
def test_nobody_votes_for_one_who_is_no_colleague_any_more(
    store: Store, clock: Clock, standing: Standing
) -> None:
    scene = ruled(store, clock, OWNERS)
    away(scene, "cy", "bo")
    request = yes(scene, scene.waiting(), "bo")
    assert settled(scene, request)
    scene.looked_at("cy", standing)
    assert not settled(scene, request)


def test_a_delegates_vote_stays_when_who_was_away_is_back(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    away(scene, "cy", "bo")
    request = yes(scene, scene.waiting(), "bo")
    back(scene, "cy")
    assert settled(scene, request)


def test_nobody_votes_for_one_who_turns_out_to_have_asked(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS)
    away(scene, "cy", "bo")
    request = yes(scene, scene.waiting(), "bo")
    turns_out(scene, "cy", "ada")
    assert not settled(scene, request)
