"""An answer of Miro's that names somebody else: nothing of it is used, and nobody else is written to."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.miro.errors import Away, Trouble, Unclear
from bot.miro.goals import ScimCall
from bot.miro.groups import GroupNamed, InGroup
from bot.sandbox.miro.service import Fault
from bot.sandbox.server import Answer
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import approve, ask, calls, playing, state
from tests.bot.miro.examples import EXAMPLES
from tests.bot.miro.scene import NOBODY, always, answering, page, scene

pytestmark = pytest.mark.regression

ADA = {"id": "7", "userName": "ada@example.com"}
CAROL = {"id": "8", "userName": "carol@example.com"}
ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I draw the plans")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        running.miro.add_user(
            "dana@example.com", "Dana Fox", team_admin_of=running.teams.values(), admin=True
        )
        yield running


def instead(s: Stage, email: str) -> Callable[[Any], Any]:
    """Miro's answer, with somebody else's id and address."""
    other = s.miro.user(email)
    assert other
    return lambda said: {**said, "id": other.id, "userName": other.userName}


def writes_to(s: Stage, email: str) -> list[str]:
    user = s.miro.user(email)
    assert user
    return [call for call in calls(s, "PATCH", "DELETE") if user.id in call]


# -- requests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["delete", "deactivate"])
def test_who_is_named_instead_of_the_leaver_is_neither_deleted_nor_deactivated(s: Stage, how: str) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]], admin=True)
    # The demotion works, and is answered as if it had been Carol's.
    s.miro.faults.append(Fault("PATCH", "/Users/", saying=instead(s, "carol@example.com")))
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today", how=how)
    approve(s, "U0PRIYA")
    jo, carol = s.miro.user("jo@example.com"), s.miro.user("carol@example.com")
    assert state(s, id) == "done"
    assert carol
    assert carol.active
    assert jo is None if how == "delete" else jo and not jo.active
    assert writes_to(s, "carol@example.com") == []


def test_a_new_account_answered_with_somebody_elses_is_looked_for_first(s: Stage) -> None:
    s.miro.faults.append(Fault("POST", "/Users", saying=instead(s, "carol@example.com")))
    before = s.miro.user("carol@example.com")
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    alex = s.miro.user("alex@example.com")
    assert state(s, id) == "done"
    assert alex
    assert s.teams["Engineering"] in alex.groups
    assert s.miro.user("carol@example.com") == before


def test_an_account_that_is_never_made_is_tried_three_times_and_nothing_else_is_sent(s: Stage) -> None:
    as_carols = instead(s, "carol@example.com")
    s.miro.faults.append(Fault("POST", "/Users", no_effect=True, saying=as_carols, times=99))
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    assert calls(s, "POST", "PATCH") == ["POST /Users"] * 3


UNREADABLE: list[Any] = [
    {"id": {"x": 1}, "userName": ["mallory@example.com"], "active": True},
    {"id": None, "userName": "jo@example.com"},
    {"id": 7.5},
    {"active": False},
    ["mallory@example.com"],
    "OK",
    None,
    {},
]


@pytest.mark.parametrize("answer", UNREADABLE, ids=str)
def test_nothing_is_deleted_after_an_answer_that_names_nobody_before_a_look(s: Stage, answer: Any) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]], admin=True)
    s.miro.faults.append(Fault("PATCH", "/Users/", saying=lambda _: answer))
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today", how="delete")
    approve(s, "U0PRIYA")
    sent = [call.partition(" ")[0] for call in calls(s, "GET", "PATCH", "DELETE")]
    assert state(s, id) == "done"
    assert s.miro.user("jo@example.com") is None
    patched = sent.index("PATCH")
    assert sent[patched + 1] == "GET", sent
    assert "DELETE" in sent[patched:]


# -- writes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        CAROL,
        {"id": "8"},
        {"id": 8, "userName": "ada@example.com"},
        {"id": "7", "userName": "carol@example.com"},
        {"userName": "carol@example.com"},
        {"id": "7", "userName": "\u212aada@example.com"},
    ],
    ids=str,
)
@pytest.mark.parametrize("one", [one for one in EXAMPLES if "{user}" in one.path], ids=str)
def test_an_answer_to_a_change_that_names_another_is_unclear(answer: dict[str, Any], one: Any) -> None:
    with answering(always(Answer.of(200, answer))) as miro, pytest.raises(Unclear) as raised:
        miro.send(one.goal.call(one.before), "7", "ada@example.com")
    assert raised.value.kind is Trouble.OTHERS


@pytest.mark.parametrize("answer", [{}, {"id": "7"}, {"userName": "ADA@example.com"}, {"id": 7.0}], ids=str)
def test_an_answer_that_names_nobody_is_a_yes_that_is_looked_at_first(answer: dict[str, Any]) -> None:
    with answering(always(Answer.of(200, answer))) as miro:
        answered = miro.send(EXAMPLES[3].goal.call(NOBODY), "7", "ada@example.com")
    assert (answered.account, answered.is_odd) == (None, True)


def test_no_answer_at_all_is_none_that_is_odd() -> None:
    with answering(always(Answer(204))) as miro:
        answered = miro.send(EXAMPLES[3].goal.call(NOBODY), "7", "ada@example.com")
    assert (answered.account, answered.is_odd) == (None, False)


def test_a_number_is_the_id_that_it_spells() -> None:
    with answering(always(Answer.of(200, {**ADA, "id": 7}))) as miro:
        answer = miro.send(EXAMPLES[3].goal.call(NOBODY), "7", "ada@example.com")
    assert answer.account
    assert answer.account.id == "7"


@pytest.mark.parametrize("named", ["carol@example.com", "\u017fam@example.com", "sam@example.org"])
def test_a_new_account_must_show_the_address_that_was_asked_for(named: str) -> None:
    create = ScimCall("POST", "/Users", {"userName": "sam@example.com"})
    with answering(always(Answer.of(201, {"id": "8", "userName": named}))) as miro, pytest.raises(Unclear):
        miro.send(create, "")


@pytest.mark.parametrize(
    "answer",
    [{"id": "8"}, {"userName": "sam@example.com"}, {"id": "", "userName": "sam@example.com"}],
    ids=str,
)
def test_a_new_account_without_id_or_address_is_looked_for(answer: dict[str, Any]) -> None:
    create = ScimCall("POST", "/Users", {"userName": "sam@example.com"})
    with answering(always(Answer.of(201, answer))) as miro:
        assert miro.send(create, "").account is None


@pytest.mark.parametrize("call", [InGroup("Ada", "100", "IT", "IT"), GroupNamed("IT", "100", "IT", "g_it")])
def test_an_answer_about_another_group_is_unclear(call: InGroup | GroupNamed) -> None:
    other = Answer.of(200, {"id": "101", "displayName": "Sales"})
    with answering(always(other)) as miro, pytest.raises(Unclear):
        miro.send(call.call(NOBODY), "7")


@pytest.mark.parametrize("text", [b"<html>Sign in</html>", b'{"id": "7", "userNa', b"\xff\xfe"])
def test_a_yes_that_cannot_be_read_is_unclear(text: bytes) -> None:
    with answering(always(Answer(200, text))) as miro, pytest.raises(Unclear) as raised:
        miro.send(EXAMPLES[3].goal.call(NOBODY), "7")
    assert raised.value.kind is Trouble.UNREADABLE


# -- looks -------------------------------------------------------------------------------------------------


def test_a_look_by_id_answered_with_another_person_is_not_relied_on() -> None:
    with answering(always(Answer.of(200, CAROL))) as miro, pytest.raises(Away) as raised:
        miro.by_id("7")
    assert raised.value.kind is Trouble.OTHERS


def test_a_look_at_a_group_answered_with_another_one_is_not_relied_on() -> None:
    with (
        answering(always(Answer.of(200, {"id": "101", "displayName": "Sales"}))) as miro,
        pytest.raises(Away) as raised,
    ):
        miro.group("100")
    assert raised.value.kind is Trouble.OTHERS


def test_a_look_by_address_answered_with_another_person_is_not_relied_on() -> None:
    with answering(always(page(CAROL))) as miro, pytest.raises(Away) as raised:
        miro.look("ada@example.com")
    assert raised.value.kind is Trouble.OTHERS


def test_the_right_answers_are_taken_as_before() -> None:
    with scene() as room:
        answer = room.miro.send(EXAMPLES[3].goal.call(NOBODY), room.ada, "Ada@Example.com")
        assert answer.account
        assert answer.account.active is False
        assert room.miro.by_id(room.ada)
        assert room.miro.group(room.it)
