"""Modals for few and for very many groups, what they hold at first, and how their answers are read."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.decide.decide import LONGEST_QUESTION
from approvals.ids import GroupId, PersonId, RequestId
from approvals.people import Group
from approvals.request import Asking, Question, Request, Vote
from approvals.states import State
from bot.actions import ACTIONS
from bot.actions.tables import Tables
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.inputs import untouched
from bot.sandbox.slack.limits import problems
from bot.slack import forms, team_options
from bot.slack.words.reading import Draft
from tests.bot.slack import scenes
from tests.bot.slack.scenes import NOW, check_valid, many, tables

COUNTS = (0, 1, 2, 99, 100, 101, 5000)


def draft(action: str, **raw: str) -> Draft:
    return Draft(ACTIONS[action], raw)


def element(view: dict[str, Any], block_id: str) -> dict[str, Any]:
    """The field of a block."""
    return next(block["element"] for block in view["blocks"] if block.get("block_id") == block_id)


@cache
def tables_of(count: int) -> Tables:
    """So many groups, made once."""
    return tables(many(count, "T" * 72))


@pytest.mark.thorough
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("operator", [False, True])
def test_every_form_is_valid_for_any_number_of_groups(action: str, count: int, operator: bool) -> None:
    view = forms.Form(draft(action), tables_of(count), operator).view()
    check_valid("modal", view)
    assert len(view["title"]["text"]) <= 24 and not view["title"]["text"].endswith("…")


def test_without_groups_the_form_says_what_helps() -> None:
    view = forms.Form(draft("request-access"), tables([]), False).view()
    assert "I haven't loaded any Miro teams yet." in as_text(view)
    assert not view.get("submit")
    assert forms.Form(draft("offboard"), tables([]), False).view()["submit"]


@pytest.mark.parametrize(
    ("count", "several", "one"),
    [
        (1, "checkboxes", "static_select"),
        (10, "checkboxes", "static_select"),
        (11, "multi_static_select", "static_select"),
        (100, "multi_static_select", "static_select"),
        (101, "multi_external_select", "external_select"),
    ],
)
def test_the_more_teams_the_shorter_their_field(count: int, several: str, one: str) -> None:
    known = tables(many(count))
    assert element(forms.Form(draft("request-access"), known, False).view(), "teams")["type"] == several
    assert element(forms.Form(draft("move-team"), known, False).view(), "to_team")["type"] == one


@pytest.mark.parametrize("count", [3, 10, 11, 100, 101, 5000])
def test_what_was_said_is_filled_in(count: int) -> None:
    known = tables(many(count))
    view = forms.Form(draft("request-access", teams="1, 3"), known, False).view()
    field = element(view, "teams")
    assert [one["value"] for one in field["initial_options"]] == ["1", "3"]
    check_valid("modal", view)


def test_a_team_that_is_gone_is_not_filled_in() -> None:
    view = forms.Form(draft("move-team", from_team="77", to_team="1"), tables(many(3)), False).view()
    assert "initial_option" not in element(view, "from_team")
    assert element(view, "to_team")["initial_option"]["value"] == "1"


def test_a_person_is_filled_in_where_it_belongs() -> None:
    known = tables(many(1))
    view = forms.Form(draft("offboard", person="U0JO"), known, False).view()
    assert element(view, "person")["initial_users"] == ["U0JO"]
    view = forms.Form(draft("offboard", person="jo@example.com"), known, False).view()
    assert "initial_users" not in element(view, "person")
    assert element(view, "person:email")["initial_value"] == "jo@example.com"


def test_an_employees_form_is_short() -> None:
    view = forms.Form(draft("request-access"), tables(many(3)), False).view()
    assert [block["block_id"] for block in view["blocks"]] == ["teams", "until", "start", "reason"]
    view = forms.Form(draft("request-access"), tables(many(3)), False, others=True).view()
    assert [block["block_id"] for block in view["blocks"]][:2] == ["person", "person:email"]


def test_several_people_stand_in_one_form() -> None:
    many_people = Draft(ACTIONS["request-access"], {"person": "U0SAM"}, others=("", "kim@example.com"))
    view = forms.Form(many_people, tables(many(1)), False, asker="U0ME").view()
    check_valid("modal", view)
    assert element(view, "person")["initial_users"] == ["U0SAM", "U0ME"]
    assert submitted(view)["person"] == "U0SAM, U0ME, kim@example.com"


def test_people_who_were_taken_out_are_out() -> None:
    view = forms.Form(draft("offboard", person="U0JO"), tables(many(1)), False).view()
    assert submitted(view, person={"selected_users": []})["person"] == ""


@pytest.mark.parametrize(
    ("raw", "initial"),
    [
        ({}, None),
        ({"for_days": "7"}, "2026-03-09"),
        ({"until": "2026-12-20", "for_days": "293"}, "2026-12-20"),
        ({"until": "2026-03-01"}, None),
        ({"until": "soon"}, None),
        ({"for_days": "²"}, None),
    ],
)
def test_the_last_day_is_a_date_picker(raw: dict[str, str], initial: str | None) -> None:
    view = forms.Form(draft("make-admin", **raw), tables(many(1)), False).view()
    check_valid("modal", view)
    assert element(view, "until").get("initial_date") == initial
    assert submitted(view, nulls=True)["until"] == (initial or "")


def test_a_team_that_is_managed_elsewhere_is_not_offered() -> None:
    known = tables([Group(GroupId("1"), "g_sales", "Sales"), *many(3)[1:]])
    choices = element(forms.Form(draft("request-access", teams="1"), known, False).view(), "teams")
    assert [one["value"] for one in choices["options"]] == ["2", "3"]
    view = forms.Form(
        draft("request-access"), tables([Group(GroupId("1"), "g_sales", "Sales")]), False
    ).view()
    assert "Sales is managed elsewhere" in as_text(view) and not view.get("submit")


@pytest.mark.parametrize("count", [4, 40, 400])
def test_the_teams_somebody_is_in_come_first_where_one_is_left(count: int) -> None:
    groups = many(count)
    known = replace(tables(groups), teams_of=lambda raw: groups[2:4] if raw == "U0JO" else None)
    view = forms.Form(draft("move-team", person="U0JO"), known, True, asker="U0ME").view()
    check_valid("modal", view)
    if count <= 100:
        assert [one["value"] for one in element(view, "from_team")["options"]][:3] == ["3", "4", "1"]
        assert element(view, "to_team")["options"][0]["value"] == "1"
    assert [one["value"] for one in team_options.suggestions("", known, "U0JO")][:3] == ["3", "4", "1"]


@pytest.mark.parametrize("action", ["request-access", "offboard"])
def test_a_denial_offers_quick_reasons(action: str) -> None:
    of = Request(RequestId("R-42"), 1, State.WAITING, action, PersonId("P-1"), NOW, {}, token="beef")
    view = forms.about("deny", of, {"channel_id": "D1"}, "")
    check_valid("modal", view)
    offers = [one["value"] for one in element(view, "quick")["options"]]
    assert ("Wrong team" in offers) is (action == "request-access")

    def said(quick: str | None, words: str) -> str:
        picked = {"selected_option": {"value": quick} if quick else None}
        values = {"quick": {"value": picked}, "reason": {"value": {"value": words}}}
        return forms.reason_of({**view, "state": {"values": values}})

    assert said("Not needed", "") == "Not needed"
    assert said("Not needed", "Ask in May.") == "Not needed. Ask in May."
    assert said(forms.OTHER, "Ask in May.") == said(None, "Ask in May.") == "Ask in May."
    assert said(forms.OTHER, "") == said(None, "") == ""


def test_an_operators_form_has_what_hr_knows_besides() -> None:
    view = forms.Form(draft("request-access"), tables(many(3)), True).view()
    fields = {block["block_id"] for block in view["blocks"]}
    assert fields >= {"person", "teams", "given_name", "family_name", "department", "cost_centre", "manager"}


def test_groups_of_one_name_are_told_apart() -> None:
    groups = [Group(GroupId("1"), "g_a", "Data"), Group(GroupId("2"), "g_b", "Data")]
    view = forms.Form(draft("request-access"), tables(groups), False).view()
    names = [one["text"]["text"] for one in element(view, "teams")["options"]]
    assert names == ["Data (g_a)", "Data (g_b)"]


def test_the_policys_name_of_a_team_is_shown() -> None:
    known = tables([Group(GroupId("1"), "g_app_x", "old")])
    object.__setattr__(known, "policy", known.policy.model_copy(update={"teams": {"Platform": "g_app_x"}}))
    assert team_options.options(known.groups, known)[0]["text"]["text"] == "Platform"


@pytest.mark.thorough
@pytest.mark.parametrize("count", [0, 1, 100, 101, 5000])
@pytest.mark.parametrize("typed", ["", "team", "TEAM 4", "g_team_4999", "nothing", "(", "😀"])
def test_suggestions_are_valid_and_at_most_a_hundred(count: int, typed: str) -> None:
    found = team_options.suggestions(typed, tables(many(count)))
    assert len(found) <= 100
    assert problems("options", {"options": found}) == []
    assert all(typed.casefold() in str(one).casefold() or "g_team" in typed for one in found)


def test_suggestions_begin_with_what_was_typed() -> None:
    groups = [Group(GroupId("1"), "g_1", "Big Design"), Group(GroupId("2"), "g_2", "Design")]
    assert [one["value"] for one in team_options.suggestions("des", tables(groups))] == ["2", "1"]


def test_a_group_is_found_by_either_name() -> None:
    groups = [Group(GroupId("1"), "g_app_proeng_all", "Engineering")]
    for typed in ("engin", "PROENG"):
        assert [one["value"] for one in team_options.suggestions(typed, tables(groups))] == ["1"]


def submitted(view: dict[str, Any], nulls: bool = False, **changes: dict[str, Any]) -> dict[str, str]:
    """What the bot reads of a form that was sent; with `nulls` as local-slack sends untouched fields."""
    values = untouched(view["blocks"])
    if nulls:
        values = {
            block: {name: dict.fromkeys(held, None) | {"type": held["type"]} for name, held in fields.items()}
            for block, fields in values.items()
        }
    for block, held in changes.items():
        values[block]["value"] |= held
    return forms.read({**view, "state": {"values": values}})


@pytest.mark.parametrize("nulls", [False, True])
def test_what_nobody_touched_is_read_as_it_stood(nulls: bool) -> None:
    known = tables(many(3))
    whole = Draft(ACTIONS["make-admin"], {"person": "U0ALEX", "rights": "User Admin", "to_team": "2"}, "why")
    assert submitted(forms.Form(whole, known, False).view(), nulls) == {
        "person": "U0ALEX",
        "rights": "User Admin",
        "to_team": "2",
        "from_team": "",
        "until": "",
        "start": "",
        "reason": "why",
    }


@pytest.mark.parametrize("nulls", [False, True])
def test_several_teams_are_read_as_they_stood(nulls: bool) -> None:
    view = forms.Form(draft("request-access", teams="1, 3"), tables(many(3)), False).view()
    assert submitted(view, nulls)["teams"] == "1, 3"


def test_a_start_is_read_as_it_stood_and_as_it_was_picked() -> None:
    at = datetime(2026, 12, 4, 18, tzinfo=UTC)
    view = forms.Form(draft("offboard"), tables(many(1)), False, start=at).view()
    check_valid("modal", view)
    assert submitted(view)["start"] == f"{int(at.timestamp())}"
    assert submitted(view, start={"selected_date_time": 1796400000})["start"] == "1796400000"


def test_a_text_that_was_emptied_is_empty() -> None:
    view = forms.Form(Draft(ACTIONS["offboard"], {}, "old reason"), tables(many(1)), False).view()
    assert submitted(view, reason={"value": ""})["reason"] == ""


def test_a_form_without_state_is_read_as_it_stood() -> None:
    view = forms.Form(draft("request-access", teams="1"), tables(many(3)), False).view()
    assert forms.read(view) == {"teams": "1", "until": "", "start": "", "reason": ""}


@pytest.mark.thorough
@given(st.text(max_size=600), st.text(max_size=200))
def test_any_words_make_a_valid_form(reason: str, typed: str) -> None:
    words = Draft(ACTIONS["rename-group"], {"name": typed, "team": typed}, reason, (typed or "x",))
    check_valid("modal", forms.Form(words, tables(many(3)), False).view())


def test_a_notice_and_what_was_sent_are_valid() -> None:
    check_valid("modal", forms.notice("Sent", "Sent: R-42."))


@pytest.mark.parametrize("metadata", ["", "7", "[]", "null", '{"request": null}', '{"x": 1}'])
def test_an_unreadable_denial_is_about_nothing(metadata: str) -> None:
    assert not forms.carried({"private_metadata": metadata}).get("request", "").startswith("R-")


def test_the_forms_for_questions_and_answers_are_valid_and_carry_what_they_are_about() -> None:
    place = {"channel_id": "D1", "message_ts": "1.1"}
    long = Question(PersonId("P-3"), NOW, "w" * LONGEST_QUESTION)
    of = Request(
        RequestId("R-42"),
        1,
        State.WAITING,
        "offboard",
        PersonId("P-1"),
        NOW,
        {},
        asking=Asking(questions=(long,)),
        token="beef",
    )
    asked, replied = forms.about("question", of, place, ""), forms.about("answer", of, place, "C" * 80)
    for view in (asked, replied):
        check_valid("modal", view)
    assert forms.carried(asked) == {"request": "R-42::beef", **place}
    assert forms.carried(replied) == {"request": "R-42::beef:1", **place}


def test_the_form_for_a_delegate_is_valid_empty_and_filled_in() -> None:
    check_valid("modal", forms.away_form("nobody", "2026-03-02"))
    filled = forms.away_form("c0ffee12", "2026-03-02", "2026-03-06", "U0LENA")
    check_valid("modal", filled)
    expected = {"delegate": "U0LENA", "since": "2026-03-02", "until": "2026-03-06"}
    assert submitted(filled) == submitted(filled, nulls=True) == expected
    assert submitted(filled, until={"selected_date": "2026-03-07"})["until"] == "2026-03-07"


@pytest.mark.parametrize("count", [0, 1, 20, 200])
def test_details_hold_any_number_of_votes_and_questions(count: int) -> None:
    people = scenes.everybody(scenes.PEOPLE)
    known = scenes.facts(people, scenes.NAMES)
    votes = (Vote(PersonId("P-3"), NOW, "cafe"),) * count
    questions = tuple(Question(PersonId("P-3"), NOW, f"{n} {'w' * 290}", "a" * 300) for n in range(count))
    of = scenes.request("request-access", State.WAITING, known, votes=votes, questions=questions)
    shown = scenes.details(of, known, people)
    assert not count or f"{count - 1} www" in shown, "the newest is there in any case"
    assert shown.splitlines()[-2].startswith("For the record: Miro account"), "nobody has to read it first"
    assert known.team(scenes.TEAMS[0]).security_name in shown


@pytest.mark.parametrize(
    ("action", "name", "hint"),
    [
        ("leave-team", "teams", forms.BOARDS_PASS),
        ("move-team", "from_team", forms.BOARDS_PASS),
        ("make-admin", "from_team", forms.BOARDS_PASS),
        ("make-admin", "to_team", ""),
        ("request-access", "teams", "Where the boards are that you need."),
    ],
)
def test_a_team_to_leave_says_where_boards_go(action: str, name: str, hint: str) -> None:
    known = tables(many(3))
    for passes in (True, False):
        view = forms.Form(draft(action), replace(known, boards_pass=passes), False).view()
        [field] = [one for one in view["blocks"] if one.get("block_id") == name]
        said = hint if passes else hint.replace(forms.BOARDS_PASS, "").strip()
        assert field.get("hint", {}).get("text", "") == said
        assert field["optional"] is (action == "make-admin")


def test_a_confidential_form_says_first_who_hears_of_it() -> None:
    for action in ACTIONS:
        shown = as_text(forms.Form(draft(action), tables(many(3)), False).view())
        assert (forms.SECRET in shown.splitlines()[:3]) is ACTIONS[action].CONFIDENTIAL
