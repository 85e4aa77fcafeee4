"""Giving a security group its directory name."""

import pytest
from pydantic import ValidationError

from bot.actions.groups.rename_group import RenameGroup
from bot.miro.plan import Obstacle
from tests.bot.actions.scene import ENGINEERING, Office, World

RENAME = RenameGroup(team=ENGINEERING, name="g_app_proeng_all")


def test_it_says_both_names(context: Office) -> None:
    facts = context.context.facts
    assert RENAME.phrase(facts) == "give Engineering the security name g_app_proeng_all"
    assert RENAME.outcome(facts) == "Engineering has the security name g_app_proeng_all in Miro"


def test_it_is_about_a_group_and_nobody(context: Office) -> None:
    assert (RENAME.subject, RENAME.group, RENAME.lanes) == (None, ENGINEERING, (f"group:{ENGINEERING}",))


def test_the_name_that_people_know_stays(context: Office) -> None:
    context.sandbox = World().build()
    assert context.bring_about(RENAME) == ""
    team = context.sandbox.team(ENGINEERING)
    assert (team.displayName, team.team_name) == ("g_app_proeng_all", "Engineering")


def test_a_team_that_is_gone_is_not_renamed(context: Office) -> None:
    context.sandbox = World(teams_are_groups=False).build()
    context.sandbox.leave("grace@example.com", ENGINEERING)
    context.store.groups.keep([])
    with pytest.raises(Obstacle, match="The team is no longer in Miro"):
        context.bring_about(RENAME)


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "tab\there", "x" * 61])
def test_a_name_is_one_line_of_at_most_sixty_letters(name: str) -> None:
    with pytest.raises(ValidationError):
        RenameGroup(team=ENGINEERING, name=name)


@pytest.mark.parametrize("name", ["x" * 60, "Äußeres & Inneres", "g_1", " g_1 "])
def test_any_other_name_is_taken_without_blanks_around(name: str) -> None:
    assert RenameGroup(team=ENGINEERING, name=name).name == name.strip()
