"""The policy from a shell: written, checked, and asked who would decide, with nothing but the file."""

import re
from pathlib import Path
from typing import Any

import pytest

from approvals.policy.directories import DirectoryRules
from approvals.policy.model import Account, Policy
from approvals.policy.rules import Rule, Step
from approvals.record.store import Store
from bot.cli.policy.template import TEMPLATE
from bot.sandbox.stage import POLICY
from tests.bot.journeys.shell import Shell, machine

ROOT = Path(__file__).parents[3]


def deciders(found: dict[str, Any]) -> list[str]:
    """Who would decide the only step."""
    [step] = found["steps"]
    return [one["who"] for one in step["approvers"]]


def test_a_policy_is_written_once_and_refused_as_it_is(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert "Replace every REPLACE-ME" in shell.types("policy", "init")
    assert (tmp_path / "policy.toml").read_text(encoding="utf-8") == TEMPLATE
    assert "already exists" in shell.types("policy", "init", exits=1)
    problems = shell.types("policy", "check", exits=1).splitlines()
    assert all("replace REPLACE-ME with the real value" in one for one in problems[:-1])
    lines = [number for number, line in enumerate(TEMPLATE.splitlines(), 1) if '"REPLACE-ME' in line]
    assert f"line {lines[0]}: " in "".join(problems)
    said = shell.types("run", exits=1)
    assert "The policy can't be used:" in said and "line " in said


def test_the_first_policy_says_who_reads_of_it_in_the_channel() -> None:
    comment = " ".join(TEMPLATE.partition('tell = ""')[0].replace("\n#", "").split())
    assert "Approvers outside the channel still get a message." in comment


SETTINGS = sorted(
    {name for part in (Policy, Rule, Step, Account, DirectoryRules) for name in part.model_fields}
)


@pytest.mark.parametrize("page", ["the template", "docs/policy.md"])
def test_every_setting_is_explained(page: str) -> None:
    text = TEMPLATE if page == "the template" else (ROOT / page).read_text(encoding="utf-8")
    shown = set(re.findall(r"[\[.]([a-z_]+)[\].]|\b([a-z_]+)(?:`| = )|`([a-z_]+)", text))
    assert set(SETTINGS) - {name for names in shown for name in names} == set()


def filled_in() -> str:
    """The template with every name in it."""
    text = TEMPLATE.replace("it-REPLACE-ME", "ada").replace("REPLACE-ME.example", "example.com")
    return text.replace('zone = "REPLACE-ME"', 'zone = "Europe/Berlin"').replace("REPLACE-ME", "x")


def test_a_filled_in_policy_can_be_used(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "policy.toml").write_text(filled_in(), encoding="utf-8")
    assert shell.types("policy", "check").endswith("is valid.")
    assert shell.json("policy", "check")["problems"] == []


def test_everything_wrong_with_a_policy_is_said_with_its_line(tmp_path: Path) -> None:
    text = filled_in().replace('"1d"', '"soon"')
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    problems = Shell(tmp_path).json("policy", "check", exits=1)["problems"]
    lines = [number for number, line in enumerate(text.splitlines(), 1) if '"soon"' in line]
    assert [one["line"] for one in problems] == lines


def test_what_is_no_policy_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"operators = '\xff'")
    shell = Shell(tmp_path)
    broken, folder = str(tmp_path / "bad.toml"), str(tmp_path)
    assert "isn't UTF-8 text. Save it as UTF-8." in shell.types("policy", "check", broken, exits=1)
    assert (
        f"The policy can't be read: Is a directory ({folder}). Set MIRO_BOT_POLICY to a readable file."
        in shell.types("policy", "check", folder, exits=1)
    )
    wrong = Shell(tmp_path, MIRO_BOT_POLICY=broken)
    for words in (("run",), ("doctor",), ("policy", "who", "move-team", "--as", "alex@example.com")):
        assert "isn't UTF-8 text. Save it as UTF-8." in wrong.types(*words, exits=1)


def test_a_policy_is_not_written_where_there_is_no_folder(tmp_path: Path) -> None:
    said = Shell(tmp_path).types("policy", "init", str(tmp_path / "not" / "policy.toml"), exits=1)
    assert said == f"Error: There is no folder {tmp_path / 'not'}. Create it first."


def test_without_a_policy_the_way_to_one_is_told(tmp_path: Path) -> None:
    for words in (("policy", "check"), ("policy", "check", "nope.toml"), ("run",)):
        assert "Check the path, or create one: miro-bot policy init" in Shell(tmp_path).types(*words, exits=1)


def test_who_would_decide_is_read_from_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    shell = Shell(tmp_path)
    said = shell.types("policy", "who", "request-access", "--as", "alex@example.com").splitlines()
    assert said[0] == "priya@example.com: you manage alex"
    assert said[-1] == "1 of them must approve within 3 working days. Without an answer nothing changes."
    assert "No team given, so rules about teams and team owners aren't considered." in said
    found = shell.json("policy", "who", "offboard", "person=jo@example.com", "--as", "lena@example.com")
    assert deciders(found) == ["priya@example.com", "carol@example.com", "sam@example.com"]
    assert [one.name for one in tmp_path.iterdir()] == ["policy.toml"]


WHO = ("policy", "who", "request-access", "--as", "alex@example.com")


def test_a_team_that_somebody_else_manages_is_not_thought_through(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    said = Shell(tmp_path).types(*WHO, "teams=SALES", exits=1)
    assert "SALES is managed elsewhere: use the Okta tile “Miro Sales”." in said


def test_teams_are_taken_as_written_until_the_record_has_seen_miro(tmp_path: Path) -> None:
    unsure = "There is no record yet, so team names are taken as typed."
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    assert unsure in Shell(tmp_path).types(*WHO, "teams=Desing")
    Store(tmp_path / "empty.db").close()
    empty = Shell(tmp_path, MIRO_BOT_DATABASE=str(tmp_path / "empty.db"))
    assert "This record has no list of Miro's teams yet, so" in empty.types(*WHO, "teams=Desing")
    with machine(tmp_path) as (s, shell):
        s.bot.housekeeping.tick()
        assert "There's no team Desing." in shell.types(*WHO, "teams=Desing", exits=1)
        assert "Sales is managed elsewhere:" in shell.types(*WHO, "teams=Sales", exits=1)
        assert unsure not in shell.types(*WHO, "teams=Design")


@pytest.mark.parametrize(
    ("span", "told"), [("1d", "1 working day"), ("36h", "36 hours"), ("90m", "90 minutes")]
)
def test_who_has_how_long_is_told_in_words(tmp_path: Path, span: str, told: str) -> None:
    (tmp_path / "policy.toml").write_text(POLICY.replace('"8h"', f'"{span}"'), encoding="utf-8")
    said = Shell(tmp_path).types(
        "policy", "who", "offboard", "person=jo@example.com", "--as", "lena@example.com"
    )
    assert f"within {told}. " in said


@pytest.mark.parametrize("email", ["carol@example.com", "CAROL@example.com"])
def test_whoever_asks_would_not_decide(tmp_path: Path, email: str) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    found = Shell(tmp_path).json("policy", "who", "rename-group", "--as", email)
    assert deciders(found) == ["sam@example.com"]
