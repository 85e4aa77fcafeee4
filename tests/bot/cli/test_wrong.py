"""Whatever is typed wrong, or stands wrong: one sentence, the right exit status, and nothing begun."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import app as composition
from bot.__main__ import main
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import ask as ask_in_slack
from tests.bot.journeys.scenes import request, state
from tests.bot.journeys.shell import Shell, machine

ACCESS = ("ask", "request-access", "teams=Engineering", "--as", "alex@example.com", "--reason", "I start")
READING = (("requests",), ("show", "R-1"), ("audit", "verify"), ("audit", "export"))
NO_TEXT = "\udcff"
"""What an argument holds that isn't UTF-8."""


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path) as running:
        yield running


@pytest.fixture
def s(both: tuple[Stage, Shell]) -> Stage:
    ask_in_slack(both[0], "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    return both[0]


@pytest.fixture
def shell(s: Stage, both: tuple[Stage, Shell]) -> Shell:
    return both[1]


def sentence(said: str) -> str:
    """The one line that says what is wrong."""
    return said.splitlines()[-1].removeprefix("Error: ")


# -- what is typed ---------------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize("words", [("show",), ("approve", "--as", "priya@example.com"), ("audit", "export")])
def test_what_is_no_number_of_a_request_is_wrong_usage(shell: Shell, words: tuple[str, ...]) -> None:
    for id in ("", "x", "R-", "R-x", "²", "R-²", "٣", "-", "R--1", "1e3", "9" * 5_000):
        said = shell.types(*words, "--", id, exits=2)
        assert sentence(said) == f"{id!r} isn't a request. Use a number like R-42."


@pytest.mark.parametrize("words", [ACCESS[:3] + ACCESS[5:], ("approve", "R-1"), ("withdraw", "R-1")])
def test_who_is_no_address_is_wrong_usage(s: Stage, shell: Shell, words: tuple[str, ...]) -> None:
    for email in ("", " ", "priya", "@", "priya@"):
        said = shell.types(*words, "--as", email, exits=2)
        assert sentence(said) == f"--as takes an e-mail address, not {email!r}."
    assert state(s, "R-1") == "waiting"


def test_a_field_that_is_given_twice_is_wrong_usage(s: Stage, shell: Shell) -> None:
    said = shell.types(*ACCESS[:3], "teams=Design", *ACCESS[3:], exits=2)
    assert sentence(said) == "teams is given twice. For several teams, write teams=A,B."
    assert len(s.bot.store.requests()) == 1


def test_what_is_no_text_is_wrong_usage(s: Stage, shell: Shell) -> None:
    for words in (
        (*ACCESS[:-1], NO_TEXT),
        (*ACCESS[:2], f"teams={NO_TEXT}", *ACCESS[3:]),
        ("approve", "R-1", "--as", f"{NO_TEXT}@example.com"),
        ("deny", "R-1", "--as", "priya@example.com", "--reason", NO_TEXT),
        ("show", NO_TEXT),
    ):
        assert sentence(shell.types(*words, exits=2)).endswith(" isn't UTF-8 text. Type it again.")
    assert state(s, "R-1") == "waiting"


def test_a_reason_that_wont_do_is_refused(s: Stage, shell: Shell) -> None:
    for reason in ("", "   ", "x" * 5_000):
        for words in (ACCESS[:-1], ("deny", "R-1", "--as", "priya@example.com", "--reason")):
            assert shell.types(*words, reason, exits=1).startswith("Error: ")
    assert state(s, "R-1") == "waiting"


@pytest.mark.parametrize("token", ["", " ", "a b", "schlüssel", "a\nb"])
def test_a_stand_in_for_miro_takes_a_token_that_can_be_sent(token: str, tmp_path: Path) -> None:
    said = Shell(tmp_path).types("sandbox", "miro", "--token", token, "--port", "0", exits=2)
    assert sentence(said) == "--token takes ASCII letters, digits and punctuation, without spaces."


NO_TEAMS = (
    "Error: There is no record yet, so nothing was requested. Start `miro-bot run`: "
    "it creates the record and fetches the teams. Or set MIRO_BOT_DATABASE to the record of a bot that runs."
)


@pytest.mark.parametrize(
    ("words", "exits", "said"),
    [
        (ACCESS, 1, NO_TEAMS),
        (
            ("ask", "offboard", "person=jo@example.com", "how=delete", *ACCESS[3:]),
            1,
            "Error: You can't request this.",
        ),
        (("ask", "offboard", "who=jo@example.com", *ACCESS[3:]), 2, "Usage: "),
        (
            ("ask", "leave-team", "from_team=Design", "--as", "jo@other.org", *ACCESS[5:]),
            1,
            "Error: jo@other",
        ),
    ],
)
def test_what_is_refused_begins_no_record(
    tmp_path: Path, words: tuple[str, ...], exits: int, said: str
) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    assert Shell(tmp_path).types(*words, exits=exits).startswith(said)
    assert [one.name for one in tmp_path.iterdir()] == ["policy.toml"]


def test_what_can_be_asked_for_begins_a_record(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    words = (
        "ask",
        "offboard",
        "person=jo@example.com",
        "how=deactivate",
        "--as",
        "lena@example.com",
        "--reason",
        "gone",
    )
    assert Shell(tmp_path).types(*words).startswith("R-1 saved: deactivate jo@example.com.")
    assert Shell(tmp_path).types("requests").startswith("R-1 ")
    no_list = NO_TEAMS.replace("There is no record", "This record has no list of Miro's teams")
    fetches = no_list.replace("creates the record and fetches the teams", "fetches it")
    assert Shell(tmp_path).types(*ACCESS, exits=1) == fetches


# -- where things stand ----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", READING)
def test_an_empty_file_is_no_record_and_stays_empty(tmp_path: Path, words: tuple[str, ...]) -> None:
    record = tmp_path / "record.db"
    record.touch()
    assert "There is no record at" in Shell(tmp_path).types(*words, exits=1)
    assert record.stat().st_size == 0


@pytest.mark.parametrize("words", [*READING, ACCESS, ("approve", "R-1", "--as", "priya@example.com")])
def test_a_folder_is_no_record(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "record.db").mkdir()
    said = Shell(tmp_path).types(*words, exits=1)
    assert said == (
        f"Error: {tmp_path / 'record.db'} is a folder. "
        "Instead, set MIRO_BOT_DATABASE to the path of a file in it."
    )


def test_a_record_in_no_folder_cannot_be_begun(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    shell = Shell(tmp_path)
    shell.environ["MIRO_BOT_DATABASE"] = str(tmp_path / "not" / "record.db")
    said = shell.types(*ACCESS, exits=1)
    missing = f"There is no folder {tmp_path / 'not'}"
    assert said == f"Error: {missing}. Create it, or set MIRO_BOT_DATABASE to another path."


def test_a_policy_that_cannot_be_read_is_said(s: Stage, shell: Shell) -> None:
    file = s.folder / "policy.toml"
    for text in (None, b"\xff\xfe", b"operators = [", b""):
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_bytes(text)
        for words in (ACCESS, ("approve", "R-1", "--as", "priya@example.com"), ("run",)):
            assert "policy" in shell.types(*words, exits=1).splitlines()[0]
    file.unlink()
    file.mkdir()
    assert "The policy can't be read: Is a directory" in shell.types(*ACCESS, exits=1)


@pytest.mark.parametrize("name", ["MIRO_SCIM_URL", "SLACK_API_URL"])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/", "https://example.com:x", "https://[x", "https://"]
)
def test_an_address_of_a_service_that_is_none_is_said(tmp_path: Path, name: str, url: str) -> None:
    said = Shell(tmp_path, **{name: url}).types("doctor", exits=1)
    assert said.startswith("wrong ") and f"{name} is {url!r}. Use an address like https://" in said


def test_a_server_that_was_never_reached_leaves_nothing_to_look_for(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    said = Shell(tmp_path, MIRO_BOT_DATABASE="postgresql://127.0.0.1:1/x").types("requests", exits=1)
    assert "can't be reached" in said
    assert said.endswith("Nothing was done. Check that it runs, and MIRO_BOT_DATABASE.")


def test_a_user_whom_the_system_knows_by_number_only_is_recorded_so(
    s: Stage, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54_321)
    shell.types("approve", "R-1", "--as", "priya@example.com")
    assert request(s, "R-1").asking.votes[0].shell.startswith("user 54321 on ")


# -- who reads -------------------------------------------------------------------------------------------


def typed(shell: Shell, *words: str, to: str) -> subprocess.CompletedProcess[str]:
    """A command whose output goes to a pipe that nobody reads, to a full disk, or is closed."""
    here, there = os.pipe()
    os.close(here)
    output = there if to in ("nobody", "closed") else os.open(to, os.O_WRONLY)
    environ = {**os.environ, **shell.environ, "PYTHONPATH": str(Path(composition.__file__).parents[1])}
    try:
        command = [sys.executable, "-m", "bot", *words]
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command] if to == "closed" else command
        return subprocess.run(command, env=environ, stdout=output, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(there)


@pytest.mark.thorough
def test_a_reader_who_has_read_enough_changes_nothing(s: Stage, shell: Shell) -> None:
    for words in (("requests", "--json"), ("show", "R-1"), ("audit", "export"), ACCESS):
        ended = typed(shell, *words, to="nobody")
        assert (ended.returncode, ended.stderr) == (0, ""), words
    assert len(s.bot.store.requests()) == 2


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["stats", "doctor", "requests"])
def test_without_anywhere_to_print_nothing_breaks(shell: Shell, command: str) -> None:
    ended = typed(shell, command, to="closed")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_colours_are_for_terminals_that_want_them(shell: Shell) -> None:
    def said(**environ: str) -> str:
        return CliRunner().invoke(main, ["doctor"], env=shell.environ | environ, color=True).output

    assert "\x1b[32mok" in said() and "\x1b" not in said(NO_COLOR="1") and "\x1b" not in shell.types("doctor")


@pytest.mark.thorough
def test_a_reader_who_is_gone_does_not_make_a_record_whole(tmp_path: Path, s: Stage, shell: Shell) -> None:
    ended = typed(shell, "audit", "verify", "--anchor", f"99:{'0' * 64}", to="nobody")
    assert (ended.returncode, ended.stderr) == (1, "")
    (s.folder / "policy.toml").unlink()
    assert typed(shell, "doctor", to="nobody").returncode == 1


@pytest.mark.thorough
def test_the_demo_ends_quietly_when_nobody_reads_it(tmp_path: Path) -> None:
    ended = typed(Shell(tmp_path), "demo", to="nobody")
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full disk to write to")
def test_a_full_disk_is_a_sentence(s: Stage, shell: Shell) -> None:
    for words in (("requests",), ("show", "R-1")):
        ended = typed(shell, *words, to="/dev/full")
        assert (ended.returncode, ended.stderr) == (
            1,
            "Error: No space left on device. Free up disk space, then try again.\n",
        )


def test_a_number_that_is_too_long_is_shown_whole(shell: Shell) -> None:
    number = f"R-{'9' * 30}"
    assert (
        sentence(shell.types("show", number, exits=2))
        == f"{number!r} isn't a request. Use a number like R-42."
    )


def test_a_sandbox_team_needs_a_name(shell: Shell) -> None:
    words = ("sandbox", "miro", "--token", "x", "--default-team", "")
    assert sentence(shell.types(*words, exits=2)).startswith("--default-team takes a team's name.")


def test_a_record_is_not_copied_onto_itself(s: Stage, shell: Shell) -> None:
    record = s.folder / "record.db"
    before = record.read_bytes()
    said = shell.types("db", "copy", str(record), str(s.folder / "." / "record.db"), exits=1)
    assert sentence(said) == "FROM and TO are the same. Name another place to copy to."
    assert record.read_bytes() == before


def test_the_help_of_ask_lists_each_actions_fields(shell: Shell) -> None:
    said = " ".join(shell.types("ask", "--help").split())
    assert "--as EMAIL" in said
    assert "request-access [person=…] teams=…" in said
    assert "offboard person=… how=deactivate|delete" in said


def test_the_first_policy_of_a_record_is_said_to_be_that(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    shell = Shell(tmp_path)
    shell.types("db", "migrate")
    path = str(tmp_path / "policy.toml")
    assert "It's the first policy of this record." in shell.types("policy", "apply", path)
    assert "is already in force" in shell.types("policy", "apply", path)


def test_a_slip_in_the_name_of_a_team_is_answered_with_the_team(s: Stage, shell: Shell) -> None:
    words = ("ask", "request-access", "teams=Enginering", "--as", "alex@example.com", "--reason", "I start")
    assert "Did you mean Engineering?" in shell.types(*words, exits=1)


def test_what_is_asked_for_practice_is_never_done(s: Stage, shell: Shell) -> None:
    words = ("ask", "request-access", "teams=Engineering", "--as", "alex@example.com", "--reason", "I start")
    shell.types(*words, "--practice")
    newest, *_ = s.bot.store.requests()
    assert newest.practice
