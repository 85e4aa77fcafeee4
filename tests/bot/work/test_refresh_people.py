"""What the bot knows of people is looked up before it grows too old, and no more often than that."""

from datetime import timedelta
from pathlib import Path

import pytest

from approvals.ids import SlackId
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage
from bot.work.refresh import BATCH
from tests.bot.journeys.scenes import ask, calls, playing
from tests.bot.journeys.test_untold import BY_MIRO, LIVE, managed

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
EVERY, RETRY, SECOND = timedelta(hours=6), timedelta(minutes=1), timedelta(seconds=1)
IN_A_ROW = 3
NAMED = ["U0CAROL", "U0DANA", "U0LENA", "U0SAM"]
"""Whom the policy of the stage names, and the bot has met by then."""
BY_WRITERS = LIVE["approvers"].replace("@designers", "@writers")


def groups(miro: Miro, slack: Workspace) -> None:
    slack.add_group("S1", "designers", ["U0DANA", "U0PRIYA"])
    slack.add_group("S2", "writers", ["U0JO"])


def asked(s: Stage, method: str = "users.info", after: timedelta = timedelta()) -> list[str]:
    """About whom or what Slack is asked by this in one round, so much later."""
    s.clock.pass_(after)
    s.slack.log.clear()
    s.bot.housekeeping.refresh.people()
    of = {"users.info": "user", "usergroups.users.list": "usergroup"}.get(method, "email")
    return [str(one.params[of]) for one in s.slack.log if one.method == method]


def test_an_account_is_looked_up_when_a_quarter_of_its_time_is_over_and_not_before(s: Stage) -> None:
    assert asked(s, after=EVERY) == []
    assert sorted(asked(s, after=SECOND)) == NAMED
    assert asked(s) == [] and asked(s, after=EVERY) == []


def test_a_large_company_is_looked_up_some_in_a_round_and_longest_ago_first(s: Stage) -> None:
    s.clock.pass_(SECOND)
    crowd = [f"U0N{number}" for number in range(BATCH)]
    for id in crowd:
        s.slack.add_person(id, f"{id.lower()}@example.com", f"Person {id}")
        s.bot.people.find(id)
    first, second = asked(s, after=EVERY + SECOND), asked(s)
    assert len(first) == BATCH and set(first) >= {*NAMED}
    assert set(crowd) <= {*first, *second} and set(first).isdisjoint(second)
    assert asked(s) == []


def test_three_unanswered_in_a_row_end_the_round_and_a_minute_later_it_goes_on(s: Stage) -> None:
    s.slack.fault("users.info", status=503, times=None)
    assert len(asked(s, after=EVERY + SECOND)) == IN_A_ROW
    assert asked(s) == [] and asked(s, after=RETRY - SECOND) == []
    assert len(asked(s, after=SECOND)) == IN_A_ROW
    s.slack.faults.clear()
    assert len(asked(s, after=RETRY)) > IN_A_ROW and asked(s) == []


@pytest.mark.parametrize("silent", [1, 2])
def test_one_or_two_that_slack_does_not_answer_for_keep_no_other_old(s: Stage, silent: int) -> None:
    s.slack.fault("users.info", status=503, times=silent)
    s.slack.fault("users.info", status=503, times=silent, skip=1)
    everybody = asked(s, after=EVERY + SECOND)
    left = everybody[:silent] + everybody[silent + 1 : 2 * silent + 1]
    assert sorted(asked(s)) == sorted(left)


def test_whom_somebody_named_is_looked_up_at_the_next_round_and_kept_in_mind_until_slack_answers(
    s: Stage,
) -> None:
    s.slack.add_person("U0NEW", "new@example.com", "New Colleague")
    s.bot.context.unknown.add("new@example.com")
    s.slack.fault("users.lookupByEmail", status=503)
    assert asked(s, "users.lookupByEmail") == ["new@example.com"]
    assert s.bot.context.unknown == {"new@example.com"}
    assert asked(s, "users.lookupByEmail") == ["new@example.com"]
    assert s.bot.store.people.by_slack(SlackId("U0NEW")) and not s.bot.context.unknown
    assert asked(s, "users.lookupByEmail") == []


def test_a_user_group_is_looked_up_on_schedule_and_at_once_when_the_policy_names_another(
    tmp_path: Path,
) -> None:
    with playing(tmp_path, LIVE["approvers"], prepare=groups) as s:
        method = "usergroups.users.list"
        assert asked(s, method, EVERY - SECOND) == []
        assert asked(s, method, SECOND) == ["S1"]
        (s.folder / "policy.toml").write_text(BY_WRITERS, encoding="utf-8")
        assert s.bot.context.policies.reload() == ""
        assert (asked(s, method), asked(s, method)) == (["S2"], [])
        assert set(s.bot.store.people.members("@writers", s.clock())) == {"U0JO"}


def test_a_user_group_of_which_slack_told_nothing_is_asked_for_again_in_a_minute(tmp_path: Path) -> None:
    with playing(tmp_path, LIVE["approvers"], prepare=groups) as s:
        id, sync, method = ask(s, *ACCESS), s.bot.housekeeping.refresh, "usergroups.users.list"
        s.slack.fault(method, status=503)
        assert asked(s, method, 4 * EVERY + SECOND) == ["S1"]
        assert not sync.knows_deciders(s.bot.store.request(id))
        assert asked(s, method, RETRY - SECOND) == [] and asked(s, method, SECOND) == ["S1"]
        assert sync.knows_deciders(s.bot.store.request(id))
        s.slack.add_group("S1", "designers", [], disabled=True)
        assert asked(s, method, EVERY) == []
        assert sync.knows_deciders(s.bot.store.request(id))  # that there is none is an answer, too


def test_miro_is_asked_who_manages_somebody_every_six_hours_and_only_while_a_request_waits(
    tmp_path: Path,
) -> None:
    with playing(tmp_path, BY_MIRO, prepare=managed) as s:
        asked(s, after=EVERY)
        assert calls(s, "GET") == []
        ask(s, *ACCESS)
        s.miro.log.clear()
        carol = s.miro.user("carol@example.com")
        assert carol
        s.miro.change_user("alex@example.com", enterprise={"manager": {"value": carol.id}})
        asked(s, after=EVERY - SECOND)
        assert s.miro.log == []
        asked(s, after=SECOND)
        assert calls(s, "GET") == ["GET /Users", f"GET /Users/{carol.id}"]
        alex = s.bot.store.people.by_email("alex@example.com")
        boss = alex and s.bot.store.people.manager(alex.id, s.clock())
        assert boss and boss.email == "carol@example.com"


def test_everybody_whom_the_policy_names_was_met_only_for_the_policy_in_force(s: Stage) -> None:
    sync, context = s.bot.housekeeping.refresh, s.bot.context
    assert sync.has_looked_up(context.policy)
    (s.folder / "policy.toml").write_text(POLICY.replace("lena@", "new@"), encoding="utf-8")
    assert context.policies.reload() == "" and not sync.has_looked_up(context.policy)
    assert asked(s, "users.lookupByEmail") == ["new@example.com"]
    assert sync.has_looked_up(context.policy)
