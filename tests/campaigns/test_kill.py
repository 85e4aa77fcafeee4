"""A bot killed at any point loses nothing, does nothing twice that matters, and says nothing too early."""

from pathlib import Path
from random import Random

import pytest

from tests.approvals.scene import need
from tests.campaigns.kill import campaign
from tests.campaigns.nursery import Nursery
from tests.campaigns.shapes import BULK, DROPPED, PUSHED, PUSHES, SHAPES, UNDONE, Shape
from tests.campaigns.tally import Tally

_QUICK = ("request-access, new person", "offboard, an admin", "offboard, at a time")
QUICK = [shape for shape in SHAPES if shape.name in _QUICK]
AFTER = 2
"""Every second point: after each commit and call. Before the next one nothing differs from outside."""
LISTS = [DROPPED, UNDONE, PUSHED, PUSHES]
"""Of these every fourth point: their lines take the same steps again and again."""


def check(tally: Tally) -> None:
    """Everything a campaign has to have come to."""
    assert tally.wrong == []
    assert (tally.lost, tally.early) == (0, 0)


@pytest.mark.long
@pytest.mark.parametrize("shape", QUICK, ids=str)
def test_it_is_the_same_where_the_record_is_on_a_server(shape: Shape, born: Nursery, tmp_path: Path) -> None:
    need("postgres")
    with campaign(shape, born, tmp_path, "postgres") as kills:
        tally = kills.pairs(Random(7), 12) + kills.every_write_held_back()
    check(tally)
    assert tally.kills > 12


@pytest.mark.parametrize("shape", [BULK, DROPPED, UNDONE, PUSHES], ids=str)
def test_a_list_that_is_cut_short_anywhere_is_carried_out_once(
    shape: Shape, born: Nursery, tmp_path: Path
) -> None:
    with campaign(shape, born, tmp_path) as kills:
        tally = kills.pairs(Random(12), 10 if shape is BULK else 4)
    check(tally)
    assert tally.kills > 4


@pytest.mark.long
@pytest.mark.parametrize("shape", [BULK, DROPPED, UNDONE, PUSHES], ids=str)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_list_loses_no_line_wherever_the_bot_dies(
    shape: Shape, kind: str, born: Nursery, tmp_path: Path
) -> None:
    if kind == "postgres":
        need("postgres")
    with campaign(shape, born, tmp_path, kind) as kills:
        tally = kills.pairs(Random(7), 8)
        if shape is not PUSHES:  # the writes of a push are the same
            tally += kills.every_write_held_back()
    check(tally)
    assert tally.kills > 8


@pytest.mark.long
@pytest.mark.parametrize("shape", [*SHAPES, *LISTS], ids=str)
def test_no_death_of_any_bot_changes_what_comes_of_a_request(
    shape: Shape, born: Nursery, tmp_path: Path
) -> None:
    with campaign(shape, born, tmp_path) as kills:
        # Before a commit or call, too, where a process dies in the middle of each kind of step.
        points = kills.every_point(1 if shape in QUICK else 2 * AFTER if shape in LISTS else AFTER)
        held, writes = kills.every_write_held_back(), len(kills.undisturbed.writes)
        tally = points + held + kills.pairs(Random(7), 10)
    assert shape not in QUICK or held.kills == held.repeated == writes
    check(tally)
    assert tally.kills > 40
