"""Who decides about teams that are left: each team counts, and those that own it have a say."""

from pathlib import Path

import pytest

from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY
from tests.bot.journeys.scenes import approve, ask, calls, has_card, last, playing, read, state, teams_of
from tests.bot.journeys.scenes import card as card_of

OWN = next(line for line in POLICY.splitlines() if line.startswith("leave-team"))
RULED = f"""{POLICY.replace(OWN, "")}
[actions.leave-team]
ask = ["anyone"]
approvers = ["it"]
[[actions.leave-team.rules]]
when = {{ leaving = ["Engineering"] }}
approval = false
"""
OWNED = f"""{POLICY.replace(OWN, "")}
[actions.leave-team]
ask = ["anyone"]
approvers = ["owners"]
[owners]
"Engineering" = ["dana@example.com"]
"Design" = ["dana@example.com", "lena@example.com"]
"""


def in_all(miro: Miro, slack: Workspace) -> None:
    miro.add_user("alex@example.com", "Alex Smith", teams=list(miro._organization.teams))


@pytest.mark.parametrize("teams", ["Engineering and Design", "Design and Engineering"])
def test_a_mild_rule_for_one_team_lets_no_other_slip_through(tmp_path: Path, teams: str) -> None:
    with playing(tmp_path, RULED, prepare=in_all) as s:
        id = ask(s, "U0ALEX", "/miro", f"leave-team {teams} because I moved")
        assert state(s, id) == "refused" and calls(s) == []
        assert "need different approvals. Send a request for each." in last(s, "U0ALEX")
        assert state(s, ask(s, "U0ALEX", "/miro", "leave-team Engineering because I moved")) == "done"
        assert state(s, ask(s, "U0ALEX", "/miro", "leave-team Design because I moved")) == "waiting"
        assert {"Design"} == teams_of(s, "alex@example.com") & {"Engineering", "Design"}


def test_whoever_owns_every_team_that_is_left_decides(tmp_path: Path) -> None:
    with playing(tmp_path, OWNED, prepare=in_all) as s:
        id = ask(s, "U0ALEX", "/miro", "leave-team Engineering and Design because I moved")
        assert has_card(s, "U0DANA") and not has_card(s, "U0LENA")
        assert "You own Design and Engineering" in read(card_of(s, "U0DANA"))
        approve(s, "U0DANA")
        assert state(s, id) == "done"
