"""What a request remembers of its asking: how many votes are missing, and who was asked when."""

from datetime import datetime, timedelta

import pytest

from approvals.decide import clock as passing
from approvals.decide import decide
from approvals.decide.delegates import delegated
from approvals.request import Draft, Request
from approvals.states import EventType
from tests.approvals.scene import POLICY, STORES, Clock, Scene

STEPS = 'steps = [ { approvers = ["owners"], agree = 2 }, { approvers = ["it"] } ]'
TWO_STEPS = POLICY.replace('approvers = ["owners"]\nexpires', f"{STEPS}\nexpires")


@pytest.fixture
def steps(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    clock = Clock()
    return Scene(STORES["sqlite"](tmp_path_factory.mktemp("steps"), clock), clock, TWO_STEPS)


def agreed(scene: Scene, request: Request, name: str) -> Request:
    drafts = decide.approve(request, scene.who(name), request.plan.revision, scene.table)
    return scene.store.append(request, drafts)


def reviewed(scene: Scene, request: Request) -> list[Draft]:
    return passing.review(request, scene.table)


def test_each_vote_leaves_one_less_missing_and_each_step_begins_anew(steps: Scene) -> None:
    request = steps.waiting()
    assert (request.asking.step, request.asking.missing) == (0, 2)
    request = agreed(steps, request, "cy")
    assert (request.asking.step, request.asking.missing) == (0, 1)
    request = agreed(steps, request, "dee")
    assert (request.asking.step, request.asking.steps, request.asking.missing) == (1, 2, 1)


def test_a_vote_alone_is_no_reason_to_ask_anew(steps: Scene) -> None:
    request = agreed(steps, steps.waiting(), "cy")
    assert reviewed(steps, request) == []


def test_a_stricter_policy_in_force_is_what_the_number_says(scene: Scene) -> None:
    request = scene.waiting()
    scene.changed('approvers = ["owners"]\nexpires', 'approvers = ["owners"]\nagree = 2\nexpires')
    request = scene.store.append(request, reviewed(scene, request))
    assert (request.asking.agree, request.asking.missing) == (2, 2)
    request = agreed(scene, request, "cy")
    assert (request.asking.missing, request.state) == (1, "waiting")
    assert agreed(scene, request, "dee").state == "approved"


def test_a_policy_that_got_stricter_after_a_vote_is_said_with_that_vote(scene: Scene) -> None:
    request = scene.waiting()
    scene.changed('approvers = ["owners"]\nexpires', 'approvers = ["owners"]\nagree = 2\nexpires')
    assert agreed(scene, request, "cy").asking.missing == 1


def test_a_vote_that_counts_no_more_is_missing_again(steps: Scene) -> None:
    request = agreed(steps, steps.waiting(), "cy")
    steps.changed(
        'people = ["cy@example.com", "dee@example.com"]', 'people = ["bo@example.com", "dee@example.com"]'
    )
    request = steps.store.append(request, reviewed(steps, request))
    assert request.asking.missing == 2


def test_those_asked_before_keep_their_turn_and_a_new_step_is_a_new_one(steps: Scene) -> None:
    cy, dee, ida = (steps.person(name).id for name in ("cy", "dee", "ida"))
    request = steps.waiting()
    assert request.asking.since == {cy: 1, dee: 1}
    steps.store.delegate(delegated(steps.who("dee"), steps.person("bo"), *_days(steps), steps.clock.now()))
    request = steps.store.append(request, reviewed(steps, request))
    bo = steps.person("bo").id
    assert request.asking.since == {cy: 1, bo: 2}
    assert request.asking.stand_ins == {bo: dee}
    request = agreed(steps, agreed(steps, request, "cy"), "bo")
    assert request.asking.since == {ida: 3}


def _days(scene: Scene) -> tuple[datetime, datetime]:
    return scene.clock.now(), scene.clock.now() + timedelta(days=3)


def test_every_reminder_is_counted_with_what_was_asked_by_then(steps: Scene) -> None:
    request = steps.now(steps.waiting(), EventType.REMINDED, EventType.REMINDED)
    assert (request.asking.reminders, request.deadlines.reminded) == ((1, 1), 2)
    request = agreed(steps, agreed(steps, request, "cy"), "dee")
    assert (request.asking.reminders, request.deadlines.reminded) == ((1, 1), 0)
    assert steps.now(request, EventType.REMINDED).asking.reminders == (1, 1, 2)
