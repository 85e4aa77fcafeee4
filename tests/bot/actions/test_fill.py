"""Raw text to a typed command: everything wrong is told at once, at its field, with what helps."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.ids import GroupId, PersonId
from approvals.people import Group
from bot.actions import ACTIONS, Action
from bot.actions.fill import Problems, fill, operators_form, with_person
from bot.actions.form import Input
from bot.actions.groups.create_group import CreateGroup
from bot.actions.groups.rename_group import RenameGroup
from bot.actions.people.make_admin import MakeAdmin
from bot.actions.people.move_team import MoveTeam
from bot.actions.people.offboard import Offboard
from bot.actions.people.reactivate import Reactivate
from bot.actions.people.remove_admin import RemoveAdmin
from bot.actions.people.request_access import RequestAccess
from bot.actions.sentences import clip
from tests.bot.actions.scene import ADA, ADDRESS, BO, DESIGN, ENGINEERING, IT, LEGAL, PLATFORM, SALES, Office

NEW_TEAM = "If it's new, create it in Miro. I'll pick it up within 10 minutes."


def filled(context: Office, action: type[Action], **raw: Any) -> Any:
    return fill(action, raw, context.bo, context.tables)


def problems(context: Office, action: type[Action], **raw: Any) -> dict[str, str]:
    with pytest.raises(Problems) as raised:
        filled(context, action, **raw)
    return raised.value.fields


# -- people ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [{}, {"person": ""}, {"person": "U0BO"}, {"person": "bo@example.com"}])
def test_who_is_not_named_is_whoever_asks(context: Office, raw: dict[str, str]) -> None:
    assert filled(context, RequestAccess, teams="Engineering", **raw).person == BO


@pytest.mark.parametrize("address", [ADDRESS, "Ada@Example.COM", f" {ADDRESS} "])
def test_an_address_is_the_person_who_has_it(context: Office, address: str) -> None:
    assert filled(context, Offboard, person=address, how="delete").person == ADA


def test_somebody_unknown_is_met_by_address_or_account(context: Office) -> None:
    joiner = filled(context, Offboard, person="o'neil+new@example.org", how="delete").person
    assert context.store.people.person(joiner).email == "o'neil+new@example.org"
    colleague = filled(context, Offboard, person="U0NEW", how="delete").person
    assert context.store.people.person(colleague).accounts[0].slack_id == "U0NEW"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("", "Fill this in: who."),
        ("ada", "Choose a colleague or enter an e-mail address."),
        ("A" * 300, "Choose a colleague or enter an e-mail address."),
        ("@ada", "This e-mail address isn't valid. Use one like ada@example.com."),
        ("ada@example", "This e-mail address isn't valid. Use one like ada@example.com."),
        ('"ada"@example.com', "This e-mail address isn't valid. Use one like ada@example.com."),
        (
            'x"or(active)@example.com',
            "This e-mail address isn't valid. Use one like ada@example.com.",
        ),
        ("a\\da@example.com", "This e-mail address isn't valid. Use one like ada@example.com."),
        ("žofie@example.com", "This e-mail address isn't valid. Use one like ada@example.com."),
        (f"U0ADA {ADDRESS}", "Choose a colleague or enter an e-mail address, not both."),
        (f"{ADDRESS} bo@example.com", "Choose a colleague or enter an e-mail address, not both."),
    ],
)
def test_a_wrong_person_is_told_at_the_field(context: Office, given: str, text: str) -> None:
    assert problems(context, Offboard, person=given, how="delete") == {"person": text}


@pytest.mark.parametrize("given", ["ada@example.net", "ada@sub.example.com"])
def test_people_of_other_domains_are_offboarded_and_nothing_else(context: Office, given: str) -> None:
    text = "I can only change accounts of example.com, example.org. Ask your IT team about others."
    for action in ACTIONS.values():
        if "person" in action.form() and action is not Offboard:
            assert problems(context, action, person=given)["person"] == text, action
    assert "person" not in problems(context, Offboard, person=given)


def test_nobody_is_met_whose_address_is_refused(context: Office) -> None:
    problems(context, Reactivate, person="eve@example.net")
    assert context.store.people.by_email("eve@example.net") is None


# -- teams -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("Engineering", ENGINEERING),
        (" engineering ", ENGINEERING),
        (ENGINEERING, ENGINEERING),
        ("Platform", PLATFORM),
        ("G_APP_PLATFORM_ALL", PLATFORM),
    ],
)
def test_a_team_is_known_by_either_name_and_by_id(context: Office, written: str, id: GroupId) -> None:
    assert filled(context, RequestAccess, teams=written).teams == (id,)


def test_a_renamed_team_is_known_by_both_its_names(context: Office) -> None:
    context.store.groups.keep([(DESIGN, "g_design_all")], whole=False)
    assert filled(context, RequestAccess, teams="Design").teams == (DESIGN,)
    assert filled(context, RequestAccess, teams="g_design_all").teams == (DESIGN,)


def test_what_a_team_is_called_takes_no_list_of_all_teams(context: Office) -> None:
    """There may be thousands, and every card names a team."""

    def everything() -> list[Group]:
        raise AssertionError("all teams were read")

    assert replace(context.tables, all_groups=everything).team(DESIGN).label == "Design"


@pytest.mark.parametrize(
    "written",
    ["Engineering, Design", "Engineering ,Design,", ["Engineering", DESIGN], "Design,Engineering,design"],
)
def test_several_teams_are_each_taken_once(context: Office, written: Any) -> None:
    assert set(filled(context, RequestAccess, teams=written).teams) == {ENGINEERING, DESIGN}
    assert len(filled(context, RequestAccess, teams=written).teams) == 2


def test_a_team_may_have_a_comma_in_its_name(context: Office) -> None:
    context.store.groups.keep([(DESIGN, "Boards, Berlin")], whole=False)
    assert filled(context, RequestAccess, teams="Boards, Berlin").teams == (DESIGN,)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("", "Fill this in: which team."),
        (", ,", "Fill this in: which team."),
        ("Enginering", "There's no team Enginering. Did you mean Engineering?"),
        ("Robotics", f"There's no team Robotics. {NEW_TEAM}"),
        ("Engineering, Data", f"There's no team Data. {NEW_TEAM}"),
        ("x" * 200, f"There's no team {'x' * 60}. {NEW_TEAM}"),
        (
            "Engineering, Design, IT Administration, Platform",
            "Choose up to three. Send another request for more.",
        ),
    ],
)
def test_teams_that_cannot_be_meant_are_told_at_the_field(context: Office, written: str, text: str) -> None:
    assert problems(context, RequestAccess, teams=written) == {"teams": text}


@pytest.mark.parametrize("name", ["Design", "design", "PLATFORM", "g_app_platform_all", "G_Design_All"])
def test_a_group_gets_no_name_that_another_one_has(context: Office, name: str) -> None:
    context.store.groups.keep([(DESIGN, "g_design_all")], whole=False)
    told = f"Another group already has the name {name}. Choose a different name."
    assert problems(context, RenameGroup, team="Engineering", name=name) == {"name": told}


@pytest.mark.parametrize("name", ["ENGINEERING", "g_eng", "Desig"])
def test_a_group_may_have_its_own_name_and_any_new_one(context: Office, name: str) -> None:
    assert filled(context, RenameGroup, team="Engineering", name=name).name == name


def test_a_team_that_is_gone_is_not_known(context: Office) -> None:
    context.store.groups.keep([(DESIGN, "Design")])
    for written in ("Engineering", ENGINEERING):
        assert "There's no team" in problems(context, RequestAccess, teams=written)["teams"]
    with pytest.raises(KeyError):
        context.tables.team(ENGINEERING)


TWINS = [(GroupId("501"), "Data"), (GroupId("502"), "Data"), (GroupId("503"), "g_data")]


def test_what_is_offered_tells_two_teams_apart(context: Office) -> None:
    # Known to people as Data: two that are called so, and one whose security group was renamed.
    context.store.groups.keep([(GroupId("503"), "Data")], whole=False)
    context.store.groups.keep(TWINS, whole=False)
    text = problems(context, RequestAccess, teams="Data")["teams"]
    assert text.startswith("Several teams are called Data. Use one of these: ")
    offered = text.removesuffix(".").rpartition("one of these: ")[2].split(", ")
    chosen = [filled(context, RequestAccess, teams=one).teams for one in offered]
    assert sorted(chosen) == [("501",), ("502",), ("503",)]
    assert "g_data" in offered


def test_an_id_that_is_offered_says_what_else_the_team_is_called(context: Office) -> None:
    # Two security groups of one name, of which one is known to people by another.
    context.store.groups.keep([(GroupId("502"), "Studio")], whole=False)
    context.store.groups.keep([(GroupId("501"), "Data"), (GroupId("502"), "Data")], whole=False)
    text = problems(context, RequestAccess, teams="data")["teams"]
    assert text == "Several teams are called data. Use one of these: 501, 502 (Studio)."


def test_a_name_that_two_teams_share_leads_somewhere(context: Office) -> None:
    context.store.groups.keep([(GroupId("501"), "Data"), (GroupId("502"), "Old")], whole=False)
    context.store.groups.keep([(GroupId("501"), "g_data"), (GroupId("502"), "Data")], whole=False)
    text = problems(context, RequestAccess, teams="Data")["teams"]
    offered = text.removesuffix(".").rpartition("one of these: ")[2].split(", ")
    assert sorted(filled(context, RequestAccess, teams=one.partition(" (")[0]).teams for one in offered) == [
        ("501",),
        ("502",),
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Sales", "Sales is managed elsewhere: use the Okta tile “Miro Sales”."),
        (SALES, "Sales is managed elsewhere: use the Okta tile “Miro Sales”."),
        ("g_legal", "g_legal is managed elsewhere: use the service desk."),
        (["Engineering", LEGAL], "g_legal is managed elsewhere: use the service desk."),
    ],
)
def test_a_team_that_is_managed_elsewhere_is_asked_for_there(
    context: Office, written: Any, text: str
) -> None:
    assert problems(context, RequestAccess, teams=written) == {"teams": text}


def test_a_managed_team_is_refused_under_its_new_name_too(context: Office) -> None:
    context.store.groups.keep([(SALES, "g_sales")], whole=False)
    assert (
        "managed elsewhere" in problems(context, MoveTeam, from_team="g_sales", to_team="Design")["from_team"]
    )


@pytest.mark.parametrize("written", ["Sales North America East", "sales north america east", "Europe"])
def test_a_managed_team_is_recognized_by_any_of_its_names(context: Office, written: str) -> None:
    # A long name, the policy's own name for it, and a policy that isn't careful about capitals.
    context.store.groups.keep([(GroupId("501"), "Sales North America East")], whole=False)
    context.store.groups.keep([(GroupId("501"), "g_sales_nae")], whole=False)
    known = {"Europe": "g_sales_nae"} if written == "Europe" else {}
    managed = {"managed_elsewhere": {written: "Okta"}, "teams": known}
    tables = replace(context.tables, policy=context.context.policy.model_copy(update=managed))
    with pytest.raises(Problems, match="is managed elsewhere"):
        fill(RequestAccess, {"teams": "g_sales_nae"}, context.bo, tables)


# -- choices and text --------------------------------------------------------------------------------------


def test_what_is_left_out_is_the_usual(context: Office) -> None:
    made = filled(context, MakeAdmin, person=ADDRESS, rights="User Admin")
    assert (made.to_team, made.from_team, made.for_days) == (None, None, None)


def test_a_last_day_is_a_date_and_counts_as_days_from_today(context: Office) -> None:
    today = context.tables.now.date()
    for days in (0, 1, 14, 366):
        last = today + timedelta(days=days)
        made = filled(context, MakeAdmin, person=ADDRESS, rights="User Admin", until=f"{last}")
        assert (made.until, made.for_days) == (last, max(days, 1))
        assert made.limit == f"until {last:%a} {last.day} {last:%b}"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ({"until": "20.12.2026"}, "Enter a date like 2026-12-20."),
        ({"until": "2026-02-30"}, "Enter a date like 2026-12-20."),
        ({"until": "2020-01-01"}, "This day has passed, or is before the start. Choose a later one."),
        ({"until": "9999-12-31"}, "Choose a day within the next 366 days, or leave it empty."),
        ({"until": "2026-12-20", "for_days": "3"}, "Give either a last day or a number of days, not both."),
    ],
)
def test_a_day_that_cannot_be_is_told_at_its_field(context: Office, raw: dict[str, str], text: str) -> None:
    assert problems(context, MakeAdmin, person=ADDRESS, rights="User Admin", **raw) == {"until": text}


@pytest.mark.parametrize("raw", [{}, {"rights": ""}])
def test_which_rights_is_never_guessed(context: Office, raw: dict[str, str]) -> None:
    for action in (MakeAdmin, RemoveAdmin):
        assert problems(context, action, person=ADDRESS, **raw) == {
            "rights": "Choose one of: Company Admin, Content Admin, User Admin, Security Admin."
        }
    assert problems(context, Offboard, person=ADDRESS) == {"how": "Choose one of: deactivate, delete."}


def test_a_choice_that_there_isnt_names_those_that_there_are(context: Office) -> None:
    assert problems(context, MakeAdmin, person=ADDRESS, rights="Boss") == {
        "rights": "Choose one of: Company Admin, Content Admin, User Admin, Security Admin."
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "Fill this in: new security name."),
        ("   ", "Fill this in: new security name."),
        ("x" * 61, "Write at most 60 characters."),
        ("two\nlines", "Enter a name on one line."),
    ],
)
def test_a_text_that_wont_do_is_told_at_the_field(context: Office, name: str, text: str) -> None:
    assert problems(context, RenameGroup, team="Engineering", name=name) == {"name": text}


def test_a_text_is_taken_without_blanks_around_it(context: Office) -> None:
    made = filled(context, RenameGroup, team="Engineering", name="  g_app_proeng_all ")
    assert (made.team, made.name) == (ENGINEERING, "g_app_proeng_all")


# -- all at once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "raw", "fields"),
    [
        (MoveTeam, {}, {"from_team", "to_team"}),
        (
            MoveTeam,
            {"person": "ada", "from_team": "Data", "to_team": "Sales"},
            {"person", "from_team", "to_team"},
        ),
        (MoveTeam, {"from_team": "Data"}, {"from_team", "to_team"}),
        (MakeAdmin, {"person": "", "rights": "Boss", "to_team": "Data"}, {"person", "rights", "to_team"}),
        (RenameGroup, {"team": "Data", "name": "x" * 61}, {"team", "name"}),
        (
            RequestAccess,
            {"person": "ada@example.net", "cost_centre": "9" * 121},
            {"person", "teams", "cost_centre"},
        ),
    ],
)
def test_all_problems_are_told_at_once(
    context: Office, action: type[Action], raw: dict[str, str], fields: set[str]
) -> None:
    assert set(problems(context, action, **raw)) == fields


@pytest.mark.parametrize(
    ("action", "field"), [(MoveTeam, "to_team"), (MakeAdmin, "from_team")], ids=["move-team", "make-admin"]
)
def test_one_team_cannot_be_left_and_joined(context: Office, action: type[Action], field: str) -> None:
    raw = {"person": ADDRESS, "from_team": "Engineering", "to_team": "engineering"}
    raw |= {"rights": "User Admin"} if "rights" in action.form() else {}
    assert list(problems(context, action, **raw)) == [field]


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_every_problem_is_a_sentence_at_a_field(context: Office, action: type[Action]) -> None:
    for junk in ("", " ", ",", "Data", "x" * 300, "Boss\n", "a@b c@d", "1", "\0"):
        raw, wrong = dict.fromkeys(action.form(), junk), dict[str, str]()
        try:
            filled(context, action, **raw)
            assert action is CreateGroup  # most texts are a name
        except Problems as error:
            wrong = error.fields
        for name, text in wrong.items():
            assert name in action.form()
            assert text[0].isupper()
            assert text.endswith(".")
            assert "string" not in text.casefold()


@pytest.mark.thorough
@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_whatever_is_filled_in_gives_a_command_or_problems(context: Office, action: type[Action]) -> None:
    known = st.sampled_from(["Engineering", "Design", "Sales", ADDRESS, "U0ADA", "delete", "User Admin"])
    raw = st.fixed_dictionaries({}, optional=dict.fromkeys(action.form(), known | st.text(max_size=20)))

    @settings(max_examples=60, deadline=None)
    @given(raw)
    def for_each(given: dict[str, str]) -> None:
        try:
            command = filled(context, action, **given)
        except Problems as error:
            assert error.fields.keys() <= action.form().keys()
            assert all(error.fields.values())
        else:
            assert isinstance(command, action)
            assert action.model_validate_json(command.model_dump_json()) == command

    for_each()


def test_problems_can_be_read_in_one_line() -> None:
    assert str(Problems({"person": "Who?", "teams": "Which?"})) == "person: Who?; teams: Which?"


# -- what only operators fill in ---------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_fields_for_operators_are_hidden_from_others(action: type[Action]) -> None:
    secret = {name for name, asked in action.form().items() if asked.operators_only}
    assert set(operators_form(action, operator=True)) == {*action.form(), "start"}
    assert set(operators_form(action, operator=False)) == {*action.form(), "start"} - secret


def test_names_and_what_hr_knows_are_for_operators() -> None:
    shown = list(operators_form(RequestAccess, operator=False))
    assert shown == ["person", "teams", "until", "for_days", "start"]


# -- names in sentences ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Engineering", "Engineering"),
        ("  Ada   Example ", "Ada Example"),
        ("Ada Maria Sophie Example", "Ada Maria Sophie…"),
        ("x" * 30, "x" * 30),
        ("x" * 31, "x" * 29 + "…"),
        ("a" * 10 + " " + "b" * 10 + " " + "c" * 8 + " d", "a" * 10 + " " + "b" * 10 + " " + "c" * 7 + "…"),
    ],
)
def test_a_name_is_cut_to_fit_a_sentence(name: str, fits: str) -> None:
    assert clip(name) == fits


@given(st.text(max_size=80), st.integers(2, 40), st.integers(1, 4))
def test_a_cut_name_never_grows(name: str, longest: int, words: int) -> None:
    cut = clip(name, longest, words)
    assert len(cut) <= longest
    assert len(cut.split()) <= words


def test_people_read_the_policys_name_of_a_team(context: Office) -> None:
    team = context.tables.team(PLATFORM)
    assert (team.label, team.security_name) == ("Platform", "g_app_platform_all")
    assert context.tables.label(Group(IT, "g_it", "IT")) == "IT"


def test_a_command_stays_when_its_person_is_joined() -> None:
    move = MoveTeam(person=ADA, from_team=ENGINEERING, to_team=DESIGN)
    assert with_person(move, PersonId("P-9")) == MoveTeam(
        person=PersonId("P-9"), from_team=ENGINEERING, to_team=DESIGN
    )
    rename = RenameGroup(team=IT, name="g_it")
    assert with_person(rename, PersonId("P-9")) is rename


def test_every_kind_of_field_can_be_filled_in(context: Office) -> None:
    kinds = {asked.kind for action in ACTIONS.values() for asked in operators_form(action, True).values()}
    assert kinds == set(Input)
