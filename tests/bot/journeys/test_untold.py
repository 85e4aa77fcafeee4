"""Slack or Miro doesn't tell for a while who decides, or people change at the last moment: one look more."""

from pathlib import Path

import pytest

from bot.sandbox.miro.service import Fault, Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    approve,
    ask,
    calls,
    card,
    has_card,
    history,
    last,
    playing,
    read,
    state,
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
OWN, RENAME = (
    next(line for line in POLICY.splitlines() if line.startswith(name))
    for name in ("request-access", "rename-group")
)
BASE = POLICY.replace(OWN, "")
WAITS = '[actions.request-access]\nask = ["anyone"]\n'
BOSSES = '"alex@example.com" = "priya@example.com"\n"jo@example.com" = "priya@example.com"\n'
BY_MIRO = f"""manager_from_miro = true
{BASE.replace(BOSSES, "")}
{WAITS}approvers = ["manager"]
expires = "5d"
escalate = {{ after = "8h", to = ["dana@example.com"] }}
"""
ELSEWHERE = f"""{BASE.replace(RENAME, "")}
{WAITS}approvers = ["priya@example.com"]
escalate = {{ after = "4h", to = ["dana@example.com"] }}
[actions.rename-group]
ask = ["it"]
approvers = ["it"]
[[actions.rename-group.rules]]
when = {{ requester_group = "@designers" }}
approvers = ["it"]
"""
LIVE = {
    "owners": f'{BASE}[owners]\n"Engineering" = ["@designers"]\n{WAITS}approvers = ["owners"]\n',
    "fallback": f'fallback = ["@designers"]\n{BASE.replace(BOSSES, "")}{WAITS}approvers = ["manager"]\n',
    "approvers": f'{BASE}{WAITS}approvers = ["@designers"]\n',
}


def designers(miro: Miro, slack: Workspace) -> None:
    slack.add_group("S1", "designers", ["U0DANA", "U0PRIYA"])


def managed(miro: Miro, slack: Workspace) -> None:
    boss = miro.add_user("priya@example.com", "Priya Rao")
    for name in ("alex", "jo"):
        miro.add_user(f"{name}@example.com", name)
        miro.change_user(f"{name}@example.com", enterprise={"manager": {"value": boss}})


def test_a_hiccup_of_miro_holds_up_no_escalation(tmp_path: Path) -> None:
    with playing(tmp_path, BY_MIRO, prepare=managed) as s:
        id = ask(s, *ACCESS)
        wait(s, hours=6)
        s.miro.faults.append(Fault(status=503, times=4))
        wait(s, minutes=30)
        wait(s, hours=2)
        assert "routed" in history(s, id) and has_card(s, "U0DANA") and has_card(s, "U0PRIYA")


def test_two_accounts_of_one_person_hold_up_nobody_else(tmp_path: Path) -> None:
    with playing(tmp_path, BY_MIRO, prepare=managed) as s:
        id, other = ask(s, *ACCESS), ask(s, "U0JO", *ACCESS[1:])
        s.miro.add_user("JO@example.com", "Jo Two")
        for _ in range(8):
            wait(s, hours=4)
        assert all("routed" in history(s, one) for one in (id, other)) and has_card(s, "U0DANA")


def test_a_group_of_another_action_holds_up_nothing(tmp_path: Path) -> None:
    def untold(miro: Miro, slack: Workspace) -> None:
        slack.fault("usergroups.list", error="missing_scope", times=None)

    with playing(tmp_path, ELSEWHERE, prepare=untold) as s:
        id = ask(s, *ACCESS)
        for _ in range(6):
            wait(s, hours=4)
        assert has_card(s, "U0DANA") and "routed" in history(s, id)
        s.slack.change_person("U0ALEX", deleted=True)
        for _ in range(4):
            wait(s, hours=4)
        assert state(s, id) == "withdrawn"


@pytest.mark.thorough
@pytest.mark.parametrize("way", LIVE)
def test_whoever_left_the_group_a_moment_ago_approves_nothing(tmp_path: Path, way: str) -> None:
    with playing(tmp_path, LIVE[way], prepare=designers) as s:
        id = ask(s, *ACCESS)
        s.slack.add_group("S1", "designers", ["U0PRIYA"])
        approve(s, "U0DANA")
        assert (state(s, id), calls(s)) == ("waiting", [])


def test_whoever_leaves_while_the_first_call_is_tried_stops_it(s: Stage) -> None:
    id = ask(s, "U0LENA", "/miro-access", "<@U0JO> for Engineering because of the launch")
    s.miro.faults.append(Fault(status=503, times=4000, method="POST"))
    approve(s, "U0PRIYA")
    s.slack.change_person("U0LENA", deleted=True)
    s.miro.faults.clear()
    wait(s, minutes=20)
    assert state(s, id) == "stopped" and s.miro.user("jo@example.com") is None
    said = read(card(s, "U0CAROL", "resume"))
    assert "The requester has left the company after the changes had begun." in said
    assert "*To fix:* Press Close as Incomplete, or Resume if it should still be done" in said


def test_whoever_became_a_guest_gets_nothing_any_more(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.slack.change_person("U0ALEX", is_restricted=True)
    approve(s, "U0PRIYA")
    assert (state(s, id), calls(s)) == ("withdrawn", [])
    assert "no longer has a full Slack account" in last(s, "U0ALEX")


def test_operators_hear_once_that_miro_is_away_for_long(s: Stage) -> None:
    s.miro.faults.append(Fault(status=503, times=4000))
    for _ in range(12):
        wait(s, minutes=5)
    heard = [one for one in told(s, "U0CAROL") if "continue by themselves as soon as Miro answers." in one]
    assert len(heard) == 1
    s.miro.faults.clear()
    wait(s, minutes=5)
    s.miro.faults.append(Fault(status=503, times=4000))
    for _ in range(12):
        wait(s, minutes=5)
    assert len([one for one in told(s, "U0CAROL") if "as soon as Miro answers." in one]) == 2
