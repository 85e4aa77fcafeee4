"""Miro's REST API beside SCIM: what it adds, and that nothing waits for it that SCIM alone can do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.miro.organization import Team
from bot.sandbox.miro.rest import ORG
from bot.sandbox.miro.service import Fault, Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import OAUTH, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    calls,
    card,
    day,
    deny,
    has_card,
    history,
    last,
    playing,
    press,
    read,
    refused_form,
    state,
    teams_of,
    told,
    wait,
)
from tests.bot.journeys.shell import machine
from tests.bot.journeys.test_hand_over import hand_over

pytestmark = pytest.mark.thorough

CLOSE = ("U0LENA", "/miro-offboard", "jo@example.com because last day today")
RESET = "POST /v2/sessions/reset_all"
ACCEPTED = "end every session (Miro accepted it)"


def _jo_at_work(miro: Miro, slack: Workspace) -> None:
    miro.add_user("jo@example.com", "Jo Park")
    miro.change_user("jo@example.com", signed_in=True)


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, prepare=_jo_at_work, has_rest=True) as stage:
        yield stage
        assert OAUTH not in str(stage.slack.messages)


def _is_active(s: Stage) -> bool:
    jo = s.miro.user("jo@example.com")
    return jo is not None and jo.active


def _is_signed_in(s: Stage, jo: str) -> bool:
    return s.miro.is_signed_in(jo)


def _jo(s: Stage) -> str:
    jo = s.miro.user("jo@example.com")
    assert jo
    return jo.id


def test_sessions_are_ended_after_the_account_is_closed(s: Stage) -> None:
    id = ask(s, *CLOSE)
    assert "2. End every session: Miro signs Jo out of all devices" in last(s, "U0PRIYA")
    approve(s, "U0PRIYA")
    assert calls(s)[-2:] == [f"PATCH /Users/{_jo(s)}", RESET]
    assert (state(s, id), _is_active(s), _is_signed_in(s, _jo(s))) == ("done", False, False)
    text = last(s, "U0LENA")
    assert text.startswith("✅ ")
    assert "The change is verified in Miro." in text
    assert f"Can't be verified: {ACCEPTED}" in text


def test_sessions_of_an_account_that_is_deleted_are_ended_before(s: Stage) -> None:
    jo = _jo(s)
    id = ask(s, *CLOSE, how="delete")
    approve(s, "U0PRIYA")
    assert calls(s)[-2:] == [RESET, f"DELETE /Users/{jo}"]
    assert (state(s, id), _is_signed_in(s, jo)) == ("done", False)
    assert f"Can't be verified: {ACCEPTED}" in last(s, "U0LENA")


def test_an_account_closed_before_is_left_alone(s: Stage) -> None:
    s.miro.change_user("jo@example.com", active=False)
    id = ask(s, *CLOSE)
    assert (state(s, id), calls(s)) == ("nothing to do", [])
    assert "session" not in last(s, "U0LENA")


def test_an_account_deactivated_before_is_deleted_without_a_word_on_sessions(s: Stage) -> None:
    s.miro.change_user("jo@example.com", active=False)
    jo, id = _jo(s), ask(s, *CLOSE, how="delete")
    approve(s, "U0PRIYA")
    assert (state(s, id), calls(s)) == ("done", [f"DELETE /Users/{jo}"])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_stops_after_the_account_is_closed_and_resume_ends_it(s: Stage, status: int) -> None:
    id = ask(s, *CLOSE)
    s.miro.faults.append(Fault("POST", "sessions", status=status, body="rest"))
    approve(s, "U0PRIYA")
    assert (state(s, id), _is_active(s), _is_signed_in(s, _jo(s))) == ("stopped", False, True)
    text = read(card(s, "U0CAROL", "resume"))
    assert "Done: deactivated the account" in text
    assert "Not done: end every session" in text
    assert "Check MIRO_OAUTH_TOKEN with `miro-bot doctor`" in text
    press(s, "U0CAROL", "resume")
    assert (state(s, id), _is_signed_in(s, _jo(s))) == ("done", False)
    assert len([call for call in calls(s) if call.startswith("PATCH /Users")]) == 1


def test_a_refusal_keeps_no_account_from_being_deleted(s: Stage) -> None:
    s.miro.scopes -= {"sessions:delete"}
    id = ask(s, *CLOSE, how="delete")
    approve(s, "U0PRIYA")
    assert (state(s, id), s.miro.user("jo@example.com")) == ("done", None)
    assert "Not done: end every session" in last(s, "U0LENA")
    assert any("Check MIRO_OAUTH_TOKEN with `miro-bot doctor`" in text for text in told(s, "U0CAROL"))


@pytest.mark.parametrize(
    "how", [{"status": 500, "body": "rest"}, {"cut": "before"}, {"cut": "after"}], ids=str
)
def test_without_a_clear_answer_sessions_are_ended_again(s: Stage, how: dict[str, Any]) -> None:
    id = ask(s, *CLOSE)
    s.miro.faults.append(Fault("POST", "sessions", **how))
    approve(s, "U0PRIYA")
    assert (state(s, id), _is_active(s), _is_signed_in(s, _jo(s))) == ("done", False, False)
    assert calls(s)[-3:] == [f"PATCH /Users/{_jo(s)}", RESET, RESET]


def test_what_never_gets_an_answer_stops_and_claims_nothing(s: Stage) -> None:
    id = ask(s, *CLOSE)
    s.miro.faults.append(Fault("POST", "sessions", cut="after", times=99))
    approve(s, "U0PRIYA")
    assert (state(s, id), calls(s).count(RESET)) == ("stopped", 3)
    assert "Can't be verified: end every session (Miro didn't answer)" in last(s, "U0CAROL")
    assert "Not done" not in last(s, "U0CAROL")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_rest_api_is_waited_for_and_no_trouble_with_scim(s: Stage, status: int) -> None:
    id = ask(s, *CLOSE)
    s.miro.faults.append(Fault("POST", "sessions", status=status, body="rest", times=99))
    approve(s, "U0PRIYA")
    assert (state(s, id), _is_active(s)) == ("working", False)
    wait(s, minutes=1)
    assert s.bot.health()["miro"] == "takes the token"
    for _ in range(5):
        wait(s, minutes=2)
    assert state(s, id) == "stopped"
    assert "Not done: end every session" in last(s, "U0CAROL")
    assert not any("MIRO_SCIM" in text for text in told(s, "U0CAROL"))
    s.miro.faults.clear()
    press(s, "U0CAROL", "resume")
    assert (state(s, id), _is_signed_in(s, _jo(s))) == ("done", False)


def test_an_answer_without_effect_is_called_accepted_only(s: Stage) -> None:
    id = ask(s, *CLOSE)
    s.miro.faults.append(Fault("POST", "sessions", no_effect=True))
    approve(s, "U0PRIYA")
    assert (state(s, id), _is_signed_in(s, _jo(s))) == ("done", True)
    assert f"Can't be verified: {ACCEPTED}" in last(s, "U0LENA")
    assert "ended every session" not in str(s.slack.messages)


def test_without_credentials_sessions_are_not_spoken_of(tmp_path: Path) -> None:
    with playing(tmp_path, prepare=_jo_at_work) as s:
        id = ask(s, *CLOSE)
        approve(s, "U0PRIYA")
        assert (state(s, id), calls(s)) == ("done", [f"PATCH /Users/{_jo(s)}"])
        assert "answered" in history(s, id)


def test_who_ended_them_by_hand_is_believed_and_nothing_is_called_verified(s: Stage) -> None:
    id = ask(s, *CLOSE)
    s.miro.scopes -= {"sessions:delete"}
    approve(s, "U0PRIYA")
    assert hand_over(s, "U0SAM") == {}
    press(s, "U0SAM", "report")
    assert state(s, id) == "done"
    assert "Can't be verified: end every session (done by hand, by their word)" in last(s, "U0LENA")


# -- what it shows -----------------------------------------------------------------------------------------


def test_approvers_read_license_and_last_activity(s: Stage) -> None:
    s.miro.change_user("jo@example.com", last_activity="2026-02-27T16:20:00Z", user_type="Free Restricted")
    ask(s, *CLOSE)
    assert "License: Free Restricted. Last active in Miro on 27 February 2026." in last(s, "U0PRIYA")
    deny(s, "U0PRIYA", "not yet")
    s.miro.change_user("jo@example.com", last_activity="")
    ask(s, "U0DANA", "/miro", "change license of jo@example.com to Full because of boards")
    assert "License: Free Restricted. Never active in Miro." in last(s, "U0CAROL")


@pytest.mark.parametrize(
    "how",
    [{"status": 403, "body": "rest"}, {"status": 404}, {"status": 429, "retry_after": 60}, {"status": 500},
     {"cut": "before"}, {"saying": lambda _: {}}, {"saying": lambda people: [*people, *people]}],
    ids=["forbidden", "gone", "busy", "failing", "cut", "empty", "twice"],
)  # fmt: skip
def test_what_rest_doesnt_show_is_said_and_holds_nothing_up(s: Stage, how: dict[str, Any]) -> None:
    s.miro.faults.append(Fault("GET", "/v2/", times=2, **how))
    id = ask(s, *CLOSE)
    assert state(s, id) == "waiting"
    card = last(s, "U0PRIYA")
    assert "Miro doesn't show me license and last activity." in card
    assert "I can't see whether Jo is the only admin of a team." in card or "License" not in card
    approve(s, "U0PRIYA")
    assert (state(s, id), _is_active(s)) == ("done", False)


def test_approvers_dont_wait_for_a_slow_rest_api(tmp_path: Path) -> None:
    with playing(tmp_path, prepare=_beside_groups, has_rest=True) as s:
        s.bot.context.boards_pass = False
        for number in range(20):
            s.miro.add_space(f"Space {number}", admins=[_jo(s)])
        six = timedelta(seconds=6)
        s.miro.faults.append(Fault("GET", "/v2/", times=99, then=lambda: s.clock.pass_(six)))
        began, id = s.clock(), ask(s, *CLOSE)
        assert state(s, id) == "waiting"
        assert s.clock() - began < timedelta(seconds=25)
        assert "I can't see whether Jo is the only admin of" in last(s, "U0PRIYA")


def test_without_credentials_the_card_says_what_isnt_known(tmp_path: Path) -> None:
    with playing(tmp_path, prepare=_jo_at_work) as s:
        ask(s, *CLOSE)
        assert "I can't see whether Jo is the only admin of a team." in last(s, "U0PRIYA")
        assert "icense" not in last(s, "U0PRIYA")


def _in_teams(miro: Miro, slack: Workspace) -> None:
    design = next(id for id, team in miro._organization.teams.items() if team.team_name == "Design")
    _jo_at_work(miro, slack)
    jo = miro.user("jo@example.com")
    assert jo
    miro.join("jo@example.com", design)
    miro.change_team(design, admins=(jo.id,))


def _beside_groups(miro: Miro, slack: Workspace) -> None:
    miro.group_model = "user-group"
    _jo_at_work(miro, slack)
    jo = miro.user("jo@example.com")
    assert jo
    miro.add_space("Design", admins=[jo.id])


@pytest.mark.parametrize("prepare", [_in_teams, _beside_groups])
def test_who_alone_leads_a_team_is_named_before_anybody_decides(tmp_path: Path, prepare: Any) -> None:
    with playing(tmp_path, prepare=prepare, has_rest=True) as s:
        s.bot.context.boards_pass = prepare is _in_teams
        id = ask(s, *CLOSE)
        hazard = "Jo alone is admin of Design. Miro may refuse this until that is handed on."
        assert hazard in last(s, "U0PRIYA")
        approve(s, "U0PRIYA")
        assert (state(s, id), _is_active(s)) == ("stopped", True)
        assert "Any team in organization must have at least one admin" in last(s, "U0CAROL")


def test_one_admin_of_two_is_no_hazard(s: Stage) -> None:
    design = s.teams["Design"]
    s.miro.join("jo@example.com", design)
    s.miro.change_team(design, admins=(*s.miro.team(design).admins, _jo(s)))
    ask(s, *CLOSE)
    assert "admin of" not in last(s, "U0PRIYA")


# -- teams handed on ---------------------------------------------------------------------------------------

HEIR = {"heir": "dana@example.com"}
GIVEN = "dana@example.com admin of Design"


def _with_dana(prepare: Any) -> Any:
    def furnish(miro: Miro, slack: Workspace) -> None:
        prepare(miro, slack)
        miro.add_user("dana@example.com", "Dana Fox")

    return furnish


@contextmanager
def _leading(tmp_path: Path, prepare: Any = _in_teams) -> Iterator[Stage]:
    with playing(tmp_path, prepare=_with_dana(prepare), has_rest=True) as s:
        s.bot.context.boards_pass = prepare is _in_teams
        yield s


def _design(s: Stage) -> Team:
    teams = s.miro._organization.real_teams
    return next(team for team in teams.values() if team.team_name == "Design")


def _leads(s: Stage, email: str) -> bool:
    user = s.miro.user(email)
    return user is not None and user.id in _design(s).admins


@pytest.mark.parametrize("prepare", [_in_teams, _beside_groups])
@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_teams_are_handed_on_before_the_account_is_closed(tmp_path: Path, prepare: Any, how: str) -> None:
    with _leading(tmp_path, prepare) as s:
        jo, id = _jo(s), ask(s, *CLOSE, how=how, **HEIR)
        assert f"1. Make {GIVEN}\n2. " in last(s, "U0PRIYA") and "alone" not in last(s, "U0PRIYA")
        approve(s, "U0PRIYA")
        assert (state(s, id), _leads(s, "dana@example.com"), s.miro.is_signed_in(jo)) == ("done", True, False)
        invited, *closing = calls(s)
        assert invited.startswith("POST /v2/orgs/") and RESET in closing
        assert "Both changes are verified in Miro." in last(s, "U0LENA")


def test_a_member_of_the_team_is_made_its_admin(tmp_path: Path) -> None:
    with _leading(tmp_path) as s:
        s.miro.join("dana@example.com", s.teams["Design"])
        id = ask(s, *CLOSE, **HEIR)
        approve(s, "U0PRIYA")
        assert (state(s, id), _leads(s, "dana@example.com")) == ("done", True)
        assert calls(s)[0].startswith("PATCH /v2/orgs/")


def test_who_leads_no_team_alone_hands_none_on(s: Stage) -> None:
    s.miro.add_user("dana@example.com", "Dana Fox")
    wait(s, hours=1)
    id = ask(s, *CLOSE, **HEIR)
    assert "I don't see a team to hand over to dana@example.com." in last(s, "U0PRIYA")
    approve(s, "U0PRIYA")
    assert (state(s, id), _is_active(s)) == ("done", False)


@pytest.mark.parametrize(
    "how",
    [{"status": 403, "body": "rest"}, {"status": 404, "body": "rest"}, {"status": 429, "retry_after": 60},
     {"status": 500, "times": 9}, {"no_effect": True}],
    ids=str,
)  # fmt: skip
def test_what_isnt_handed_on_stops_with_a_way_out(tmp_path: Path, how: dict[str, Any]) -> None:
    with _leading(tmp_path) as s:
        id = ask(s, *CLOSE, **HEIR)
        s.miro.faults.append(Fault("POST", "/members", **how))
        approve(s, "U0PRIYA")
        assert (state(s, id), _is_active(s), _leads(s, "dana@example.com")) == ("stopped", True, False)
        text = read(card(s, "U0CAROL", "resume"))
        assert f"ed: make {GIVEN}, deactivate the account" in text.replace("Not done", "Not verified")
        assert "Any team in organization must have at least one admin" in text
        s.miro.faults.clear()
        press(s, "U0CAROL", "resume")
        assert (state(s, id), _is_active(s), _leads(s, "dana@example.com")) == ("done", False, True)


def test_without_an_answer_handing_on_is_looked_at_before_it_is_sent_again(tmp_path: Path) -> None:
    with _leading(tmp_path) as s:
        id = ask(s, *CLOSE, **HEIR)
        s.miro.faults.append(Fault("POST", "/members", cut="after"))
        approve(s, "U0PRIYA")
        assert (state(s, id), _leads(s, "dana@example.com")) == ("done", True)
        assert len([call for call in calls(s) if call.endswith("/members")]) == 1


def _second_admin(s: Stage) -> None:
    s.miro.change_team(s.teams["Design"], admins=(_jo(s), s.miro.add_user("kim@example.com", "Kim Berg")))
    s.miro.join("kim@example.com", s.teams["Design"])


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_closing_doesnt_wait_for_a_hand_over_without_an_answer(tmp_path: Path, how: str) -> None:
    with _leading(tmp_path) as s:
        jo, id = _jo(s), ask(s, *CLOSE, how=how, **HEIR)
        _second_admin(s)
        s.miro.faults.append(Fault("POST", "/members", cut="before"))
        approve(s, "U0PRIYA")
        members = f"POST /v2/orgs/{ORG}/teams/{s.teams['Design']}/members"
        closing = [f"PATCH /Users/{jo}", RESET] if how == "deactivate" else [RESET, f"DELETE /Users/{jo}"]
        assert calls(s) == [members, *closing, members]
        assert (state(s, id), _is_active(s), _leads(s, "dana@example.com")) == ("done", False, True)
        assert f"Can't be verified: {ACCEPTED}" in last(s, "U0LENA") and "Not" not in last(s, "U0LENA")


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_what_rest_never_tells_of_is_called_unknown(tmp_path: Path, how: str) -> None:
    with _leading(tmp_path) as s:
        s.miro.join("dana@example.com", s.teams["Design"])
        id = ask(s, *CLOSE, how=how, **HEIR)
        _second_admin(s)
        s.miro.faults.append(Fault("GET|POST|PATCH", "/v2/", cut="after", times=99))
        approve(s, "U0PRIYA")
        assert (state(s, id), _is_active(s)) == ("done" if how == "delete" else "stopped", False)
        text = last(s, "U0LENA")
        assert f"make {GIVEN} (Miro didn't answer)" in text and "Not done" not in text


def test_an_account_is_deleted_though_nobody_knows_of_its_sessions(s: Stage) -> None:
    jo, id = _jo(s), ask(s, *CLOSE, how="delete")
    s.miro.faults.append(Fault("POST", "sessions", cut="before", times=99))
    approve(s, "U0PRIYA")
    assert (state(s, id), calls(s)) == ("done", [RESET, f"DELETE /Users/{jo}"])
    assert "Can't be verified: end every session (Miro didn't answer)" in last(s, "U0LENA")
    assert any("Miro didn't answer whether all else was done" in text for text in told(s, "U0CAROL"))


@pytest.mark.parametrize("is_second", [False, True])
def test_a_deleted_leaver_decides_nothing_while_the_rest_api_is_busy(tmp_path: Path, is_second: bool) -> None:
    with _leading(tmp_path) as s:
        id = ask(s, *CLOSE, how="delete", **HEIR)
        _second_admin(s)
        asked = ask(s, "U0JO", "/miro-access", "for Engineering because I draw")
        if is_second:
            s.miro.faults.append(Fault("POST", "/members", cut="before"))
        s.miro.faults.append(Fault("POST|PATCH", "/members", status=429, times=9999))
        s.acting.click(
            "U0PRIYA", next(c for c in s.slack.dm_of("U0PRIYA") if f"{id}:" in str(c.blocks)), "approve"
        )
        s.settle()
        assert (state(s, id), state(s, asked), _is_active(s)) == ("done", "withdrawn", False)
        assert "ake dana@example.com admin of Design" in last(s, "U0LENA")
        assert sum("the account is deleted, but" in text for text in told(s, "U0CAROL")) == 1


@pytest.mark.parametrize(("how", "ends"), [("deactivate", "stopped"), ("delete", "done")])
def test_an_account_that_miro_closes_is_closed_though_nothing_is_handed_on(
    tmp_path: Path, how: str, ends: str
) -> None:
    with _leading(tmp_path) as s:
        id = ask(s, *CLOSE, how=how, **HEIR)
        _second_admin(s)
        s.miro.scopes -= {"organizations:teams:write"}
        approve(s, "U0PRIYA")
        assert (state(s, id), _is_active(s)) == (ends, False)
        assert f"Not done: make {GIVEN}" in last(s, "U0LENA")


@pytest.mark.parametrize(
    ("heir", "problem"),
    [
        ("dana@elsewhere.example", "I can only change accounts of example.com."),
        ("Dana", "This e-mail address isn't valid."),
        ("Jo@example.com", "This is the person who leaves."),
    ],
)
def test_an_heir_is_an_address_of_the_company(s: Stage, heir: str, problem: str) -> None:
    assert refused_form(s, *CLOSE, heir=heir)["heir"].startswith(problem)


@pytest.mark.parametrize("heir", ["nobody@example.com", "gone@example.com", "guest@example.com"])
def test_an_heir_without_an_account_is_refused_at_the_form(tmp_path: Path, heir: str) -> None:
    with _leading(tmp_path) as s:
        s.miro.add_user("gone@example.com", "Gone Person", active=False)
        s.miro.add_user("guest@example.com", "Guest Person", guest=True)
        assert refused_form(s, *CLOSE, heir=heir)["heir"].startswith(f"I see no Miro account for {heir};")


@pytest.mark.parametrize("heir", ["nobody@example.com", "gone@example.com", "guest@example.com"])
def test_an_heir_who_cant_lead_is_refused_with_the_reason(tmp_path: Path, heir: str) -> None:
    with _leading(tmp_path) as s:
        s.miro.add_user("gone@example.com", "Gone Person", active=False)
        s.miro.add_user("guest@example.com", "Guest Person", guest=True)
        s.clock.pass_(timedelta(days=2))  # the list of accounts is too old to tell
        id = ask(s, *CLOSE, heir=heir)
        assert state(s, id) == "refused"
        assert f"{heir} can't get these teams" in last(s, "U0LENA")


def test_an_heir_doesnt_decide_what_makes_them_team_admin(tmp_path: Path) -> None:
    with _leading(tmp_path) as s:
        s.miro.add_user("priya@example.com", "Priya Rao")
        wait(s, hours=1)
        id = ask(s, *CLOSE, heir="priya@example.com")
        assert state(s, id) == "waiting" and not has_card(s, "U0PRIYA")
        press(s, "U0PRIYA", "approve", card(s, "U0SAM"))
        assert "This would give you teams" in answer(s, "U0PRIYA")
        approve(s, "U0SAM")
        assert state(s, id) == "done" and _leads(s, "priya@example.com")


def test_without_credentials_the_form_has_no_heir_and_a_shell_is_told_why(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        assert s.acting.command("U0LENA", *CLOSE[1:]).ok
        assert "Hand teams on" not in str(s.acting.modal("U0LENA"))
        told = shell.types(
            *("ask", "offboard", "person=jo@example.com", "how=deactivate", "heir=dana@example.com"),
            *("--as", "lena@example.com", "--reason", "Last day."),
            exits=1,
        )
        assert "MIRO_OAUTH_TOKEN. Do it in Miro first: Team settings > Users." in told


# -- teams beside user groups ------------------------------------------------------------------------------

BESIDE = {"teams": "Engineering", "miro_team": "research"}


@contextmanager
def _beside_groups_with(tmp_path: Path, *names: str) -> Iterator[tuple[Stage, list[str]]]:
    """A Miro whose groups are user groups, with teams beside; Carol leads them."""

    def furnish(miro: Miro, slack: Workspace) -> None:
        miro.group_model = "user-group"
        miro.add_user("kim@example.com", "Kim Berg")
        miro.add_space("Operations")

    with playing(tmp_path, prepare=furnish, has_rest=True) as s:
        s.bot.context.boards_pass = False
        kim = s.miro.user("kim@example.com")
        assert kim
        yield s, [s.miro.add_space(name, admins=[kim.id]) for name in names]


def _ask_beside(s: Stage, **more: str) -> str:
    return ask(s, "U0CAROL", "/miro-access", "jo@example.com because of boards", **BESIDE | more)


@pytest.mark.parametrize("has_account", [False, True])
def test_a_team_beside_user_groups_is_joined_and_verified(tmp_path: Path, has_account: bool) -> None:
    with _beside_groups_with(tmp_path, "Research") as (s, [research]):
        if has_account:
            s.miro.add_user("jo@example.com", "Jo Park")
        id = _ask_beside(s)
        assert "Join the Miro team Research" in last(s, "U0PRIYA")
        approve(s, "U0PRIYA")
        assert (state(s, id), _jo(s) in s.miro.space(research).members) == ("done", True)
        done = last(s, "U0CAROL")
        assert (
            "Jo Park is in Engineering and the team research in Miro" in done and "verified in Miro" in done
        )
        again = _ask_beside(s)
        assert state(s, again) == "nothing to do"


@pytest.mark.parametrize(
    "how",
    [
        {"status": 403, "body": "rest"},
        {"status": 429, "times": 9},
        {"status": 500, "times": 9},
        {"no_effect": True},
    ],
)
def test_a_team_that_isnt_joined_stops_after_the_rest_was_done(tmp_path: Path, how: dict[str, Any]) -> None:
    with _beside_groups_with(tmp_path, "Research") as (s, [research]):
        s.miro.add_user("jo@example.com", "Jo Park")
        id = _ask_beside(s)
        s.miro.faults.append(Fault("POST", "/members", **how))
        approve(s, "U0PRIYA")
        for _ in range(5):
            wait(s, minutes=3)
        assert (state(s, id), teams_of(s, "jo@example.com")) == ("stopped", {"Engineering"})
        assert "join the Miro team Research" in last(s, "U0CAROL")
        s.miro.faults.clear()
        press(s, "U0CAROL", "resume")
        assert (state(s, id), _jo(s) in s.miro.space(research).members) == ("done", True)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ((), "There's no team research in Miro."),
        (("Research", "research"), "Miro has 2 teams called research."),
    ],
)
def test_a_name_that_means_no_one_team_is_refused(tmp_path: Path, names: tuple[str, ...], why: str) -> None:
    with _beside_groups_with(tmp_path, *names) as (s, _):
        id = _ask_beside(s)
        assert state(s, id) == "refused" and why in last(s, "U0CAROL")


def test_a_team_beside_groups_takes_no_end_and_none_that_is_managed_elsewhere(tmp_path: Path) -> None:
    with _beside_groups_with(tmp_path, "Research") as (s, _):
        asked = ("U0CAROL", "/miro-access", "jo@example.com because of boards")
        ends = refused_form(s, *asked, **BESIDE, until=day(s, 3))
        assert ends["miro_team"].startswith("I can't end this.")
        managed = refused_form(s, *asked, **BESIDE | {"miro_team": "Sales"})
        assert "managed elsewhere" in managed["miro_team"]


def test_a_team_beside_user_groups_is_left_and_the_undo_joins_it_again(tmp_path: Path) -> None:
    with _beside_groups_with(tmp_path, "Research") as (s, [research]):
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Engineering"]])
        _ask_beside(s)
        approve(s, "U0PRIYA")
        for there in (False, True):
            press(s, "U0CAROL", "undo")
            approve(s, "U0PRIYA")
            assert (_jo(s) in s.miro.space(research).members) is there
        assert f"DELETE /v2/orgs/{ORG}/teams/{research}/members/{_jo(s)}" in calls(s)
        assert teams_of(s, "jo@example.com") == {"Engineering"}


NEW = ("U0CAROL", "/miro", 'create-group "Data Science" because of the new team')


@pytest.mark.parametrize("how", [{}, {"cut": "after"}, {"cut": "before"}, {"status": 429, "retry_after": 60}])
def test_a_miro_team_is_created_once_with_a_user_group(tmp_path: Path, how: dict[str, Any]) -> None:
    with _beside_groups_with(tmp_path) as (s, _):
        id = ask(s, *NEW, miro_team="Data")
        assert "2. Create the Miro team Data" in last(s, "U0SAM")
        s.miro.faults += [Fault("POST", "/v2/", **how)] if how else []
        approve(s, "U0SAM")
        wait(s, minutes=2)
        assert (state(s, id), [team.team_name for team in s.miro._organization.spaces.values()]) == (
            "done",
            ["Operations", "Data"],
        )
        if "cut" not in how:
            assert "Can't be undone: the new Miro team (only in Miro itself)" in last(s, "U0CAROL")


def test_a_miro_team_isnt_created_where_its_not_known_whether_there_is_one(tmp_path: Path) -> None:
    with _beside_groups_with(tmp_path, "data") as (s, _):
        id = ask(s, *NEW, miro_team="Data")
        assert state(s, id) == "refused" and "Miro has a team data." in last(s, "U0CAROL")
    (tmp_path / "unseen").mkdir()
    with _beside_groups_with(tmp_path / "unseen") as (s, _):
        id = ask(s, *NEW, miro_team="Data")
        s.miro.faults.append(Fault("GET", "/v2/", status=500, times=99))
        approve(s, "U0SAM")
        assert state(s, id) == "approved" and calls(s) == []
        s.miro.faults.clear()
        wait(s, minutes=2)
        assert state(s, id) == "done"


@pytest.mark.parametrize("way_out", ["resume", "undo"])
def test_a_group_whose_miro_team_wasnt_created_is_resumed_or_undone_at_once(
    tmp_path: Path, way_out: str
) -> None:
    with _beside_groups_with(tmp_path) as (s, _):
        id = ask(s, *NEW, miro_team="Data")
        s.miro.faults.append(Fault("POST", "/v2/", status=403, body="rest", times=9))
        approve(s, "U0SAM")
        assert state(s, id) == "stopped"
        s.miro.faults.clear()
        press(s, "U0CAROL", way_out)
        if way_out == "undo":
            approve(s, "U0SAM")
        teams = [team.displayName for team in s.miro._organization.teams.values()]
        assert ("Data Science" in teams) is (way_out == "resume")
        assert state(s, id) == ("done" if way_out == "resume" else "withdrawn")


def test_where_groups_are_teams_the_form_has_no_other_team(s: Stage) -> None:
    assert s.acting.command("U0CAROL", "/miro-access", "").ok
    assert "Miro team to join" not in str(s.acting.modal("U0CAROL"))
