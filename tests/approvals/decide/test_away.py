"""One delegate for a span of days: named, replaced, ended, and kept in the record."""

from datetime import timedelta

import pytest

from approvals.decide.delegates import LONGEST, delegated, returned
from approvals.people import Standing
from approvals.refusals import Refused
from tests.approvals.scene import START, Scene

DAY = timedelta(days=1)


def names(scene: Scene, who: str, delegate: str, since: timedelta, until: timedelta) -> None:
    """Somebody names who stands in."""
    start = scene.clock.now()
    draft = delegated(scene.who(who), scene.person(delegate), start + since, start + until, start)
    scene.store.delegate(draft)


def stands_in(scene: Scene, who: str) -> str:
    """Who stands in for somebody now."""
    found = scene.store.people.delegation(scene.person(who).id, scene.clock.now())
    return scene.store.people.person(found.delegate).name if found else ""


def test_a_delegate_stands_in_from_the_first_to_the_last_day(scene: Scene) -> None:
    names(scene, "bo", "cy", DAY, 3 * DAY)
    seen = []
    for _ in range(4):
        seen.append(stands_in(scene, "bo"))
        scene.clock.pass_(DAY)
    assert seen == ["", "Cy", "Cy", ""]


def test_whom_somebody_named_is_known_before_the_first_day(scene: Scene) -> None:
    names(scene, "bo", "cy", DAY, 3 * DAY)
    assert scene.store.people.named_delegate(scene.person("bo").id, START)
    assert not scene.store.people.named_delegate(scene.person("bo").id, START + 3 * DAY)


def test_a_delegate_named_later_replaces_the_first(scene: Scene) -> None:
    names(scene, "bo", "cy", 0 * DAY, 3 * DAY)
    names(scene, "bo", "dee", 0 * DAY, 2 * DAY)
    assert stands_in(scene, "bo") == "Dee"


def test_who_is_back_has_no_delegate_any_more(scene: Scene) -> None:
    names(scene, "bo", "cy", 0 * DAY, 3 * DAY)
    known = scene.store.people.delegation(scene.person("bo").id, scene.clock.now())
    scene.store.delegate(returned(scene.who("bo"), known, scene.clock.now()))
    assert stands_in(scene, "bo") == ""
    with pytest.raises(Refused, match="You have no delegate"):
        returned(scene.who("bo"), None, scene.clock.now())


def test_a_second_row_of_the_same_person_has_the_same_delegate(scene: Scene) -> None:
    names(scene, "bo", "cy", 0 * DAY, 3 * DAY)
    other = scene.store.people.learn(
        scene.store.people.meet(email="b@example.com").id, email="bo@example.com"
    )
    assert scene.store.people.delegation(other.id, scene.clock.now())


@pytest.mark.parametrize(
    ("delegate", "since", "until", "told"),
    [
        ("bo", 0, 1, "Choose someone else: you can't be your own delegate."),
        ("cy", 0, 0, "The last day is in the past. Choose a later one."),
        ("cy", -5, -1, "The last day is in the past. Choose a later one."),
        ("cy", 3, 2, "The last day is in the past. Choose a later one."),
        ("cy", 0, LONGEST.days + 1, f"A delegate can stand in for {LONGEST.days} days at most."),
    ],
)
def test_a_delegate_that_can_not_be_is_refused(
    scene: Scene, delegate: str, since: int, until: int, told: str
) -> None:
    with pytest.raises(Refused) as error:
        names(scene, "bo", delegate, since * DAY, until * DAY)
    assert told in str(error.value)


def test_only_a_colleague_stands_in_and_only_a_colleague_names_one(scene: Scene) -> None:
    scene.looked_at("cy", Standing.GUEST)
    with pytest.raises(Refused, match=r"Cy \(cy@example\.com\) can't decide here"):
        names(scene, "bo", "cy", 0 * DAY, DAY)
    with pytest.raises(Refused, match="Guests can't request or decide here"):
        names(scene, "cy", "bo", 0 * DAY, DAY)


def test_the_record_tells_who_stood_in_and_shows_a_forged_one(scene: Scene) -> None:
    names(scene, "bo", "cy", 0 * DAY, 3 * DAY)
    [event] = scene.store.events("away")
    assert (event.type, event.by, event.text("who")) == (
        "delegated",
        scene.person("bo").id,
        "bo@example.com UBO01",
    )
    assert scene.store.verify().faults == ()
