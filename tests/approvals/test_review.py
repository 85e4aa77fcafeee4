"""Looking again whether those who were asked can decide: others are asked only where that has changed."""

from approvals.decide import review
from approvals.states import State
from approvals.store import Store
from tests.approvals.ruled import away, ruled, yes
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
    assert request.votes[0].principal == scene.person("cy").id
    assert review(request, scene.table) == []
