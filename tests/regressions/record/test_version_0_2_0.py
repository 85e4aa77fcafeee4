"""A record that version 0.2.0 wrote itself, on its own sandbox: no program of today had a hand in it.

`version_0_2_0.sql` is its dump: R-1 to R-7 are its demo, R-7 left stopped; R-8 waits and was asked about, R-9
ends after two days, R-10 had nothing to do.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from approvals.decide import decide
from approvals.decide.actor import Actor
from approvals.ids import PersonId, RequestId
from approvals.record.chain import Anchor
from approvals.record.evidence import check, pack
from approvals.record.opening import make_private
from approvals.record.outbox import Card
from approvals.record.store import Store, copy_record
from approvals.states import State
from bot.cards.request import draw
from bot.cards.scene import Scene
from bot.context import Context
from bot.policies import Policies
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.records import Message as Shown
from tests.approvals.scene import server_of

DUMP = Path(__file__).with_name("version_0_2_0.sql")
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
END = Anchor(68, "7875c29f6937c6513553e330090f44d50e661a69d36f97d05df2c54dbade8684")
"""What 0.2.0 itself said the record ends with."""
STATES = {
    1: State.DONE,
    2: State.DONE,
    3: State.DONE,
    4: State.DONE,
    5: State.DONE,
    6: State.DENIED,
    7: State.STOPPED,
    8: State.WAITING,
    9: State.DONE,
    10: State.NOTHING_TO_DO,
}


def restored(folder: Path) -> Path:
    """The file as 0.2.0 left it."""
    path = folder / "record.db"
    make_private(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def context(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Context]:
    """The record opened by the program of today; on PostgreSQL after it was copied there."""
    store = Store(restored(tmp_path), lambda: NOW)
    if request.param == "postgres":
        target = Store(server_of(tmp_path), lambda: NOW, migrates=True)
        copy_record(store, target)
        store.close()
        store = target
    policy = store.policy_in_force()
    assert policy
    (tmp_path / "policy.toml").write_text(store.policy(policy.hash), encoding="utf-8")
    yield Context(store, Policies(tmp_path / "policy.toml", store, leads=True), lambda: NOW)
    store.close()


def shown(context: Context, card: Card) -> str:
    """What somebody reads on a card that was sent by 0.2.0, when it is drawn anew."""
    request, viewer = context.store.request(card.request), context.person(PersonId(card.address))
    scene = Scene(request, context.command(request), context.facts, context.person, viewer, "UTC", card.round)
    message = draw(card.role, scene)
    return as_text(Shown("C1", "1.1", "U0BOT", message["text"], message["blocks"]), {})


def reads(context: Context, number: int, role: str) -> str:
    """The same of the first card of a role."""
    return shown(
        context, next(card for card in context.store.outbox.of(RequestId(f"R-{number}")) if card.role == role)
    )


def test_it_is_the_record_that_was_written(context: Context) -> None:
    found = context.store.verify([END])
    assert (found.faults, found.requests) == ((), len(STATES))


def test_every_request_stands_where_it_stood(context: Context) -> None:
    requests = context.store.requests()
    assert {request.number: request.state for request in requests} == STATES
    assert not any(request.untouchable for request in requests)
    ends_at = context.store.request(RequestId("R-9")).ending.ends_at
    assert ends_at and timedelta(days=1) < ends_at - NOW < timedelta(days=2)


def test_what_it_planned_is_on_the_approvers_card(context: Context) -> None:
    text = reads(context, 8, "approver")
    assert "Join Design." in text and "the project starts" in text
    assert "[Approve]" in text and "[Deny]" in text


def test_what_was_asked_in_it_can_be_answered(context: Context) -> None:
    text = reads(context, 8, "question")
    assert "Which project?" in text and "[Answer]" in text


def test_how_far_it_came_is_on_the_operators_card(context: Context) -> None:
    text = reads(context, 7, "operator")
    assert "joined Design" in text and "leave Research" in text
    assert "Any team in organization must have at least one admin" in text
    assert "[Resume]" in text


def test_the_reason_of_its_denial_is_on_the_result(context: Context) -> None:
    assert "Ask again when the project starts." in reads(context, 6, "result")


@pytest.mark.parametrize("number", STATES)
def test_every_card_that_it_sent_can_be_drawn(context: Context, number: int) -> None:
    texts = [shown(context, card) for card in context.store.outbox.of(RequestId(f"R-{number}"))]
    assert texts and all(texts) and not any("(missing)" in text for text in texts)


def test_what_waited_in_it_can_be_decided(context: Context) -> None:
    carol = context.find("carol@example.com")
    assert carol
    actor = Actor(carol, carol.account)
    after = context.decide(
        RequestId("R-8"),
        lambda request: decide.approve(request, actor, request.plan.revision, context.table(request)),
    )
    assert after and after.state is State.APPROVED
    assert context.person(PersonId(after.asking.decided_by[0])).email == "carol@example.com"
    assert context.store.verify([END]).faults == ()


def test_evidence_about_it_is_checked_with_the_anchor_of_that_version(
    context: Context, tmp_path: Path
) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    pack.write(context.store, [context.store.request(RequestId("R-3"))], [], folder)
    lines = [json.loads(line) for line in (folder / "chain.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["format"] for line in lines if isinstance(line, dict)} & {1, 2}
    evidence = {line["stream"] for line in lines if isinstance(line, dict) and "words" in line}
    assert evidence == {"policy", "R-3"}
    assert check.main(folder, [f"{END.count}:{END.head}"]) == 0
    assert check.main(folder, [f"{END.count - 1}:{END.head}"]) == 1
