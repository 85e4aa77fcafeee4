"""What every store promises about the pages people opened: nothing that changed stays undrawn."""

from datetime import timedelta

import pytest

from approvals.decide.delegates import delegated
from approvals.ids import PersonId, SlackId
from approvals.people import Account, Standing
from approvals.record.outbox import Home
from approvals.record.store import Store
from approvals.states import EventType
from tests.approvals.scene import START, Clock, Scene, draft, mail

ADA, BO = SlackId("UADA01"), SlackId("UBO01")


def behind(store: Store, clock: Clock) -> list[str]:
    return [one.slack_id for one in store.homes.behind(9, clock.now() - timedelta(days=30))]


def got(store: Store, slack_id: SlackId) -> Home:
    found = store.homes.get(slack_id)
    assert found
    return found


@pytest.fixture
def opened(scene: Scene) -> Scene:
    """Ada and Bo have opened theirs, and see what is so."""
    for slack_id in (ADA, BO):
        scene.store.homes.opened(slack_id, "seen")
        scene.store.homes.shown(got(scene.store, slack_id), "seen")
    return scene


def test_nobody_has_a_page_before_opening_it(store: Store, clock: Clock) -> None:
    assert (store.homes.get(ADA), behind(store, clock)) == (None, [])


def test_a_page_that_is_opened_is_looked_at_once_more(store: Store, clock: Clock) -> None:
    store.homes.opened(ADA, "digest")
    assert behind(store, clock) == [ADA]
    assert got(store, ADA).drawn == "digest"
    store.homes.shown(got(store, ADA), "digest")
    assert behind(store, clock) == []


def test_a_change_draws_the_pages_of_those_it_names(opened: Scene, clock: Clock) -> None:
    store = opened.store
    store.homes.changed([opened.person("ada").id, opened.person("eve").id])
    assert behind(store, clock) == [ADA]
    store.homes.changed([])
    assert behind(store, clock) == [ADA]


def test_every_account_of_a_person_has_its_page(opened: Scene, clock: Clock) -> None:
    store = opened.store
    opened.second_account("ada", "UADA02")
    store.homes.opened(SlackId("UADA02"))
    store.homes.shown(got(store, SlackId("UADA02")), "seen")
    store.homes.changed([opened.person("ada").id])
    assert sorted(behind(store, clock)) == [ADA, "UADA02"]


def test_what_changes_while_a_page_is_drawn_draws_it_again(opened: Scene, clock: Clock) -> None:
    store, ada = opened.store, opened.person("ada").id
    store.homes.changed([ada])
    drawing = got(store, ADA)
    store.homes.changed([ada])
    store.homes.shown(drawing, "older")
    assert behind(store, clock) == [ADA]
    assert got(store, ADA).drawn == "", "which of both came last, nobody knows"
    store.homes.shown(got(store, ADA), "newest")
    assert (behind(store, clock), got(store, ADA).drawn) == ([], "newest")


def test_a_page_that_could_not_be_drawn_is_tried_again_later(opened: Scene, clock: Clock) -> None:
    store = opened.store
    store.homes.changed([opened.person("ada").id])
    store.homes.shown(got(store, ADA), "seen", clock.now() + timedelta(seconds=5))
    assert (behind(store, clock), got(store, ADA).tries) == ([], 1)
    clock.pass_(timedelta(seconds=5))
    assert behind(store, clock) == [ADA]


def test_a_later_change_does_not_wait_for_the_next_try(opened: Scene, clock: Clock) -> None:
    store, ada = opened.store, opened.person("ada").id
    store.homes.changed([ada])
    store.homes.shown(got(store, ADA), "seen", clock.now() + timedelta(hours=1))
    store.homes.changed([ada])
    assert (behind(store, clock), got(store, ADA).tries) == ([ADA], 0)


def test_whoever_has_not_opened_it_for_long_is_left_alone(opened: Scene, clock: Clock) -> None:
    store = opened.store
    clock.pass_(timedelta(days=31))
    store.homes.changed([opened.person("ada").id, opened.person("bo").id])
    store.homes.opened(BO)
    assert behind(store, clock) == [BO]


def test_an_answer_stands_on_the_page_first(opened: Scene, clock: Clock) -> None:
    store = opened.store
    store.homes.changed([opened.person("ada").id])
    store.homes.tell(BO, "Carol was first.")
    assert behind(store, clock) == [BO, ADA]
    page = got(store, BO)
    assert (page.notice, page.noticed_at) == ("Carol was first.", START)
    store.homes.tell(BO, "You approved R-2.")
    assert got(store, BO).notice == "You approved R-2."


def test_whoever_is_told_something_on_a_page_has_one(store: Store, clock: Clock) -> None:
    store.homes.tell(ADA, "You approved R-1.")
    assert behind(store, clock) == [ADA]


def test_a_page_that_is_no_more_is_forgotten(opened: Scene, clock: Clock) -> None:
    opened.store.homes.forget(ADA)
    opened.store.homes.changed([opened.person("ada").id])
    assert (opened.store.homes.get(ADA), behind(opened.store, clock)) == (None, [])


# -- what the record itself knows to concern somebody --------------------------------------------------------


def test_a_request_concerns_who_asks_and_who_is_asked(opened: Scene, clock: Clock) -> None:
    opened.waiting("request-access", subject="")
    assert sorted(behind(opened.store, clock)) == [ADA, BO]


def test_whoever_is_not_asked_any_more_is_concerned_once_more(opened: Scene, clock: Clock) -> None:
    request = opened.waiting("request-access", subject="")
    for slack_id in (ADA, BO):
        opened.store.homes.shown(got(opened.store, slack_id), "seen")
    request = opened.now(request, EventType.APPROVED, by="bo")
    assert sorted(behind(opened.store, clock)) == [ADA, BO]
    for slack_id in (ADA, BO):
        opened.store.homes.shown(got(opened.store, slack_id), "seen")
    request = opened.now(request, EventType.TRYING)
    assert behind(opened.store, clock) == [ADA]
    opened.store.homes.shown(got(opened.store, ADA), "seen")
    opened.now(request, EventType.DONE)
    assert behind(opened.store, clock) == [ADA]


def test_a_change_that_is_taken_back_concerns_nobody(opened: Scene, clock: Clock) -> None:
    with pytest.raises(RuntimeError), opened.store.writing():
        opened.waiting("request-access", subject="")
        raise RuntimeError("power cut")
    assert behind(opened.store, clock) == []


def test_naming_a_delegate_draws_the_own_page(opened: Scene, clock: Clock) -> None:
    until = START + timedelta(days=3)
    entry = delegated(opened.who("ada"), opened.person("cy"), START, until, clock.now())
    opened.store.delegate(entry)
    assert behind(opened.store, clock) == [ADA]


@pytest.mark.parametrize(
    ("standing", "days", "drawn"),
    [(Standing.COLLEAGUE, 0, []), (Standing.GUEST, 0, [ADA]), (Standing.COLLEAGUE, 2, [ADA])],
    ids=["the same", "another standing", "fresh again"],
)
def test_what_slack_says_of_an_account_draws_its_page(
    opened: Scene, clock: Clock, standing: Standing, days: int, drawn: list[str]
) -> None:
    clock.pass_(timedelta(days=days))
    opened.store.people.saw(Account(ADA, standing, clock.now()), mail("ada"))
    assert behind(opened.store, clock) == drawn


def test_an_entry_that_ends_nothing_concerns_nobody(opened: Scene, clock: Clock) -> None:
    request = opened.waiting("request-access", subject="")
    request = opened.now(request, EventType.DENIED, by="bo")
    for slack_id in (ADA, BO):
        opened.store.homes.shown(got(opened.store, slack_id), "seen")
    opened.store.append(request, [draft(EventType.UNREACHED, START, PersonId("bot"))])
    assert behind(opened.store, clock) == []
