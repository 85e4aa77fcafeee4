"""Whether everybody whom the policy names can be reached is asked before anybody needs them."""

from pathlib import Path

import pytest

from bot.sandbox.stage import CHANNEL, POLICY
from tests.bot.journeys.scenes import ask, last, playing, refused_form, state, told, wait
from tests.bot.journeys.shell import machine

ONE = POLICY.replace('["carol@example.com", "sam@example.com"]', '["carol@example.com", "zoe@example.com"]')
TWO = ONE.replace('approvers = ["it"], expires = "1d" }\nremove', 'approvers = ["it"], agree = 2 }\nremove')
GROUP = POLICY.replace("[groups.hr]", '[groups.leads]\nslack = "@leads"\n[groups.hr]')
CHANNELED = GROUP.replace("command_line", f'tell = "{CHANNEL}"\nmanager_field = "Boss"\ncommand_line')


def test_everybody_can_be_reached(tmp_path: Path) -> None:
    with machine(tmp_path) as (_, shell):
        assert shell.types("policy", "check", "--reach").endswith("policy.toml is valid.")
        assert shell.json("policy", "check", "--reach")["unreached"] == []


def test_who_can_not_be_reached_is_named(tmp_path: Path) -> None:
    with machine(tmp_path, TWO) as (s, shell):
        s.slack.change_person("U0LENA", is_restricted=True)
        missed = shell.json("policy", "check", "--reach", exits=1)["unreached"]
        assert missed == [
            "lena@example.com: guest, so can't request or decide",
            "zoe@example.com: no such person in Slack",
            "make-admin can't be requested: 2 must approve, and only 1 can be reached",
        ]


def test_a_group_a_channel_and_a_field_are_looked_at(tmp_path: Path) -> None:
    with machine(tmp_path, CHANNELED) as (s, shell):
        s.slack.change_channel(CHANNEL, is_archived=True)
        missed = shell.types("policy", "check", "--reach", exits=1)
        assert "@leads: no such user group in Slack" in missed
        assert f"tell = {CHANNEL}: the channel is archived" in missed
        assert "manager_field: Slack has no profile field called “Boss”" in missed
        assert missed.endswith("is valid, but not everything in it can be reached.")


def test_managers_and_second_accounts_are_looked_for(tmp_path: Path) -> None:
    table = '[managers]\n"lena@example.com" = "gone@example.com"\n'
    linked = '[same_person]\n"U0SAM2" = "sam@example.com"\n"sam@other.example.com" = "sam@example.com"\n'
    with machine(tmp_path, POLICY.replace("[managers]\n", linked + table)) as (_, shell):
        assert shell.json("policy", "check", "--reach", exits=1)["unreached"] == [
            "gone@example.com in [managers]: no such person in Slack",
            "U0SAM2 in [same_person]: no such person in Slack",
        ]


def test_looking_begins_no_record_and_needs_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with machine(tmp_path) as (s, shell):
        entries = s.bot.store.head()
        shell.types("policy", "check", "--reach")
        assert s.bot.store.head() == entries
        shell.environ["SLACK_BOT_TOKEN"] = ""
        assert "SLACK_BOT_TOKEN" in shell.types("policy", "check", "--reach", exits=1)


def test_an_action_that_nobody_can_decide_is_closed_and_told_once(tmp_path: Path) -> None:
    with playing(tmp_path, TWO) as s:
        s.settle()
        wait(s, minutes=11)
        heard = [one for one in told(s, "U0CAROL") if "make-admin is closed" in one]
        assert len(heard) == 1
        assert "2 must approve, and only 1 can be reached" in heard[0]
        id = ask(s, "U0DANA", "/miro-admin", "@alex because of it", person="U0ALEX")
        assert state(s, id) == "refused"
        assert "Nobody can decide this: 2 must approve, and only 1 can." in last(s, "U0DANA")
        assert not refused_form(s, "U0ALEX", "/miro-access", "for Engineering because I start")
