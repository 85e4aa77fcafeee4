"""How many requests a second one, two and four bots carry out on one PostgreSQL, and what bounds them."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from approvals.decide.actor import Actor
from approvals.ids import BOT, unstamp
from approvals.record.database import Server, Turns
from approvals.record.store import Store
from approvals.request import Draft
from approvals.states import EventType
from bot.actions import ACTIONS
from bot.app import WORKERS, Bot, build
from bot.sandbox.miro.service import Fault, Miro
from bot.sandbox.server import Answer, Call
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, SECRET, TOKEN, people_of
from bot.settings import Settings
from bot.work.ask import asked
from tests.approvals.scene import server_of
from tests.bench.house import ROOT, TEAM, cpu
from tests.bench.table import Row
from tests.campaigns.crowd import email
from tests.campaigns.replicas import Replicas, environ
from tests.e2e.process import until

BOTS = (1, 2, 4)
COUNT = int(os.environ.get("THROUGHPUT_REQUESTS", "80"))
LATENCY = 0.05
"""Seconds until either stand-in answers; they have no limits here."""
APPEND_SECONDS = 4.0
LEAST, NEAR = 1.6, 0.8
"""From one bot to two; and the part of a ceiling, or of the time, that counts as having reached it."""
PATIENCE = 600.0


@dataclass(frozen=True)
class Run:
    """What some bots came to."""

    rate: float
    """Requests a second."""
    turns: int
    """How often the lock is taken for one of them."""
    cpu: list[float]
    """Seconds of processor time a request: of the bots, the stand-ins, and the server."""
    cores: float
    """How many processors all of these had."""
    held: float
    """The part of the time in which somebody had the lock."""


class CountedTurns(Turns):
    """Counts how often somebody had the lock."""

    count = 0

    def take(self, patience: float = -1) -> bool:
        self.count += 1
        return super().take(patience)


def rows() -> list[Row]:
    """One run for each number of bots, each on a schema of its own."""
    runs, appends = [_run(bots) for bots in BOTS], [_appends(bots) for bots in BOTS]
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    ratio = runs[1].rate / runs[0].rate
    chain, processors = max(appends) / runs[0].turns, cores / sum(runs[1].cpu)
    is_bound = max(run.held for run in runs[1:]) >= NEAR or runs[1].rate >= NEAR * min(chain, processors)
    what = f"{COUNT} requests by {', '.join(map(str, BOTS))} bots on one PostgreSQL, {WORKERS} workers each"
    bots, stand_ins, server = (f"{seconds * 1000:.0f}" for seconds in runs[1].cpu)
    return [
        Row(
            f"{what}, Slack and Miro at {LATENCY * 1000:.0f} ms",
            f"{_each(run.rate for run in runs)} requests a second, {ratio:.2f} times from 1 to 2",
            f"at least {LEAST} times, or a ceiling reached",
            ratio >= LEAST or is_bound,
        ),
        Row(
            "The chain's ceiling: bare appends a second under its lock, by as many processes",
            f"{_each(appends)}; a request takes {runs[0].turns} turns of the lock, so {chain:.1f} a second; "
            f"in the runs it was held for {', '.join(f'{run.held:.0%}' for run in runs)} of the time",
        ),
        Row(
            "The processors' ceiling: time a request in bots, stand-ins and server",
            f"{bots}, {stand_ins} and {server} ms, so {cores} processors carry {processors:.1f} a second; "
            f"the runs had {_each(run.cores for run in runs)} of them, beside a load of {load:.0f}",
        ),
    ]


def _each(figures: Iterable[float]) -> str:
    return ", ".join(f"{figure:.1f}" for figure in figures)


def _run(bots: int) -> Run:
    """All are asked for at once when the bots are ready; the rate is that of the middle of them."""
    with TemporaryDirectory() as name, ExitStack() as open_:
        folder = Path(name)
        here = server_of(folder)
        store = open_.enter_context(closing(Store(here, migrates=True)))
        server = Server(f"{here.url}&application_name=throughput")
        policy = POLICY.replace('approvers = ["manager", "it"]', "approval = false", 1)
        (folder / "policy.toml").write_text(policy, encoding="utf-8")
        (miro, miro_url), (slack, slack_url) = (
            open_.enter_context(_stand_in(of)) for of in ("miro", "slack")
        )
        names = {"SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_SIGNING_SECRET": SECRET, "MIRO_SCIM_TOKEN": TOKEN}
        secrets = {name: SecretStr(value) for name, value in names.items()}
        bot = build(Settings(here, folder / "policy.toml", secrets, slack_url, miro_url))
        open_.callback(bot.stop)
        bot.housekeeping.tick()
        turns = _turns_of_one(bot)
        replicas = Replicas(
            folder, environ(folder, server, miro_url, slack_url), bots, "tests.bench.unlimited"
        )
        open_.callback(replicas.end)
        until(lambda: len(replicas.ready()) == bots, PATIENCE)
        groups = [[running.pid for running in replicas.ready()], [miro, slack], _backends(store)]
        before, begin = [sum(map(cpu, pids)) for pids in groups], time.monotonic()
        with bot.store.writing():
            for number in range(1, COUNT + 1):
                _ask(bot, number)
        held = list[int]()
        while not _is_done(store):
            held += _holders(store)
            time.sleep(0.02)
        took, groups[2] = time.monotonic() - begin, _backends(store)
        used = [sum(map(cpu, pids)) - seconds for pids, seconds in zip(groups, before, strict=True)]
        rows = store._on.rows("SELECT at FROM ledger WHERE type = ? ORDER BY at", EventType.DONE)
        ends = [unstamp(row["at"]).timestamp() for row in rows][1:]
        first, last = COUNT // 10, COUNT - 1 - COUNT // 10
        rate = (last - first) / (ends[last] - ends[first])
        return Run(rate, turns, [seconds / COUNT for seconds in used], sum(used) / took, mean(held))


def _is_done(store: Store) -> bool:
    [row] = store._on.rows("SELECT count(*) AS done FROM requests WHERE state = 'done'")
    return int(row["done"]) == COUNT + 1


def _holders(store: Store) -> list[int]:
    """Whether somebody has the lock now: 1 or 0."""
    rows = store._on.rows(
        "SELECT count(*) AS held FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'throughput'"
    )
    return [min(int(row["held"]), 1) for row in rows]


def _backends(store: Store) -> list[int]:
    """Processes of the server that work for the bots."""
    rows = store._on.rows("SELECT pid FROM pg_stat_activity WHERE application_name = 'throughput'")
    return [int(row["pid"]) for row in rows]


def _ask(bot: Bot, number: int) -> None:
    person = bot.people.find(f"U1{number:04}")
    assert person
    wanted, actor = {"teams": TEAM}, Actor(person, person.account)
    asked(bot.context, ACTIONS["request-access"], wanted, "It is needed.", actor)


def _turns_of_one(bot: Bot) -> int:
    """How often the lock is taken for one request, its messages included."""
    turns = bot.store._on._turns = CountedTurns()
    _ask(bot, 0)
    bot.settle()
    return turns.count


# -- processes of their own --------------------------------------------------------------------------------


@contextmanager
def _stand_in(of: str) -> Iterator[tuple[int, str]]:
    """The process id of a stand-in, and its URL."""
    command = [sys.executable, "-m", "tests.bench.throughput", of]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            yield running.pid, running.stdout.readline().strip()
        finally:
            running.kill()


class SlowSlack(Workspace):
    """A workspace that takes a while to answer."""

    def _answer(self, call: Call) -> Answer | None:
        time.sleep(LATENCY)
        return super()._answer(call)


def _serve(of: str) -> None:
    """Serves a stand-in until it is killed."""
    miro, slack = Miro(token=TOKEN, limits=False), SlowSlack(signing_secret=SECRET)
    for team in (TEAM, "IT Administration", "Design", "Sales"):
        miro.add_team(team)
    miro.faults.append(Fault(times=1_000_000, latency=LATENCY))
    people_of(slack)
    for number in range(COUNT + 1):
        slack.add_person(f"U1{number:04}", email(number), f"Person {number}")
    with miro.serve() if of == "miro" else slack.serve() as url:
        print(url, flush=True)
        threading.Event().wait()


def _appends(processes: int) -> float:
    """Entries a second that processes of as many threads as a bot has workers add, and nothing else."""
    with TemporaryDirectory() as name:
        server = server_of(Path(name))
        Store(server, migrates=True).close()
        command = [sys.executable, "-m", "tests.bench.throughput", "append", server.url]
        running = [
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(processes)
        ]
        return sum(float(one.communicate()[0]) for one in running)


def _append(server: Server) -> float:
    """Entries a second that this process adds."""
    with closing(Store(server)) as store, ThreadPoolExecutor(WORKERS) as threads:
        end = time.monotonic() + APPEND_SECONDS

        def append(stream: int) -> int:
            count = 0
            while time.monotonic() < end:
                with store.writing():
                    store._ledger.add(f"bench-{os.getpid()}-{stream}", Draft(EventType.HELD, BOT))
                count += 1
            return count

        return sum(threads.map(append, range(WORKERS))) / APPEND_SECONDS


if __name__ == "__main__":
    if sys.argv[1] == "append":
        print(_append(Server(sys.argv[2])))
    else:
        _serve(sys.argv[1])
