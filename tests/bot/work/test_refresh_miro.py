"""Miro's lists are taken now and then, and operators hear once of what else nobody would tell them."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.miro.service import Fault, Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage, stage
from tests.bot.journeys.scenes import playing, told

SECOND, RETRY = timedelta(seconds=1), timedelta(minutes=1)
GROUPS_EVERY, MEMBERS_EVERY = timedelta(minutes=10), timedelta(hours=1)
AWAY = "continue by themselves as soon as Miro answers."
STRANGE = "The policy names teams that Miro doesn't have: "


def named(*teams: str) -> str:
    """The policy with teams managed elsewhere that nobody in Miro has heard of."""
    return POLICY.replace('"Sales" =', "".join(f'"{one}" = "elsewhere"\n' for one in teams) + '"Sales" =')


def looks(s: Stage, after: timedelta = timedelta(), times: int = 1) -> list[str]:
    """Which lists Miro is asked for, when it is looked so many times, so long apart."""
    s.miro.log.clear()
    for _ in range(times):
        s.clock.pass_(after)
        s.bot.housekeeping.refresh.lists()
    lists = {"active eq true": "members", "count=1&": "ping", "/Groups": "groups"}
    paths = [f"{one.path}&" for one in s.miro.log]
    return [next(name for part, name in lists.items() if part in path) for path in paths]


def heard(s: Stage, part: str) -> list[str]:
    """What an operator was told with these words."""
    s.settle()
    return [one for one in told(s, "U0CAROL") if part in one]


def test_the_groups_are_listed_every_ten_minutes_and_not_before(s: Stage) -> None:
    assert looks(s, GROUPS_EVERY - SECOND) == []
    s.miro.add_team("Research")
    s.miro._organization.delete_team(s.teams["Design"])
    assert looks(s, SECOND) == ["groups"]
    names = {one.known_name for one in s.bot.store.groups.all()}
    assert "Research" in names and "Design" not in names
    assert looks(s) == []


def test_the_admins_are_listed_every_hour_and_not_before(s: Stage) -> None:
    assert looks(s, MEMBERS_EVERY - SECOND) == ["groups"]
    s.miro.add_user("sam@example.com", "Sam Lee", admin=True, admin_roles=["User Admin", "Content Admin"])
    assert looks(s, SECOND) == ["members"]
    found, seen = s.bot.store.groups.admins()
    assert {one.email: one.rights for one in found} == {
        "carol@example.com": "Company Admin",
        "sam@example.com": "Company Admin, Content Admin, User Admin",
    }
    assert seen == s.clock()


def test_the_members_of_all_teams_come_with_the_same_list(s: Stage) -> None:
    [engineering] = [one for one in s.bot.store.groups.all() if one.known_name == "Engineering"]
    before, _ = s.bot.store.groups.members(engineering.id, 50)
    s.miro.add_user("sam@example.com", "Sam Lee", teams=[engineering.id])
    s.miro.add_user("old@example.com", "Old", teams=[engineering.id], active=False)
    assert looks(s, MEMBERS_EVERY).count("members") == 1
    after, _ = s.bot.store.groups.members(engineering.id, 50)
    assert {one.email for one in after} - {one.email for one in before} == {"sam@example.com"}
    assert s.bot.store.groups.seen_at("members") == s.clock()


def test_admins_that_miro_does_not_list_stay_as_they_were_seen_and_are_asked_for_in_ten_minutes(
    s: Stage,
) -> None:
    before = s.bot.store.groups.admins()
    looks(s, MEMBERS_EVERY - SECOND)
    s.miro.faults.append(Fault("GET", "active eq true", status=500))
    assert looks(s, SECOND) == ["members"]
    assert looks(s, GROUPS_EVERY - SECOND) == ["groups"]
    assert s.bot.store.groups.admins() == before
    assert looks(s, SECOND) == ["members"]


def test_until_the_first_list_of_accounts_came_it_is_asked_for_each_minute(tmp_path: Path) -> None:
    def away(miro: Miro, _: Workspace) -> None:
        miro.faults.append(Fault("GET", "active eq true", status=500))

    with stage(tmp_path, prepare=away) as s:
        assert s.bot.store.groups.seen_at("members") is None
        assert "members" in looks(s, RETRY)
        assert s.bot.store.groups.seen_at("members") == s.clock()


def test_while_miro_is_away_it_is_looked_for_once_a_minute(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "/Groups", status=500, times=3))
    assert looks(s, GROUPS_EVERY) == ["groups"]
    assert looks(s, RETRY - SECOND) == []
    assert looks(s, SECOND) == ["groups"]
    assert s.bot.housekeeping.refresh.problem
    assert looks(s, RETRY, times=5) == ["groups", "groups"]
    assert s.bot.housekeeping.refresh.problem == ""


def test_operators_hear_of_an_outage_after_a_quarter_of_an_hour_and_once(s: Stage) -> None:
    for _ in range(2):
        s.miro.faults.append(Fault("GET", "/Groups", status=500, times=999))
        looks(s, GROUPS_EVERY)
        before = len(heard(s, AWAY))
        looks(s, RETRY, times=14)
        assert len(heard(s, AWAY)) == before
        looks(s, RETRY)
        assert len(heard(s, AWAY)) == before + 1
        looks(s, RETRY, times=30)
        assert len(heard(s, AWAY)) == before + 1
        s.miro.faults.clear()
        looks(s, RETRY)
    assert len(heard(s, AWAY)) == 2


@pytest.mark.regression
def test_a_clock_that_is_set_back_hides_no_outage(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "/Groups", status=500, times=999))
    looks(s, GROUPS_EVERY)
    s.clock.pass_(-timedelta(hours=3))
    looks(s, RETRY, times=17)
    assert len(heard(s, AWAY)) == 1


def test_two_short_outages_make_no_long_one(s: Stage) -> None:
    for _ in range(3):
        s.miro.faults.append(Fault("GET", "/Groups", status=500, times=10))
        looks(s, GROUPS_EVERY)
        looks(s, RETRY, times=10)
        assert s.bot.housekeeping.refresh.problem == ""
    assert heard(s, AWAY) == []


def test_teams_that_miro_does_not_have_are_told_once_and_again_when_others_appear(tmp_path: Path) -> None:
    with playing(tmp_path, named("Marketing", "Legal")) as s:
        looks(s, GROUPS_EVERY, times=3)
        assert [one.split(". ")[0] for one in heard(s, STRANGE)] == [f"{STRANGE}Legal, Marketing"]
        s.miro.add_team("Legal")
        looks(s, GROUPS_EVERY, times=3)
        assert len(heard(s, STRANGE)) == 2 and heard(s, STRANGE)[1].startswith(f"{STRANGE}Marketing. ")


def test_a_team_that_miro_gets_and_loses_again_is_told_again(tmp_path: Path) -> None:
    with playing(tmp_path, named("Marketing")) as s:
        id = s.miro.add_team("Marketing")
        looks(s, GROUPS_EVERY)
        assert len(heard(s, STRANGE)) == 1
        s.miro._organization.delete_team(id)
        looks(s, GROUPS_EVERY, times=2)
        assert len(heard(s, STRANGE)) == 2
