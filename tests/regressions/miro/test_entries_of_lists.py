"""One entry that can't be read hides no other, and a list that doesn't add up is not relied on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.miro.client import Miro
from bot.miro.errors import Away, Trouble
from bot.sandbox.miro.service import Fault
from bot.sandbox.server import Answer, Call
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import playing, told
from tests.bot.miro.scene import always, answering, page

pytestmark = pytest.mark.regression

ADMIN = {"value": "ORGANIZATION_INTERNAL_ADMIN", "type": "organization_user_role", "primary": True}
MEMBER = {**ADMIN, "value": "ORGANIZATION_INTERNAL_USER"}
DESIGN = {"id": "1", "displayName": "Design"}
SALES = {"id": "2", "displayName": "Sales"}
CAROL = {"id": "8", "userName": "carol@example.com", "active": True, "roles": [ADMIN]}
HALF = "\ud83d"
"""Half an emoji, which JSON can carry and no text can."""


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


# -- entries that can't be read ----------------------------------------------------------------------------

BAD_GROUPS: list[tuple[Any, str]] = [
    ({"id": "123"}, "no name: id 123"),
    ({"id": "123", "displayName": None}, "no name: id 123"),
    ({"id": "123", "displayName": "  "}, "no name: id 123"),
    ({"id": "123", "displayName": f"Plans {HALF}"}, "no name: id 123"),
    ({"id": "123", "displayName": {"text": "Plans"}}, "no name: id 123"),
    ({"id": None, "displayName": "Plans"}, "no id: id unknown"),
    ({"id": 1.5, "displayName": "Plans"}, "no id: id unknown"),
    ({"id": True, "displayName": "Plans"}, "no id: id unknown"),
    ({"id": "", "displayName": "Plans"}, "no id: id unknown"),
    ("Plans", "no readable form: id unknown"),
    (None, "no readable form: id unknown"),
    ([DESIGN], "no readable form: id unknown"),
]


@pytest.mark.parametrize(("bad", "named"), BAD_GROUPS, ids=str)
def test_a_group_that_cannot_be_read_is_named_and_hides_no_other(bad: Any, named: str) -> None:
    with answering(always(page(DESIGN, bad, SALES))) as miro:
        listed = miro.groups()
    assert [group.display_name for group in listed.entries] == ["Design", "Sales"]
    assert listed.complaints("group", "groups") == (f"1 group of Miro's has {named}",)


@pytest.mark.parametrize(
    "bad",
    [
        {"id": "9", "active": True, "roles": [ADMIN]},
        {"id": "9", "userName": None, "active": True},
        {"id": "9", "userName": HALF, "active": True},
        {"userName": "x@example.com", "active": True},
        "dana@example.com",
    ],
    ids=str,
)
def test_a_person_who_cannot_be_read_hides_no_admin(bad: Any) -> None:
    with answering(always(page(bad, CAROL))) as miro:
        listed = miro.roster()[0]
    assert [admin.user_name for admin in listed.entries] == ["carol@example.com"]
    assert len(listed.skipped) == 1


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"active": None}, "active"),
        ({"active": "maybe"}, "active"),
        ({"roles": None}, "roles"),
        ({"roles": []}, "roles"),
        ({"roles": [{"display": "Company Admin"}]}, "roles"),
        ({"active": None, "roles": None}, "active and no roles"),
    ],
    ids=str,
)
def test_who_may_be_an_admin_is_named_and_not_dropped(changes: dict[str, Any], lacks: str) -> None:
    dana = {**CAROL, "id": "9", "userName": "dana@example.com", **changes}
    with answering(always(page(dana, CAROL))) as miro:
        listed = miro.roster()[0]
    assert [admin.user_name for admin in listed.entries] == ["carol@example.com"]
    assert listed.complaints("person", "people") == (f"1 person of Miro's has no {lacks}: id 9",)
    assert listed.may_hold("9")


def test_an_admin_with_one_role_that_cannot_be_read_is_shown_and_named() -> None:
    with answering(always(page({**CAROL, "roles": [ADMIN, {"display": "?"}]}))) as miro:
        listed = miro.roster()[0]
    assert [admin.id for admin in listed.entries] == ["8"]
    assert [one.lacks for one in listed.skipped] == ["roles"]


def test_members_and_the_deactivated_are_no_doubt() -> None:
    ada, joe = {**CAROL, "id": "5", "roles": [MEMBER]}, {**CAROL, "id": "6", "active": False, "roles": []}
    with answering(always(page(ada, joe, CAROL))) as miro:
        listed = miro.roster()[0]
    assert ([admin.id for admin in listed.entries], listed.skipped) == (["8"], ())


def test_names_that_only_people_read_hide_nobody() -> None:
    ada = {**CAROL, "displayName": f"Carol {HALF}", "userType": 5, "groups": [{"value": 1, "display": HALF}]}
    with answering(always(page(ada))) as miro:
        found = miro.look("carol@example.com")
    assert found
    assert (found.display_name, found.user_type, set(found.group_ids)) == ("Carol ?", "", {"1"})


# -- ids that are numbers ----------------------------------------------------------------------------------


def test_ids_may_be_numbers_in_every_place() -> None:
    large = 3074457365265951581
    role = {"value": 12, "primary": False}
    ada = {**CAROL, "id": large, "groups": [{"value": large}], "roles": [ADMIN, role]}

    def answers(call: Call) -> Answer:
        if call.path.endswith("/Users"):
            return page(ada)
        return Answer.of(200, {"id": large, "displayName": "Design"} if "Groups" in call.path else ada)

    with answering(answers) as miro:
        found, by_id, group = miro.look("carol@example.com"), miro.by_id(str(large)), miro.group(str(large))
        assert miro.other_admin("7")
        assert not miro.other_admin(str(large))
    assert found
    assert found == by_id
    assert group
    assert (found.id, set(found.group_ids)) == (str(large), {str(large)})
    assert set(found.admin_roles) == {"12"}


# -- lists that don't add up -------------------------------------------------------------------------------


def pages(*sent: tuple[Any, list[Any]]) -> Callable[[Call], Answer]:
    """A service with these pages in turn, each with a total, whatever `startIndex` says; the last stays."""
    left = list(sent)

    def answers(_: Call) -> Answer:
        total, rows = left.pop(0) if len(left) > 1 else left[0]
        return page(*rows, total=total)

    return answers


def team(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "displayName": f"Team {number}",
        "active": True,
        "userName": "a@b",
        "roles": [MEMBER],
    }


BLANKS: list[Any] = [{}, *({"id": id} for id in (None, "", " ", True, 1.5, HALF)), None, "?", []]
"""Entries without an id."""
ODD = {
    "the same page again": pages((4, [team(1), team(2)])),
    "an id twice on one page": pages((2, [team(1), team(1)])),
    "an id twice, as a number": pages((2, [team(1), {**team(1), "id": 1}])),
    "an id twice on two pages": pages((4, [team(1), team(2)]), (4, [team(2), team(3)])),
    "fewer than promised": pages((4, [team(1), team(2)]), (4, [])),
    "more than promised": pages((1, [team(1), team(2)])),
    "some that were not counted": pages((0, [team(1)])),
    "another total on the next page": pages((4, [team(1), team(2)]), (3, [team(3)])),
    "a page without any id, for ever": pages((10**9, ["?"])),
    "a total that is none": pages((-1, [team(1)])),
    **{f"{blank!r} on two pages": pages((4, [blank, blank])) for blank in BLANKS},
    "one without an id on each page": pages((4, [team(1), {}]), (4, [team(2), {"id": None}])),
    "one without an id on pages far apart": pages((3, [{}]), (3, [team(2)]), (3, ["?"])),
    "an id twice, with a space": pages((2, [team(1), {**team(1), "id": " 1"}])),
    "an id twice, as a number on the next page": pages((2, [team(1)]), (2, [{**team(1), "id": 1}])),
    **{f"a total of {total!r}": pages((total, [team(1)])) for total in ("1", "", True, 1.0, [1], 1e400)},
}


@pytest.mark.parametrize("answers", ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    "look", [lambda miro: miro.groups(), lambda miro: miro.roster()[0], lambda miro: miro.other_admin("7")]
)
def test_a_list_that_does_not_add_up_is_not_relied_on(look: Callable[[Miro], Any], answers: Any) -> None:
    with answering(answers) as miro, pytest.raises(Away) as raised:
        look(miro)
    assert raised.value.kind in (Trouble.COUNT, Trouble.UNREADABLE)


def test_a_list_without_any_total_is_not_relied_on() -> None:
    listed = Answer.of(200, {"Resources": [team(1)], "itemsPerPage": 1})
    with answering(always(listed)) as miro, pytest.raises(Away) as raised:
        miro.groups()
    assert raised.value.kind is Trouble.UNREADABLE


def test_entries_without_an_id_on_one_page_of_two_are_named_and_hide_no_other() -> None:
    with answering(pages((5, [{}, team(1), {"id": None}]), (5, [team(2), team(3)]))) as miro:
        listed = miro.groups()
    assert [group.id for group in listed.entries] == ["1", "2", "3"]
    assert listed.may_hold("4") and len(listed.skipped) == 2


def test_a_list_without_end_is_given_up() -> None:
    numbers = iter(range(10**9))

    def answers(_: Call) -> Answer:
        return page(team(next(numbers)), total=10**9)

    with answering(answers) as miro, pytest.raises(Away, match="more than 1000 pages") as raised:
        miro.groups()
    assert raised.value.kind is Trouble.COUNT


@pytest.mark.parametrize("rows", [[CAROL, CAROL], [CAROL, {**CAROL, "id": 8}]], ids=["twice", "as a number"])
def test_one_person_shown_twice_is_not_two_accounts(rows: list[Any]) -> None:
    with answering(always(page(*rows))) as miro, pytest.raises(Away) as raised:
        miro.look("carol@example.com")
    assert raised.value.kind is Trouble.COUNT


@pytest.mark.parametrize("total", [0, 2])
def test_a_look_whose_count_is_wrong_is_not_relied_on(total: int) -> None:
    with answering(always(page(CAROL, total=total))) as miro, pytest.raises(Away) as raised:
        miro.look("carol@example.com")
    assert raised.value.kind is Trouble.COUNT


# -- what the bot keeps ------------------------------------------------------------------------------------


def listed_anew(s: Stage, saying: Callable[[Any], Any]) -> list[str]:
    """The teams that the bot knows after Miro's list was heard like this."""
    s.miro.faults = [Fault("GET", "/Groups", saying=saying, times=99)]
    s.clock.sleep(700)
    s.bot.housekeeping.tick()
    s.settle()
    s.miro.faults.clear()
    return [group.security_name for group in s.bot.store.groups.all()]


def test_a_team_whose_name_is_missing_keeps_its_last_one_and_operators_read_of_it(s: Stage) -> None:
    before = [group.security_name for group in s.bot.store.groups.all()]
    design = s.teams["Design"]

    def nameless(said: Any) -> Any:
        rows = [{**row, "displayName": None} if row["id"] == design else row for row in said["Resources"]]
        return {**said, "Resources": rows}

    assert listed_anew(s, nameless) == before
    assert any(f"1 group of Miro's has no name: id {design}" in text for text in told(s, "U0CAROL"))


@pytest.mark.parametrize("name", ["active", "roles"])
def test_an_admin_whose_entry_hides_something_stays_listed_and_operators_read_of_it(
    s: Stage, name: str
) -> None:
    before, _ = s.bot.store.groups.admins()
    assert before
    id = before[0].miro_id

    def hiding(said: Any) -> Any:
        rows = [{**row, name: None} if row["id"] == id else row for row in said["Resources"]]
        return {**said, "Resources": rows}

    s.miro.faults = [Fault("GET", "/Users", saying=hiding, times=99)]
    s.clock.sleep(3700)
    s.bot.housekeeping.tick()
    s.settle()
    after, _ = s.bot.store.groups.admins()
    assert after == before
    assert any(f"1 person of Miro's has no {name}: id {id}" in text for text in told(s, "U0CAROL"))


def test_no_team_vanishes_behind_an_entry_that_nobody_can_tell(s: Stage) -> None:
    before = [group.security_name for group in s.bot.store.groups.all()]
    assert listed_anew(s, lambda said: {**said, "Resources": ["?", *said["Resources"][1:]]}) == before


@pytest.mark.parametrize(
    "saying",
    [
        lambda said: {**said, "totalResults": said["totalResults"] * 2},
        lambda said: {**said, "Resources": said["Resources"][:1] * said["totalResults"]},
        lambda said: {**said, "Resources": []},
        lambda said: {**said, "totalResults": 1},
        lambda said: {**said, "totalResults": 4, "Resources": [{}, {}]},
    ],
    ids=[
        "the same page for ever",
        "one team, again and again",
        "none shown",
        "one counted",
        "nameless twice",
    ],
)
def test_no_team_vanishes_behind_a_list_that_does_not_add_up(s: Stage, saying: Callable[[Any], Any]) -> None:
    before = [group.security_name for group in s.bot.store.groups.all()]
    assert listed_anew(s, saying) == before
