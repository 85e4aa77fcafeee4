"""What time brings about while people are asked: reminders, escalation, an end; nothing twice."""

from datetime import timedelta

from approvals.decide import lapse
from approvals.request import Request
from approvals.store import Store
from tests.approvals.ruled import done, may, ruled
from tests.approvals.scene import START, Clock, Scene

BASE = '[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\napprovers = ["cy@example.com"]\n'
LADDER = (
    'escalate = [{ after = "2d", to = ["ida@example.com"] }, { after = "6h", to = ["dee@example.com"] }]\n'
)


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
