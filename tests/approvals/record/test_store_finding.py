"""What every store promises about finding requests, and what it never lets somebody find."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from approvals.ids import PersonId, SlackId
from approvals.people import Account, Standing
from approvals.record.index import Sight
from approvals.record.store import Store
from approvals.request import Draft, Request
from approvals.states import EventType
from tests.approvals.scene import NAMES, START, Clock, asked, colleague, draft, mail, planned

P = {name: PersonId(f"P-{number}") for number, name in enumerate(NAMES, 1)}
SECRET = ("offboard",)


@pytest.fixture(autouse=True)
def company(store: Store, clock: Clock) -> None:
    for name in NAMES:
        colleague(store, clock, name)


def sight(store: Store, name: str) -> Sight:
    return store.finding.seen_by(P[name], SECRET)


def ids(found: Sequence[Request]) -> list[str]:
    return [one.id for one in found]


def made(store: Store, *whats: EventType | Draft, by: str = "ada", team: str = "", **more: Any) -> Request:
    begun = asked(P[by], **{"action": "request-access", **more})
    case = {"case": json.dumps({"teams": [[team]]})} if team else {}
    request = store.ask(Draft(begun.type, begun.by, begun.body, {**begun.words, **case}))
    return store.append(request, [draft(one, START) if isinstance(one, EventType) else one for one in whats])


def waits(*names: str, days: int = 2, **more: Any) -> Draft:
    return planned(START + timedelta(days=days), approvers=[P[name] for name in names], **more)


# -- waiting for me ----------------------------------------------------------------------------------------


def test_what_waits_for_me_comes_in_the_order_in_which_it_ends(store: Store) -> None:
    for days in (3, 1, 2):
        made(store, waits("bo", days=days))
    made(store, waits("cy"))
    assert ids(sight(store, "bo").waiting(9)) == ["R-2", "R-3", "R-1"]
    assert ids(sight(store, "bo").waiting(2)) == ["R-2", "R-3"]
    assert sight(store, "ada").waiting(9) == []


def test_what_waits_for_me_is_counted_by_action(store: Store) -> None:
    for action in ("request-access", "make-admin", "request-access"):
        made(store, waits("bo"), action=action)
    assert sight(store, "bo").kinds() == {"request-access": 2, "make-admin": 1}
    assert ids(sight(store, "bo").waiting(9, "make-admin")) == ["R-2"]


@pytest.mark.parametrize(
    "end", [EventType.DENIED, EventType.WITHDRAWN, EventType.EXPIRED, EventType.APPROVED]
)
def test_what_is_answered_waits_no_more(store: Store, end: EventType) -> None:
    made(store, waits("bo", "cy"), end)
    assert sight(store, "bo").waiting(9) == []
    assert sight(store, "bo").kinds() == {}


def test_a_vote_takes_it_off_the_voters_list_alone(store: Store) -> None:
    made(store, waits("bo", "cy", agree=2), draft(EventType.VOTED, START, P["bo"]))
    assert sight(store, "bo").waiting(9) == []
    assert ids(sight(store, "cy").waiting(9)) == ["R-1"]


def test_two_rows_of_one_address_are_asked_as_one(store: Store, clock: Clock) -> None:
    other = store.people.meet(slack_id=SlackId("UBO02"))
    made(store, waits("bo"), about=None)
    request = store.ask(asked(P["ada"]))
    store.append(request, [planned(START + timedelta(days=1), approvers=[other.id, P["bo"]])])
    assert sight(store, "bo").kinds() == {"request-access": 1, "make-admin": 1}
    store.people.saw(Account(SlackId("UBO02"), Standing.COLLEAGUE, clock.now()), mail("bo"))
    for id in (other.id, P["bo"]):
        seen = store.finding.seen_by(id, SECRET)
        assert ids(seen.waiting(9)) == ["R-2", "R-1"]
        assert seen.kinds() == {"request-access": 1, "make-admin": 1}


# -- mine --------------------------------------------------------------------------------------------------


def test_mine_is_what_i_want_and_what_changes_me(store: Store) -> None:
    made(store, waits("bo"))
    made(store, waits("bo"), by="cy", subject=P["ada"])
    made(store, waits("bo"), by="cy", subject=P["eve"])
    made(store, waits("bo"), subject=P["ada"])
    found = sight(store, "ada").mine(2)
    assert (ids(found.requests), found.total, found.left) == (["R-4", "R-2"], 3, 1)


def test_until_the_worker_has_looked_nobody_hears_what_others_want_of_them(store: Store) -> None:
    made(store, by="cy", subject=P["ada"], team="Design")
    assert sight(store, "ada").mine(9).total == 0
    assert sight(store, "bo").teams(["Design"], 9).total == 0
    assert sight(store, "cy").mine(9).total == 1


def test_what_ended_last_comes_first(store: Store) -> None:
    made(store, waits("bo"), EventType.DENIED)
    made(store, waits("bo"))
    made(store, waits("bo"), EventType.EXPIRED)
    made(store, EventType.REFUSED, by="cy", subject=P["ada"])
    made(store, waits("bo"), EventType.APPROVED, EventType.DONE, by="cy", subject=P["ada"])
    assert ids(sight(store, "ada").ended(9)) == ["R-5", "R-3", "R-1"]
    assert ids(sight(store, "ada").ended(2)) == ["R-5", "R-3"]


# -- secrets -----------------------------------------------------------------------------------------------

WAYS = (
    [waits("bo")],
    [waits("bo"), EventType.APPROVED, EventType.STOPPED],
    [waits("eve", stuck=True)],
    [waits("bo"), EventType.APPROVED, EventType.DONE],
)


@pytest.mark.parametrize("whats", WAYS, ids=["waiting", "stopped", "stuck", "done"])
def test_a_leaver_finds_nothing_of_it_and_no_number_of_it(
    store: Store, whats: list[EventType | Draft]
) -> None:
    made(store, *whats, action="offboard", subject=P["eve"], team="Design")
    seen = sight(store, "eve")
    found = [seen.mine(9), seen.stopped(9), seen.stuck(9), seen.teams(["Design"], 9)]
    assert [(one.total, list(one.requests)) for one in found] == [(0, [])] * 4
    assert (seen.waiting(9), seen.kinds(), seen.ended(9)) == ([], {}, [])


def test_whoever_asks_for_the_own_offboarding_knows_of_it(store: Store) -> None:
    made(store, waits("bo"), action="offboard", subject=P["ada"])
    assert ids(sight(store, "ada").mine(9).requests) == ["R-1"]


def test_owners_of_a_team_never_find_a_secret(store: Store) -> None:
    made(store, waits("bo"), action="offboard", subject=P["eve"], team="Design")
    assert sight(store, "cy").teams(["Design"], 9).total == 0


# -- what I look after -------------------------------------------------------------------------------------


def test_requests_about_a_team_are_found_by_any_of_its_names(store: Store) -> None:
    made(store, waits("bo"), team="Design")
    made(store, waits("bo"), team="Data")
    for name in ("Design", "DESIGN"):
        assert ids(sight(store, "cy").teams([name], 9).requests) == ["R-1"]
    assert ids(sight(store, "cy").teams(["design", "data"], 9).requests) == ["R-2", "R-1"]
    assert sight(store, "cy").teams([], 9).total == 0


def test_what_is_mine_or_waits_for_me_is_not_found_once_more(store: Store) -> None:
    made(store, waits("bo"), team="Design")
    assert sight(store, "bo").teams(["Design"], 9).total == 0
    assert sight(store, "ada").teams(["Design"], 9).total == 0


def test_what_stopped_and_what_nobody_can_decide_is_in_trouble(store: Store) -> None:
    stopped = made(store, waits("bo"), EventType.APPROVED, EventType.STOPPED)
    made(store, waits("bo"))
    stuck = made(store, waits("bo", stuck=True))
    seen = sight(store, "ida")
    assert (ids(seen.stopped(9).requests), ids(seen.stuck(9).requests)) == (["R-1"], ["R-3"])
    assert store.finding.in_trouble() == [("R-1", stopped.version), ("R-3", stuck.version)]
    store.append(stopped, [draft(EventType.RESUMED, START, P["ida"])])
    store.append(stuck, [draft(EventType.EXPIRED, START)])
    assert store.finding.in_trouble() == []


def test_the_last_of_some_actions_that_was_carried_out(store: Store) -> None:
    done = (waits("bo"), EventType.APPROVED, EventType.DONE)
    made(store, *done, action="make-admin", subject=P["eve"])
    made(store, *done, action="move-team", subject=P["eve"])
    made(store, waits("bo"), EventType.DENIED, action="make-admin", subject=P["eve"])
    made(store, *done, action="make-admin", subject=P["cy"])
    found = store.finding.last_done("Eve@Example.com", ("make-admin", "remove-admin"))
    assert found and found.id == "R-1"
    assert store.finding.last_done("", ("make-admin",)) is None
    assert store.finding.last_done(mail("bo"), ("make-admin",)) is None
