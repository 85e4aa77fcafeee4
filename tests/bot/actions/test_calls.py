"""Which calls each action sends to Miro, to the letter: before anybody is asked, and after the approval."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.miro.wire import ENTERPRISE, USER
from bot.sandbox.stage import POLICY, Stage, stage
from tests.bot.journeys.scenes import first_choices
from tests.records import fresh

LOOKED = "id,userName,displayName,active,userType,roles,groups"
PLAIN = re.sub(r"\[accounts.default\]\n.*\n", "", POLICY)
"""The policy without anything that HR knows."""

Call = tuple[str, str, Any]


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    fresh(tmp_path / "record.db")
    with stage(tmp_path, PLAIN) as whole:
        yield whole


def look(email: str = "alex@example.com", more: str = "") -> Call:
    return ("GET", f'/Users?attributes={LOOKED}{more}&filter=userName eq "{email}"', None)


def admins() -> Call:
    return ("GET", "/Users?attributes=id,active,roles&filter=active eq true&startIndex=1&count=1000", None)


def patched(path: str, *operations: dict[str, Any], more: str = "") -> Call:
    wanted = f"{LOOKED}{more}" if path.startswith("/Users") else "id,displayName"
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
    return ("PATCH", f"{path}?attributes={wanted}", body)


def join(team: str, id: str) -> Call:
    return patched(f"/Groups/{team}", {"op": "Add", "path": "members", "value": [{"value": id}]})


def leave(team: str, id: str) -> Call:
    return patched(f"/Groups/{team}", {"op": "Remove", "path": f'members[value eq "{id}"]'})


def role(id: str, value: str) -> Call:
    return patched(f"/Users/{id}", {"op": "Replace", "path": "roles[primary eq true].value", "value": value})


def active(id: str, value: str) -> Call:
    return patched(f"/Users/{id}", {"op": "Replace", "path": "active", "value": value})


def calls(s: Stage) -> list[Call]:
    """What was sent since this was asked last."""
    sent: list[Call] = [(one.method, one.path, one.body) for one in s.miro.log]
    s.miro.log.clear()
    return sent


def ask(s: Stage, user: str, command: str, text: str, **fields: Any) -> list[Call]:
    """Asks, and gives the calls that were sent before anybody is asked to decide."""
    assert s.acting.command(user, command, text).ok
    sent = s.acting.submit(user, {**first_choices(s, user), **fields})
    assert sent.ok
    assert not sent.errors
    s.settle()
    return calls(s)


def approve(s: Stage, user: str) -> list[Call]:
    """Approves the newest card, and gives the calls that were sent until it was done."""
    assert s.acting.click(user, s.slack.dm_of(user)[-1], "approve").ok
    s.settle()
    (request,) = s.bot.store.requests(limit=1)
    assert request.state.value == "done", request.outcome
    return calls(s)


def test_onboarding_makes_an_account_and_joins(s: Stage) -> None:
    asked = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    sent = approve(s, "U0PRIYA")
    alex = s.miro.user("alex@example.com")
    assert asked == [look()]
    assert alex
    assert sent == [
        look(),
        (
            "POST",
            "/Users",
            {
                "schemas": [USER],
                "userName": "alex@example.com",
                "name": {"familyName": "Smith", "givenName": "Alex"},
            },
        ),
        join(s.teams["Engineering"], alex.id),
        look(),
    ]


def test_onboarding_sends_what_hr_knows_with_the_account(tmp_path: Path) -> None:
    with stage(tmp_path) as s:
        more = f",{ENTERPRISE}:organization"
        assert ask(s, "U0ALEX", "/miro-access", "for Engineering because Monday") == [look(more=more)]
        first, post, _, last = approve(s, "U0PRIYA")
    assert (first, last) == (look(more=more), look(more=more))
    assert post[2]["schemas"] == [USER]
    assert post[2][ENTERPRISE] == {"organization": "Example Ltd"}


def test_who_comes_back_is_reactivated_written_and_joined(tmp_path: Path) -> None:
    with stage(tmp_path) as s:
        alex = s.miro.add_user("alex@example.com", "Alex Smith", active=False)
        more = f",{ENTERPRISE}:organization"
        ask(s, "U0ALEX", "/miro-access", "for Engineering because Monday")
        written = {"op": "Replace", "path": f"{ENTERPRISE}:organization", "value": "Example Ltd"}
        assert approve(s, "U0PRIYA") == [
            look(more=more),
            active(alex, "true"),
            patched(f"/Users/{alex}", written, more=more),
            join(s.teams["Engineering"], alex),
            look(more=more),
        ]


def test_a_groups_name_is_looked_at_changed_and_looked_at(s: Stage) -> None:
    id = s.teams["Engineering"]
    seen = ("GET", f"/Groups/{id}?attributes=id,displayName", None)
    assert ask(s, "U0DANA", "/miro", 'rename-group Engineering to "g_app_proeng_all" because audit') == [seen]
    renamed = {"op": "Replace", "path": "displayName", "value": "g_app_proeng_all"}
    assert approve(s, "U0CAROL") == [seen, patched(f"/Groups/{id}", renamed), seen]


def test_a_group_is_looked_for_by_name_created_and_looked_for(tmp_path: Path) -> None:
    with stage(tmp_path, PLAIN, group_model="user-group") as s:
        named = 'displayName eq "Data Science"'
        seen = ("GET", f"/Groups?attributes=id,displayName&filter={named}", None)
        assert ask(s, "U0DANA", "/miro", 'create-group "Data Science" because of it') == [seen]
        created = {"schemas": [USER.replace("User", "Group")], "displayName": "Data Science"}
        assert approve(s, "U0CAROL") == [seen, ("POST", "/Groups?attributes=id,displayName", created), seen]


def test_the_members_of_a_group_are_counted_before_it_is_deleted(tmp_path: Path) -> None:
    with stage(tmp_path, PLAIN, group_model="user-group") as s:
        id = s.teams["Design"]
        seen = ("GET", f"/Groups/{id}?attributes=id,displayName", None)
        count = ("GET", f'/Users?attributes=id&filter=groups.value eq "{id}"&count=1', None)
        assert ask(s, "U0DANA", "/miro", "delete-group Design because of it") == [seen, count]
        assert approve(s, "U0CAROL") == [seen, count, ("DELETE", f"/Groups/{id}", None), seen]


TO_IT = '<@U0ALEX|alex> from Engineering to "IT Administration" because Alex joins IT on Monday'


def test_a_change_of_role_and_team_ends_with_the_rights(s: Stage) -> None:
    teams = [s.teams["Engineering"], s.teams["Design"]]
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=teams)
    assert ask(s, "U0DANA", "/miro-admin", TO_IT) == [look()]
    assert approve(s, "U0CAROL") == [
        look(),
        join(s.teams["IT Administration"], alex),
        leave(s.teams["Engineering"], alex),
        role(alex, "ORGANIZATION_INTERNAL_ADMIN"),
        look(),
    ]


def test_the_only_team_is_left_after_another_look(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    ask(s, "U0DANA", "/miro-admin", TO_IT)
    assert approve(s, "U0CAROL") == [
        look(),
        join(s.teams["IT Administration"], alex),
        look(),
        leave(s.teams["Engineering"], alex),
        role(alex, "ORGANIZATION_INTERNAL_ADMIN"),
        look(),
    ]


def test_an_admin_role_is_added_to_the_others(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, "U0DANA", "/miro-admin", "<@U0ALEX|alex> because boards", rights="Content Admin")
    value = [{"value": "Content Admin", "type": "organization_admin_role", "primary": False}]
    assert approve(s, "U0CAROL") == [
        look(),
        patched(f"/Users/{alex}", {"op": "Add", "path": "roles", "value": value}),
        look(),
    ]


def test_rights_are_taken_away_after_counting_admins(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]], admin=True)
    assert ask(s, "U0DANA", "/miro", "remove-admin <@U0ALEX|alex> because Alex left IT") == [look(), admins()]
    assert approve(s, "U0CAROL") == [look(), admins(), role(alex, "ORGANIZATION_INTERNAL_USER"), look()]


def test_a_move_joins_and_leaves(s: Stage) -> None:
    teams = [s.teams["Engineering"], s.teams["IT Administration"]]
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=teams)
    assert ask(s, "U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs") == [look()]
    assert approve(s, "U0PRIYA") == [
        look(),
        join(s.teams["Design"], alex),
        leave(s.teams["Engineering"], alex),
        look(),
    ]


def test_several_teams_are_left_by_a_call_each(s: Stage) -> None:
    teams = [s.teams["Engineering"], s.teams["Design"], s.teams["IT Administration"]]
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=teams)
    assert ask(s, "U0ALEX", "/miro", "leave-team Engineering, Design because I moved") == [look()]
    # In the order in which the form lists them.
    assert approve(s, "U0PRIYA") == [look(), leave(teams[1], alex), leave(teams[0], alex), look()]


def test_each_detail_that_differs_is_written_by_itself_the_address_last(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    s.miro.change_user("alex@example.com", enterprise={"division": "North"})
    more = "".join(f",{ENTERPRISE}:{name}" for name in ("department", "division"))
    wanted = {
        "department": "Research",
        "division": "North",
        "given_name": "Alexa",
        "family_name": "Smith",
        "email": "Alexa@example.com",
    }
    assert ask(s, "U0SAM", "/miro", "update-details <@U0ALEX|alex> because of HR", **wanted) == [
        look(more=more)
    ]
    id = f"/Users/{alex}"
    department = {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Research"}
    assert approve(s, "U0CAROL") == [
        look(more=more),
        patched(id, department, more=f",{ENTERPRISE}:department"),
        patched(id, {"op": "Replace", "path": "displayName", "value": "Alexa Smith"}),
        patched(id, {"op": "Replace", "path": "userName", "value": "alexa@example.com"}),
        # The old address shows nobody now: the account is known by its id.
        look(more=more),
        ("GET", f"{id}?attributes={LOOKED}{more}", None),
    ]


def test_a_license_is_raised_in_one_call(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", user_type="Basic")
    assert ask(s, "U0SAM", "/miro", "change-license <@U0ALEX|alex> because of boards") == [look()]
    raised = patched(f"/Users/{alex}", {"op": "Replace", "path": "userType", "value": "Full"})
    assert approve(s, "U0CAROL") == [look(), raised, look()]


JO = "jo@example.com"


def test_a_leaver_is_deactivated_in_one_call(s: Stage) -> None:
    jo = s.miro.add_user(JO, "Jo Park", teams=[s.teams["Design"]])
    assert ask(s, "U0LENA", "/miro-offboard", f"{JO} because last day today") == [look(JO)]
    assert approve(s, "U0PRIYA") == [look(JO), active(jo, "false"), look(JO)]


def test_a_leaving_admin_is_demoted_first(s: Stage) -> None:
    jo = s.miro.add_user(JO, "Jo Park", teams=[s.teams["Design"]], admin=True)
    assert ask(s, "U0LENA", "/miro-offboard", f"{JO} because last day today") == [look(JO), admins()]
    assert approve(s, "U0PRIYA") == [
        look(JO),
        admins(),
        role(jo, "ORGANIZATION_INTERNAL_USER"),
        active(jo, "false"),
        look(JO),
    ]


def test_all_admin_roles_of_a_leaver_go_in_one_call(s: Stage) -> None:
    roles = ["User Admin", "Content Admin"]
    jo = s.miro.add_user(JO, "Jo Park", teams=[s.teams["Design"]], admin_roles=roles)
    ask(s, "U0LENA", "/miro-offboard", f"{JO} because last day today")
    gone = [{"op": "Remove", "path": f'roles[value eq "{name}"]'} for name in ("Content Admin", "User Admin")]
    assert approve(s, "U0PRIYA") == [look(JO), patched(f"/Users/{jo}", *gone), active(jo, "false"), look(JO)]


@pytest.mark.parametrize("admin", [False, True])
def test_a_deleted_account_is_looked_for_once_more(s: Stage, admin: bool) -> None:
    jo = s.miro.add_user(JO, "Jo Park", teams=[s.teams["Design"]], admin=admin)
    ask(s, "U0LENA", "/miro-offboard", f"{JO} because last day today", how="delete")
    first = [admins(), role(jo, "ORGANIZATION_INTERNAL_USER")] if admin else []
    assert approve(s, "U0PRIYA") == [look(JO), *first, ("DELETE", f"/Users/{jo}", None), look(JO)]
    assert s.miro.user(JO) is None


def test_who_was_deactivated_is_let_in_in_one_call(s: Stage) -> None:
    jo = s.miro.add_user(JO, "Jo Park", active=False)
    assert ask(s, "U0LENA", "/miro", f"reactivate {JO} because back from leave") == [look(JO)]
    assert approve(s, "U0PRIYA") == [look(JO), active(jo, "true"), look(JO)]


@pytest.mark.parametrize(
    ("user", "command", "text"),
    [
        ("U0ALEX", "/miro-access", "for Engineering because I need it"),
        ("U0ALEX", "/miro-move", "from Design to Engineering because I need it"),
        ("U0LENA", "/miro", "reactivate alex@example.com because I need it"),
        ("U0DANA", "/miro", "remove-admin <@U0ALEX|alex> because I need it"),
    ],
)
def test_what_is_so_already_takes_one_look_and_nobody(s: Stage, user: str, command: str, text: str) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    assert ask(s, user, command, text) == [look()]
    (request,) = s.bot.store.requests(limit=1)
    assert request.state.value == "nothing to do"
