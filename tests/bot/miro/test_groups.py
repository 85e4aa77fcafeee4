"""Goals about groups: joining, leaving and the security name."""

import pytest

from bot.cards.catalogue import texts
from bot.miro.groups import GroupNamed, InGroup, OutOfGroup
from tests.bot.miro.scene import NOBODY, seen, seen_group

JOIN = InGroup("Ada", "100", "g_eng", "Engineering")
LEAVE = OutOfGroup("Ada", "100", "g_eng", "Engineering")
RENAME = GroupNamed("Engineering", "100", "Engineering", "g_eng")


def test_who_is_in_a_team_is_seen_by_its_id() -> None:
    assert [JOIN.holds(look) for look in (seen("100"), seen("200"), NOBODY)] == [True, False, False]
    assert [LEAVE.holds(look) for look in (seen("100"), seen("200"), NOBODY)] == [False, True, True]


def test_joining_says_from_the_start_that_it_reactivates() -> None:
    # Miro's API description, PATCH /Groups: deactivated members who are added are reactivated.
    assert texts(JOIN.hazards(seen("200", active=False))) == [
        "Joining also reactivates the account. It may use a Miro license."
    ]
    assert JOIN.hazards(seen("200")) == ()
    after = JOIN.after(seen("200", active=False)).account
    assert after and after.active


def test_joining_and_leaving_keep_the_other_teams() -> None:
    joined = JOIN.after(seen("200", "300"))
    assert joined.account and joined.account.group_ids == {"100", "200", "300"}
    left = LEAVE.after(joined)
    assert left.account and left.account.group_ids == {"200", "300"}


def test_leaving_a_team_gives_boards_away() -> None:
    assert texts(LEAVE.hazards(seen("100", "200"))) == ["Ada's boards there go to a team admin for good."]


def test_leaving_a_user_group_closes_what_it_opened() -> None:
    leave = OutOfGroup("Ada", "100", "g_eng", "Engineering", boards_pass=False)
    assert texts(leave.hazards(seen("100"))) == ["Ada loses what only Engineering gives access to."]


@pytest.mark.parametrize(("groups", "sure"), [(("100", "200"), True), (("100",), False)])
def test_the_only_team_is_left_after_another_was_seen(groups: tuple[str, ...], sure: bool) -> None:
    assert LEAVE.sure(seen(*groups)) is sure


def test_nobody_is_left_without_a_team() -> None:
    # Somebody who never signed in and is in no team is removed from the organization.
    assert LEAVE.obstacle(seen("100")) == (
        "Ada would be left without a team, and Miro may remove people without a team from the company. "
        "Keep one team, or move to another: /miro-move."
    )
    assert LEAVE.obstacle(seen("100", "200")) == ""


def test_somebody_may_be_left_without_a_user_group() -> None:
    assert OutOfGroup("Ada", "100", "g_eng", "Engineering", boards_pass=False).obstacle(seen("100")) == ""


@pytest.mark.parametrize("goal", [JOIN, LEAVE])
def test_a_group_is_approved_by_id_and_security_name(goal: InGroup | OutOfGroup) -> None:
    assert goal.key.endswith(" 100 g_eng")
    assert "Engineering" in goal.words.todo
    assert "Engineering" in goal.words.did


def test_a_group_that_is_gone_cannot_be_renamed() -> None:
    assert RENAME.obstacle(NOBODY) == "Engineering is no longer in Miro."
    assert not RENAME.holds(NOBODY)


@pytest.mark.parametrize(("name", "holds"), [("g_eng", True), ("G_ENG", False), ("Engineering", False)])
def test_a_security_name_is_compared_to_the_letter(name: str, holds: bool) -> None:
    assert RENAME.holds(seen_group(name)) is holds


def test_a_rename_is_approved_with_both_names() -> None:
    assert RENAME.key == "rename 100 Engineering to g_eng"
    assert RENAME.words.todo == "Change the security name from Engineering to g_eng"
