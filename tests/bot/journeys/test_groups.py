"""User groups are created and deleted; where groups are teams, it is said at once what to do instead."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.ids import GroupId
from bot.actions.groups.create_group import CreateGroup
from bot.actions.groups.delete_group import DeleteGroup
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    calls,
    card,
    last,
    newest_request,
    playing,
    press,
    read,
    refused_form,
    say,
    state,
    told,
    wait,
)
from tests.bot.journeys.shell import machine

NEW = 'create-group "Data Science" because of the new team'


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, group_model="user-group") as whole:
        yield whole


def names(s: Stage) -> list[str]:
    return [team["displayName"] for team in s.miro.snapshot()["teams"]]


def delete(s: Stage, group: str = "Design") -> str:
    return ask(s, "U0DANA", "/miro", f"delete-group {group} because nobody needs it")


# -- created -----------------------------------------------------------------------------------------------


def test_a_new_group_can_be_asked_for_as_soon_as_it_was_seen(s: Stage) -> None:
    id = ask(s, "U0DANA", "/miro", NEW)
    assert "Create the group Data Science?" in last(s, "U0CAROL")
    approve(s, "U0CAROL")
    assert (state(s, id), calls(s)) == ("done", ["POST /Groups"])
    assert "The group Data Science exists in Miro" in last(s, "U0DANA")
    ask(s, "U0ALEX", "/miro-access", "for Data Science because I start Monday")
    assert "Give Alex Smith access to Data Science" in last(s, "U0PRIYA")


@pytest.mark.parametrize("name", ["Design", "ＤＥＳＩＧＮ", " design ", "De\u200bsign", "Sales"])
def test_a_name_that_looks_like_another_groups_is_refused_at_its_field(s: Stage, name: str) -> None:
    errors = refused_form(s, "U0DANA", "/miro", "create-group because of it", name=name)
    assert errors.keys() == {"name"}


def test_a_group_that_somebody_creates_meanwhile_is_not_created_twice(s: Stage) -> None:
    id = ask(s, "U0DANA", "/miro", NEW)
    s.miro.add_team("Data Science")
    approve(s, "U0CAROL")
    assert (state(s, id), calls(s)) == ("done", [])
    assert not s.bot.store.request(id).outcome.done  # type: ignore[union-attr]


def test_a_group_in_other_letters_is_found_before_anybody_is_asked(s: Stage) -> None:
    s.miro.add_team("DATA science")
    id = ask(s, "U0DANA", "/miro", NEW)
    assert state(s, id) == "refused"
    assert "Miro has a group DATA science. Choose a different name." in last(s, "U0DANA")


@pytest.mark.parametrize("lists", [False, True])
def test_a_call_without_an_answer_is_looked_for_not_sent_again(s: Stage, lists: bool) -> None:
    id = ask(s, "U0DANA", "/miro", NEW)
    away = Fault(method="GET", path="displayName eq", status=503, times=int(lists))
    lost = Fault(method="POST", path="/Groups", cut="after", then=lambda: s.miro.faults.append(away))
    s.miro.faults.append(lost)
    approve(s, "U0CAROL")
    wait(s, minutes=11)  # the list of groups, with the new one, is read before the request goes on
    wait(s, minutes=16)
    assert (state(s, id), names(s).count("Data Science")) == ("done", 1)


# -- deleted -----------------------------------------------------------------------------------------------


def test_the_approver_reads_how_many_members_lose_what(s: Stage) -> None:
    design = s.teams["Design"]
    for name in ("alex", "jo"):
        s.miro.add_user(f"{name}@example.com", name.title(), teams=[design])
    id = delete(s)
    asked = last(s, "U0CAROL")
    assert "Delete the group Design?" in asked
    assert "It can't be restored." in asked
    assert "Members now: 3. They lose what only Design gives access to, including teams." in asked
    approve(s, "U0CAROL")
    assert (state(s, id), calls(s)) == ("done", [f"DELETE /Groups/{design}"])
    assert "The group Design is deleted in Miro" in last(s, "U0DANA")
    assert "Design" not in names(s)
    assert s.bot.store.groups.get(GroupId(design)).gone  # type: ignore[union-attr]


def test_who_joins_after_the_approval_is_asked_about(s: Stage) -> None:
    id = delete(s)
    design, approval = s.teams["Design"], card(s, "U0CAROL")
    s.miro.add_user("jo@example.com", "Jo", teams=[design])
    press(s, "U0CAROL", "approve", approval)
    assert (state(s, id), calls(s)) == ("waiting", [])
    assert "Members now: 2." in read(card(s, "U0CAROL"))
    s.miro.leave("jo@example.com", design)
    approve(s, "U0CAROL")
    assert state(s, id) == "done"  # fewer than were read


def test_a_group_that_is_gone_keeps_its_name_on_every_card(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex", teams=[s.teams["Design"]])
    ask(s, "U0ALEX", "/miro", "leave-team Design because I moved")
    delete(s)
    approve(s, "U0SAM")
    s.bot.store.outbox.redraw(newest_request(s).id)
    wait(s, minutes=11)
    shown = [line for user in ("U0ALEX", "U0DANA", "U0CAROL") for line in told(s, user)]
    assert any("Design" in line for line in shown)
    assert not any("no longer exists" in line for line in shown)


def test_who_waits_to_leave_a_group_that_is_deleted_has_left_it(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex", teams=[s.teams["Design"]])
    id = ask(s, "U0ALEX", "/miro", "leave-team Design because I moved")
    delete(s)
    approve(s, "U0CAROL")
    approve(s, "U0PRIYA")
    assert (state(s, id), calls(s)) == ("done", [f"DELETE /Groups/{s.teams['Design']}"])


def test_access_for_some_days_ends_quietly_with_its_group(s: Stage) -> None:
    ask(s, "U0ALEX", "/miro-access", "for Design because of a project", until="2026-03-04")
    approve(s, "U0PRIYA")
    delete(s)
    approve(s, "U0CAROL")
    wait(s, days=4)
    assert newest_request(s).state == "nothing to do"
    assert not any("can't take it back" in line for line in told(s, "U0CAROL"))


@pytest.mark.parametrize(
    "table",
    [
        '[owners]\n"Design" = ["lena@example.com"]\n\n[managers]',
        '[teams]\n"Artists" = "Design"\n\n[managers]',
    ],
)
def test_a_group_that_the_policy_names_is_not_deleted(tmp_path: Path, table: str) -> None:
    with playing(tmp_path, POLICY.replace("[managers]", table), group_model="user-group") as s:
        errors = refused_form(s, "U0DANA", "/miro", "delete-group because of it", team=s.teams["Design"])
        assert list(errors) == ["team"]
        assert errors["team"].startswith("The policy names ")


def test_a_group_managed_elsewhere_is_not_deleted(s: Stage) -> None:
    assert s.acting.command("U0DANA", "/miro", "delete-group Sales because of it").ok
    assert "Sales is managed elsewhere: use the Okta tile" in answer(s, "U0DANA")


# -- undone ------------------------------------------------------------------------------------------------


def test_a_group_is_deleted_again_while_nobody_is_in_it(s: Stage) -> None:
    before = names(s)
    ask(s, "U0DANA", "/miro", NEW)
    approve(s, "U0CAROL")
    press(s, "U0DANA", "undo")
    approve(s, "U0CAROL")
    assert names(s) == before
    assert "Can't be undone: the deleted group" in last(s, "U0CAROL")


def test_a_group_that_somebody_joined_meanwhile_stays(s: Stage) -> None:
    ask(s, "U0DANA", "/miro", NEW)
    approve(s, "U0CAROL")
    new = next(group.id for group in s.bot.store.groups.all() if group.known_name == "Data Science")
    s.miro.add_user("jo@example.com", "Jo", teams=[new])
    press(s, "U0DANA", "undo")
    assert newest_request(s).state == "refused"
    assert "The group has members now, so I left it as it is." in last(s, "U0DANA")


# -- where groups are teams --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "typed", "words"),
    [
        (CreateGroup, NEW, "please create a team called Data Science"),
        (DeleteGroup, "delete-group Design because of it", "delete the team Design"),
    ],
)
def test_teams_are_created_and_deleted_in_miro_itself(
    tmp_path: Path, action: type[CreateGroup], typed: str, words: str
) -> None:
    with machine(tmp_path) as (s, shell):
        instead = action.NOT_FOR_TEAMS
        assert s.acting.command("U0DANA", "/miro", typed).ok
        assert instead in answer(s, "U0DANA")
        assert read(say(s, "U0DANA", words)) == instead
        assert action.TITLE not in read(say(s, "U0CAROL", "help"))
        field = "name=Data" if action is CreateGroup else "team=Design"
        typed_too = ("ask", action.NAME, field, "--as", "dana@example.com", "--reason", "of it")
        assert instead in shell.types(*typed_too, exits=1)
        assert s.bot.store.requests() == []


def test_what_was_approved_before_the_model_was_set_right_changes_nothing(s: Stage) -> None:
    id = ask(s, "U0DANA", "/miro", NEW)
    s.bot.context.boards_pass = True
    approve(s, "U0CAROL")
    assert (state(s, id), calls(s)) == ("refused", [])
