"""The kill campaign over every shape of request, two at a time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from random import Random
from tempfile import TemporaryDirectory

from tests.bench.table import Row
from tests.campaigns.kill import campaign
from tests.campaigns.nursery import Nursery, nursery
from tests.campaigns.shapes import SHAPES, Shape
from tests.campaigns.tally import Tally, total

AT_ONCE = 2
PAIRS = 10
SEED = 7


def rows() -> list[Row]:
    """Killed at every point; killed twice; killed while a write is on its way."""
    with ExitStack() as open_:
        free: SimpleQueue[Nursery] = SimpleQueue()
        for _ in range(AT_ONCE):
            folder = Path(open_.enter_context(TemporaryDirectory()))
            free.put(open_.enter_context(nursery(folder)))
        with ThreadPoolExecutor(AT_ONCE) as threads:
            tallies = list(threads.map(lambda shape: _killed(shape, free), SHAPES))
    points, late = (total(one[part] for one in tallies) for part in (0, 1))
    return [
        _row(f"Bot killed (SIGKILL) at every point of {len(SHAPES)} requests, started again", points),
        _row("Bot killed while a write is on its way; it gets through after the next bot has looked", late),
    ]


def _killed(shape: Shape, free: "SimpleQueue[Nursery]") -> tuple[Tally, Tally]:
    born = free.get()
    try:
        with TemporaryDirectory() as folder, campaign(shape, born, Path(folder)) as kills:
            points = kills.every_point() + kills.pairs(Random(SEED), PAIRS)
            return points, kills.every_write_held_back()
    finally:
        free.put(born)


def _row(what: str, tally: Tally) -> Row:
    met = not (tally.wrong or tally.lost or tally.early)
    wrong = f"; wrong: {'; '.join(tally.wrong[:3])}" if tally.wrong else ""
    return Row(what, f"{tally}{wrong}", "0 lost, 0 told done too early", met)
