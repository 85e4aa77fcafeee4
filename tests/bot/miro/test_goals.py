"""What holds for every goal: seen, brought about by one call, and said in sentences."""

import re
from dataclasses import fields, replace

import pytest

from bot.cards.catalogue import texts
from bot.miro import accounts, groups, rights
from bot.miro.goals import Goal, ScimCall, Seen
from tests.bot.miro.examples import EXAMPLES, Example
from tests.bot.miro.scene import NOBODY, account, seen

each = pytest.mark.parametrize("one", EXAMPLES, ids=str)


def test_every_goal_has_an_example() -> None:
    defined = {
        kind
        for module in (accounts, groups, rights)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Goal) and kind is not Goal
    }
    assert {type(one.goal) for one in EXAMPLES} == defined


@each
def test_a_goal_takes_the_call_that_miro_prints(one: Example) -> None:
    assert not one.goal.holds(one.before)
    assert one.goal.call(one.before) == ScimCall(one.method, one.path, one.body)


@each
def test_what_was_so_already_is_not_told_as_a_deed(one: Example) -> None:
    said = one.goal.words.state
    assert said and said != one.goal.words.did
    assert not set(said.split()) & {"created", "found", "reactivated", "deactivated", "deleted", "took"}
    assert not set(said.split()) & {"joined", "left", "changed", "became"}


@each
def test_a_goal_holds_after_its_call(one: Example) -> None:
    assert one.goal.holds(one.goal.after(one.before))


@each
def test_what_a_goal_changes_is_all_that_it_changes(one: Example) -> None:
    before, after = one.before.account, one.goal.after(one.before).account
    touched = {
        accounts.HasAccount: None,
        accounts.Gone: None,
        accounts.Active: {"active"},
        accounts.Inactive: {"active"},
        rights.OrgRole: {"roles"},
        rights.AdminRole: {"roles"},
        rights.NoAdminRoles: {"roles"},
        accounts.Attributes: {"enterprise"},
        groups.InGroup: {"groups"},
        groups.OutOfGroup: {"groups"},
        groups.GroupNamed: None,
        groups.GroupExists: None,
        groups.GroupGone: None,
    }[type(one.goal)]
    if touched is None:
        assert one.goal.after(one.before) != one.before
    else:
        assert before and after
        changed = {
            name for name in type(before).model_fields if getattr(before, name) != getattr(after, name)
        }
        assert changed == touched


@each
def test_nothing_stands_in_the_way_of_an_example(one: Example) -> None:
    assert one.goal.obstacle(one.before) == ""
    assert one.goal.sure(one.before)


@each
def test_what_cannot_be_taken_back_is_said_in_sentences(one: Example) -> None:
    assert len(one.goal.hazards(one.before)) == one.hazards
    assert all(re.fullmatch(r"[A-Z].*\.", text) for text in texts(one.goal.hazards(one.before)))


@each
def test_a_goal_reads_as_a_task_and_as_a_deed(one: Example) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]", one.goal.words.todo)
    assert re.fullmatch(r"[a-z].*[^.]", one.goal.words.did)


@each
def test_people_never_read_ids_or_miros_constants(one: Example) -> None:
    said = " ".join([one.goal.words.todo, one.goal.words.did, *texts(one.goal.hazards(one.before))])
    is_of_group = isinstance(one.goal, groups.GroupExists | groups.GroupGone)  # "user group", in Miro too
    assert not re.search(r"100|200|ORGANIZATION_|urn:|SCIM|PatchOp", said)
    assert is_of_group or not re.search(r"group\b", said)


@each
def test_a_goal_is_approved_whatever_people_are_called(one: Example) -> None:
    names = [one_field.name for one_field in fields(one.goal) if not one_field.compare]
    renamed = replace(one.goal, **dict.fromkeys(names, "Somebody else"))
    assert "who" in names
    assert (renamed, renamed.key) == (one.goal, one.goal.key)


def test_no_two_goals_have_one_key() -> None:
    keys = [one.goal.key for one in EXAMPLES]
    assert sorted(set(keys)) == sorted(keys)


@each
def test_a_call_reads_without_its_query(one: Example) -> None:
    assert str(one.goal.call(one.before)) == f"{one.method} {one.path.partition('?')[0]}"


def test_a_look_at_nobody_shows_no_account_and_no_group() -> None:
    assert (NOBODY.account, NOBODY.group, NOBODY.other_admin) == (None, None, False)
    assert seen("100") == Seen(account("100"), other_admin=True)
