"""How long the bot takes to its first answer and its first message read, and what memory it holds at rest."""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bot.sandbox.slack.deliveries import Delivery
from bot.sandbox.slack.payloads import event, slash_command, words_said
from bot.sandbox.stage import SECRET
from tests.bench import load
from tests.bench.house import StandIns, bot, cpu, free_port, stand_ins, wait
from tests.bench.table import Row, seconds

ROUNDS = 5
LATEST = 1.5
IDLE = 5.0
MOST_MEMORY = 90.0
DATED = "hey can i get into enginering until friday pls, mein Kollege auch bis 20.12."
"""What is written first: dates, two languages and a misspelt team, so that all that reads is loaded."""
SOON = 1.0


@dataclass(frozen=True)
class Start:
    """What one start came to: seconds to the first answer, processor time of them, MB after a rest.

    read: seconds from the first message with dates to its answer in Slack.
    """

    taken: float
    cpu: float
    memory: float
    read: float


def rows() -> list[Row]:
    """Medians over a few starts, each on a new record."""
    with stand_ins() as between:
        starts = [_started(between) for _ in range(ROUNDS)]
    start, slowest = median(one.taken for one in starts), max(one.taken for one in starts)
    work = median(one.cpu for one in starts)
    text = f"{seconds(start)}, slowest {seconds(slowest)}; {seconds(work)} of processor time"
    what = f"From process start to the first command acked ({ROUNDS} starts)"
    read, longest = median(one.read for one in starts), max(one.read for one in starts)
    said = f"{seconds(read)}, slowest {seconds(longest)}"
    return [
        Row(what, text, f"under {LATEST} s", start < LATEST),
        Row(
            f"First message with dates answered in Slack ({ROUNDS} starts)",
            said,
            f"under {SOON} s",
            read < SOON,
        ),
        _memory([one.memory for one in starts]),
    ]


def _memory(found: list[float]) -> Row:
    what, held = f"Resident memory after {IDLE:.0f} s at rest ({len(found)} starts)", median(found)
    if not held:
        return Row(what, "not measured: this system has no /proc")
    return Row(what, f"{held:.1f} MB", f"under {MOST_MEMORY:.0f} MB", held < MOST_MEMORY)


def _started(between: StandIns) -> Start:
    form = slash_command(between.slack, "U0SAM", between.slack.direct("U0SAM").id, "/miro", "help")
    body, port = Delivery.of_form(form).body.decode(), free_port()
    with TemporaryDirectory() as folder:
        begin = time.perf_counter()
        with bot(Path(folder), between.environ, port) as running:
            wait(lambda: asyncio.run(load.burst([body], f"{running.url}/slack/events", SECRET))[0][0])
            taken, used = time.perf_counter() - begin, cpu(running.process.pid)
            time.sleep(IDLE)
            memory = _resident(running.process.pid)
            return Start(taken, used, memory, _read(between, f"{running.url}/slack/events"))


def _read(between: StandIns, url: str) -> float:
    """Seconds until a message with dates is answered."""
    slack = between.slack
    place = slack.direct("U0SAM").id
    message = slack.add_message(place, "U0SAM", DATED, [])
    before, payload = len(slack.messages), json.dumps(event(slack, words_said(slack, message), place))
    begin = time.perf_counter()
    [(is_acked, _)] = asyncio.run(load.burst([payload], url, SECRET))
    assert is_acked
    wait(lambda: len(slack.messages) > before)
    return time.perf_counter() - begin


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / 1e6
