"""Fifty people press Approve or Deny on one request at the same moment."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.approvals.decide import clicks
from tests.approvals.decide.clicks import Counts
from tests.bench.table import Row

COUNT = 50
ROUNDS = 3


def rows() -> list[Row]:
    """In threads of one process, and each in a process of their own."""
    return [_row("threads", clicks.by_threads), _row("processes", clicks.by_processes)]


def _row(of_what: str, run: Callable[[str, Path, int], Counts]) -> Row:
    rounds = [_one(run) for _ in range(ROUNDS)]
    winners = sorted({one.winners for one in rounds})
    errors, answered = sum(len(one.errors) for one in rounds), sorted({one.answered for one in rounds})
    measured = f"{_listed(winners)} winner, {errors} errors, {_listed(answered)} others told who was first"
    met = winners == [1] and not errors and answered == [COUNT - 1]
    return Row(
        f"{COUNT} {of_what} approve and deny one request ({ROUNDS} rounds)",
        measured,
        f"1 winner, 0 errors, {COUNT - 1} told",
        met,
    )


def _one(run: Callable[[str, Path, int], Counts]) -> Counts:
    with TemporaryDirectory() as folder:
        return run("sqlite", Path(folder), COUNT)


def _listed(values: list[int]) -> str:
    return " or ".join(map(str, values))
