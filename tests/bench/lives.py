"""Ten thousand random lives of requests, and what happened in them."""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.bench.table import Row
from tests.campaigns.lives import BATCHES, MUST_HAPPEN, SHARE, campaign

HEAD = ("What happened in random lives", "Times")


def measured() -> Counter[str]:
    """The lives that the tests play too, each batch in a process of its own. Raises AssertionError."""
    counts = Counter[str]()
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), max_tasks_per_child=1) as processes:
        for one in processes.map(campaign, [SHARE] * BATCHES, range(1, BATCHES + 1)):
            counts.update(one)
    return counts


def cells(counts: Counter[str]) -> list[list[str]]:
    """What happened how often, as it stands in a table of its own."""
    return [[what, f"{times:,}"] for what, times in sorted(counts.items()) if times]


def row(counts: Counter[str]) -> Row:
    """Whether all of it was right, and everything that matters happened."""
    missing = [what for what in MUST_HAPPEN if not counts[what]]
    never = f"; never: {', '.join(missing)}" if missing else ""
    ends = ", ".join(f"{counts[what]:,} {what}" for what in ("approved", "denied", "expired", "stuck"))
    return Row(
        f"{counts['lives']:,} random lives, each decision judged by another reading of the policies",
        f"{counts['asked, for oneself'] + counts['asked, for others']:,} requests: {ends}; 0 wrong{never}",
        "0 decided by the wrong person, 0 without an end",
        not missing,
    )
