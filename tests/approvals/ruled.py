"""A scene whose policy is written in the test: who decides what is read beside what comes of it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from approvals.decide.basis import Table
from approvals.decide.decide import approve
from approvals.decide.delegates import delegated, returned
from approvals.ids import PersonId
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Draft, Request
from tests.approvals.scene import POLICY, Clock, Scene

HEAD = POLICY.partition("[actions.")[0]
"""Operators, managers and groups of the company, and no rule yet."""


def ruled(store: Store, clock: Clock, actions: str, top: str = "") -> Scene:
    """The company with rules of one's own; `top` stands before every table."""
    return Scene(store, clock, top + HEAD + actions)


def in_force(scene: Scene, actions: str, top: str = "") -> None:
    """Puts other rules in force; what was asked before was asked under the old ones."""
    scene.changed(scene.text, top + HEAD + actions)


def yes(scene: Scene, request: Request, name: str) -> Request:
    """Somebody approves, and that is written down."""
    drafts = approve(request, scene.who(name), request.plan.revision, scene.table)
    return scene.store.append(request, drafts)


def no_way(scene: Scene, request: Request, name: str) -> str:
    """What somebody reads who can't approve."""
    with pytest.raises(Refused) as told:
        approve(request, scene.who(name), request.plan.revision, scene.table)
    return str(told.value)


def done(
    scene: Scene, request: Request, what: Callable[[Request, Table], list[Draft]], **later: float
) -> Request:
    """Lets time pass and the worker do one of its things; whoever is in the company was looked at again."""
    scene.clock.pass_(timedelta(**later))
    return scene.store.append(request, what(request, scene.table))


def names(scene: Scene, ids: Sequence[PersonId]) -> list[str]:
    """People by name."""
    return [scene.store.people.person(id).name for id in ids]


def away(scene: Scene, name: str, delegate: str, **until: float) -> None:
    """Somebody names a delegate, from now on."""
    now = scene.clock.now()
    span = timedelta(**until or {"days": 7})
    scene.store.delegate(delegated(scene.who(name), scene.person(delegate), now, now + span, now))


def back(scene: Scene, name: str) -> None:
    """Somebody is back before the last day."""
    actor, now = scene.who(name), scene.clock.now()
    named = scene.store.people.named_delegate(actor.person.id, now)
    scene.store.delegate(returned(actor, named, now))


def may(scene: Scene, request: Request) -> list[str]:
    """Whom the record says may decide."""
    return names(scene, [id for id, _ in request.asking.approvers])


def seats(scene: Scene, request: Request) -> list[str]:
    """Who may really decide now."""
    return [one.person.name for one in scene.table.route(request).approvers]
