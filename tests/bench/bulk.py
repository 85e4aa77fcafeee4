"""Thousands changed by one list under Miro's quota, client and sandbox on one virtual clock."""

import os
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from approvals.decide.decide import approve
from approvals.ids import RequestId
from approvals.request import Request
from approvals.states import State
from bot.actions import ACTIONS
from bot.miro.quota import POOL, cost
from bot.sandbox.miro.gate import Credits
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Clock, Stage, stage
from bot.work.ask import asked
from bot.work.bulk.reading import read
from tests.bench.table import Row, seconds
from tests.bot.bulk.scene import listed, person, save
from tests.bot.bulk.wrong import WAYS, people, table

PEOPLE = int(os.environ.get("BULK_PEOPLE", "2000"))
MEMBERS = 5 * PEOPLE
"""Of the group that they join."""
WINDOW, PAGE, SMALL = 30.0, 1000, 11
LATER = 10.0
"""Seconds after the approval when somebody asks for one more offboarding."""
MOST, URGENT = 1.10, 35.0
ROWS, WRONG, MOST_CPU, MOST_MEMORY = 5_000, 200, 60.0, 50
TEAM = "Engineering"
_POLICY = POLICY.replace('organization = "Example Ltd"', "")


class Judge(Credits):
    """Miro's pool: a window that slides, and windows that begin every 30 s."""

    def __init__(self) -> None:
        super().__init__()
        self.fixed = Counter[int]()

    def spend(self, cost: int, now: float) -> None:
        super().spend(cost, now)
        self.fixed[int(now // WINDOW)] += cost


@dataclass
class Moving(Clock):
    """A clock that does something once, in the middle of a pause, in a thread of its own."""

    due: float = float("inf")
    then: Callable[[], object] = field(default=lambda: None)

    def __post_init__(self) -> None:
        super().__init__()

    def sleep(self, seconds: float) -> None:
        if self.seconds() + seconds >= self.due:
            end = self.seconds() + seconds
            super().sleep(max(0.0, self.due - self.seconds()))
            self.due = float("inf")
            thread = threading.Thread(target=self.then)
            thread.start()
            thread.join()
            super().sleep(max(0.0, end - self.seconds()))
            return
        super().sleep(seconds)


@dataclass(frozen=True)
class Run:
    """What one list came to. Times are virtual, in seconds; `cpu` is the processor's."""

    took: float
    credits: int
    least: int
    refused: int
    most_in_a_window: int
    done: int
    urgent: float | None
    cpu: float

    @property
    def shortest(self) -> float:
        """The shortest legal duration: what is left after the first window waits for the next ones."""
        return WINDOW * (ceil(self.least / POOL) - 1)

    @property
    def is_met(self) -> bool:
        """Whether it took at most MOST times the shortest, by time and by credits, and broke no limit."""
        legal = not self.refused and self.most_in_a_window <= POOL
        return legal and self.took <= MOST * self.shortest and self.credits <= MOST * self.least


@contextmanager
def world(folder: Path, people: int, members: int) -> Iterator[Stage]:
    """A company: people who are in no list's team yet, and the members of a large one."""

    def prepare(miro: Miro, slack: Workspace) -> None:
        home, team = miro.default_team, next(id for id in miro._organization.teams)
        for number in range(people):
            miro.add_user(address(number), f"Person {number}", teams=[home] if home else [])
        for number in range(members):
            miro.add_user(f"member.{number}@example.com", f"Member {number}", teams=[team])
        miro.add_user("jo@example.com", "Jo Park", teams=[home] if home else [])

    with stage(folder, _POLICY, prepare, clock=Moving()) as s:
        yield s


def address(number: int) -> str:
    """Somebody in the list."""
    return f"person.{number}@example.com"


def carried_out(s: Stage, action: str, people: int, *, is_interrupted: bool = False) -> Run:
    """Sends a list for all of them, approves it, and works until it has ended."""
    team = TEAM if action == "join" else ""
    text = "email,action,team\n" + "".join(f"{address(number)},{action},{team}\n" for number in range(people))
    reading = listed(s, text)
    assert not reading.problems, reading.faults[:3]
    id = save(s.bot.context, person(s, "carol@example.com"), reading.lines, "It is needed.").id
    s.bot.workers[0].work()
    # A window of its own, which begins when the first call is made.
    s.clock.sleep(2 * WINDOW - s.clock.seconds() % WINDOW)
    _approve(s, id)
    judge = s.miro._credits = Judge()
    s.miro.log.clear()
    begin, cpu, urgent = s.clock.seconds(), time.process_time(), list[float]()
    if is_interrupted:
        assert isinstance(s.clock, Moving)
        s.clock.due, s.clock.then = begin + LATER, lambda: urgent.append(_urgent(s))
    while s.bot.store.request(id).state is State.APPROVED:
        if not s.bot.workers[0].work():
            s.clock.pass_(timedelta(seconds=1))
    took, refused = s.clock.seconds() - begin, sum(each.status == 429 for each in s.miro.log)
    done = s.bot.store.lines(id).get(State.DONE, 0)
    spent = sum(judge.fixed.values()) - (3 * cost("GET", "/Users") + cost("PATCH", "/Users/1")) * len(urgent)
    return Run(
        took, spent, _least(action, people, len(s.miro._organization.users)), refused,
        max(judge.fixed.values()), done, next(iter(urgent), None), time.process_time() - cpu,
    )  # fmt: skip


def _least(action: str, people: int, everybody: int) -> int:
    """The fewest credits: the writes of what differs, lines of one group together, and two looks at all."""
    looks = 2 * min(people, ceil(everybody / PAGE)) * cost("GET", "/Users")
    if action == "join":
        return looks + min(ceil(people / SMALL) * cost("PATCH", "/Groups/1"), cost("PATCH", "/Groups/1", 999))
    return looks + people * cost("PATCH", "/Users/1")


def _approve(s: Stage, id: RequestId) -> None:
    def yes(request: Request) -> None:
        who = person(s, s.bot.context.person(request.asking.notified[0]).email)
        table = s.bot.context.table(request)
        s.bot.store.append(request, approve(request, who, request.plan.revision, table))

    yes(s.bot.store.request(id))


def _urgent(s: Stage) -> float:
    """Offboards somebody else meanwhile; virtual seconds from the ask until it is verified."""
    begin, worker = s.clock.seconds(), s.bot.workers[-1]
    raw = {"person": "jo@example.com", "how": "deactivate"}
    id = asked(s.bot.context, ACTIONS["offboard"], raw, "She leaves.", person(s, "lena@example.com")).id
    while (request := s.bot.store.request(id)).state is not State.DONE:
        if request.state is State.WAITING:
            _approve(s, id)
        elif not worker.work():
            s.clock.sleep(1)
    return s.clock.seconds() - begin


def _row(what: str, run: Run, people: int) -> Row:
    text = (
        f"{run.took:.0f} s to {run.shortest:.0f} s, {run.credits / run.least:.2f} times the credits; "
        f"{run.done:,} done, {run.refused} answers of 429; {seconds(run.cpu)} of processor time"
    )
    figure = f"at most {MOST} times the shortest legal, no 429"
    return Row(what, text, figure, run.is_met and run.done == people)


def _list() -> list[Row]:
    """A long list with wrong rows in twenty ways: what is named, in how long, and in how much memory."""
    peaks, took, missed = list[float](), 0.0, 0
    for count in (ROWS // 10, ROWS):
        with TemporaryDirectory() as folder, world(Path(folder), 0, 0) as s:
            people(s.miro, count)
            text, expected = table(count, WRONG * count // ROWS)
            began = time.process_time()
            reading = listed(s, text)
            took = time.process_time() - began
            missed = sum(said not in reading.problems.get(line, "") for line, said in expected.items())
            missed += len(reading.problems.keys() - expected.keys())
            tracemalloc.start()
            who = person(s, "carol@example.com")
            read(s.bot.context, who, text.encode())
            peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
            tracemalloc.stop()
    what = f"A list of {ROWS:,} rows, {WRONG} of them wrong in {len(WAYS)} ways"
    text = (
        f"{WRONG - missed} named with line and remedy in {took:.0f} s of processor time, Miro's part included"
    )
    memory = f"{peaks[1]:.0f} MB, {peaks[0]:.0f} MB for a tenth"
    return [
        Row(what, text, f"{WRONG} named within {MOST_CPU:.0f} s", not missed and took <= MOST_CPU),
        Row("Memory while it is read", memory, f"at most {MOST_MEMORY} MB", peaks[1] <= MOST_MEMORY),
    ]


def rows() -> list[Row]:
    """Each list in a world of its own."""
    found = _list()
    for action, what in (("offboard", "offboarded"), ("join", f"joined to a group of {MEMBERS:,}")):
        with TemporaryDirectory() as folder, world(Path(folder), PEOPLE, MEMBERS) as s:
            run = carried_out(s, action, PEOPLE, is_interrupted=action == "offboard")
        found.append(_row(f"{PEOPLE:,} people {what} by one list, on a virtual clock", run, PEOPLE))
        if run.urgent is not None:
            text, figure = f"done {run.urgent:.0f} s after it was asked for", f"within {URGENT:.0f} s"
            found.append(Row("An urgent offboarding in between", text, figure, run.urgent <= URGENT))
    return found
