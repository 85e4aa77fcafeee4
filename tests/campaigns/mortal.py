"""A process in which the bot carries out what is asked, until it is killed at a given point.

Runs as `python -m tests.campaigns.mortal`. It reads jobs, one JSON object a line, and forks for each: what
is imported once needn't be imported a thousand times.
"""

import inspect
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from approvals.decide.actor import Actor
from approvals.decide.decide import approve
from approvals.ids import RequestId
from approvals.record.database import Database
from approvals.states import ACTIVE, State
from bot.app import Bot, build
from bot.sandbox.stage import Clock
from bot.settings import read
from bot.slack.api.edge import SlackClient
from tests.campaigns import source

DAY = timedelta(days=1)
NEVER_FINISHED = 4
FAILED = 5


class Points:
    """Counts the points at which a process may die, and dies at the one that is asked for."""

    def __init__(self, last: int) -> None:
        self._last, self._passed = last, 0

    def __call__(self) -> None:
        self._passed += 1
        if self._passed == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around_call(self, owner: type, name: str) -> None:
        """Before a call goes out, and after it was carried out but before its answer is heard."""
        call: Callable[..., Any] = getattr(owner, name)

        def passed(*given: Any, **named: Any) -> Any:
            self()
            answer = call(*given, **named)
            self()
            return answer

        setattr(owner, name, passed)

    def around_commit(self, owner: type, name: str) -> None:
        """At the end of each transaction, before and after its commit."""
        writing: Callable[[Database, bool], AbstractContextManager[None]] = getattr(owner, name)

        @contextmanager
        def passed(connections: Database, lasting: bool = True) -> Iterator[None]:
            whole = not connections._mine.inside
            with writing(connections, lasting):
                yield
                if whole:
                    self()
            if whole:
                self()

        setattr(owner, name, passed)


def work(bot: Bot, clock: Clock, id: RequestId) -> int:
    """Whatever has to be done until nothing is left; the first approver says yes."""
    for _ in range(40):
        bot.settle()
        if not bot.store.requests():
            clock.pass_(timedelta(seconds=30))  # a directory's push is over
            continue
        request = bot.store.request(id)
        if request.state is State.WAITING:
            person = bot.context.person(request.asking.approvers[0][0])
            table = bot.context.table(request)
            bot.store.append(
                request, approve(request, Actor(person, person.account), request.plan.revision, table)
            )
        elif request.state is State.APPROVED and request.starts_at and request.starts_at > clock() + DAY:
            return 0  # what follows by itself, days later
        elif request.state in ACTIVE:
            clock.pass_(timedelta(seconds=30))
            if request.is_scheduled:
                bot.housekeeping._pass_time()
        else:
            return 0
    return NEVER_FINISHED


def live(job: dict[str, Any]) -> int:
    """One life of the bot: `environ` as in a shell, `now`, the `request` that is carried out, the `point` at
    which it dies (0: at none), whether it is the `same_machine` as before, which knows that the process of
    then is dead, and whether a directory `pushes` everything at its beginning."""
    die = Points(job["point"])
    die.around_call(httpx.HTTPTransport, "handle_request")
    die.around_call(SlackClient, "api_call")
    die.around_commit(Database, "writing")
    clock = Clock(datetime.fromisoformat(job["now"]))
    bot = build(read(job["environ"]), now=clock, sleep=clock.sleep)
    if job["same_machine"]:
        bot._free_the_dead()
    if job["pushes"]:
        source.push(bot)
    return work(bot, clock, RequestId(job["request"]))


@cache
def _warm(environ: tuple[tuple[str, str], ...]) -> None:
    """Builds a bot on a record of its own: what it keeps of its policy, every life has from its birth."""
    with TemporaryDirectory() as folder:
        settings = read({**dict(environ), "MIRO_BOT_DATABASE": f"{folder}/record.db"})
        build(settings, now=Clock(), sleep=Clock().sleep).stop()


def _child(job: dict[str, Any]) -> None:
    """Never returns: what the parent has open isn't the child's to close."""
    try:
        status = live(job)
    except BaseException:
        traceback.print_exc()
        status = FAILED
    sys.stderr.flush()
    os._exit(status)


def _say(**said: int) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Lives one life after the other, until there are no more jobs."""
    # What httpx imports and Bolt reads of all modules at its first use is there for every life then.
    httpx.Client().close()
    inspect.stack()
    for line in sys.stdin:
        job = json.loads(line)
        _warm(tuple(job["environ"].items()))
        pid = os.fork()
        if pid == 0:
            _child(job)
        _say(pid=pid)
        _say(status=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
