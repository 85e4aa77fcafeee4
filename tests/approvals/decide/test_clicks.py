"""Fifty people decide the same request at once: one wins, everybody else reads who it was."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.approvals.decide.clicks import Counts, by_processes, by_threads, decided
from tests.approvals.scene import STORES

FIRST = re.compile(
    r"Approver\d\d \(approver\d\d@example\.com\) (approved R-1 a moment before you\. Nothing left to do\."
    r"|denied R-1 a moment before you\. Nothing has changed\.)"
)


def check(run: Callable[[str, Path], Counts], kind: str, folder: Path) -> None:
    """Runs a campaign; one winner, no error, the same true sentence for everybody else."""
    counts = run(kind, folder)
    assert counts.errors == ()
    assert (counts.winners, counts.answered) == (1, 49)
    [answer] = counts.answers
    assert FIRST.fullmatch(answer)
    assert len(decided(kind, folder)) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("kind", sorted(STORES))
def test_fifty_threads_decide_one_request_once(kind: str, tmp_path: Path) -> None:
    check(by_threads, kind, tmp_path)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", sorted(STORES))
def test_fifty_processes_decide_one_request_once(kind: str, tmp_path: Path) -> None:
    check(by_processes, kind, tmp_path)
