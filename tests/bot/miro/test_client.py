"""The bot's client at work: looking at people and groups, and sending the calls of goals."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest

from bot.miro.errors import Ambiguous, Away, Locked, Practising
from bot.miro.goals import ScimCall
from bot.miro.groups import GroupNamed, InGroup
from bot.miro.wire import ADMIN, LOOK, MEMBER, Dialect, MiroGroup, patch
from bot.sandbox.miro.service import Fault
from bot.sandbox.server import Answer
from bot.sandbox.server import Call as Heard
from tests.bot.miro.examples import EXAMPLES, Example
from tests.bot.miro.scene import NOBODY, PREFIX, TOKEN, Scene, always, answering, page, scene
from tests.conftest import Judging

ADA = {"id": "7", "userName": "ada@example.com"}
BO = {"id": "8", "userName": "bo@example.com"}


# -- looking at a person -----------------------------------------------------------------------------------


def test_a_look_shows_the_person_asked_for(s: Scene) -> None:
    ada = s.miro.look("ada@example.com")
    assert ada and (ada.id, ada.user_name, ada.active) == (s.ada, "ada@example.com", True)
    assert ada.group_ids == {s.engineering}
    grace = s.miro.look("grace@example.com")
    assert grace and grace.org_role == ADMIN


def test_a_look_asks_for_everything_in_one_call(s: Scene) -> None:
    s.miro.look("ada@example.com")
    assert [one.path for one in s.sandbox.log] == [
        f'/Users?attributes={LOOK}&filter=userName eq "ada@example.com"'
    ]


def test_a_look_may_ask_for_more(s: Scene) -> None:
    s.sandbox.change_user("ada@example.com", enterprise={"department": "IT"})
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
    plain, more = s.miro.look("ada@example.com"), s.miro.look("ada@example.com", urn)
    assert plain and more and (plain.enterprise, more.enterprise) == ({}, {"department": "IT"})


def test_nobody_is_found_under_an_unknown_address(s: Scene) -> None:
    assert s.miro.look("nobody@example.com") is None


def test_a_guest_is_not_seen(s: Scene) -> None:
    guest = s.sandbox.add_user("gus@example.com", "Gus", guest=True)
    assert s.miro.look("gus@example.com") is None
    assert s.miro.by_id(guest) is None


@pytest.mark.parametrize("written", ["ADA@EXAMPLE.COM", "Ada@Example.com"])
def test_an_address_is_the_same_in_any_case(s: Scene, written: str) -> None:
    found = s.miro.look(written)
    assert found and found.id == s.ada


@pytest.mark.parametrize(
    "address",
    [
        'o"neil@example.com',
        "back\\slash@example.com",
        "o'neil+x@example.com",
        "žofie@example.com",
        "a&b=c#d@e.fr",
    ],
)
def test_an_address_is_found_whatever_is_in_it(s: Scene, address: str) -> None:
    id = s.sandbox.add_user(address, "Somebody")
    found = s.miro.look(address)
    assert found and (found.id, found.user_name) == (id, address)


def test_an_address_cannot_widen_its_filter(s: Scene) -> None:
    assert s.miro.look('x" or userName eq "ada@example.com') is None


def test_nobody_may_be_told_without_a_list() -> None:
    with answering(always(Answer.of(200, {"totalResults": 0}))) as miro:
        assert miro.look("ada@example.com") is None


@pytest.mark.parametrize("rows", [{}, {"Resources": []}, {"Resources": None}, {"Resources": [BO]}], ids=str)
def test_somebody_counted_and_not_shown_is_not_taken_for_nobody(rows: dict[str, Any]) -> None:
    answer = Answer.of(200, {"totalResults": 2, **rows})
    with answering(always(answer)) as miro, pytest.raises(Away, match="counted 2 and showed"):
        miro.look("ada@example.com")


def test_a_list_counted_and_not_shown_is_not_taken_for_empty() -> None:
    with answering(always(Answer.of(200, {"totalResults": 5}))) as miro:
        for doing in (miro.groups, lambda: miro.other_admin("7")):
            with pytest.raises(Away, match="counted 5 and showed 0"):
                doing()


def test_two_accounts_of_one_address_are_not_guessed_between() -> None:
    twins = always(page(ADA, {"id": "8", "userName": "Ada@example.com"}))
    with (
        answering(twins) as miro,
        pytest.raises(Ambiguous, match="2 accounts with the address ada@"),
    ):
        miro.look("ada@example.com")


def test_the_right_one_is_taken_from_among_others() -> None:
    with answering(always(page(BO, ADA))) as miro:
        found = miro.look("ada@example.com")
    assert found and found.id == "7"


def test_an_answer_about_other_people_is_not_relied_on() -> None:
    with answering(always(page(BO))) as miro, pytest.raises(Away, match="other people than I asked for"):
        miro.look("ada@example.com")


def test_a_person_is_found_by_id_or_isnt_there(s: Scene) -> None:
    found = s.miro.by_id(s.ada)
    assert found and found.user_name == "ada@example.com"
    s.sandbox.delete("ada@example.com")
    assert s.miro.by_id(s.ada) is None


def test_a_refusal_of_a_look_is_no_verdict_and_told_in_miros_words(s: Scene) -> None:
    s.sandbox.faults.append(Fault(status=400, detail="Filter is invalid", times=2))
    with pytest.raises(Away, match="Filter is invalid"):
        s.miro.look("ada@example.com")
    with pytest.raises(Away, match="Filter is invalid"):
        s.miro.by_id(s.ada)


@pytest.mark.parametrize(
    "answer",
    [
        page({"userName": "ada@example.com"}),
        page({"id": 7.0, "userName": "ada@example.com"}),
        page({"id": "7", "userName": "ada@example.com", "groups": "all"}),
        page("ada@example.com"),
        Answer.of(200, [ADA]),
        Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
        Answer(200, b"[" * 100_000),
        Answer(200),
    ],
)
def test_an_unreadable_answer_is_as_good_as_none(answer: Answer) -> None:
    with answering(always(answer)) as miro:
        with pytest.raises(Away, match="unexpected form"):
            miro.look("ada@example.com")
        with pytest.raises(Away, match=r"unexpected form|doesn't show"):
            miro.other_admin("9")


# -- other admins ------------------------------------------------------------------------------------------


def test_who_is_the_only_admin_has_no_other(s: Scene) -> None:
    assert not s.miro.other_admin(s.grace)
    assert s.miro.other_admin(s.ada)


def test_a_deactivated_admin_is_no_other_admin(s: Scene) -> None:
    s.sandbox.add_user("gil@example.com", "Gil", admin=True, active=False)
    s.sandbox.add_user("ian@example.com", "Ian", admin_roles=["User Admin"])
    assert not s.miro.other_admin(s.grace)


def test_a_deactivated_admin_is_not_counted_even_if_shown() -> None:
    role = {"value": ADMIN, "type": "organization_user_role", "primary": True}
    with answering(always(page({"id": "8", "active": False, "roles": [role]}))) as miro:
        assert not miro.other_admin("7")


def test_an_admin_not_shown_to_be_active_is_neither_another_admin_nor_none() -> None:
    role = {"value": ADMIN, "type": "organization_user_role", "primary": True}
    with answering(always(page({"id": "8", "roles": [role]}))) as miro, pytest.raises(Away, match="1 person"):
        miro.other_admin("7")


def test_another_admin_is_looked_for_on_every_page(s: Scene) -> None:
    for number in range(1_000):
        s.sandbox.add_user(f"p{number}@example.com", f"P {number}")
    s.sandbox.add_user("last@example.com", "Last", admin=True)
    assert s.miro.other_admin(s.grace)
    query = "/Users?attributes=id,active,roles&filter=active eq true"
    assert [one.path for one in s.sandbox.log] == [
        f"{query}&startIndex=1&count=1000",
        f"{query}&startIndex=1001&count=1000",
    ]


def test_the_first_page_with_another_admin_is_enough(s: Scene) -> None:
    for number in range(1_000):
        s.sandbox.add_user(f"p{number}@example.com", f"P {number}", admin=number == 0)
    assert s.miro.other_admin(s.grace)
    assert len(s.sandbox.log) == 1


# -- all admins --------------------------------------------------------------------------------------------


def test_admins_are_company_admins_and_those_with_an_admin_role(s: Scene) -> None:
    s.sandbox.add_user("ian@example.com", "Ian", admin_roles=["User Admin"])
    s.sandbox.add_user("gil@example.com", "Gil", admin=True, active=False)
    s.sandbox.add_user("gus@example.com", "Gus", guest=True)
    found = {
        one.user_name: (one.display_name, one.org_role, one.admin_roles) for one in s.miro.roster()[0].entries
    }
    assert found == {
        "grace@example.com": ("Grace Example", ADMIN, frozenset()),
        "ian@example.com": ("Ian", MEMBER, {"User Admin"}),
    }
    query = "/Users?attributes=id,userName,displayName,active,roles,groups&filter=active eq true"
    assert [one.path for one in s.sandbox.log] == [f"{query}&startIndex=1&count=1000"]


def test_admins_are_looked_for_on_every_page(s: Scene) -> None:
    for number in range(1_000):
        s.sandbox.add_user(f"p{number}@example.com", f"P {number}")
    s.sandbox.add_user("last@example.com", "Last", admin=True)
    assert [one.user_name for one in s.miro.roster()[0].entries] == ["grace@example.com", "last@example.com"]
    assert s.calls == ["GET /Users"] * 2


@pytest.mark.parametrize("active", [{}, {"active": False}], ids=str)
def test_who_isnt_shown_to_be_active_is_no_admin(active: dict[str, bool]) -> None:
    role = {"value": ADMIN, "type": "organization_user_role", "primary": True}
    with answering(always(page({**ADA, "roles": [role], **active}))) as miro:
        assert miro.roster()[0].entries == ()


def test_an_admin_without_an_address_is_skipped_and_named() -> None:
    nameless = always(page({"id": "8", "active": True, "roles": []}))
    with answering(nameless) as miro:
        assert miro.roster()[0].complaints("person", "people") == ("1 person of Miro's has no address: id 8",)


# -- managers ----------------------------------------------------------------------------------------------

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_a_manager_is_whom_the_enterprise_attribute_names(s: Scene) -> None:
    s.sandbox.change_user("grace@example.com", userName="Grace@Example.com")
    s.sandbox.change_user("ada@example.com", enterprise={"manager": {"value": s.grace}, "department": "IT"})
    assert s.miro.manager_of("ADA@example.com") == "grace@example.com"
    assert [one.path.partition("&filter")[0] for one in s.sandbox.log] == [
        f"/Users?attributes={LOOK},{ENTERPRISE}:manager",
        f"/Users/{s.grace}?attributes={LOOK}",
    ]


def test_a_manager_that_a_directory_wrote_is_found(s: Scene) -> None:
    write = {"op": "Replace", "path": f"{ENTERPRISE}:manager.value", "value": s.grace}
    s.miro.send(ScimCall("PATCH", "/Users/{user}", patch(write)), s.ada)
    assert s.miro.manager_of("ada@example.com") == "grace@example.com"


@pytest.mark.parametrize(
    "enterprise",
    [
        {},
        {"department": "IT"},
        {"manager": {"displayName": "Grace Example"}},
        {"manager": {"value": "1"}},
        {"manager": {"value": "../Groups"}},
        {"manager": {"value": ""}},
        {"manager": "Grace Example"},
    ],
    ids=str,
)
def test_nobody_is_guessed_to_be_a_manager(s: Scene, enterprise: dict[str, Any]) -> None:
    s.sandbox.change_user("ada@example.com", enterprise=enterprise)
    assert s.miro.manager_of("ada@example.com") is None
    assert len(s.sandbox.log) == (2 if enterprise == {"manager": {"value": "1"}} else 1)


def test_a_number_is_an_id_too() -> None:
    boss = {"id": "8", "userName": "bo@example.com"}

    def answers(call: Heard) -> Answer:
        return (
            Answer.of(200, boss)
            if call.path.endswith("/8")
            else page({**ADA, ENTERPRISE: {"manager": {"value": 8}}})
        )

    with answering(answers) as miro:
        assert miro.manager_of("ada@example.com") == "bo@example.com"


def test_who_isnt_in_miro_has_no_manager_there(s: Scene) -> None:
    assert s.miro.manager_of("nobody@example.com") is None
    s.sandbox.change_user("ada@example.com", enterprise={"manager": {"value": s.grace}})
    s.sandbox.change_user("grace@example.com", role="ORGANIZATION_EXTERNAL_USER")
    assert s.miro.manager_of("ada@example.com") is None, "a guest isn't shown"


def test_a_refusal_of_the_managers_look_is_told(s: Scene) -> None:
    s.sandbox.change_user("ada@example.com", enterprise={"manager": {"value": s.grace}})
    s.sandbox.faults.append(Fault(path=f"/Users/{s.grace}", status=400, detail="No"))
    with pytest.raises(Away, match="No"):
        s.miro.manager_of("ada@example.com")


# -- groups ------------------------------------------------------------------------------------------------


def test_groups_are_listed_without_their_members(s: Scene) -> None:
    assert list(s.miro.groups().entries) == [
        MiroGroup(id=s.engineering, displayName="Engineering"),
        MiroGroup(id=s.it, displayName="IT Administration"),
    ]
    assert s.sandbox.log[0].path == "/Groups?attributes=id,displayName&startIndex=1&count=1000"


def test_groups_are_listed_over_as_many_pages_as_it_takes(s: Scene) -> None:
    made = {s.engineering, s.it, *(s.sandbox.add_team(f"Team {number}") for number in range(1_500))}
    found = s.miro.groups().entries
    assert ({one.id for one in found}, len(found)) == (made, 1_502)
    assert len(s.sandbox.log) == 2


def paged(most: int, all_of_them: list[dict[str, str]]) -> Any:
    """A service that gives `most` at once, whatever is asked for."""

    def answers(call: Heard) -> Answer:
        start = int(call.query["startIndex"]) - 1
        return page(*all_of_them[start : start + most], total=len(all_of_them))

    return answers


@pytest.mark.parametrize("most", [1, 3, 7])
def test_pages_may_be_smaller_than_asked_for(most: int) -> None:
    teams = [{"id": str(number), "displayName": f"Team {number}"} for number in range(7)]
    with answering(paged(most, teams)) as miro:
        assert [one.id for one in miro.groups().entries] == [team["id"] for team in teams]


def test_a_list_that_promises_too_much_is_not_relied_on() -> None:
    teams = [{"id": "1", "displayName": "Team"}]

    def answers(call: Heard) -> Answer:
        return page(*(teams if call.query["startIndex"] == "1" else []), total=99)

    with answering(answers) as miro, pytest.raises(Away, match="counted 99 and showed 1"):
        miro.groups()


def test_one_group_is_found_or_isnt_there(s: Scene) -> None:
    assert s.miro.group(s.it) == MiroGroup(id=s.it, displayName="IT Administration")
    assert s.miro.group("1") is None
    assert s.sandbox.log[0].path == f"/Groups/{s.it}?attributes=id,displayName"


def test_a_ping_tells_whether_the_token_is_taken(s: Scene) -> None:
    s.miro.ping()
    s.sandbox.scim_enabled = False
    with pytest.raises(Locked, match="403"):
        s.miro.ping()


# -- sending -----------------------------------------------------------------------------------------------


class Listening:
    """Keeps what it hears, and says yes to everything: about whom it was called for."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    def __call__(self, call: Heard) -> Answer:
        self.heard.append(call)
        id = unquote(call.path.removeprefix(PREFIX)).strip("/").partition("/")[2]
        sent = json.loads(call.body or b"{}")
        return Answer.of(200, {**ADA, "id": id or "7", "userName": sent.get("userName", ADA["userName"])})

    @property
    def last(self) -> Heard:
        return self.heard[-1]


@pytest.fixture
def ears() -> Listening:
    return Listening()


@pytest.fixture
def sending(ears: Listening) -> Iterator[Any]:
    with answering(ears) as miro:
        yield miro


@pytest.mark.parametrize("one", EXAMPLES, ids=str)
def test_what_a_goal_asks_for_is_what_goes_out(one: Example, sending: Any, ears: Listening) -> None:
    sending.send(one.goal.call(one.before), "3074457365265951581")
    path, _, query = one.path.replace("{user}", "3074457365265951581").partition("?")
    heard = ears.last
    assert (heard.method, heard.path) == (one.method, PREFIX + path)
    assert heard.query == ({"attributes": query.removeprefix("attributes=")} if query else {})
    sent = json.dumps(one.body).replace("{user}", "3074457365265951581") if one.body else ""
    assert (json.loads(heard.body) if heard.body else None) == (json.loads(sent) if sent else None)


def test_a_call_carries_the_token_and_miros_media_type(sending: Any, ears: Listening) -> None:
    sending.send(ScimCall("POST", "/Users", {"userName": "ada@example.com"}), "")
    assert ears.last.headers["authorization"] == f"Bearer {TOKEN}"
    assert ears.last.headers["content-type"] == "application/scim+json"
    assert ears.last.headers["accept"] == "application/scim+json"


def test_one_joins_a_group_in_148_bytes(sending: Any, ears: Listening) -> None:
    sending.send(InGroup("Ada", "100", "g_it", "IT").call(NOBODY), "3074457365265951581")
    assert len(ears.last.body) == 148


def test_people_who_are_called_like_a_gap_are_left_alone(sending: Any, ears: Listening) -> None:
    name = {"familyName": "{user}", "givenName": "{user}"}
    sending.send(ScimCall("POST", "/Users", {"userName": "a@example.com", "name": name}), "7")
    assert json.loads(ears.last.body)["name"] == name
    sending.send(GroupNamed("IT", "100", "IT", "{user}").call(NOBODY), "7")
    assert json.loads(ears.last.body)["Operations"][0]["value"] == "{user}"


def test_an_id_cannot_lead_to_another_path(sending: Any, ears: Listening) -> None:
    sending.send(ScimCall("DELETE", "/Users/{user}"), "../Groups/1?x=y#z")
    # What looks like a path is one step of it; the stand-in shows the path as it came.
    assert ears.last.path == f"{PREFIX}/Users/..%2FGroups%2F1%3Fx%3Dy%23z"
    assert ears.last.query == {}


@pytest.mark.parametrize(
    ("name", "call", "operation"),
    [
        ("boolean-active", EXAMPLES[2], {"op": "Replace", "path": "active", "value": True}),
        ("unquoted-ids", EXAMPLES[11], {"op": "Remove", "path": "members[value eq 7]"}),
        ("lowercase-ops", EXAMPLES[11], {"op": "remove", "path": 'members[value eq "7"]'}),
    ],
)
def test_the_other_forms_go_out_if_switched_on(name: str, call: Example, operation: dict[str, Any]) -> None:
    ears = Listening()
    with answering(ears, dialect=Dialect.named([name])) as miro:
        miro.send(call.goal.call(call.before), "7")
    assert json.loads(ears.last.body)["Operations"] == [operation]


def test_filters_stand_in_parentheses_if_switched_on(s: Scene) -> None:
    miro = s.client(dialect=Dialect(parentheses=True))
    assert miro.look("ada@example.com")
    assert miro.other_admin(s.ada)
    miro.close()
    assert [one.path.partition("filter=")[2].partition("&")[0] for one in s.sandbox.log] == [
        '(userName eq "ada@example.com")',
        "(active eq true)",
    ]


def test_every_dialect_changes_miro_alike(judged: Judging) -> None:
    pictures = []
    for dialect in (Dialect(), Dialect(True, True, True, True)):
        with scene() as s:
            miro = s.client(dialect=dialect)
            for one in EXAMPLES[2:4]:
                miro.send(one.goal.call(one.before), s.ada)
            miro.send(InGroup("Ada", s.it, "IT", "IT").call(NOBODY), s.ada)
            miro.close()
            pictures.append(s.sandbox.snapshot())
    assert pictures[0] == pictures[1]
    # The other forms are none of the description's, which is why they are switched on.
    assert judged.faults
    judged.faults.clear()


# -- what an accepted call shows ---------------------------------------------------------------------------


def test_an_answer_shows_the_person_it_was_about(s: Scene) -> None:
    call = ScimCall("POST", "/Users", {"schemas": [], "userName": "lin@example.com"})
    answer = s.miro.send(call, "")
    made = s.sandbox.user("lin@example.com")
    assert made and answer.account and (answer.status, answer.account.id) == (201, made.id)
    patched = s.miro.send(EXAMPLES[3].goal.call(NOBODY), s.ada)
    assert patched.account and patched.account.active is False


def test_the_answer_about_a_group_shows_nobody(s: Scene) -> None:
    answer = s.miro.send(InGroup("Ada", s.it, "IT", "IT").call(NOBODY), s.ada)
    assert (answer.status, answer.account) == (200, None)
    assert s.sandbox.log[-1].answer == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "id": s.it,
        "displayName": "IT Administration",
    }


@pytest.mark.parametrize(
    "answer", [Answer(204), Answer.of(200, {"id": "7"}), Answer.of(200, [ADA]), Answer(200)]
)
def test_what_was_accepted_without_a_word_shows_nobody(answer: Answer) -> None:
    with answering(always(answer)) as miro:
        told = miro.send(EXAMPLES[3].goal.call(NOBODY), "7")
    assert (told.status, told.account) == (answer.status, None)


@pytest.mark.parametrize("one", EXAMPLES, ids=str)
def test_practice_changes_nothing_whoever_asks(one: Example, s: Scene) -> None:
    practising = s.client(practice=True)
    with pytest.raises(Practising, match="nothing is changed in Miro"):
        practising.send(one.goal.call(one.before), s.ada)
    assert practising.look("ada@example.com")
    practising.close()
    assert s.calls == ["GET /Users"]


def test_a_base_url_may_end_with_a_slash(s: Scene) -> None:
    s.url += "/"
    miro = s.client()
    assert miro.look("ada@example.com")
    miro.close()


def test_several_threads_may_use_one_client(s: Scene) -> None:
    ids = [s.sandbox.add_user(f"p{number}@example.com", f"P {number}") for number in range(24)]
    call = InGroup("P", s.it, "IT", "IT").call(NOBODY)
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda id: s.miro.send(call, id).status, ids))
    assert statuses == [200] * 24
    assert set(s.sandbox.team(s.it).members) == {s.grace, *ids}
