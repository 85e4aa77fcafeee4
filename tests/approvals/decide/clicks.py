"""Many people press Approve or Deny on one request at the same moment; counts what becomes of it."""

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Protocol

from approvals.decide.actor import Actor
from approvals.decide.basis import Table
from approvals.decide.decide import approve, deny
from approvals.ids import PersonId, RequestId
from approvals.policy.check import load
from approvals.record.database import Overtaken
from approvals.record.store import Store
from approvals.refusals import Settled
from tests.approvals.scene import ACTIONS, START, STORES, Clock, asked, colleague, mail, planned


class Start(Protocol):
    """Where everybody waits for everybody."""

    def wait(self, timeout: float | None = None) -> int:
        """Returns when all are there."""


@dataclass(frozen=True)
class Click:
    """What became of one click: it won, was answered with a sentence, or failed."""

    won: bool = False
    answer: str = ""
    error: str = ""


@dataclass(frozen=True)
class Counts:
    """What became of all clicks."""

    winners: int
    answered: int
    errors: tuple[str, ...]
    answers: frozenset[str]


def _name(n: int) -> str:
    return f"approver{n:02}"


def _policy(count: int) -> str:
    people = ", ".join(f'"{mail(_name(n))}"' for n in range(count))
    return (
        f'operators = ["crowd"]\ndomains = ["example.com"]\n[groups.crowd]\npeople = [{people}]\n'
        '[actions.make-admin]\nask = ["anyone"]\napprovers = ["crowd"]\n'
    )


def prepare(kind: str, folder: Path, count: int) -> RequestId:
    """A record in which one request waits for as many approvers."""
    clock = Clock()
    store = STORES[kind](folder, clock)
    with store.writing():
        seal = store.take_policy(_policy(count))
        for n in range(count):
            colleague(store, clock, _name(n))
        ada = colleague(store, clock, "ada")
        request = store.ask(asked(ada.id, policy=seal))
        request = store.append(request, [planned(START.replace(year=START.year + 1))])
    store.close()
    return request.id


def _press(store: Store, id: RequestId, n: int) -> Click:
    """Decides on what is true now, until that is written or somebody was first."""
    person = store.people.by_email(mail(_name(n)))
    assert person
    actor = Actor(person, person.account)
    while True:
        request = store.request(id)
        policy = load(store.policy(request.policy), ACTIONS)
        table = Table(policy, request.policy, START, store.people, START)
        try:
            if n % 2:
                store.append(request, approve(request, actor, request.plan.revision, table))
            else:
                store.append(request, deny(request, actor, "not now", table))
            return Click(won=True)
        except Overtaken:
            continue
        except Settled as sentence:
            return Click(answer=str(sentence))


def click(store: Store, id: RequestId, n: int, start: Start) -> Click:
    """One person's click, at the same moment as everybody's."""
    try:
        store.request(id)
        start.wait(60)
        return _press(store, id, n)
    except Exception as error:
        return Click(error=f"{type(error).__name__}: {error}")


def counted(clicks: list[Click]) -> Counts:
    """All clicks together."""
    return Counts(
        winners=sum(one.won for one in clicks),
        answered=sum(bool(one.answer) for one in clicks),
        errors=tuple(one.error for one in clicks if one.error),
        answers=frozenset(one.answer for one in clicks if one.answer),
    )


def by_threads(kind: str, folder: Path, count: int = 50) -> Counts:
    """Everybody clicks in one process, each in a thread."""
    id = prepare(kind, folder, count)
    store, start = STORES[kind](folder, Clock()), threading.Barrier(count)
    with ThreadPoolExecutor(count) as threads:
        clicks = list(threads.map(lambda n: click(store, id, n, start), range(count)))
    store.close()
    return counted(clicks)


_start: Start


def _arm(start: Start) -> None:
    global _start
    _start = start


def _click_alone(kind: str, folder: Path, id: RequestId, n: int) -> Click:
    store = STORES[kind](folder, Clock())
    found = click(store, id, n, _start)
    store.close()
    return found


def _context() -> BaseContext:
    """Where there is one, a server that has imported everything already starts the processes."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "sqlite_utils", "pydantic", __name__])
    return context


def by_processes(kind: str, folder: Path, count: int = 50) -> Counts:
    """Everybody clicks in a process of their own."""
    id = prepare(kind, folder, count)
    context = _context()
    with context.Pool(count, _arm, (context.Barrier(count),)) as pool:
        clicks = pool.starmap(_click_alone, [(kind, folder, id, n) for n in range(count)], chunksize=1)
    return counted(clicks)


def decided(kind: str, folder: Path) -> tuple[PersonId, ...]:
    """Who decided the one request, read from a record that holds."""
    store = STORES[kind](folder, Clock())
    assert store.verify().faults == ()
    [request] = store.requests()
    store.close()
    return request.asking.decided_by
