"""What the policy says of a team goes on to hold when the team's security group is renamed."""

from pathlib import Path

from bot.sandbox.stage import POLICY
from tests.bot.journeys.scenes import approve, ask, last, playing, refused_form, state, told, wait

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
        assert "Give Alex Smith Miro access to Eng People" in last(s, "U0PRIYA")


def test_a_team_managed_elsewhere_stays_so_under_another_name(tmp_path: Path) -> None:
    with playing(tmp_path, NAMED) as s:
        s.miro.change_team(s.teams["Sales"], displayName="g_sales_2")
        wait(s, minutes=11)
        told_so = refused_form(s, "U0ALEX", "/miro-access", reason="I sell", teams=s.teams["Sales"])
        assert "is managed elsewhere" in told_so["teams"]


def test_a_team_that_miro_does_not_have_is_told_to_the_operators_once(tmp_path: Path) -> None:
    with playing(tmp_path, NAMED.replace('"The Sellers" = "Sales"', '"The Sellers" = "Slaes"')) as s:
        wait(s, minutes=11)
        wait(s, minutes=11)
        heard = [one for one in told(s, "U0CAROL") if "names teams that Miro doesn't have" in one]
        assert len(heard) == 1
        assert "Slaes" in heard[0] and "The Sellers" in heard[0]
