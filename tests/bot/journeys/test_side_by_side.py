"""Worker, deliverer and Slack at the same moment: nothing that one of them writes loses another's word."""

import sqlite3

import pytest

from approvals.ids import BOT
from approvals.request import Draft
from approvals.states import EventType
from bot.actions import ACTIONS
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from bot.slack.words.reading import SAY_DAYS
from bot.slack.words.reading import Draft as Form
from bot.slack.words.reading import read as read_words
from tests.approvals.scene import on_sqlite
from tests.bot.journeys.scenes import approve, ask, calls, card, history, read, state, teams_of, told, wait

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")


def test_an_answer_is_kept_while_a_card_is_found_to_be_gone(s: Stage) -> None:
    id = ask(s, *ACCESS)
    gone = Draft(EventType.UNREACHED, BOT, {"role": "approver"}, {"text": "", "why": "message_not_found"})
    store = s.bot.store
    s.miro.faults.append(Fault("POST", then=lambda: store.append(store.request(id), [gone])))
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert "unreached" in history(s, id)
    assert [one for one in history(s, id) if one in ("trying", "answered")] == ["trying", "answered"] * 2
    assert len(calls(s, "POST")) == 1


def test_a_call_without_effect_is_sent_once_whatever_is_written_beside_it(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    id = ask(s, *MOVE)
    s.slack.messages.remove(card(s, "U0SAM"))
    s.miro.faults.append(Fault("PATCH", no_effect=True, then=s.bot.deliverer.send))
    approve(s, "U0PRIYA")
    join = f"PATCH /Groups/{s.teams['Design']}"
    assert calls(s).count(join) == 1
    for _ in range(3):
        wait(s, minutes=1)
    assert (state(s, id), calls(s).count(join)) == ("stopped", 1)


def test_whoever_deleted_a_card_that_they_had_is_not_called_unreachable(s: Stage) -> None:
    ask(s, *ACCESS)
    s.slack.messages.remove(card(s, "U0SAM"))
    approve(s, "U0PRIYA")
    assert "can't reach" not in read(s.slack.dm_of("U0PRIYA")[-1])
    assert "can't reach" not in " ".join(told(s, "U0ALEX"))


def test_before_the_first_write_everything_is_looked_at_again_however_often_it_was_tried(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    id = ask(s, *MOVE)
    s.miro.faults.append(Fault("PATCH", status=401))
    approve(s, "U0PRIYA")
    assert (state(s, id), history(s, id).count("trying")) == ("working", 1)
    closed = POLICY.replace('"Sales" =', '"Design" = "the service desk"\n"Sales" =')
    (s.folder / "policy.toml").write_text(closed, encoding="utf-8")
    wait(s, hours=1)
    assert state(s, id) == "stopped"
    assert teams_of(s, "alex@example.com") == {"Engineering"}


@pytest.mark.parametrize("fault", ["account_inactive", "missing_scope", "invalid_auth"])
def test_a_fault_of_the_bots_own_token_ends_no_card(s: Stage, fault: str) -> None:
    s.slack.fault("chat.postMessage", times=None, error=fault)
    id = ask(s, *ACCESS)
    s.slack.faults.clear()
    wait(s, hours=1)
    assert card(s, "U0PRIYA")
    assert told(s, "U0ALEX")
    assert "unreached" not in history(s, id)


def test_a_claim_that_could_not_be_given_back_is_given_back_next_time(s: Stage) -> None:
    id = ask(s, *ACCESS)
    worker, store = s.bot.workers[1], s.bot.store
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    s.miro.faults.append(Fault("GET", then=lambda: full(s, True)))
    with pytest.raises(Exception, match="can't be used"):
        worker.work()
    full(s, False)
    worker.work()
    s.settle()
    assert state(s, id) == "done"
    assert not store.leases()


def full(s: Stage, is_full: bool) -> None:
    """As if the disk were full: SQLite takes no further write."""
    for connection in on_sqlite(s.bot.store)._all:
        assert isinstance(connection, sqlite3.Connection)
        connection.execute(f"PRAGMA query_only={'ON' if is_full else 'OFF'}")


@pytest.mark.parametrize(
    "end",
    ["until Friday", "ending Friday", "expires Friday", "through March", "up to 31.12.", "for the summer"],
)
def test_every_end_date_is_answered(s: Stage, end: str) -> None:
    today, action = s.clock().date(), ACTIONS["request-access"]
    draft = read_words(f"for Engineering {end}", s.bot.context.tables(), today, action)
    assert isinstance(draft, Form) and (draft.until or SAY_DAYS in draft.notes)
