"""A request in each of its states, brought there by what the table of states allows."""

from datetime import datetime
from typing import Any

from approvals.request import Draft
from approvals.states import MOVES, OPEN, EventType, State
from tests.approvals.scene import draft

EDGES = [(what, before, after) for what, moves in MOVES.items() for before, after in moves.items()]
"""Everything that can happen to a request: what, in which state, and the state that follows."""
ENDINGS = frozenset(
    what
    for what, before, after in EDGES
    if before is not after and (after not in OPEN or after is State.STOPPED)
)
"""Event types that end or stop a request."""


def way_to(state: State) -> list[EventType]:
    """The shortest life of a request up to a state."""
    ways: dict[State, list[EventType]] = {State.CHECKING: [EventType.ASKED]}
    while state not in ways:
        for what, before, after in EDGES:
            if before in ways:
                ways.setdefault(after, [*ways[before], what])
    return ways[state]


def life(state: State, now: datetime, **more: Any) -> list[Draft]:
    """The events of a request up to a state, each with the least it must say; `more` is what it asked."""
    return [draft(what, now, **(more if what is EventType.ASKED else {})) for what in way_to(state)]
