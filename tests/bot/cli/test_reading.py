"""Reading and starting from a shell: requests, record, doctor and the bot itself."""

import csv
import io
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from approvals.ids import RequestId
from approvals.record.store import utc_now
from bot import app as composition
from bot.sandbox.miro.rest import ORG
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import CHANNEL, OAUTH, POLICY, TOKEN, Stage
from tests.bot.journeys.scenes import ask as ask_in_slack
from tests.bot.journeys.scenes import calls, card, press
from tests.bot.journeys.shell import Shell, alone, machine

ALEX = "Alex Smith (alex@example.com)"
APPROVERS = "Priya Rao (priya@example.com), Carol Diaz (carol@example.com), Sam Lee (sam@example.com)"


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
    assert f"give {ALEX} access to Engineering (requested by {ALEX})" in lines[1]
    assert [one["id"] for one in shell.json("requests", "--state", "waiting")] == ["R-2", "R-1"]
    assert shell.json("requests", "--state", "done") == []
    assert "'checking', 'waiting', 'approved'" in shell.types("requests", "--state", "bogus", exits=2)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("--person", "jo@example.com"), ["R-2"]),
        (("--person", "U0ALEX"), ["R-1"]),
        (("--action", "request-access"), ["R-2", "R-1"]),
        (("--action", "offboard"), []),
        (("--state", "waiting", "--state", "denied"), ["R-2", "R-1"]),
        (("--state", "denied"), []),
        (("--since", "2026-03-03"), ["R-2"]),
        (("--until", "2026-03-02"), ["R-1"]),
        (("--since", "2026-03-02", "--until", "2026-03-03"), ["R-2", "R-1"]),
        (("--person", "alex@example.com", "--since", "2026-03-03"), []),
    ],
)
def test_requests_are_chosen(s: Stage, shell: Shell, words: tuple[str, ...], ids: list[str]) -> None:
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    s.clock.pass_(timedelta(days=1))
    ask_in_slack(s, "U0JO", "/miro-access", "for Design because we draw")
    assert [one["id"] for one in shell.json("requests", *words)] == ids


@pytest.mark.parametrize(
    ("words", "exits", "problem"),
    [
        (("--person", "jo.prak@example.com"), 1, "The record has no person jo.prak@example.com."),
        (("--since", "yesterday"), 2, "--since takes a date like 2026-03-02, not 'yesterday'."),
        (("--csv", "--json"), 2, "Choose --csv or --json, not both."),
    ],
)
def test_a_wrong_filter_is_named(
    s: Stage, shell: Shell, words: tuple[str, ...], exits: int, problem: str
) -> None:
    assert problem in shell.types("requests", *words, exits=exits)


def test_a_table_of_requests_says_who_decided_and_where_the_card_is(tmp_path: Path) -> None:
    with machine(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as (s, shell):
        ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        press(s, "U0PRIYA", "approve", card(s, "U0PRIYA", channel=CHANNEL))
        ask_in_slack(s, "U0JO", "/miro-access", "for Design because we draw")

        def rows() -> list[dict[str, str]]:
            return list(csv.DictReader(io.StringIO(shell.types("requests", "--csv"))))

        assert {row["link"] for row in rows()} == {""}, "the workspace isn't known yet"
        s.bot.store.database.keep("workspace", "https://acme.slack.com/")
        jo, alex = rows()
        assert (jo["state"], jo["decided_by"], jo["requester_email"]) == ("waiting", "", "jo@example.com")
        assert (alex["state"], alex["date"]) == ("done", "2026-03-02T09:00:00.000Z")
        assert (alex["requester"], alex["subject_email"]) == (ALEX, "alex@example.com")
        assert alex["decided_by"] == "Priya Rao (priya@example.com)" and alex["decided_at"]
        [posted] = [one for one in s.bot.store.outbox.of(RequestId("R-1")) if one.role == "channel"]
        assert alex["link"] == f"https://acme.slack.com/archives/{CHANNEL}/p{posted.ts.replace('.', '')}"
        exported = [json.loads(line) for line in shell.types("audit", "export", "R-1").splitlines()]
        assert {row["link"] for row in exported} == {alex["link"]}


def test_one_request_is_shown_with_its_history(s: Stage, shell: Shell) -> None:
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    text = shell.types("show", "r-1")
    assert f"\nwaiting for         {APPROVERS}\n" in text
    assert "asked" in text and "planned" in text
    assert "will change: 1. Create the account alex@example.com for Alex Smith" in text
    assert "2. Join Engineering" in text
    assert "may decide: Priya Rao (priya@example.com) (you manage Alex), Carol Diaz (carol" in text
    assert "\nrequested at        2026-03-02 09:00 UTC\nchange              give" in text
    assert f"teams: {s.teams['Engineering']} (Engineering)" in text
    assert not re.search(r"details|subject:|\dT\d", text)
    whole = shell.json("show", "1")
    assert whole["state"] == "waiting"
    assert [one["event"] for one in whole["events"]] == ["asked", "planned"]


def test_what_held_already_is_told_as_it_is(s: Stage, shell: Shell) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    text = shell.types("show", "R-1")
    assert "Join Engineering" in text
    assert "already so: the account is active" in text
    assert "reactivated" not in text and "created" not in text


def test_nobody_is_waited_for_once_a_request_has_ended(s: Stage, shell: Shell) -> None:
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    shell.types("withdraw", "R-1", "--as", "alex@example.com")
    assert "waiting for" not in shell.types("show", "R-1")
    assert shell.json("show", "R-1")["waiting_for"] == []


@pytest.mark.parametrize("policy", ["operators = [", None])
def test_reading_needs_no_policy_that_can_be_used(s: Stage, shell: Shell, policy: str | None) -> None:
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    file = s.folder / "policy.toml"
    file.unlink() if policy is None else file.write_text(policy, encoding="utf-8")
    assert f"give {ALEX} access to Engineering" in shell.types("requests")
    assert f"waiting for         {APPROVERS}" in shell.types("show", "R-1")


# -- starting --------------------------------------------------------------------------------------------


def test_a_doctor_looks_at_everything_and_changes_nothing(s: Stage, shell: Shell) -> None:
    before = (s.folder / "record.db").read_bytes()
    found = {one["what"]: one for one in shell.json("doctor")}
    assert all(one["ok"] for one in found.values()), found
    assert found["Slack"]["text"] == "team T01"
    assert found["way in"]["text"] == "ready for run --http"
    assert found["SLACK_APP_TOKEN"]["text"] == "not set; only Socket Mode needs it"
    assert found["SLACK_BOT_TOKEN"]["text"] == "set, begins with xoxb-"
    assert "5 groups, group model as set: team" in found["Miro"]["text"]
    assert found["Miro's rate limit"]["text"].startswith("10000 of 10000 credits left")
    assert found["chain"]["text"] == "intact, entries: 2"
    assert "GiB free in" in found["disk"]["text"]
    assert found["reach"]["text"] == "everyone in the policy can be reached"
    assert (s.folder / "record.db").read_bytes() == before
    assert [call for call in calls(s) if not call.startswith("GET ")] == []
    assert "Does an identity provider already provision your Miro?" in shell.types("doctor")


def test_a_doctor_names_what_is_missing(tmp_path: Path) -> None:
    found = {one["what"]: one for one in Shell(tmp_path).json("doctor", exits=1)}
    wrong = [name for name, finding in found.items() if finding["status"] == "wrong"]
    assert wrong == ["SLACK_BOT_TOKEN", "MIRO_SCIM_TOKEN", "way in", "policy"]
    assert found["MIRO_SCIM_TOKEN"]["text"].startswith("Set MIRO_SCIM_TOKEN")
    assert found["way in"]["text"].startswith(
        "Set SLACK_APP_TOKEN for Socket Mode or SLACK_SIGNING_SECRET for"
    )
    assert list(tmp_path.iterdir()) == []


WRONG = {
    "MIRO_BOT_DATABASE": "mysql://db/x",
    "MIRO_GROUP_MODEL": "teams",
    "MIRO_SCIM_DIALECT": "klingon",
    "SLACK_API_URL": "http://slack.example.com/api/",
    "MIRO_SCIM_URL": "http://miro.example.com",
    "MIRO_REST_URL": "nowhere",
    "SLACK_BOT_TOKEN": "xapp-1",
    "SLACK_APP_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "two words",
    "MIRO_SCIM_TOKEN": "xoxb-1",
    "MIRO_OAUTH_TOKEN": "two words",
    "MIRO_ORG_ID": "two words",
    "MIRO_BOT_METRICS_TOKEN": "two words",
    "MIRO_BOT_EVENT_SECRET": "two words",
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", WRONG)
def test_a_doctor_goes_on_after_a_wrong_setting(s: Stage, shell: Shell, name: str) -> None:
    asks = Shell(
        s.folder, **shell.environ | {"MIRO_ORG_ID": ORG, "MIRO_OAUTH_TOKEN": OAUTH} | {name: WRONG[name]}
    )
    found = asks.json("doctor", exits=1)
    rows = {row["what"]: row["text"] for row in found if row["what"] != "Miro's REST API"}
    assert [row["what"] for row in found if not row["ok"] and row["what"] in rows] == [name]
    assert name in rows[name] and "policy" in rows and not any("failed" in text for text in rows.values())
    assert ("Slack" in rows, "Miro" in rows) == (
        name not in ("SLACK_API_URL", "SLACK_BOT_TOKEN"), name not in ("MIRO_SCIM_URL", "MIRO_SCIM_TOKEN"),
    )  # fmt: skip
    assert ("chain" in rows) == (name != "MIRO_BOT_DATABASE")


def test_a_doctor_reports_all_wrong_settings_at_once(tmp_path: Path) -> None:
    found = {row["what"]: row for row in Shell(tmp_path, **WRONG).json("doctor", exits=1)}
    assert {name for name in WRONG if found[name]["status"] == "wrong"} == set(WRONG)
    assert found["policy"]["status"] == "wrong"


def test_a_doctor_says_once_what_to_do_about_a_damaged_record(tmp_path: Path) -> None:
    (tmp_path / "record.db").write_bytes(b"damaged" * 1_000)
    (tmp_path / "record.db").chmod(0o600)
    found = Shell(tmp_path).json("doctor", exits=1)
    [(name, text)] = [(row["what"], row["text"]) for row in found if "can't be opened" in row["text"]]
    assert name == "record" and "restore a backup that `miro-bot audit verify` finds intact" in text


def test_a_doctor_blames_the_policy_for_the_policy_alone(s: Stage, shell: Shell) -> None:
    (s.folder / "policy.toml").write_text("operators = [", encoding="utf-8")
    found = shell.json("doctor", exits=1)
    assert [one["what"] for one in found if not one["ok"]] == ["policy"]


def test_a_doctor_reads_the_list_of_groups_once(s: Stage, shell: Shell) -> None:
    before = len(calls(s, "GET"))
    fresh = Shell(s.folder, **shell.environ | {"MIRO_BOT_DATABASE": str(s.folder / "none.db")})
    (s.folder / "policy.toml").write_text(f'{POLICY}[owners]\nData = ["sam@example.com"]\n', encoding="utf-8")
    found = {each["what"]: each["text"] for each in fresh.json("doctor", exits=1)}
    assert calls(s, "GET")[before:].count("GET /Groups") == 1
    assert all("Data: Miro has no such team" in found[check] for check in ("policy", "reach"))


def test_a_doctor_says_where_to_look(s: Stage, shell: Shell) -> None:
    nowhere = dict.fromkeys(("SLACK_API_URL", "MIRO_SCIM_URL"), "http://127.0.0.1:9/")
    wrong = Shell(s.folder, **shell.environ | nowhere | {"SLACK_APP_TOKEN": "xapp-1"})
    found = {one["what"]: one["text"] for one in wrong.json("doctor", exits=1)}
    away = (
        "Slack can't be reached: no connection; try again in a minute. Check the network and SLACK_API_URL."
    )
    assert [found["Slack"], found["Socket Mode"]] == [away, away]
    assert found["Miro"] == "Miro can't be reached. Check the network and MIRO_SCIM_URL."


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "Check MIRO_SCIM_TOKEN and MIRO_SCIM_URL."), (503, "Try again in a few minutes.")],
)
def test_a_doctor_says_when_miro_refuses(s: Stage, shell: Shell, status: int, remedy: str) -> None:
    s.miro.faults.append(Fault("GET", "", status=status, times=99))
    found = {one["what"]: one for one in shell.json("doctor", exits=1)}
    assert [one for one in found if not found[one]["ok"]] == ["Miro"]
    assert TOKEN not in found["Miro"]["text"] and found["Miro"]["text"].endswith(remedy)


def test_a_doctor_checks_the_rest_api(s: Stage, shell: Shell) -> None:
    def said(exits: int = 0, **environ: str) -> tuple[str, str]:
        with_rest = {"MIRO_OAUTH_TOKEN": OAUTH, "MIRO_ORG_ID": ORG, "MIRO_REST_URL": s.urls[0][:-12]}
        rows = Shell(s.folder, **shell.environ | with_rest | environ).json("doctor", exits=exits)
        return next((row["status"], row["text"]) for row in rows if row["what"] == "Miro's REST API")

    assert said()[0] == "ok"
    s.miro.scopes -= {"sessions:delete"}
    assert said() == (
        "warning",
        "the token lacks sessions:delete, to end sessions. Add it to the app in Miro.",
    )
    for wrong in ({"MIRO_OAUTH_TOKEN": "x"}, {"MIRO_ORG_ID": "7"}):
        status, text = said(exits=1, **wrong)
        assert status == "wrong" and "Check MIRO_OAUTH_TOKEN, MIRO_ORG_ID" in text
    names = [row["what"] for row in shell.json("doctor")]
    assert "Miro's REST API" not in names


def test_a_doctor_warns_of_security_names_that_people_do_not_know(s: Stage, shell: Shell) -> None:
    s.miro.add_team("g_app_eng")
    s.miro.add_team("g_app_ops")
    s.clock.pass_(timedelta(minutes=11))
    s.bot.housekeeping.tick()
    policy = (s.folder / "policy.toml").read_text(encoding="utf-8")
    (s.folder / "policy.toml").write_text(f'{policy}[teams]\n"Operations" = "g_app_ops"\n', encoding="utf-8")
    found = {one["what"]: one for one in shell.json("doctor")}["team names"]
    assert (found["ok"], found["status"]) == (True, "warning")
    assert "g_app_eng" in found["text"] and "g_app_ops" not in found["text"]
    assert "[teams]" in found["text"]


@pytest.mark.parametrize(("seconds", "status"), [(0, "ok"), (60, "warning"), (-600, "wrong")])
def test_a_doctor_compares_the_clock_with_slacks(s: Stage, shell: Shell, seconds: int, status: str) -> None:
    date = format_datetime(utc_now() + timedelta(seconds=seconds), usegmt=True)
    body = json.dumps({"ok": True, "team_id": "T01", "user_id": "U0BOT"}).encode()
    s.slack.fault("auth.test", times=None, body=body, headers={"Date": date})
    found = {one["what"]: one for one in shell.json("doctor", exits=int(status == "wrong"))}["clock"]
    assert found["status"] == status


def test_a_doctor_blames_no_token_while_slack_has_a_fault(s: Stage, shell: Shell) -> None:
    asks = Shell(s.folder, **shell.environ | {"SLACK_APP_TOKEN": "xapp-sandbox"})
    s.slack.fault("apps.connections.open", times=None, status=503)
    found = {one["what"]: one for one in asks.json("doctor", exits=1)}["Socket Mode"]
    assert "Slack answered 503; try again in a minute" in found["text"] and "TOKEN" not in found["text"]


def test_a_doctor_names_the_beginning_that_a_token_has(tmp_path: Path) -> None:
    found = {
        one["what"]: one["text"]
        for one in Shell(tmp_path, SLACK_BOT_TOKEN="xoxe.xoxb-1").json("doctor", exits=1)
    }
    assert found["SLACK_BOT_TOKEN"] == "set, begins with xoxe.xoxb-"


def test_a_doctor_says_when_slack_refuses_the_token_of_socket_mode(s: Stage, shell: Shell) -> None:
    asks = Shell(s.folder, **shell.environ | {"SLACK_APP_TOKEN": "xapp-sandbox"})
    s.slack.fault("apps.connections.open", times=None, error="invalid_auth")
    found = {one["what"]: one for one in asks.json("doctor", exits=1)}["Socket Mode"]
    assert found["text"] == "Slack refused the connection: invalid_auth. Check SLACK_APP_TOKEN."


def test_a_bot_without_its_secrets_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    said = Shell(tmp_path).types("run", exits=1)
    assert "Set SLACK_BOT_TOKEN, SLACK_APP_TOKEN, MIRO_SCIM_TOKEN" in said
    said = Shell(tmp_path).types("run", "--http", "127.0.0.1:0", exits=1)
    assert "Set SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, MIRO_SCIM_TOKEN" in said
    assert [one.name for one in tmp_path.iterdir()] == ["policy.toml"]


def test_a_record_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    secrets = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "MIRO_SCIM_TOKEN": "x"}
    shell = Shell(tmp_path, **secrets)
    shell.environ["MIRO_BOT_DATABASE"] = str(tmp_path / "not" / "record.db")
    said = shell.types("run", exits=1)
    missing = f"There is no folder {tmp_path / 'not'}"
    assert said == f"Error: {missing}. Create it, or set MIRO_BOT_DATABASE to another path."


def test_a_broken_policy_begins_no_record(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("operators = [", encoding="utf-8")
    said = Shell(tmp_path).types("ask", "offboard", "--as", "ada@example.com", "--reason", "x", exits=1)
    assert "The policy can't be used:" in said
    assert "The policy can't be used: line 1: " in Shell(tmp_path).types("doctor", exits=1)
    assert [one.name for one in tmp_path.iterdir()] == ["policy.toml"]


@pytest.mark.parametrize(
    "address", ["foo", "127.0.0.1", "127.0.0.1:", ":x", "127.0.0.1:99999", "127.0.0.1:-1", "1:2:³", ""]
)
def test_an_address_to_listen_on_is_looked_at_first(tmp_path: Path, address: str) -> None:
    said = Shell(tmp_path).types("run", "--http", address, exits=2)
    assert "--http takes HOST:PORT with a port up to 65535, like 127.0.0.1:3000, not " in said
    assert said.endswith(f"not {address!r}.")


@pytest.mark.parametrize("first", ["--http", "--health"])
@pytest.mark.parametrize(
    "hosts", [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "[::]")]
)
def test_two_pages_of_the_bot_do_not_share_a_port(tmp_path: Path, first: str, hosts: tuple[str, str]) -> None:
    words = ("run", first, f"{hosts[0]}:8043", "--directory", f"{hosts[1]}:8043")
    said = Shell(tmp_path).types(*words, exits=2)
    assert said.endswith(f"--directory needs another port than 8043, where {first} listens.")


def test_a_stand_in_for_miro_needs_a_port_of_its_own(tmp_path: Path) -> None:
    words = ("sandbox", "miro", "--token", "x", "--port")
    assert "99999 is not in the range" in Shell(tmp_path).types(*words, "99999", exits=2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = Shell(tmp_path).types(*words, port, exits=1)
    sentence = f"Can't listen on 127.0.0.1:{port} (--port): another program uses it."
    assert said == f"Error: {sentence} Choose another address or port."


@pytest.mark.thorough
def test_a_stand_in_for_miro_has_the_teams_asked_for(tmp_path: Path) -> None:
    words = ("sandbox", "miro", "--port", "0", "--token", "sandbox-token-1", "--team", "Design")
    wrong = Shell(tmp_path).types(*words, "--team", " ", exits=2)
    assert wrong.endswith("--team takes a team's name. Leave it out for Engineering alone.")
    command = [sys.executable, "-u", "-m", "bot", *words, "--team", "Design", "--default-team", "Everybody"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout
        url = sandbox.stdout.readline().split()[0].partition("=")[2]
        answer = httpx.get(
            f"{url}/Groups", headers={"Authorization": "Bearer sandbox-token-1"}, trust_env=False
        )
        sandbox.terminate()
    names = [group["displayName"] for group in answer.json()["Resources"]]
    assert sorted(names) == ["Design", "Engineering", "Everybody"]


def test_a_stand_in_for_miro_says_what_it_is_for(tmp_path: Path) -> None:
    said = " ".join(Shell(tmp_path).types("sandbox", "miro", "--help").split())
    for name in ("MIRO_SCIM_URL", "MIRO_SCIM_TOKEN", "MIRO_BOT_DATABASE"):
        assert name in said


def test_a_broken_environment_is_said(tmp_path: Path) -> None:
    assert "MIRO_GROUP_MODEL" in Shell(tmp_path, MIRO_GROUP_MODEL="x").types("requests", exits=1)
    missing = Shell(tmp_path, MIRO_SCIM_TOKEN_FILE="/nowhere").types("doctor", exits=1)
    assert "MIRO_SCIM_TOKEN_FILE can't be read" in missing


@pytest.mark.thorough
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
    assert lines[-1] == "Stopping. Open work continues at the next start."


@pytest.mark.parametrize("words", [("requests",), ("show", "R-1"), ("audit", "verify")])
def test_reading_never_begins_a_record(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "There is no record at" in Shell(tmp_path).types(*words, exits=1)
    assert not (tmp_path / "record.db").exists()
