"""App Home, and what is due, out of a record with a hundred thousand requests."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from approvals.decide.actor import Actor
from approvals.decide.deadlines import due
from approvals.ids import BOT, GroupId, PersonId, SlackId, stamp
from approvals.people import Account, Person, Standing
from approvals.plan import written
from approvals.record.people.groups import Admin
from approvals.record.store import Store
from approvals.request import Draft
from approvals.states import EventType, State
from bot.cards.blocks import Block
from bot.context import Context
from bot.policies import Policies
from bot.slack.deliver import home
from tests.bench.table import Row, seconds
from tests.bot.slack.scenes import COMMANDS, NAMES, PEOPLE, everybody, facts
from tests.bot.slack.scenes import request as sample

STORED, FEW, OPEN = 100_000, 1_000, 500
EMPLOYEE = 53
"""Who has a request open, and some that ended, in both records."""
ROUNDS = 300
LATEST, MOST = 0.020, 2.0
STAFF, FEWER, BATCH = 2_000, 300, 2_000
TEAMS = 200

POLICY = """\
operators = ["it"]
domains = ["example.com"]
[groups.it]
people = ["p1@example.com", "p2@example.com", "p3@example.com"]
[owners]
{owners}
[actions]
request-access = {{ ask = ["anyone"], approvers = ["it"] }}
move-team = {{ ask = ["anyone"], approvers = ["it"] }}
make-admin = {{ ask = ["anyone"], for_others = ["it"], approvers = ["it"] }}
"""
_KNOWN = facts(everybody(PEOPLE), NAMES)
PLANS = {action: written(sample(action, State.WAITING, _KNOWN).plan) for action in COMMANDS}
WORDS = {"details": json.dumps({}), "text": "as it was said"}


class Company:
    """A record with so many requests, of which the newest are open; built at one go."""

    def __init__(self, folder: Path, stored: int, open_: int, staff: int) -> None:
        (folder / "policy.toml").write_text(
            POLICY.format(owners="\n".join(f'"Team {n}" = ["p{n}@example.com"]' for n in range(1, 41)))
        )
        self.store = Store(folder / "record.db")
        self.now = self.store._now
        self.context = Context(self.store, Policies(folder / "policy.toml", self.store), self.now)
        with self.store.writing():
            self.people = [self._employed(number) for number in range(1, staff + 1)]
            admins = [
                Admin(f"M-{n}", f"p{n}@example.com", one.name, "Company Admin") for n, one in self._some()
            ]
            self.store.groups.keep_admins(admins)
            self.store.groups.keep((GroupId(str(n)), f"Team {n}") for n in range(1, TEAMS + 1))
        for start in range(0, stored, BATCH):
            with self.store.writing():
                for number in range(start, min(start + BATCH, stored)):
                    self._lives(number, number >= stored - open_)
        self.store.tidy()

    def _employed(self, number: int) -> Person:
        account = Account(SlackId(f"U{number:05}"), Standing.COLLEAGUE, self.now(), "Europe/Berlin")
        return self.store.people.saw(account, f"p{number}@example.com", name=f"Person Number {number}")

    def _some(self) -> list[tuple[int, Person]]:
        return list(enumerate(self.people[:40], 1))

    def _lives(self, number: int, is_open: bool) -> None:
        """One request: two thirds are of employees, the others of one person who asks for everybody."""
        who = self.people[3 + number % (len(self.people) - 3)]
        asker = self.people[3] if number % 3 == 0 else who
        action = ("request-access", "move-team", "make-admin")[number % 7 % 3]
        request = self.store.ask(
            Draft(EventType.ASKED, asker.id, self._asked(action, who), self._words(action, who))
        )
        self.store.append(request, list(self._rest(number, action, is_open)))

    def _asked(self, action: str, who: Person) -> dict[str, Any]:
        lanes = [f"person:{who.id}"]
        return {"action": action, "policy": self.context.policies.hash, "lanes": lanes, "subject": who.id}

    def _words(self, action: str, who: Person) -> dict[str, str]:
        number = int(who.id.removeprefix("P-")) % (TEAMS - 1) + 1
        fields: dict[str, Any] = {"person": who.id}
        fields |= {"teams": [str(number)]} if action == "request-access" else {"to_team": str(number)}
        fields |= {"from_team": str(TEAMS)} if action == "move-team" else {}
        fields |= {"rights": "Company Admin"} if action == "make-admin" else {}
        case = {"teams": [[f"Team {number}", f"g_{number}", str(number)]]}
        return {
            "details": json.dumps(fields),
            "case": json.dumps(case),
            "reason": "The project begins on Monday.",
        }

    def _planned(self, number: int, action: str) -> Draft:
        asked = [one.id for one in self.people[:3]]
        body = {
            "revision": "cafe", "lanes": [], "step": 0, "steps": 1, "agree": 1, "level": 0,
            "approvers": asked, "told": asked, "stuck": number % 50 == 1,
            "expires_at": stamp(self.now() + timedelta(hours=number % 90 + 1)),
            "remind_at": stamp(self.now() + timedelta(hours=-1 if number % 50 == 7 else 1)),
        }  # fmt: skip
        routing = {"because": dict.fromkeys(asked, "you look after Miro")}
        return Draft(EventType.PLANNED, BOT, body, {"plan": PLANS[action], "routing": json.dumps(routing)})

    def _rest(self, number: int, action: str, is_open: bool) -> Iterator[Draft]:
        """Of ten that ended one was carried out, one denied, eight couldn't be; of 25 open one stopped."""
        voter = self.people[number % 3].id
        if not is_open and number % 10 > 1:
            yield Draft(EventType.REFUSED, BOT, {}, {"text": "No seat is free."})
            return
        yield self._planned(number, action)
        if not is_open and number % 10:
            yield Draft(EventType.DENIED, voter, {}, {"text": "No seat is free."})
        if number % 25 if is_open else number % 10:
            return
        yield Draft(EventType.VOTED, voter, {"revision": "cafe"})
        yield Draft(EventType.APPROVED, voter, {"revision": "cafe"})
        yield Draft(EventType.TRYING, BOT, {"step": "in 1"})
        yield Draft(EventType.ANSWERED, BOT, {"step": "in 1", "accepted": True})
        lines = json.dumps({"done": ["joined a team"], "left": []})
        yield Draft(
            EventType.STOPPED if is_open else EventType.DONE, BOT, {}, {"text": "So it was.", "lines": lines}
        )

    def who(self, number: int) -> Actor:
        """Somebody, through their account."""
        person = self.people[number]
        return Actor(person, person.accounts[0])

    def home(self, number: int) -> Block:
        """App Home of somebody, as the deliverer publishes it."""
        return home.view(self.context, self.who(number))

    def due(self) -> object:
        """What time brings about now."""
        return [due(one, self.now()) for one in self.store.due()]


def rows() -> list[Row]:
    """Both records are asked in turn, so that a busy moment of the machine meets both."""
    with company(STORED, STAFF) as many, company(FEW, FEWER) as few:
        ways: dict[str, Callable[[Company], object]] = {
            f"App Home of an operator for whom {_waiting(many)} requests wait": lambda one: one.home(0),
            "App Home of somebody who asked for a third of all requests": lambda one: one.home(3),
            "App Home of an employee": lambda one: one.home(EMPLOYEE),
            f"What is due ({len(many.store.due())} requests)": lambda one: one.due(),
        }
        return [_row(name, way, many, few) for name, way in ways.items()]


@contextmanager
def company(stored: int, staff: int) -> Iterator[Company]:
    """A record in a folder that is gone afterwards."""
    with TemporaryDirectory() as folder:
        begin = time.perf_counter()
        made = Company(Path(folder), stored, OPEN, staff)
        sys.stderr.write(f"{stored:,} requests in {seconds(time.perf_counter() - begin)}\n")
        try:
            yield made
        finally:
            made.store.close()


def _waiting(made: Company) -> int:
    return sum(made.store.finding.seen_by(PersonId("P-1"), ()).kinds().values())


def _row(name: str, way: Callable[[Company], object], many: Company, few: Company) -> Row:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for made, found in zip((many, few), taken, strict=True):
            begin = time.perf_counter()
            way(made)
            found.append(time.perf_counter() - begin)
    late = quantiles(taken[0], n=100)[98]
    ratio = median(taken[0]) / median(taken[1])
    text = f"p50 {_ms(median(taken[0]))}, p99 {_ms(late)}; {ratio:.2f} times p50 at {FEW:,} stored"
    what = f"{name}, {STORED:,} stored, {OPEN} open"
    met = late < LATEST and ratio <= MOST
    return Row(what, text, f"p99 under {LATEST * 1000:.0f} ms, at most {MOST:.0f} times", met)


def _ms(value: float) -> str:
    return f"{value * 1000:.1f} ms"
