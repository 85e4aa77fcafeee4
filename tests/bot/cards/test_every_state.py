"""Walks the table of states for what people see: whoever adds a state, or forgets one, reads where."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from approvals.ids import PersonId
from approvals.states import MOVES, EventType, State
from bot.cards.handles import Handle
from bot.cards.home import stands
from bot.cards.request import DRAWINGS
from bot.cards.settled import heading, where_it_stands
from bot.sandbox.slack.inputs import placed
from bot.slack.deliver import audience, home
from tests.altered import altered
from tests.bot.slack import scenes
from tests.bot.slack.scenes import NAMES, PEOPLE, ROLES, drawn, reads, request, scene

BUTTONS = {
    "approve": EventType.VOTED,
    "deny": EventType.DENIED,
    "question": EventType.QUESTIONED,
    "answer": EventType.REPLIED,
    "remind": EventType.REMINDED,
    "withdraw": EventType.WITHDRAWN,
    "resume": EventType.RESUMED,
    "hand-over": EventType.HANDED,
    "take-back": EventType.HANDED,
    "report": EventType.REPORTED,
}
"""What each button of a card brings about, if it is pressed in time."""

people = scenes.everybody(PEOPLE)
known = scenes.facts(people, NAMES)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_heading_and_a_sentence(state: State) -> None:
    for action in ("make-admin", "offboard"):
        of = scene(request(action, state, known), known, people, "requester")
        assert heading(of).strip() and where_it_stands(of).strip()
        assert reads(stands(of)).strip()


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("role", ROLES)
def test_a_card_of_every_role_can_be_drawn_in_every_state(role: str, state: State) -> None:
    """Also in one in which nobody is given it: a card that is there already is drawn anew."""
    card = drawn(request("make-admin", state, known), known, people, role)
    lines = [line.strip() for line in reads(card).splitlines()]
    assert card.text.strip() and any(lines)
    assert not any(line in (".", "R-42:", "R-42 ·") for line in lines)


def named_in(tree: ast.AST) -> Iterator[str]:
    """The roles in a piece of code: the first of three values, or of the values of a call."""
    for node in ast.walk(tree):
        first: list[ast.expr] = []
        if isinstance(node, ast.Tuple) and len(node.elts) == 3:
            first = [*ast.walk(node.elts[0])]  # type: ignore[list-item]
        elif isinstance(node, ast.Call) and node.args:
            first = node.args[:1]
        yield from (
            one.value for one in first if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )


def test_whoever_is_to_have_a_card_has_one_that_can_be_drawn() -> None:
    code = ast.parse(Path(audience.__file__).read_text(encoding="utf-8"))
    assert {role for role in named_in(code) if role} == DRAWINGS.keys()


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_stands_only_where_it_can_bring_something_about(button: str) -> None:
    seen = set()
    for role in ROLES:
        for state, handed in product(State, (False, True)):
            of = altered(request("make-admin", state, known), to=PersonId("P-3") if handed else None)
            card = drawn(of, known, people, role)
            for _, element in placed(card.blocks):
                if element["action_id"] == button and not Handle.read(element["value"]).stranger(of):
                    seen.add(state)
    assert seen
    assert seen <= MOVES[BUTTONS[button]].keys()


def test_a_page_lets_people_take_back_whatever_can_be_taken_back() -> None:
    """What has stopped stands there for operators."""
    assert {*home._TAKEN_BACK, State.STOPPED} == MOVES[EventType.WITHDRAWN].keys()
