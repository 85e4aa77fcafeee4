"""How long the bot takes from its start to its first answer, and how much memory it holds at rest."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bot.sandbox.slack.deliveries import Delivery
from bot.sandbox.slack.payloads import slash_command
from bot.sandbox.stage import SECRET
from tests.bench import load
from tests.bench.house import StandIns, bot, cpu, free_port, stand_ins, wait
from tests.bench.table import Row, seconds

ROUNDS = 5
LATEST = 1.5
IDLE = 5.0
MOST_MEMORY = 80.0


@dataclass(frozen=True)
class Start:
    """What one start came to: seconds to the first answer, processor time of them, MB after a rest."""

    taken: float
    cpu: float
    memory: float


def rows() -> list[Row]:
    """Medians over a few starts, each on a new record."""
    with stand_ins() as between:
        starts = [_started(between) for _ in range(ROUNDS)]
    start, slowest = median(one.taken for one in starts), max(one.taken for one in starts)
    work = median(one.cpu for one in starts)
    text = f"{seconds(start)}, slowest {seconds(slowest)}; {seconds(work)} of processor time"
    what = f"From process start to the first command acked ({ROUNDS} starts)"
    return [Row(what, text, f"under {LATEST} s", start < LATEST), _memory([one.memory for one in starts])]


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
            return Start(taken, used, _resident(running.process.pid))


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / 1e6
