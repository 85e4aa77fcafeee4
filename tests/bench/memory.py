"""Resident memory of a bot that has brought very many requests to their end: it may not grow with them."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import build
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import SECRET, Clock
from tests.bench.crowd import company, settings
from tests.bench.table import Row
from tests.bench.whole import forms, whole_way

COUNT, WARM = int(os.environ.get("MEMORY_REQUESTS", "10000")), 300
MOST_GROWTH = 20_000_000


def rows() -> list[Row]:
    start, *_, end = measured(COUNT, WARM)
    return [
        Row(
            f"Resident memory after {COUNT:,} requests, from the {WARM}th on",
            f"{start / 1e6:.0f} MB, then {end / 1e6:.0f} MB",
            f"within {MOST_GROWTH / 1e6:.0f} MB of the start",
            end - start <= MOST_GROWTH,
        )
    ]


def measured(count: int, warm: int) -> Iterator[int]:
    """Resident bytes after `warm` requests, every 500, and after the last; the stand-ins are elsewhere."""
    with TemporaryDirectory() as folder, company(count) as urls:
        clock = Clock()
        bot = build(settings(Path(folder), *urls), now=clock, sleep=clock.sleep)
        try:
            bot.housekeeping.tick()
            slack = Workspace(signing_secret=SECRET, now=clock.seconds)
            sent = forms(bot, slack, count)
            for number in range(count):
                whole_way(bot, clock, slack, sent, number)
                # What was sent, and what the stand-in here keeps of it, is no memory of the bot's.
                sent[number] = {}
                slack.triggers.clear()
                slack.response_urls.clear()
                if number == warm or number % 500 == 499 or number == count - 1:
                    yield resident()
        finally:
            bot.stop()


def resident() -> int:
    """Bytes of this process in memory, after what nobody refers to was given back."""
    gc.collect()
    status = Path("/proc/self/status").read_text("ascii")
    return 1024 * int(status.partition("VmRSS:")[2].split()[0])
