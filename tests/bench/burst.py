"""Five hundred signed forms at once, at the bot and at a bare Bolt app, in turn."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bot.sandbox.stage import SECRET
from tests.bench.house import (
    ROOT,
    TEAM,
    Running,
    StandIns,
    bot,
    cpu,
    free_port,
    listens,
    process,
    stand_ins,
    wait,
)
from tests.bench.table import Row, seconds
from tests.campaigns.crowd import submissions

COUNT = 500
WARM = 50
ROUNDS = 3
LATEST = 3.0
MOST = 1.5
FIGURE = "0 later than 3 s, 0 failed, 0 missing"


@dataclass(frozen=True)
class Round:
    """What one burst came to."""

    p50: float
    p99: float
    slowest: float
    late: int
    failed: int
    missing: int
    """Acknowledged, and not in the record."""
    cpu: float
    """Seconds of processor time a form."""


def rows() -> list[Row]:
    """Alternate rounds of both, each with a new process and a new record."""
    mine, bare = [], []
    for _ in range(ROUNDS):
        mine.append(_round_of_bot())
        bare.append(_round_of_bare())
    what = f"{COUNT} signed forms at once over HTTP, each committed before its ack"
    ratio = median(one.p99 for one in mine) / median(one.p99 for one in bare)
    work = median(one.cpu for one in mine) / (median(one.cpu for one in bare) or 1)
    return [
        _row(f"{what}: the bot, workers running ({ROUNDS} rounds)", mine, FIGURE),
        _row(f"{what}: a bare Bolt app ({ROUNDS} rounds)", bare),
        Row("p99 of the bot to p99 of the bare app", f"{ratio:.2f}", f"at most {MOST}", ratio <= MOST),
        Row("Processor time of the bot to that of the bare app", f"{work:.2f}"),
    ]


def _row(what: str, rounds: list[Round], figure: str = "") -> Row:
    late, failed = sum(one.late for one in rounds), sum(one.failed for one in rounds)
    missing = sum(one.missing for one in rounds)
    p50, p99 = median(one.p50 for one in rounds), median(one.p99 for one in rounds)
    text = (
        f"p50 {seconds(p50)}, p99 {seconds(p99)}, slowest {seconds(max(one.slowest for one in rounds))}; "
        f"{late} later than 3 s, {failed} failed, {missing} not in the record; "
        f"{seconds(median(one.cpu for one in rounds))} of processor time a form"
    )
    return Row(what, text, figure, not (late or failed or missing))


def _round_of_bot() -> Round:
    with stand_ins() as between, TemporaryDirectory() as folder:
        port, bodies = free_port(), _bodies(between)
        with bot(Path(folder), between.environ, port) as running:
            wait(lambda: listens(port))
            wait(lambda: running.count("SELECT count(*) FROM groups") > 0)
            return _measured(running, bodies, "SELECT count(*) FROM requests WHERE active = 1")


def _round_of_bare() -> Round:
    with stand_ins() as between, TemporaryDirectory() as folder, _bare(Path(folder)) as running:
        return _measured(running, _bodies(between), "SELECT 0")


@contextmanager
def _bare(folder: Path) -> Iterator[Running]:
    port, record = free_port(), folder / "record.db"
    with process(["tests.bench.bare", str(port), str(record), SECRET], {}, folder) as running:
        wait(lambda: listens(port))
        yield Running(running, f"http://127.0.0.1:{port}", record)


def _measured(running: Running, bodies: list[str], busy: str) -> Round:
    """One burst after a warm-up, and after what the warm-up left to do."""
    _sent(running, bodies[:WARM])
    wait(lambda: running.count(busy) == 0)
    before = cpu(running.process.pid)
    answers = _sent(running, bodies[WARM:])
    used = cpu(running.process.pid) - before
    taken = [seconds for good, seconds in answers if good]
    missing = WARM + len(taken) - running.count("SELECT count(*) FROM requests")
    cuts = quantiles(taken, n=100, method="inclusive")
    return Round(
        p50=cuts[49],
        p99=cuts[98],
        slowest=max(taken),
        late=sum(one > LATEST for one in taken),
        failed=len(answers) - len(taken),
        missing=missing,
        cpu=used / len(answers),
    )


def _sent(running: Running, bodies: list[str]) -> list[tuple[bool, float]]:
    """Sends from a process of its own, so that it isn't the sender who is slow."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bodies.json"
        path.write_text(json.dumps(bodies), encoding="utf-8")
        command = [sys.executable, "-m", "tests.bench.load", str(path), f"{running.url}/slack/events", SECRET]
        said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [(bool(good), float(taken)) for good, taken in json.loads(said)]


def _bodies(between: StandIns) -> list[str]:
    sent = submissions(between.slack, between.team, TEAM, WARM + COUNT)
    return [delivery.body.decode() for delivery in sent]
