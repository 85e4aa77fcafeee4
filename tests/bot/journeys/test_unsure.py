"""What Slack doesn't tell any more, of groups and of who has left, approves nothing and steps over nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.sandbox.miro.service import Fault, Miro
from bot.sandbox.slack.state import SlackState
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    approve,
    ask,
    calls,
    card,
    has_card,
    history,
    playing,
    read,
    state,
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
OWN = next(line for line in POLICY.splitlines() if line.startswith("request-access"))
BY_GROUP = (
    POLICY.replace(OWN, "")
    + """
[actions.request-access]
ask = ["anyone"]
approval = false
[[actions.request-access.rules]]
when = { requester_group = "@contractors" }
approvers = ["it"]
"""
)
BY_MEMBERS = (
    'fallback = ["sam@example.com"]\n'
    + POLICY.replace(OWN, "")
    + """
[actions.request-access]
ask = ["anyone"]
approvers = ["@designers"]
expires = "5d"
escalate = { after = "2d", to = ["lena@example.com"] }
"""
)


def contractors(miro: Miro, slack: SlackState) -> None:
    slack.add_group("S1", "contractors", ["U0ALEX"])


def designers(miro: Miro, slack: SlackState) -> None:
    slack.add_group("S1", "designers", ["U0DANA", "U0PRIYA"])


WAYS: dict[str, Callable[[Stage], object]] = {
    "renamed": lambda s: s.slack.add_group("S1", "contractors-2026", ["U0ALEX"]),
    "switched off": lambda s: s.slack.add_group("S1", "contractors", ["U0ALEX"], disabled=True),
    "emptied": lambda s: s.slack.add_group("S1", "contractors", []),
}


@pytest.mark.thorough
@pytest.mark.parametrize("way", WAYS)
def test_a_group_that_a_condition_names_is_gone_and_nothing_is_approved(tmp_path: Path, way: str) -> None:
    with playing(tmp_path, BY_GROUP, prepare=contractors) as s:
        id = ask(s, *ACCESS)
        WAYS[way](s)
        wait(s, hours=6, minutes=5)
        wait(s, minutes=11)
        assert state(s, id) == "waiting" and "approved" not in history(s, id)
        closed = "Slack doesn't know the user group @contractors, which a condition names"
        assert any(closed in one for one in told(s, "U0CAROL")) == (way != "emptied")
        s.slack.add_group("S1", "contractors", ["U0ALEX"])
        wait(s, hours=6, minutes=5)
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


def test_whoever_was_asked_decides_also_when_the_group_is_empty_now(tmp_path: Path) -> None:
    with playing(tmp_path, BY_GROUP, prepare=contractors) as s:
        id = ask(s, *ACCESS)
        WAYS["emptied"](s)
        wait(s, hours=7)
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


def test_a_group_that_slack_never_knew_closes_the_action(tmp_path: Path) -> None:
    with playing(tmp_path, BY_GROUP) as s:
        id = ask(s, *ACCESS)
        assert state(s, id) == "refused"
        assert "I can't see who is in @contractors" in told(s, "U0ALEX")[-1]


def test_nobody_is_stepped_over_while_slack_does_not_tell_who_is_in_a_group(tmp_path: Path) -> None:
    with playing(tmp_path, BY_MEMBERS, prepare=designers) as s:
        id = ask(s, *ACCESS)
        for method in ("usergroups.users.list", "usergroups.list"):
            s.slack.fault(method, error="internal_error", times=5000)
        for _ in range(9):
            wait(s, hours=6)
        assert "routed" not in history(s, id) and has_card(s, "U0DANA")
        s.slack.faults.clear()
        wait(s, minutes=2)
        assert has_card(s, "U0LENA") and has_card(s, "U0DANA")
        approve(s, "U0PRIYA")
        assert state(s, id) == "done"


def test_after_a_long_downtime_an_escalation_leaves_the_first_their_card(tmp_path: Path) -> None:
    with playing(tmp_path, BY_MEMBERS, prepare=designers) as s:
        id = ask(s, *ACCESS)
        first = card(s, "U0DANA")
        wait(s, days=3)
        assert history(s, id).count("routed") == 1
        assert len([one for one in told(s, "U0DANA") if "Reminder" not in one]) == 1
        assert read(card(s, "U0DANA")).count("Lena Vogt") and first.ts


@pytest.mark.parametrize("leaver", ["U0LENA", "U0JO"])
def test_whoever_leaves_between_asking_and_the_first_change_ends_it(tmp_path: Path, leaver: str) -> None:
    with playing(tmp_path) as s:
        id = ask(s, "U0LENA", "/miro-access", "<@U0JO> for Engineering because of the launch")
        s.slack.change_person(leaver, deleted=True)
        approve(s, "U0PRIYA")
        assert state(s, id) == "withdrawn"
        assert calls(s) == []
        assert "has left the company. The request is closed." in read(s.slack.dm_of("U0PRIYA")[-1])


def test_whoever_leaves_while_miro_is_away_ends_it(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        id = ask(s, *ACCESS)
        s.miro.faults.append(Fault(status=503, times=4000))
        approve(s, "U0PRIYA")
        s.slack.change_person("U0ALEX", deleted=True)
        s.miro.faults.clear()
        wait(s, hours=1)
        assert state(s, id) == "withdrawn"
        assert s.miro.user("alex@example.com") is None
