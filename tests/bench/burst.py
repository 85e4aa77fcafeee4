"""Five hundred signed forms at once, and as many clicks, at the bot and at a bare Bolt app, in turn."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bot.app import build
from bot.sandbox.slack.deliveries import Delivery
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import SECRET
from tests.bench.crowd import ask_all, click, company, settings
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
MOST = {"forms": 1.3, "clicks": 1.5}
FIGURE = "0 later than 3 s, 0 failed, 0 missing"
BUSY = "SELECT count(*) FROM requests WHERE active = 1"
TAKEN = {
    "forms": "SELECT count(*) FROM requests",
    "clicks": "SELECT count(*) FROM ledger WHERE type = 'voted'",
}
"""What each leaves in the bot's record."""


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
    """Alternate rounds of both, each with a new process and a record of its own."""
    with stand_ins() as between, _asked() as asked:
        forms = _rows("forms", _round_of_forms, _forms(between))
        return [*forms, *_rows("clicks", asked.round, asked.bodies)]


def _rows(what: str, round_of_bot: Callable[[], Round], bodies: list[str]) -> list[Row]:
    mine, bare = [], []
    for _ in range(ROUNDS):
        mine.append(round_of_bot())
        bare.append(_round_of_bare(bodies))
    title = f"{COUNT} signed {what} at once over HTTP, each committed before its ack"
    ratio = median(one.p99 for one in mine) / median(one.p99 for one in bare)
    work = median(one.cpu for one in mine) / (median(one.cpu for one in bare) or 1)
    most = MOST[what]
    return [
        _row(f"{title}: the bot, workers running ({ROUNDS} rounds)", mine, FIGURE),
        _row(f"{title}: a bare Bolt app ({ROUNDS} rounds)", bare),
        Row(f"p99 of the bot's {what} to the bare app's", f"{ratio:.2f}", f"at most {most}", ratio <= most),
        Row(f"Processor time of the bot's {what} to the bare app's", f"{work:.2f}"),
    ]


def _row(what: str, rounds: list[Round], figure: str = "") -> Row:
    late, failed = sum(one.late for one in rounds), sum(one.failed for one in rounds)
    missing = sum(one.missing for one in rounds)
    p50, p99 = median(one.p50 for one in rounds), median(one.p99 for one in rounds)
    text = (
        f"p50 {seconds(p50)}, p99 {seconds(p99)}, slowest {seconds(max(one.slowest for one in rounds))}; "
        f"{late} later than 3 s, {failed} failed, {missing} not in the record; "
        f"{seconds(median(one.cpu for one in rounds))} of processor time each"
    )
    return Row(what, text, figure, not (late or failed or missing))


def _round_of_forms() -> Round:
    with stand_ins() as between, TemporaryDirectory() as folder:
        port, bodies = free_port(), _forms(between)
        with bot(Path(folder), between.environ, port) as running:
            wait(lambda: listens(port))
            wait(lambda: running.count("SELECT count(*) FROM groups") > 0)
            return _measured(running, bodies, BUSY, TAKEN["forms"])


@dataclass(frozen=True)
class _Asked:
    """A record in which all wait for a decision, and the clicks that decide them."""

    folder: Path
    environ: Mapping[str, str]
    bodies: list[str]

    def round(self) -> Round:
        """One burst of clicks at a bot on a copy of the record."""
        with TemporaryDirectory() as folder:
            copy, port = Path(folder) / "copy", free_port()
            copytree(self.folder, copy)
            policy = (copy / "policy.toml").read_text(encoding="utf-8")
            with bot(copy, self.environ, port, policy) as running:
                wait(lambda: listens(port))
                return _measured(running, self.bodies, BUSY, TAKEN["clicks"])


@contextmanager
def _asked() -> Iterator[_Asked]:
    count = WARM + COUNT
    with TemporaryDirectory() as folder, company(count) as (miro_url, slack_url):
        known = settings(Path(folder), miro_url, slack_url)
        ask_all(known, count)
        running = build(known)
        slack = Workspace(signing_secret=SECRET)
        pressed = [click(running, slack, number) for number in range(1, count + 1)]
        running.stop()
        bodies = [Delivery.of_interaction(one).body.decode() for one in pressed]
        yield _Asked(Path(folder), {"MIRO_SCIM_URL": miro_url, "SLACK_API_URL": slack_url}, bodies)


def bare_form() -> float:
    """Seconds of processor time that a form costs a bare Bolt app."""
    with stand_ins() as between:
        return _round_of_bare(_forms(between)).cpu


def _round_of_bare(bodies: list[str]) -> Round:
    with TemporaryDirectory() as folder, _bare(Path(folder)) as running:
        return _measured(running, bodies, "SELECT 0", "SELECT count(*) FROM requests")


@contextmanager
def _bare(folder: Path) -> Iterator[Running]:
    port, record = free_port(), folder / "record.db"
    with process(["tests.bench.bare", str(port), str(record), SECRET], {}, folder) as running:
        wait(lambda: listens(port))
        yield Running(running, f"http://127.0.0.1:{port}", record)


def _measured(running: Running, bodies: list[str], busy: str, taken_by: str) -> Round:
    """One burst after a warm-up, and after what the warm-up left to do; `taken_by` counts what was stored."""
    _sent(running, bodies[:WARM])
    wait(lambda: running.count(busy) == 0, 240)
    before = cpu(running.process.pid)
    answers = _sent(running, bodies[WARM:])
    used = cpu(running.process.pid) - before
    taken = [seconds for good, seconds in answers if good]
    missing = WARM + len(taken) - running.count(taken_by)
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


def _forms(between: StandIns) -> list[str]:
    sent = submissions(between.slack, between.team, TEAM, WARM + COUNT)
    return [delivery.body.decode() for delivery in sent]
