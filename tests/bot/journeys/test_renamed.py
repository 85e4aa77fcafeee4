"""What the policy says of a team goes on to hold when the team's security group is renamed."""

from pathlib import Path

from approvals.ids import GroupId
from bot.sandbox.stage import POLICY
from tests.bot.journeys.scenes import (
    approve,
    ask,
    calls,
    last,
    newest_request,
    playing,
    state,
    told,
    wait,
)

NAMED = POLICY.replace("[managed_elsewhere]\n", '[managed_elsewhere]\n"The Sellers" = "the sellers\' tile"\n')
NAMED = NAMED.replace(
    "[managers]", '[teams]\n"Eng People" = "Engineering"\n"The Sellers" = "Sales"\n\n[managers]'
)


def test_a_team_keeps_the_name_that_the_policy_gave_it(tmp_path: Path) -> None:
    with playing(tmp_path, NAMED) as s:
        id = ask(s, "U0DANA", "/miro", 'rename-group Engineering "g_eng" because the directory says so')
        approve(s, "U0CAROL")
        assert state(s, id) == "done"
        wait(s, minutes=11)
        ask(s, "U0ALEX", "/miro-access", "for Eng People because I start Monday")
        assert "Give Alex Smith access to Eng People" in last(s, "U0PRIYA")


def test_a_name_that_another_group_got_meanwhile_is_refused(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        opened = s.acting.command("U0DANA", "/miro", 'rename-group Engineering "g_eng" because of the audit')
        assert opened.ok and s.acting.submit("U0DANA", {}).ok
        s.bot.store.groups.keep([(GroupId(s.teams["Design"]), "G_ENG")], whole=False)
        s.settle()
        assert state(s, newest_request(s).id) == "refused"
        assert "Another group already has the name g_eng. Choose a different name." in last(s, "U0DANA")


def test_a_name_that_another_group_got_while_it_waited_is_not_given(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        id = ask(s, "U0DANA", "/miro", 'rename-group Engineering "g_eng" because the directory says so')
        s.bot.store.groups.keep([(GroupId(s.teams["Design"]), "g_eng")], whole=False)
        approve(s, "U0CAROL")
        assert "Another group already has the name g_eng." in last(s, "U0DANA")
        assert "policy doesn't allow" not in last(s, "U0DANA")
        assert state(s, id) == "refused" and calls(s, "PATCH") == []


def test_a_team_managed_elsewhere_stays_so_under_another_name(tmp_path: Path) -> None:
    with playing(tmp_path, NAMED) as s:
        s.miro.change_team(s.teams["Sales"], displayName="g_sales_2")
        wait(s, minutes=11)
        assert s.acting.command("U0ALEX", "/miro-access").ok
        [teams] = [one for one in s.acting.modal("U0ALEX")["blocks"] if one.get("block_id") == "teams"]
        assert s.teams["Sales"] not in [one["value"] for one in teams["element"]["options"]]
        assert "is managed elsewhere" in teams["hint"]["text"]


def test_a_team_that_miro_does_not_have_is_told_to_the_operators_once(tmp_path: Path) -> None:
    with playing(tmp_path, NAMED.replace('"The Sellers" = "Sales"', '"The Sellers" = "Slaes"')) as s:
        wait(s, minutes=11)
        wait(s, minutes=11)
        heard = [one for one in told(s, "U0CAROL") if "names teams that Miro doesn't have" in one]
        assert len(heard) == 1
        assert "Slaes" in heard[0] and "The Sellers" in heard[0]
