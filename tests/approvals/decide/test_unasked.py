"""What somebody reads too late where nobody decided: the policy asks nobody, or the bot ended it."""

from datetime import timedelta

import pytest

from approvals.decide import decide
from approvals.decide.clock import withdrawn
from approvals.decide.too_late import settled
from approvals.refusals import Settled
from approvals.sentence import Sentence
from approvals.states import EventType
from tests.approvals.scene import Scene


def test_what_needed_no_approval_was_approved_by_nobody(scene: Scene) -> None:
    request = scene.now(scene.waiting(agree=0, steps=0, approvers=[], told=[]), EventType.APPROVED)
    text = "R-1 needs no approval. Nothing left to do."
    assert str(settled(request, scene.store.people, scene.clock.now())) == text
    withdrawn = scene.now(request, EventType.WITHDRAWN, by="ada")
    assert str(settled(withdrawn, scene.store.people, scene.clock.now())).startswith(
        "Ada (ada@example.com) withdrew R-1"
    )


def test_what_the_bot_ended_says_where_it_says_why(scene: Scene) -> None:
    ended = [withdrawn(Sentence("asker-left"))]
    request = scene.store.append(scene.waiting(), ended)
    scene.clock.pass_(timedelta(seconds=8))
    with pytest.raises(Settled) as told:
        decide.deny(request, scene.who("cy"), "no", scene.table)
    assert str(told.value) == "R-1 was closed automatically 8 seconds ago. Its card says why."
