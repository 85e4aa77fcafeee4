"""The table of states allows what it shows, and nothing else."""

import re
from itertools import product

import pytest

from approvals.states import ACTIVE, MOVES, OPEN, EventType, Impossible, State, mermaid, move

LIFE = [
    (EventType.ASKED, State.CHECKING),
    (EventType.HELD, State.CHECKING),
    (EventType.PLANNED, State.WAITING),
    (EventType.VOTED, State.WAITING),
    (EventType.APPROVED, State.APPROVED),
    (EventType.TRYING, State.WORKING),
    (EventType.ANSWERED, State.WORKING),
    (EventType.STOPPED, State.STOPPED),
    (EventType.RESUMED, State.APPROVED),
    (EventType.TRYING, State.WORKING),
    (EventType.UNSEEN, State.WORKING),
    (EventType.DONE, State.DONE),
    (EventType.UNREACHED, State.DONE),
]

FORBIDDEN = [
    (state, what) for state, what in product((None, *State), EventType) if state not in MOVES.get(what, {})
]
FORBIDDEN.remove((None, EventType.ASKED))

ENDED = sorted(set(State) - OPEN)


def test_a_whole_life_follows_the_table() -> None:
    state = None
    for what, after in LIFE:
        state = move(state, what)
        assert state is after


@pytest.mark.parametrize(("state", "what"), FORBIDDEN)
def test_what_the_table_lacks_is_impossible(state: State | None, what: EventType) -> None:
    with pytest.raises(Impossible) as told:
        move(state, what)
    now = state or "not asked yet"
    assert str(told.value) == f"'{what}' can't happen to a request that is {now}"


def test_every_event_but_asking_has_a_row() -> None:
    assert set(MOVES) == set(EventType) - {EventType.ASKED}


def test_every_state_can_be_reached() -> None:
    reached = {State.CHECKING} | {after for moves in MOVES.values() for after in moves.values()}
    assert reached == set(State)


@pytest.mark.parametrize("state", ENDED)
def test_nothing_follows_on_an_ended_request(state: State) -> None:
    later = [EventType.ENDING, EventType.OVER] if state is State.DONE else []
    assert [what for what, moves in MOVES.items() if state in moves] == [*later, EventType.UNREACHED]
    assert {moves[state] for moves in MOVES.values() if state in moves} == {state}


@pytest.mark.parametrize("state", sorted(OPEN))
def test_every_open_request_can_still_end(state: State) -> None:
    seen, ahead = set(), {state}
    while ahead:
        seen |= ahead
        ahead = {moves[one] for moves in MOVES.values() for one in ahead if one in moves} - seen
    assert seen & set(ENDED)


def test_nobody_withdraws_while_calls_are_made() -> None:
    assert State.WORKING not in MOVES[EventType.WITHDRAWN]


def test_only_approval_leads_to_work() -> None:
    into = {before for before, after in MOVES[EventType.TRYING].items() if after is State.WORKING}
    assert into == {State.APPROVED, State.WORKING}
    ways = [what for what, moves in MOVES.items() for a, b in moves.items() if b is State.APPROVED is not a]
    assert ways == [EventType.APPROVED, EventType.RESUMED]


def test_waiting_and_stopped_are_open_without_work() -> None:
    assert {State.WAITING, State.STOPPED} == OPEN - ACTIVE


@pytest.mark.parametrize("what", sorted(MOVES))
def test_the_diagram_shows_each_arrow(what: EventType) -> None:
    lines = mermaid().splitlines()
    for before, after in MOVES[what].items():
        if before is not after:
            arrow = next(line for line in lines if line.startswith(f"  {before.name} --> {after.name}:"))
            assert what.value in arrow.partition(": ")[2].split(", ")


def test_the_diagram_begins_and_ends_a_life() -> None:
    lines = mermaid().splitlines()
    assert lines[:2] == ["stateDiagram-v2", "  [*] --> CHECKING: asked"]
    assert [line for line in lines if line.endswith("--> [*]")] == [
        f"  {state.name} --> [*]" for state in State if state not in OPEN
    ]


def test_the_diagram_invents_no_arrow() -> None:
    drawn = re.findall(r"^  (\w+) --> (\w+): (.+)$", mermaid(), re.MULTILINE)
    arrows = {(a, b, word) for a, b, words in drawn for word in words.split(", ")}
    moves = {
        (a.name, b.name, what.value) for what, row in MOVES.items() for a, b in row.items() if a is not b
    }
    assert arrows == moves
