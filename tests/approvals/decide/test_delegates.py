"""Somebody names one delegate for a span of days, and is back: who stands in then, and who never does."""

from datetime import datetime, timedelta

import pytest

from approvals.decide.delegates import LONGEST, delegated, returned
from approvals.people import Person, Standing
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Draft
from approvals.states import State
from tests.approvals.ruled import away, back, no_way, ruled, seats, yes
from tests.approvals.scene import START, Clock, Scene, mail
from tests.says import says

ASK = '[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\n'
CY = ASK + 'approvers = ["cy@example.com"]\n'
OWNERS = ASK + 'approvers = ["owners"]\n'


def named(scene: Scene, name: str, delegate: str, since: float = 0, days: float = 7) -> Draft:
    """Somebody names a delegate, from so many days on."""
    first = scene.clock.now() + timedelta(days=since)
    actor = scene.who(name)
    return delegated(actor, scene.person(delegate), first, first + timedelta(days=days), scene.clock.now())


def refused(scene: Scene, name: str, delegate: str, **when: float) -> str:
    """What somebody reads who can't name that delegate."""
    with pytest.raises(Refused) as told:
        named(scene, name, delegate, **when)
    return str(told.value)


def stands_in(store: Store, person: Person, at: datetime) -> str:
    """Who stands in for somebody at a time, by name; '' for nobody."""
    found = store.people.delegation(person.id, at)
    return store.people.person(found.delegate).name if found else ""


# -- naming one --------------------------------------------------------------------------------------------


def test_a_delegate_stands_in_from_the_first_day_to_the_last(scene: Scene) -> None:
    scene.store.delegate(named(scene, "cy", "bo", since=1, days=7))
    cy = scene.person("cy")
    days = {day: stands_in(scene.store, cy, START + timedelta(days=day)) for day in (0, 1, 4, 7.99, 8, 30)}
    assert days == {0: "", 1: "Bo", 4: "Bo", 7.99: "Bo", 8: "", 30: ""}
    assert scene.store.verify().faults == ()


def test_another_delegate_replaces_the_first(scene: Scene) -> None:
    for other in ("bo", "ida"):
        scene.store.delegate(named(scene, "cy", other))
    assert stands_in(scene.store, scene.person("cy"), START) == "Ida"
    assert scene.store.verify().faults == ()


def test_who_is_back_has_no_delegate(scene: Scene) -> None:
    away(scene, "cy", "bo")
    back(scene, "cy")
    assert stands_in(scene.store, scene.person("cy"), START) == ""
    with pytest.raises(Refused) as told:
        back(scene, "cy")
    assert str(told.value) == "You have no delegate."


def test_a_delegate_for_days_to_come_can_be_taken_back(scene: Scene) -> None:
    scene.store.delegate(named(scene, "cy", "bo", since=5))
    back(scene, "cy")
    assert stands_in(scene.store, scene.person("cy"), START + timedelta(days=6)) == ""


def test_nobody_stands_in_for_themselves(scene: Scene) -> None:
    assert refused(scene, "cy", "cy") == "Choose someone else: you can't be your own delegate."
    scene.second_account("cy", "UCY002")
    assert refused(scene, "cy", "cy").startswith("Choose someone else")


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.STRANGER, Standing.LEFT, Standing.BOT])
def test_only_a_colleague_stands_in(scene: Scene, standing: Standing) -> None:
    scene.looked_at("bo", standing)
    assert (
        refused(scene, "cy", "bo") == "Bo (bo@example.com) can't decide here. Choose a colleague as delegate."
    )
    assert "can't request or decide" in refused(scene, "bo", "cy") or standing is Standing.STRANGER


@pytest.mark.parametrize(("since", "days"), [(-9, 8), (0, 0), (1, -1)])
def test_a_last_day_that_is_over_is_refused(scene: Scene, since: float, days: float) -> None:
    told = "The last day is in the past. Choose a later one."
    assert refused(scene, "cy", "bo", since=since, days=days) == told


def test_a_delegate_is_for_three_months_at_most(scene: Scene) -> None:
    assert named(scene, "cy", "bo", days=LONGEST.days)
    told = "A delegate can stand in for 92 days at most. Choose an earlier last day."
    assert refused(scene, "cy", "bo", days=LONGEST.days + 1) == told


def test_no_name_is_in_the_chain_of_who_stands_in(scene: Scene) -> None:
    away(scene, "cy", "bo")
    [event] = scene.store.events("away")
    assert event.text("who") == "cy@example.com UCY01"
    assert event.text("stands_in") == "bo@example.com UBO01"
    assert "example.com" not in str({**event.body, "words": ""})


# -- two rows of one human ---------------------------------------------------------------------------------


def one_human(scene: Scene, name: str, other: str) -> None:
    """Slack tells that the other one's account is this one's."""
    account = scene.person(other).account
    assert account
    scene.store.people.saw(account, mail(name))


def test_who_is_back_is_back_under_every_account(scene: Scene) -> None:
    away(scene, "dee", "bo")
    one_human(scene, "cy", "dee")
    assert stands_in(scene.store, scene.person("cy"), START) == "Bo"
    back(scene, "cy")
    assert stands_in(scene.store, scene.person("cy"), START) == ""
    assert scene.store.verify().faults == ()


def test_a_delegate_replaces_the_one_named_under_another_account(scene: Scene) -> None:
    away(scene, "dee", "bo")
    one_human(scene, "cy", "dee")
    away(scene, "cy", "ida", days=1)
    days = [stands_in(scene.store, scene.person("cy"), START + timedelta(days=day)) for day in (0, 2)]
    assert days == ["Ida", ""]
    assert scene.store.verify().faults == ()


def test_one_for_days_to_come_does_not_hide_who_stands_in_today(scene: Scene) -> None:
    scene.store.delegate(named(scene, "cy", "ida", since=5))
    away(scene, "dee", "bo")
    one_human(scene, "cy", "dee")
    assert stands_in(scene.store, scene.person("cy"), START) == "Bo"


# -- deciding ----------------------------------------------------------------------------------------------


def test_a_delegate_decides_and_so_does_who_is_away(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, CY)
    away(scene, "cy", "bo")
    request = scene.waiting()
    assert seats(scene, request) == ["Cy", "Bo"]
    assert [store.people.person(id).name for id in request.asking.notified] == ["Bo"]
    assert [says(one.because) for one in scene.table.route(request).approvers] == [
        "",
        "Cy (cy@example.com) is away and you stand in",
    ]
    assert yes(scene, request, "bo").state is State.APPROVED
    other = scene.waiting()
    assert yes(scene, other, "cy").state is State.APPROVED


@pytest.mark.parametrize("who", ["ada", "eve"])
def test_requester_and_person_concerned_stand_in_for_nobody(store: Store, clock: Clock, who: str) -> None:
    scene = ruled(store, clock, CY)
    away(scene, "cy", who)
    request = scene.waiting()
    assert seats(scene, request) == ["Cy"]
    assert [store.people.person(id).name for id in request.asking.notified] == ["Cy"]
    assert "someone else has to decide" in no_way(scene, request, who)


def test_a_delegates_delegate_decides_nothing(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, CY)
    away(scene, "cy", "bo")
    away(scene, "bo", "ida")
    request = scene.waiting()
    assert seats(scene, request) == ["Cy", "Bo"]
    assert no_way(scene, request, "ida").startswith(
        "Only Cy (cy@example.com) or Bo (bo@example.com) can decide"
    )


def test_a_delegate_and_who_is_away_have_one_vote_together(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS + "agree = 2\n")
    away(scene, "cy", "bo")
    request = yes(scene, scene.waiting(), "bo")
    assert no_way(scene, request, "cy").startswith("Bo (bo@example.com) already approved R-1 for you")
    assert no_way(scene, request, "bo").startswith("You already approved R-1")
    assert yes(scene, request, "dee").state is State.APPROVED


def test_a_delegate_who_decides_anyway_has_one_vote(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, OWNERS + "agree = 2\n")
    away(scene, "cy", "dee")
    request = scene.waiting()
    assert seats(scene, request) == ["Cy", "Dee"]
    request = yes(scene, request, "dee")
    assert (request.state, request.asking.votes[0].stands_for) == (State.WAITING, None)
    assert yes(scene, request, "cy").state is State.APPROVED


def test_who_stands_in_only_by_then_decides_only_by_then(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, CY)
    request = scene.waiting()
    assert no_way(scene, request, "bo")
    away(scene, "cy", "bo", hours=3)
    assert seats(scene, request) == ["Cy", "Bo"]
    clock.pass_(timedelta(hours=3))
    assert seats(scene, request) == ["Cy"]


def test_a_name_of_a_delegate_who_left_asks_who_is_away(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, CY)
    away(scene, "cy", "bo")
    scene.looked_at("bo", Standing.LEFT)
    request = scene.waiting()
    assert [store.people.person(id).name for id in request.asking.notified] == ["Cy"]


def test_an_account_not_looked_at_today_names_nobody(scene: Scene) -> None:
    scene.looked_at("cy", Standing.COLLEAGUE, timedelta(days=2))
    assert refused(scene, "cy", "bo").startswith("I haven't been able to check")
    with pytest.raises(Refused):
        returned(scene.who("cy"), None, START)
