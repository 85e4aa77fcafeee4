"""The record from a shell: what verify says and doesn't see, and what is exported."""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from approvals.record.store import Store
from bot.__main__ import main
from bot.cli.record import MOST_ANCHORS
from bot.sandbox.stage import Stage
from tests.approvals.record.tamper import by_hand
from tests.bot.journeys.scenes import approve, ask, state
from tests.bot.journeys.shell import Shell, machine

NO_ANCHOR = "Without --anchor, removed newest entries or a rewritten record can't be detected."


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path) as running:
        yield running


@pytest.fixture
def s(both: tuple[Stage, Shell]) -> Stage:
    """A record with one request, which waits."""
    ask(both[0], "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    return both[0]


@pytest.fixture
def shell(both: tuple[Stage, Shell]) -> Shell:
    return both[1]


def forged(s: Stage, folder: Path) -> Shell:
    """A shell on a copy of the record, in which somebody put words into Alex's mouth."""
    with by_hand(s.folder / "record.db") as connection:
        connection.execute("VACUUM INTO ?", [str(folder / "copy.db")])
    with by_hand(folder / "copy.db") as connection:
        connection.execute("INSERT OR REPLACE INTO words VALUES (3, 'reason', 'salt', 'Let me in')")
    return Shell(folder, MIRO_BOT_DATABASE=str(folder / "copy.db"))


FAULT = "the reason of entry 3 (R-1) was changed"


# -- verify ----------------------------------------------------------------------------------------------


def test_a_record_that_holds_gives_an_anchor_and_says_what_it_cannot_show(s: Stage, shell: Shell) -> None:
    assert shell.types("audit", "verify").splitlines() == [
        "Record intact. Entries: 4, requests: 1.",
        NO_ANCHOR,
        f"Keep this anchor elsewhere to detect removal of the newest entries: {s.bot.store.head()}",
    ]
    assert shell.json("audit", "verify")["anchor"] == str(s.bot.store.head())


def test_an_anchor_shows_as_much_as_it_saw(s: Stage, shell: Shell) -> None:
    anchor = str(s.bot.store.head())
    approve(s, "U0PRIYA")
    said = shell.types("audit", "verify", "--anchor", anchor)
    assert "After entry 4, removed entries or a rewritten record can't be detected." in said
    assert "Keep this anchor elsewhere" in said


def test_after_a_fault_there_is_no_anchor(s: Stage, tmp_path: Path) -> None:
    shell = forged(s, tmp_path)
    assert shell.types("audit", "verify", exits=1).splitlines() == [
        f"FAULT: {FAULT}",
        "Record CHANGED. Entries: 4, requests: 1.",
        "Stop the bot, keep this file as it is, and restore a backup that `audit verify` finds intact.",
    ]
    found = shell.json("audit", "verify", exits=1)
    assert (found["anchor"], found["faults"]) == (None, [FAULT])


def test_another_anchor_than_the_records_is_a_fault(s: Stage, shell: Shell) -> None:
    said = shell.types("audit", "verify", "--anchor", f"3:{'0' * 64}", exits=1)
    assert said.startswith("FAULT: entry 3 isn't the one the anchor saw: the record was written anew")
    assert "Keep this anchor" not in said


def test_an_anchor_beyond_the_end_says_nothing_that_contradicts_it(s: Stage, shell: Shell) -> None:
    assert shell.types("audit", "verify", "--anchor", f"9:{'0' * 64}", exits=1).splitlines()[:2] == [
        "FAULT: the record ends at 4, but an anchor saw 9 entries: its end was cut",
        "Record CHANGED. Entries: 4, requests: 1.",
    ]
    assert shell.json("audit", "verify", "--from", f"9:{'0' * 64}", exits=1)["unseen"] == ""


def test_from_a_checkpoint_on_it_says_what_it_did_not_check(s: Stage, shell: Shell) -> None:
    ask(s, "U0DANA", "/miro-access", "for Design because I start Monday")
    checkpoint = str(s.bot.store.head())
    approve(s, "U0PRIYA")
    end = s.bot.store.head()
    assert shell.types("audit", "verify", "--from", checkpoint).splitlines() == [
        f"Record intact from entry 6 on. Entries: {end.count}, requests: 2.",
        "Not checked: entries before 6, and requests without a later entry. "
        "After entry 6, removed entries or a rewritten record can't be detected.",
        f"Keep this anchor elsewhere to detect removal of the newest entries: {end}",
    ]
    older = f"3:{'0' * 64}"
    said = shell.types("audit", "verify", "--from", checkpoint, "--anchor", older, exits=2)
    assert said.endswith("--from checks nothing before itself: leave out the older --anchor.")


def test_a_checkpoint_of_another_record_is_a_fault(s: Stage, shell: Shell) -> None:
    said = shell.types("audit", "verify", "--from", f"3:{'0' * 64}", exits=1)
    assert said.startswith("FAULT: entry 3 isn't the one the anchor saw: the record was written anew")


def test_a_terminal_shows_how_far_it_is(s: Stage, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Verifying" not in shell.types("audit", "verify")
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
    assert "Verifying  [####################################]  100%" in shell.types("audit", "verify")


# -- anchors in a file -------------------------------------------------------------------------------------


def test_each_day_adds_an_anchor_to_a_file(s: Stage, shell: Shell, tmp_path: Path) -> None:
    kept, anchors = tmp_path / "anchors", list[str]()
    for user in ("U0PRIYA", ""):
        anchors.append(str(s.bot.store.head()))
        assert shell.types("audit", "anchor", "--to", str(kept)) == f"Added to {kept}: {anchors[-1]}"
        if user:
            approve(s, user)
    assert kept.read_text().splitlines() == anchors and anchors[0] != anchors[1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"3:{'0' * 64}", "The record was changed: entry 3 isn't the one the anchor saw"),
        (f"9:{'0' * 64}", "The record was changed: the record ends at 4, but an anchor saw 9"),
        ("dear diary", "holds something else than anchors: 'dear' isn't an anchor"),
    ],
)
def test_a_file_that_does_not_match_is_not_added_to(
    s: Stage, shell: Shell, tmp_path: Path, line: str, said: str
) -> None:
    kept = tmp_path / "anchors"
    kept.write_text(f"{line}\n")
    assert said in shell.types("audit", "anchor", "--to", str(kept), exits=1)
    assert kept.read_text() == f"{line}\n"


def test_anchors_are_kept_in_a_file_of_bounded_size_only(s: Stage, shell: Shell, tmp_path: Path) -> None:
    fifo, large = tmp_path / "fifo", tmp_path / "large"
    os.mkfifo(fifo)
    for place in (Path("/dev/zero"), Path("/dev/full"), fifo, tmp_path):
        assert f"{place} isn't a file." in shell.types("audit", "anchor", "--to", str(place), exits=1)
    large.touch()
    os.truncate(large, MOST_ANCHORS + 1)
    assert "is larger than 10 MB" in shell.types("audit", "anchor", "--to", str(large), exits=1)


def test_an_empty_record_has_no_anchor_yet(tmp_path: Path) -> None:
    Store(tmp_path / "record.db").close()
    assert "Keep this anchor" not in Shell(tmp_path).types("audit", "verify")
    said = Shell(tmp_path).types("audit", "anchor", "--to", str(tmp_path / "anchors"), exits=1)
    assert said == "Error: The record has no entries yet, so there is no anchor."
    assert Shell(tmp_path).json("audit", "verify")["anchor"] is None


@pytest.mark.parametrize("anchor", ["0:" + "0" * 64, "3:" + "g" * 64, "3:abc", " 3:" + "0" * 64, "3"])
def test_what_is_no_anchor_is_wrong_usage(s: Stage, shell: Shell, anchor: str) -> None:
    said = shell.types("audit", "verify", "--anchor", anchor, exits=2)
    assert said.endswith("isn't an anchor. Use COUNT:HASH, as `miro-bot audit verify` prints it.")


def test_the_help_says_what_is_not_looked_at(shell: Shell) -> None:
    said = " ".join(shell.types("audit", "verify", "--help").split())
    assert "every text and policy" in said
    assert "Not sealed: today's names, addresses, accounts and teams" in said


# -- export ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), ("--json",), ("--format", "jsonl"), ("--format", "json")])
def test_the_record_is_exported_as_json_lines(s: Stage, shell: Shell, words: tuple[str, ...]) -> None:
    rows = [json.loads(line) for line in shell.types("audit", "export", *words).splitlines()]
    assert [row["event"] for row in rows] == ["policy-in-force", "policy-teams", "asked", "planned"]
    assert rows[-1]["hash"] == s.bot.store.head().head


def test_one_request_is_exported_alone(s: Stage, shell: Shell) -> None:
    rows = [json.loads(line) for line in shell.types("audit", "export", "r-1").splitlines()]
    assert [row["seq"] for row in rows] == [3, 4]
    assert shell.types("audit", "export", "R-9", exits=1) == "Error: There is no request R-9."


def test_each_entry_is_exported_once_and_in_order(s: Stage, shell: Shell) -> None:
    second = ask(s, "U0JO", "/miro-access", "for Design because we draw")
    approve(s, "U0PRIYA")
    words = ("audit", "export", second, "R-1", second.lower())
    rows = [json.loads(line) for line in shell.types(*words).splitlines()]
    seqs = [row["seq"] for row in rows]
    assert seqs == sorted({*seqs})
    assert {row["request"] for row in rows} == {"R-1", second}


def test_an_export_is_a_table_by_the_option_of_other_lists(shell: Shell) -> None:
    assert shell.types("audit", "export", "--csv") == shell.types("audit", "export", "--format", "csv")
    assert "Choose --csv or --json" in shell.types("audit", "export", "--csv", "--json", exits=2)


def test_a_table_names_people_and_teams(s: Stage, shell: Shell) -> None:
    approve(s, "U0PRIYA")
    whole = io.StringIO(shell.types("audit", "export", "--csv"))
    rows = {row["event"]: row for row in csv.DictReader(whole)}
    assert rows["asked"]["by"] == "U0ALEX"  # whose address wasn't known before the check
    assert "requested by: alex@example.com U0ALEX" in rows["planned"]["details"]
    assert "may_decide: priya@example.com U0PRIYA, " in rows["planned"]["details"]
    assert rows["approved"]["by"] == "priya@example.com U0PRIYA"
    assert f"details.teams: {s.teams['Engineering']} (Engineering)" in rows["asked"]["details"]
    assert not [cell for row in rows.values() for cell in row.values() if "{" in cell]


def test_an_export_takes_the_filters_of_requests(s: Stage, shell: Shell) -> None:
    ask(s, "U0JO", "/miro-access", "for Design because we draw")
    words = ("audit", "export", "--person", "jo@example.com")
    assert {json.loads(line)["request"] for line in shell.types(*words).splitlines()} == {"R-2"}
    assert shell.types(*words, "R-1") == ""


def test_a_forged_record_is_exported_by_force_only(s: Stage, tmp_path: Path) -> None:
    shell = forged(s, tmp_path)
    said = f"The record was changed: {FAULT}. Run `miro-bot audit verify` to see every problem."
    refused = shell.types("audit", "export", exits=1)
    assert refused == f"Error: {said} Nothing was exported. To export it anyway, add --force."
    forced = CliRunner().invoke(main, ["audit", "export", "--force"], env=shell.environ)
    assert (forced.exit_code, forced.stderr) == (0, f"Warning: {said} It was exported as it is.\n")
    assert [json.loads(line)["seq"] for line in forced.stdout.splitlines()] == [1, 2, 3, 4]


# -- what was seen ---------------------------------------------------------------------------------------


def test_done_says_in_a_sentence_what_is_so_and_what_was_seen_when(s: Stage, shell: Shell) -> None:
    approve(s, "U0PRIYA")
    *_, done = s.bot.store.events("R-1")
    seen = json.loads(done.text("seen"))
    assert done.text("text") == "Alex Smith (alex@example.com) is in Engineering in Miro."
    assert done.text("look") == 'GET /Users, userName eq "alex@example.com"'
    assert (seen["userName"], seen["active"]) == ("alex@example.com", True)
    assert s.teams["Engineering"] in [one["value"] for one in seen["groups"]]
    assert done.body["seen_at"] <= shell.json("show", "R-1")["events"][-1]["at"]
    assert "Alex Smith (alex@example.com) is in Engineering in Miro." in shell.types("show", "R-1")


def test_done_says_that_nobody_is_there_any_more(s: Stage, shell: Shell) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, "U0LENA", "/miro-offboard", "delete <@U0JO|jo> because last day")
    approve(s, "U0PRIYA")
    *_, done = s.bot.store.events(id)
    assert (done.text("text"), done.text("seen")) == (
        "The Miro account of Jo Park (jo@example.com) is deleted.",
        "no account",
    )


def test_done_says_how_a_group_is_called(s: Stage, shell: Shell) -> None:
    id = ask(s, "U0DANA", "/miro", 'rename Engineering to "g_app_eng" because of the directory')
    approve(s, "U0CAROL")
    *_, done = s.bot.store.events(id)
    team = s.teams["Engineering"]
    assert done.text("text") == "Engineering has the security name g_app_eng in Miro."
    assert done.text("look") == f"GET /Groups/{team}"
    assert json.loads(done.text("seen")) == {"id": team, "displayName": "g_app_eng"}


def test_nothing_in_a_history_is_left_to_be_filled_in(s: Stage, shell: Shell) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, "U0LENA", "/miro-offboard", "<@U0JO|jo> because last day")
    approve(s, "U0PRIYA")
    jo = s.miro.user("jo@example.com")
    assert jo and state(s, id) == "done"
    text = shell.types("show", id)
    assert f"call: PATCH /Users/{jo.id}" in text
    assert "{" not in text
