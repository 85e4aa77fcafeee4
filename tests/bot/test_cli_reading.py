"""Reading and starting from a shell: requests, record, policy, doctor and the bot itself."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import app as composition
from bot.policy_init import TEMPLATE
from bot.sandbox.miro import Fault
from bot.sandbox.stage import POLICY, TOKEN, Stage
from tests.bot.journeys.scenes import ask as ask_in_slack
from tests.bot.journeys.scenes import calls
from tests.bot.journeys.shell import Shell, alone, machine


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    with alone():
        yield


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path) as running:
        yield running


@pytest.fixture
def s(both: tuple[Stage, Shell]) -> Stage:
    return both[0]


@pytest.fixture
def shell(both: tuple[Stage, Shell]) -> Shell:
    return both[1]


# -- reading ---------------------------------------------------------------------------------------------


def test_requests_are_listed_and_chosen_by_state(s: Stage, shell: Shell) -> None:
    assert shell.types("requests") == "No requests."
    assert shell.json("requests") == []
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    ask_in_slack(s, "U0JO", "/miro-access", "for Design because we draw")
    lines = shell.types("requests").splitlines()
    assert [line.split()[0] for line in lines] == ["R-2", "R-1"]
    assert "give Alex Smith Miro access to Engineering (asked by Alex Smith)" in lines[1]
    assert [one["id"] for one in shell.json("requests", "--state", "waiting")] == ["R-2", "R-1"]
    assert shell.json("requests", "--state", "done") == []


def test_one_request_is_shown_with_its_history(s: Stage, shell: Shell) -> None:
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    text = shell.types("show", "r-1")
    assert "waiting for  Priya Rao, Carol Diaz, Sam Lee" in text
    assert "asked" in text and "planned" in text
    whole = shell.json("show", "1")
    assert whole["state"] == "waiting"
    assert [one["event"] for one in whole["events"]] == ["asked", "planned"]


def test_the_record_is_verified_and_a_change_is_found(s: Stage, shell: Shell) -> None:
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    said = shell.types("audit", "verify")
    assert said.startswith("The record holds: 3 entries, 1 requests, 0 words forgotten.")
    anchor = said.splitlines()[-1].removeprefix("Anchor, to keep elsewhere: ")
    assert shell.json("audit", "verify", "--anchor", anchor)["faults"] == []
    count, _, seal = anchor.partition(":")
    forged = f"{count}:{'0' * len(seal)}"
    assert "is NOT what was written" in shell.types("audit", "verify", "--anchor", forged, exits=1)


def test_the_record_is_exported_as_json_and_csv(s: Stage, shell: Shell) -> None:
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering", reason="=cmd|'/c calc'!A1")
    rows = [json.loads(line) for line in shell.types("audit", "export").splitlines()]
    assert [row["event"] for row in rows] == ["policy-in-force", "asked", "planned"]
    assert [json.loads(line)["seq"] for line in shell.types("audit", "export", "R-1").splitlines()] == [2, 3]
    lines = shell.types("audit", "export", "--format", "csv").splitlines()
    assert lines[0].startswith("seq,at,request,event")
    assert not [line for line in lines if line.startswith("=") or ",=" in line]


def test_who_would_decide_is_told(shell: Shell) -> None:
    said = shell.types("policy", "who", "request-access", "--as", "alex@example.com")
    assert said.splitlines()[0] == "Priya Rao: you manage Alex"
    assert "1 of them must agree" in said
    found = shell.json("policy", "who", "offboard", "person=jo@example.com", "--as", "lena@example.com")
    assert [one["who"] for one in found] == ["Priya Rao", "Carol Diaz", "Sam Lee"]


# -- the policy file -------------------------------------------------------------------------------------


def test_a_policy_is_written_once_and_refused_as_it_is(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert "Replace every REPLACE-ME" in shell.types("policy", "init")
    assert (tmp_path / "policy.toml").read_text(encoding="utf-8") == TEMPLATE
    assert "is there already" in shell.types("policy", "init", exits=1)
    problems = shell.types("policy", "check", exits=1).splitlines()
    assert all("REPLACE-ME still stands here" in one for one in problems)
    lines = [number for number, line in enumerate(TEMPLATE.splitlines(), 1) if '"REPLACE-ME' in line]
    assert f"line {lines[0]}: " in "".join(problems)
    said = shell.types("run", exits=1)
    assert "The policy can't be used:" in said and "line " in said


def test_a_filled_in_policy_can_be_used(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    filled = TEMPLATE.replace("it-REPLACE-ME", "ada").replace("REPLACE-ME.example", "example.com")
    (tmp_path / "policy.toml").write_text(filled.replace("REPLACE-ME", "x"), encoding="utf-8")
    assert shell.types("policy", "check").endswith("can be used.")
    assert shell.json("policy", "check") == []


def test_everything_wrong_with_a_policy_is_said_with_its_line(tmp_path: Path) -> None:
    text = TEMPLATE.replace('"1d"', '"soon"')
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    problems = Shell(tmp_path).json("policy", "check", exits=1)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if '"soon"' in line]
    assert [one["line"] for one in problems] == lines


def test_without_a_policy_the_way_to_one_is_told(tmp_path: Path) -> None:
    for words in (("policy", "check"), ("run",)):
        assert "`miro-bot policy init` writes one." in Shell(tmp_path).types(*words, exits=1)


# -- starting --------------------------------------------------------------------------------------------


def test_a_doctor_looks_at_everything_and_changes_nothing(s: Stage, shell: Shell) -> None:
    before = (s.folder / "record.db").read_bytes()
    found = {one["what"]: one for one in shell.json("doctor")}
    assert all(one["ok"] for one in found.values()), found
    assert found["Slack"]["text"] == "team T01"
    assert (s.folder / "record.db").read_bytes() == before
    assert calls(s) == []
    assert "Does an identity provider already provision your Miro?" in shell.types("doctor")


def test_a_doctor_names_what_is_missing(tmp_path: Path) -> None:
    found = {one["what"]: one for one in Shell(tmp_path).json("doctor", exits=1)}
    assert not found["policy"]["ok"] and not found["Slack"]["ok"] and not found["Miro"]["ok"]
    assert found["Miro"]["text"].startswith("Set MIRO_SCIM_TOKEN")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [401, 503])
def test_a_doctor_says_when_miro_refuses(s: Stage, shell: Shell, status: int) -> None:
    s.miro.faults.append(Fault("GET", "", status=status, times=99))
    found = {one["what"]: one for one in shell.json("doctor", exits=1)}
    assert [one for one in found if not found[one]["ok"]] == ["Miro"]
    assert TOKEN not in found["Miro"]["text"]


def test_a_bot_without_its_secrets_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    said = Shell(tmp_path).types("run", exits=1)
    assert "Set SLACK_BOT_TOKEN, SLACK_APP_TOKEN, MIRO_SCIM_TOKEN" in said
    said = Shell(tmp_path).types("run", "--http", "127.0.0.1:0", exits=1)
    assert "Set SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, MIRO_SCIM_TOKEN" in said


def test_a_broken_environment_is_said(tmp_path: Path) -> None:
    assert "MIRO_GROUP_MODEL" in Shell(tmp_path, MIRO_GROUP_MODEL="x").types("requests", exits=1)
    missing = Shell(tmp_path, MIRO_SCIM_TOKEN_FILE="/nowhere").types("doctor", exits=1)
    assert "MIRO_SCIM_TOKEN_FILE can't be read" in missing


def test_a_running_bot_says_what_it_runs_on_and_ends_when_told(s: Stage, shell: Shell) -> None:
    command = [sys.executable, "-m", "bot", "run", "--practice", "--http", "127.0.0.1:0"]
    root = str(Path(composition.__file__).parents[1])
    environ = shell.environ | {"PYTHONPATH": root, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if line.startswith("Ready."):
                process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    assert lines[0] == "Mode:        practice: nothing will change in Miro, HTTP on 127.0.0.1:0"
    assert lines[2] == f"Policy:      {s.folder / 'policy.toml'}"
    assert lines[3] == f"Record:      {s.folder / 'record.db'} (continued)"
    assert lines[-1] == "Stopping; what is left is taken up at the next start."


@pytest.mark.parametrize("words", [("requests",), ("show", "R-1"), ("audit", "verify")])
def test_reading_never_begins_a_record(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "There is no record at" in Shell(tmp_path).types(*words, exits=1)
    assert not (tmp_path / "record.db").exists()
