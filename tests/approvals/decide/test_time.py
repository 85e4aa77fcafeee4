"""What time brings about while people are asked: reminders, escalation, an end; nothing twice."""

from datetime import datetime, timedelta

import pytest

from approvals.decide.clock import lapse, review
from approvals.decide.decide import nudge
from approvals.people import Standing
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import EventType
from tests.approvals.ruled import done, may, ruled
from tests.approvals.scene import START, Clock, Scene

BASE = '[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\napprovers = ["cy@example.com"]\n'
LADDER = (
    'escalate = [{ after = "2d", to = ["ida@example.com"] }, { after = "6h", to = ["dee@example.com"] }]\n'
)


def nudged(scene: Scene, request: Request, name: str = "ada") -> str:
    """What somebody reads who can't remind."""
    with pytest.raises(Refused) as told:
        nudge(request, scene.who(name), scene.table)
    return str(told.value)


def hours(scene: Scene, at: datetime | None) -> float:
    """How long from now."""
    assert at
    return (at - scene.clock.now()) / timedelta(hours=1)


def passed(scene: Scene, request: Request, **span: float) -> Request:
    """The request after some time, and after the worker has looked once."""
    return done(scene, request, lapse, **span)


def test_the_soonest_escalation_comes_first_wherever_it_is_written(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, BASE + LADDER)
    request = scene.waiting(expires=START + timedelta(days=3))
    assert may(scene, request) == ["Cy"]
    request = passed(scene, request, hours=6)
    assert may(scene, request) == ["Cy", "Dee"]
    request = passed(scene, request, hours=42)
    assert may(scene, request) == ["Cy", "Dee", "Ida"]


# -- by hand -----------------------------------------------------------------------------------------------


def test_the_requester_reminds_once_in_four_hours(scene: Scene) -> None:
    request = scene.waiting()
    scene.clock.pass_(timedelta(hours=3, minutes=59))
    assert (
        nudged(scene, request)
        == "I asked Cy (cy@example.com) and Dee (dee@example.com) 3 hours ago. Remind again in 1 minute."
    )
    request = done(scene, request, lambda one, table: nudge(one, scene.who("ada"), table), minutes=1)
    assert (request.deadlines.reminded, hours(scene, request.deadlines.asked_last_at)) == (1, 0)
    assert (
        nudged(scene, request)
        == "I asked Cy (cy@example.com) and Dee (dee@example.com) a moment ago. Remind again in 4 hours."
    )


@pytest.mark.parametrize("name", ["cy", "eve", "ida"])
def test_nobody_else_reminds(scene: Scene, name: str) -> None:
    request = scene.waiting()
    scene.clock.pass_(timedelta(hours=5))
    assert nudged(scene, request, name) == "Only the requester of R-1 can send a reminder."


def test_who_joined_the_request_reminds_too(scene: Scene) -> None:
    request = scene.waiting()
    scene.clock.pass_(timedelta(hours=5))
    [event] = nudge(request, scene.who("bo"), scene.table, [scene.person("bo").id])
    assert (event.type, event.by) == (EventType.REMINDED, scene.person("bo").id)


def test_where_nobody_is_asked_nobody_is_reminded(scene: Scene) -> None:
    request = scene.waiting()
    for name in ("cy", "dee"):
        scene.looked_at(name, Standing.LEFT)
    request = done(scene, request, review)
    assert (request.asking.notified, request.asking.is_stuck) == ((), True)
    scene.clock.pass_(timedelta(hours=5))
    told = "Nobody can decide R-1 right now, so I have nobody to remind. The operators have been notified."
    assert nudged(scene, request) == told
