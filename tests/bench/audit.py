"""A long record: `audit verify` and `audit export` against the bare chain, its steps against a short one."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from approvals.ids import PersonId
from approvals.record.store import Store, utc_now
from approvals.states import EventType
from bot.sandbox.stage import POLICY
from tests.approvals.scene import asked, draft, met, planned
from tests.bench.house import ROOT
from tests.bench.table import Row

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
FEW, ROUNDS, MOST_STEP = 1_000, 200, 1.5
MOST_VERIFY, MOST_EXPORT = 3.0, 8.0
MEMORY = 1.25
"""How much more memory ten times as many entries may take."""
LIFE = [EventType.VOTED, EventType.APPROVED, EventType.TRYING, EventType.ANSWERED, EventType.TRYING]
LIFE += [EventType.ANSWERED, EventType.UNREACHED, EventType.DONE]
TOGETHER = 500
"""Requests that are written in one transaction."""


def filled(path: Path, entries: int) -> None:
    """A record of requests that were all carried out, in ten entries each."""
    start, ada, bo = datetime(2026, 3, 2, 9, tzinfo=UTC), PersonId("P-1"), PersonId("P-2")
    with closing(Store(path, lambda: start)) as store:
        met(store)
        store.take_policy(POLICY)
        requests = entries // (len(LIFE) + 2)
        together = min(requests, TOGETHER)
        for _ in range(requests // together):
            with store.writing():
                for _ in range(together):
                    request = store.ask(asked(ada, action="request-access", lanes=[]))
                    ask = planned(start + timedelta(days=2), approvers=[bo], told=[bo], lanes=[])
                    store.append(request, [ask, *(draft(what, start, bo) for what in LIFE)])
        store.tidy()


def bare(path: Path) -> int:
    """Reads every entry and every word, and holds each against its hash; how many entries there are."""
    count, head = 0, "0" * 64
    with closing(sqlite3.connect(path)) as record:
        for row in record.execute("SELECT * FROM ledger ORDER BY seq"):
            *columns, body, prev, hash = row
            inner = hashlib.sha256("\n".join(map(str, (*columns, body))).encode()).hexdigest()
            if prev != head or hash != hashlib.sha256(f"{prev}{inner}".encode()).hexdigest():
                raise ValueError(f"entry {row[0]} doesn't hold")
            count, head = count + 1, hash
        for salt, text in record.execute("SELECT salt, text FROM words ORDER BY seq, key"):
            hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
    return count


def _timed(path: Path, *command: str) -> tuple[float, int]:
    """Seconds of processor time of a command, and the most memory it had (KB)."""
    script = (
        "import re, resource, runpy, sys; sys.argv = sys.argv[1:]\n"
        "try: runpy.run_module(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "memory = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]\n"
        "print(used.ru_utime + used.ru_stime, memory, file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, *command], cwd=ROOT, check=True, text=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "MIRO_BOT_DATABASE": str(path)},
    )  # fmt: skip
    seconds, memory = ran.stderr.split()[-2:]
    return float(seconds), int(memory)


def _lived(store: Store, spent: dict[str, list[float]]) -> None:
    """One request from its ask to its end; adds the processor time of each step to `spent`."""
    now, ada, bo, begin = utc_now(), PersonId("P-1"), PersonId("P-2"), time.process_time()

    def ended(step: str) -> None:
        nonlocal begin
        spent[step].append(time.process_time() - begin)
        begin = time.process_time()

    request = store.ask(asked(ada, action="request-access", lanes=[]))
    ended("request")
    request = store.append(request, [planned(now + timedelta(days=2), approvers=[bo], told=[bo], lanes=[])])
    begin = time.process_time()
    request = store.append(request, [draft(what, now, bo) for what in LIFE[:2]])
    ended("approve")
    claim = store.claim("bench", timedelta(minutes=10))
    assert claim and claim.request == request.id
    ended("claim")
    request = store.append(request, [draft(what, now) for what in LIFE[2:]], claim)
    ended("done")


def steps(long: Path) -> Row:
    """Each step in a long record and in a short one, in turn."""
    short = long.with_name("few.db")
    filled(short, FEW)
    spent = [defaultdict[str, list[float]](list) for _ in (long, short)]
    with closing(Store(long)) as many, closing(Store(short)) as few:
        for _ in range(ROUNDS):
            for store, times in zip((many, few), spent, strict=True):
                _lived(store, times)
    ratio = {step: median(times) / median(spent[1][step]) for step, times in spent[0].items()}
    text = ", ".join(f"{step} {times:.2f}" for step, times in ratio.items())
    what = f"processor time of a step, {ENTRIES:,} entries to {FEW:,}"
    return Row(what, f"{text} times", f"at most {MOST_STEP} times", max(ratio.values()) <= MOST_STEP)


def rows() -> list[Row]:
    """Each command in a process of its own, less what starting one takes."""
    with TemporaryDirectory() as folder:
        long, short = Path(folder) / "long.db", Path(folder) / "short.db"
        filled(long, ENTRIES)
        filled(short, ENTRIES // 10)
        chain, _ = _timed(long, "tests.bench.audit", str(long))
        started, _ = _timed(long, "tests.bench.audit")
        chain -= started
        found = []
        for name, most in (("verify", MOST_VERIFY), ("export", MOST_EXPORT)):
            begin, _ = _timed(short, "bot", "--version")
            _, little = _timed(short, "bot", "audit", name)
            used, memory = _timed(long, "bot", "audit", name)
            times, grown = (used - begin) / chain, memory / little
            text = f"{times:.1f} times ({used - begin:.1f} s to {chain:.1f} s); "
            text += f"{memory // 1024} MB, {grown:.2f} times"
            figure = f"at most {most:.0f} times; memory at most {MEMORY} times that of a tenth"
            what = f"audit {name} of {ENTRIES:,} entries: processor time to that of the bare chain"
            found.append(Row(what, text, figure, times <= most and grown <= MEMORY))
        return [*found, steps(long)]


if __name__ == "__main__" and sys.argv[1:]:
    bare(Path(sys.argv[1]))
