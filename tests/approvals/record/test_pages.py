"""What every store promises about the pages people opened: nothing that changed stays undrawn."""

from datetime import timedelta

import pytest

from approvals.decide.delegates import delegated
from approvals.ids import PersonId, SlackId, stamp
from approvals.people import Account, Standing
from approvals.record.outbox import PAGE, Item, Page
from approvals.record.store import Store
from approvals.states import EventType
from tests.approvals.queued import OWNER, pages
from tests.approvals.scene import START, Clock, Scene, draft, mail

ADA, BO = SlackId("UADA01"), SlackId("UBO01")


def got(store: Store, slack_id: SlackId) -> Page:
    found = store.outbox.page(slack_id)
    assert found
    return found


def drawing(store: Store, slack_id: SlackId) -> Item:
    """Somebody's page, claimed."""
    item = store.outbox.find(PAGE, slack_id)
    held = item and store.outbox.claim(item, OWNER)
    assert held
    return held


def tries(store: Store) -> int:
    item = store.outbox.find(PAGE, ADA)
    assert item
    return item.tries


def draw(store: Store, slack_id: SlackId, shows: str = "seen") -> None:
    store.outbox.published(drawing(store, slack_id), shows)


@pytest.fixture
def opened(scene: Scene) -> Scene:
    """Ada and Bo have opened theirs, and see what is so."""
    for slack_id in (ADA, BO):
        scene.store.outbox.opened(slack_id, "seen")
        draw(scene.store, slack_id)
    return scene


def test_a_page_that_changes_while_it_is_drawn_waits_from_then_on(store: Store, clock: Clock) -> None:
    store.outbox.opened(ADA, "seen")
    for minute in range(1, 4):
        item = drawing(store, ADA)
        clock.pass_(timedelta(minutes=minute))
        store.outbox.opened(ADA, "seen")
        store.outbox.published(item, "older")
        assert store.figures.unshown_since() == clock.now()


def test_nobody_has_a_page_before_opening_it(store: Store, clock: Clock) -> None:
    assert (store.outbox.page(ADA), pages(store)) == (None, [])


def test_a_page_that_is_opened_is_looked_at_once_more(store: Store, clock: Clock) -> None:
    store.outbox.opened(ADA, "digest")
    assert pages(store) == [ADA]
    assert got(store, ADA).drawn == "digest"
    draw(store, ADA, "digest")
    assert pages(store) == []


def test_a_change_draws_the_pages_of_those_it_names(opened: Scene, clock: Clock) -> None:
    store = opened.store
    store.outbox.changed([opened.person("ada").id, opened.person("eve").id])
    assert pages(store) == [ADA]
    store.outbox.changed([])
    assert pages(store) == [ADA]


def test_every_account_of_a_person_has_its_page(opened: Scene, clock: Clock) -> None:
    store = opened.store
    opened.second_account("ada", "UADA02")
    store.outbox.opened(SlackId("UADA02"))
    draw(store, SlackId("UADA02"))
    store.outbox.changed([opened.person("ada").id])
    assert sorted(pages(store)) == [ADA, "UADA02"]


def test_what_changes_while_a_page_is_drawn_draws_it_again(opened: Scene, clock: Clock) -> None:
    store, ada = opened.store, opened.person("ada").id
    store.outbox.changed([ada])
    older = drawing(store, ADA)
    store.outbox.changed([ada])
    store.outbox.published(older, "older")
    assert pages(store) == [ADA]
    assert got(store, ADA).drawn == "", "which of both came last, nobody knows"
    draw(store, ADA, "newest")
    assert (pages(store), got(store, ADA).drawn) == ([], "newest")


def test_a_page_that_could_not_be_drawn_is_tried_again_later(opened: Scene, clock: Clock) -> None:
    store = opened.store
    store.outbox.changed([opened.person("ada").id])
    store.outbox.retry(drawing(store, ADA), 5.0)
    assert (pages(store), tries(store)) == ([], 1)
    clock.pass_(timedelta(seconds=5))
    assert pages(store) == [ADA]


def test_a_later_change_does_not_wait_for_the_next_try(opened: Scene, clock: Clock) -> None:
    store, ada = opened.store, opened.person("ada").id
    store.outbox.changed([ada])
    store.outbox.retry(drawing(store, ADA), 600.0)
    store.outbox.changed([ada])
    assert (pages(store), tries(store)) == ([ADA], 0)


def test_an_answer_stands_on_the_page_first(opened: Scene, clock: Clock) -> None:
    store = opened.store
    store.outbox.changed([opened.person("ada").id])
    store.outbox.tell(BO, "Carol was first.")
    assert pages(store) == [BO, ADA]
    page = got(store, BO)
    assert (page.notice, page.noticed_at) == ("Carol was first.", stamp(START))
    store.outbox.tell(BO, "You approved R-2.")
    assert got(store, BO).notice == "You approved R-2."


def test_whoever_is_told_something_on_a_page_has_one(store: Store, clock: Clock) -> None:
    store.outbox.tell(ADA, "You approved R-1.")
    assert pages(store) == [ADA]


def test_a_page_that_is_no_more_is_forgotten(opened: Scene, clock: Clock) -> None:
    opened.store.outbox.drop(drawing(opened.store, ADA))
    opened.store.outbox.changed([opened.person("ada").id])
    assert (opened.store.outbox.page(ADA), pages(opened.store)) == (None, [])


# -- what the record itself knows to concern somebody --------------------------------------------------------


def test_a_request_concerns_who_asks_and_who_is_asked(opened: Scene, clock: Clock) -> None:
    opened.waiting("request-access", subject="")
    assert sorted(pages(opened.store)) == [ADA, BO]


def test_whoever_is_not_asked_any_more_is_concerned_once_more(opened: Scene, clock: Clock) -> None:
    request = opened.waiting("request-access", subject="")
    for slack_id in (ADA, BO):
        draw(opened.store, slack_id)
    request = opened.now(request, EventType.APPROVED, by="bo")
    assert sorted(pages(opened.store)) == [ADA, BO]
    for slack_id in (ADA, BO):
        draw(opened.store, slack_id)
    request = opened.now(request, EventType.TRYING)
    assert pages(opened.store) == [ADA]
    draw(opened.store, ADA)
    opened.now(request, EventType.DONE)
    assert pages(opened.store) == [ADA]


def test_a_change_that_is_taken_back_concerns_nobody(opened: Scene, clock: Clock) -> None:
    with pytest.raises(RuntimeError), opened.store.writing():
        opened.waiting("request-access", subject="")
        raise RuntimeError("power cut")
    assert pages(opened.store) == []


def test_naming_a_delegate_draws_the_own_page(opened: Scene, clock: Clock) -> None:
    until = START + timedelta(days=3)
    entry = delegated(opened.who("ada"), opened.person("cy"), START, until, clock.now())
    opened.store.delegate(entry)
    assert pages(opened.store) == [ADA]


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
    assert pages(opened.store) == drawn


def test_an_entry_that_ends_nothing_concerns_nobody(opened: Scene, clock: Clock) -> None:
    request = opened.waiting("request-access", subject="")
    request = opened.now(request, EventType.DENIED, by="bo")
    for slack_id in (ADA, BO):
        draw(opened.store, slack_id)
    opened.store.append(request, [draft(EventType.UNREACHED, START, PersonId("bot"))])
    assert pages(opened.store) == []
