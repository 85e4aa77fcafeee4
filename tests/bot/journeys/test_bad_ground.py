"""What the bot stands on: a broken policy, a record of another version, a full disk."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from approvals.policy.check import BrokenPolicy
from approvals.record.database import StoreTrouble, WrongRecord
from approvals.record.outbox import Note
from approvals.record.sqlite import Sqlite
from bot.app import build
from bot.cli.policy.template import TEMPLATE
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from bot.settings import BadSettings, Settings
from tests.approvals.scene import on_sqlite
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    calls,
    card,
    has_card,
    last,
    press,
    state,
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


def start(folder: Path) -> None:
    """Puts a bot together on what lies in a folder."""
    build(Settings(folder / "record.db", folder / "policy.toml")).stop()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "operators"),
        ("operators = [", "line 1: not valid TOML"),
        (POLICY.replace("domains", "domain", 1), "line 2: domain: isn't a known setting"),
        (POLICY.replace('"8h"', '"8 hours"'), 'write a time like "30m", "18h" or "3d"'),
        (POLICY.replace('["hr", "it"], approvers', '["hr", "itt"], approvers'), "'itt' isn't an e-mail"),
        (POLICY.replace("offboard =", "offbord ="), "unknown action 'offbord'"),
        (TEMPLATE, "replace REPLACE-ME with the real value"),
    ],
    ids=str,
)
def test_a_bot_with_a_broken_policy_does_not_start(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BrokenPolicy) as raised:
        start(tmp_path)
    assert problem in str(raised.value)
    assert str(raised.value).startswith("line ")


def test_without_a_policy_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(
        BadSettings, match=r"There is no policy at .*Check the path, or create one: miro-bot policy init"
    ):
        start(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_record_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    start(tmp_path)
    with sqlite3.connect(tmp_path / "record.db") as db:
        db.execute("UPDATE meta SET value = '99' WHERE key IN ('layout', 'oldest')")
    db.close()
    with pytest.raises(WrongRecord, match="was written by a newer miro-bot \\(layout 99"):
        start(tmp_path)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look at" * 30, b"SQLite"])
def test_what_is_no_record_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "record.db").write_bytes(content)
    with pytest.raises(WrongRecord, match="Nothing was changed"):
        start(tmp_path)
    assert (tmp_path / "record.db").read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    with sqlite3.connect(tmp_path / "record.db") as db:
        db.execute("CREATE TABLE invoices (id INTEGER)")
    db.close()
    with pytest.raises(WrongRecord, match="not a record of this bot"):
        start(tmp_path)


def fill(s: Stage, monkeypatch: pytest.MonkeyPatch, full: bool = True) -> None:
    """As if the disk were full: SQLite takes no further write on any connection."""
    pragma = f"PRAGMA query_only={'ON' if full else 'OFF'}"
    opened = Sqlite._open

    def open_full(self: Sqlite) -> object:
        db = opened(self)
        db.execute(pragma)
        return db

    monkeypatch.setattr(Sqlite, "_open", open_full if full else opened)
    for connection in on_sqlite(s.bot.store)._all:
        connection.execute(pragma)


def settle(s: Stage) -> None:
    """Lets the bot try what it has to do; it may find that it can't."""
    for step in (s.bot.workers[0].work, s.bot.deliverer.send):
        try:
            while step():
                pass
        except StoreTrouble:
            continue


def test_on_a_full_disk_a_form_is_kept_open_with_a_sentence(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    s.acting.command(*ACCESS)
    fill(s, monkeypatch)
    errors = s.acting.submit("U0ALEX").errors
    assert "can't be used" in errors["reason"] and "Nothing was done." in errors["reason"]
    monkeypatch.undo()
    fill(s, monkeypatch, full=False)
    assert s.acting.submit("U0ALEX").errors == {}
    s.settle()
    assert has_card(s, "U0PRIYA")


def test_on_a_full_disk_a_click_is_answered_and_nothing_done(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = ask(s, *ACCESS)
    fill(s, monkeypatch)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    settle(s)
    settle(s)
    assert "Nothing was done." in answer(s, "U0PRIYA")
    assert state(s, id) == "waiting"
    assert calls(s) == []
    monkeypatch.undo()
    fill(s, monkeypatch, full=False)
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"


def test_on_a_full_disk_a_new_persons_command_is_answered(s: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(s, monkeypatch)
    assert s.acting.command("U0ALEX", "/miro-access", "for Engineering").ok
    assert "Nothing was done." in last(s, "U0ALEX")
    assert s.acting.command("U0ALEX", "/miro", "help").ok
    assert "Nothing was done." in last(s, "U0ALEX")
    monkeypatch.undo()
    fill(s, monkeypatch, full=False)


def test_on_a_full_disk_a_message_is_answered(s: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(s, monkeypatch)
    assert s.acting.say("U0ALEX", "I need Miro access for Engineering").ok
    settle(s)
    assert "Nothing was done." in last(s, "U0ALEX")
    monkeypatch.undo()
    fill(s, monkeypatch, full=False)


def test_on_a_full_disk_a_new_persons_shortcut_is_answered(s: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    said = s.slack.add_message(CHANNEL, "U0PRIYA", "I need Miro access", [])
    fill(s, monkeypatch)
    assert s.acting.shortcut("U0ALEX", "ask-anything").ok
    assert s.acting.message_shortcut("U0JO", "make-request", said).ok
    settle(s)
    assert "Nothing was done." in last(s, "U0ALEX")
    assert "Nothing was done." in last(s, "U0JO")
    monkeypatch.undo()
    fill(s, monkeypatch, full=False)


def test_on_a_full_disk_nothing_is_sent_to_miro(s: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    id = ask(s, *ACCESS)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    fill(s, monkeypatch)
    settle(s)
    assert calls(s) == []
    monkeypatch.undo()
    fill(s, monkeypatch, full=False)
    wait(s, minutes=4)
    assert state(s, id) == "done"


def test_a_full_disk_does_not_make_the_bot_repeat_itself(s: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(s, *ACCESS)
    press(s, "U0PRIYA", "details")
    assert s.acting.click("U0DANA", card(s, "U0PRIYA"), "approve").ok
    assert s.acting.command("U0JO", "/miro-access", "for Design because we draw").ok
    assert s.acting.submit("U0JO").errors == {}
    s.bot.workers[0].work()
    before = len(s.slack.messages)
    fill(s, monkeypatch)
    for _ in range(20):
        settle(s)
        s.clock.sleep(60)
    assert len(s.slack.messages) <= before + 1
    monkeypatch.undo()
    fill(s, monkeypatch, full=False)
    wait(s, minutes=16)
    assert has_card(s, "U0PRIYA")
    assert len(told(s, "U0JO")) == 1


def test_on_a_full_disk_nothing_is_sent_that_cannot_be_stored_as_sent(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(s, *ACCESS)
    texts = ["Your laptop is here.", "Your chair is here."]
    for text in texts:
        s.bot.store.outbox.say(Note(card(s, "U0PRIYA").channel, {"text": text}))
    before = len(told(s, "U0PRIYA"))
    fill(s, monkeypatch)
    for _ in range(5):
        with suppress(StoreTrouble):
            s.bot.deliverer.send()
        s.clock.sleep(60)
    assert told(s, "U0PRIYA")[before:] == []
    monkeypatch.undo()
    fill(s, monkeypatch, full=False)
    s.settle()
    assert told(s, "U0PRIYA")[before:] == texts
