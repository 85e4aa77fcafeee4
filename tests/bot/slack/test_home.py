"""What is gathered for App Home out of a record with much in it."""

from collections.abc import Iterator

import pytest

from approvals.ids import RequestId
from approvals.request import Draft
from approvals.states import OPEN
from bot.cards.blocks import Block
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.inputs import placed
from bot.slack.deliver import home
from bot.slack.deliver.home import At, Gathering
from tests.bench.home import EMPLOYEE, Company
from tests.bot.slack.scenes import check_valid

OPERATOR, ASKER, OWNER = 0, 3, 20


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A hundred requests ended, 500 are open; Person 1 decides, Person 4 asks for everybody."""
    made = Company(tmp_path_factory.mktemp("company"), 600, 500, 200)
    yield made
    made.store.close()


def seen(company: Company, number: int) -> Block:
    view = company.home(number)
    check_valid("home", view)
    return view


def pressed(view: Block, action: str) -> list[str]:
    return [one["value"] for _, one in placed(view["blocks"]) if one["action_id"].startswith(action)]


@pytest.mark.thorough
def test_of_all_that_wait_the_most_urgent_are_shown_and_the_others_counted(company: Company) -> None:
    view = seen(company, OPERATOR)
    waiting = sum(company.store.finding.seen_by(company.people[OPERATOR].id, ()).kinds().values())
    shown = as_text(view)
    assert waiting > 100
    assert f"Waiting for you: {waiting}" in shown
    assert f"[Show All {waiting}]" in shown
    ids = [value.partition(":")[0] for value in pressed(view, "approve") if ":" in value]
    ends = [company.store.request(RequestId(id)).deadlines.expires_at for id in ids]
    assert len(ids) == home.TO_DECIDE[0] and ends == sorted(ends, key=str)


@pytest.mark.thorough
def test_all_500_open_requests_are_counted_and_paged_through_once(company: Company) -> None:
    assert "[Show All 500 Open]" in as_text(seen(company, OPERATOR))
    at, found = At("open"), list[str]()
    while True:
        view = home.view(company.context, company.who(OPERATOR), "", at)
        check_valid("home", view)
        assert "Everything open: 500" in as_text(view)
        found += [value.partition(":")[0] for value in pressed(view, "details")]
        following = pressed(view, "page:next")
        if not following:
            break
        at = At.read(following[0])
    stored = [request.id for request in company.store.requests(states=OPEN, limit=1000)]
    assert found == stored and len(found) == 500


def test_each_harmless_kind_can_be_approved_together(company: Company) -> None:
    assert pressed(seen(company, OPERATOR), "approve-all:") == ["request-access", "move-team"]


def test_operators_see_what_is_in_trouble(company: Company) -> None:
    shown = as_text(seen(company, OPERATOR))
    assert "Needs your attention: " in shown
    assert "No approver available: " in shown
    assert (
        "Person Number 40: Company Admin" not in shown
        and "10 more are listed in Miro's company settings." in shown
    )


def test_nobody_else_sees_what_operators_look_after(company: Company) -> None:
    shown = as_text(seen(company, EMPLOYEE))
    titles = ("Needs your attention", "No approver available", "Admin rights", "[Search]")
    assert not [title for title in titles if title in shown]


def test_owners_of_teams_see_who_has_admin_rights(company: Company) -> None:
    shown = as_text(seen(company, ASKER))
    assert "Needs your attention" not in shown and "No approver available" not in shown
    assert "@U00001 (p1@example.com): Company Admin" in shown


def test_whoever_asked_for_much_sees_the_newest_and_how_many_more(company: Company) -> None:
    shown = as_text(seen(company, ASKER))
    mine = company.store.finding.seen_by(company.people[ASKER].id, ()).mine(1).total
    assert f"Your open requests: {mine}" in shown and f"[Show All {mine}]" in shown


def test_owners_see_requests_about_their_teams_alone(company: Company) -> None:
    lines = as_text(seen(company, OWNER)).partition("About your teams: ")[2].splitlines()
    ids = [RequestId(line.partition(" ")[0]) for line in lines if line.startswith("R-")]
    assert ids and {company.store.request(id).scope.teams[0][0] for id in ids} == {"Team 21"}


def test_one_kind_is_gathered_for_the_form_and_nothing_grave(company: Company) -> None:
    actor = company.who(OPERATOR)
    gathered = Gathering(company.context, actor)
    kinds = {one.request.action for one in gathered.all_of("move-team")}
    assert kinds == {"move-team"}
    assert gathered.all_of("make-admin") == []


def test_a_request_that_a_newer_program_moved_on_is_shown_without_buttons(company: Company) -> None:
    [first, *_] = company.store.finding.seen_by(company.people[OPERATOR].id, ()).waiting(1)
    with company.store.writing():
        company.store._ledger.write(first.id, first.version + 1, [Draft("blessed")])
    view = seen(company, OPERATOR)
    assert f"{first.id}: I can't read all of it, so I leave it alone." in as_text(view)
    assert first.id not in [value.partition(":")[0] for value in pressed(view, "approve")]
