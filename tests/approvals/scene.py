"""A small company to test with: a clock that moves when told, its people, its policy and its record."""

import atexit
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from approvals.case import Case
from approvals.decide.actor import Actor
from approvals.decide.asking import asking
from approvals.decide.basis import Table
from approvals.decide.tally import Ground
from approvals.ids import BOT, PersonId, RequestId, SlackId, stamp
from approvals.people import Account, Person, Standing
from approvals.policy.check import load
from approvals.policy.model import Policy
from approvals.record.database import Server
from approvals.record.sqlite import Sqlite
from approvals.record.store import Store
from approvals.request import FORMATS, Draft, Event, Request, Scope
from approvals.states import EventType, State
from tests.records import fresh

STEADY = settings(deadline=None, database=None, derandomize=True)
"""For tests of properties: a busy machine fails nothing, and a run repeats itself."""


def thorough(times: int) -> settings:
    """So many times the examples of the profile, of which `long` has five times as many."""
    examples = times * settings().max_examples
    return settings(STEADY, max_examples=examples, suppress_health_check=[*HealthCheck])


START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACTIONS: dict[str, tuple[str, ...]] = {
    "request-access": ("team",),
    "make-admin": ("team", "leaving", "rights"),
    "offboard": ("how",),
}

POLICY = """\
operators = ["it"]
domains = ["example.com"]
command_line_decides = false

[managers]
"ada@example.com" = "bo@example.com"

[groups.it]
people = ["ida@example.com"]
because = "you look after Miro"

[groups.owners]
people = ["cy@example.com", "dee@example.com"]
because = "you own Miro"

[actions.request-access]
ask = ["anyone"]
approvers = ["manager"]

[actions.make-admin]
ask = ["anyone"]
for_others = ["it"]
approvers = ["owners"]
expires = "2d"

[actions.offboard]
for_others = ["it"]
approvers = ["owners"]
agree = 2
"""


class Clock:
    """A clock that only moves when told."""

    def __init__(self, at: datetime = START) -> None:
        self._at = at

    def now(self) -> datetime:
        """What the clock shows."""
        return self._at

    def pass_(self, span: timedelta) -> None:
        """Lets time go by."""
        self._at += span


def _sqlite(folder: Path, clock: Clock) -> Store:
    return Store(fresh(folder / "record.db"), clock.now)


def _postgres(folder: Path, clock: Clock) -> Store:
    return Store(server_of(folder), clock.now, migrates=True)


STORES: dict[str, Callable[[Path, Clock], Store]] = {"sqlite": _sqlite, "postgres": _postgres}
"""Every database that a record may be on: opens the one of a folder, anew or again."""


def need(kind: str) -> None:
    """Skips a test whose database isn't there."""
    if kind == "postgres" and not os.environ.get("MIRO_BOT_TEST_POSTGRES"):
        pytest.skip("MIRO_BOT_TEST_POSTGRES names no PostgreSQL server: .ci/run starts one")


def server_of(folder: Path) -> Server:
    """A schema of its own for each folder, on the server that the environment names."""
    need("postgres")
    note = folder / "schema"
    if not note.exists():
        name, url = f"test_{os.urandom(8).hex()}", _database()
        ended = [_schemas.pop(one) for one in [*_schemas] if not one.exists()]
        on_server(url, *(f"DROP SCHEMA {one} CASCADE" for one in ended), f"CREATE SCHEMA {name}")
        _schemas[folder] = name
        note.write_text(f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}")
    return Server(note.read_text())


_schemas: dict[Path, str] = {}
"""Those of this process, by folder: pytest deletes the folder of a test that passed."""


@cache
def _database() -> str:
    """A database of this process: where the tables of all tests lie in one, an opening takes seconds."""
    url, name = os.environ["MIRO_BOT_TEST_POSTGRES"], f"test_{os.urandom(8).hex()}"
    on_server(url, f"CREATE DATABASE {name}")
    atexit.register(on_server, url, f"DROP DATABASE {name} WITH (FORCE)")
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def on_server(url: str, *statements: str) -> None:
    """What a database tool does on a server."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def on_sqlite(store: Store) -> Sqlite:
    """The database of a record that is a file."""
    assert isinstance(store._on, Sqlite)
    return store._on


def mail(name: str) -> str:
    """The address of somebody in the company."""
    return f"{name}@example.com"


def colleague(store: Store, clock: Clock, name: str, slack_id: str = "") -> Person:
    """Somebody whose Slack account was looked at just now."""
    account = Account(SlackId(slack_id or f"U{name.upper()}01"), Standing.COLLEAGUE, clock.now())
    return store.people.learn(store.people.saw(account, mail(name)).id, name=name.capitalize())


NAMES = ("ada", "bo", "cy", "dee", "eve", "ida")


def met(store: Store) -> None:
    """Whoever is called P-1 to P-6 in a test is known to the record."""
    for name in NAMES:
        store.people.meet(email=mail(name))


def asked(by: PersonId, **more: Any) -> Draft:
    """The event by which a request begins."""
    body = {"action": "make-admin", "policy": "", "lanes": ["admins"], **more}
    reason = body.pop("reason", "Joins IT on Monday")
    details = json.dumps(body.pop("details", {"role": "Company Admin"}))
    return Draft(EventType.ASKED, by, body, {"reason": reason, "details": details})


def planned(expires: datetime, **more: Any) -> Draft:
    """The event after which approvers are asked."""
    asked = {"approvers": [], "told": [], "agree": 1, "step": 0, "steps": 1, "level": 0}
    body = {"revision": "r1", **asked, "lanes": ["admins"], **more}
    plan = json.dumps(body.pop("plan", {"already": ["Company Admin"]}))
    words = {"plan": plan, "routing": json.dumps({"because": body.pop("because", {})})}
    return Draft(EventType.PLANNED, BOT, {**body, "expires_at": stamp(expires)}, words)


def draft(what: EventType, now: datetime, by: PersonId = BOT, **more: Any) -> Draft:
    """Any event, with the least that it must say."""
    later = stamp(now + timedelta(minutes=1))
    bodies: dict[EventType, Mapping[str, Any]] = {
        EventType.SCHEDULED: {"start_at": later},
        EventType.HELD: {"next_try_at": later},
        EventType.UNSEEN: {"next_try_at": later},
        EventType.JOINED: {"because_of": "R-1"},
        EventType.ROUTED: {
            "approvers": [],
            "told": [],
            "agree": 1,
            "step": 0,
            "steps": 1,
            "level": 0,
            "policy": "",
            "expires_at": later,
        },
        EventType.RULED: {"policy": "", "expires_at": later, "level": 0, "escalate_at": []},
        EventType.VOTED: {"revision": "r1"},
        EventType.TRYING: {"step": "become Company Admin"},
        EventType.ANSWERED: {"step": "become Company Admin", "accepted": True},
    }
    if what is EventType.ASKED:
        return asked(by, **more)
    if what is EventType.PLANNED:
        return planned(now + timedelta(days=2), **more)
    return Draft(what, by, {**bodies.get(what, {}), **more}, {"text": "as it was said"})


def events_of(drafts: Sequence[Draft], at: datetime = START, request: str = "R-1") -> list[Event]:
    """Drafts as entries of one request, a minute apart, without any store."""
    return [
        Event(
            n,
            RequestId(request),
            n,
            one.type,
            FORMATS.get(one.type, 1),
            at + timedelta(minutes=n),
            one.by,
            one.body,
            one.words,
        )
        for n, one in enumerate(drafts, 1)
    ]


def events_request(ground: Ground) -> Request:
    """A request about which nothing has happened yet."""
    case = ground.case
    return Request(RequestId("R-1"), 1, State.CHECKING, case.action, case.requester.id, START, {})


def company(path: Path) -> None:
    """Makes a record with what every scene begins with."""
    clock = Clock()
    with closing(Store(fresh(path), clock.now)) as store:
        Scene(store, clock)


@dataclass
class Scene:
    """A record with the people and the policy of the company in it."""

    store: Store
    clock: Clock
    text: str = POLICY

    def __post_init__(self) -> None:
        if self.store.people.by_email(mail(NAMES[0])) is None:
            for name in NAMES:
                colleague(self.store, self.clock, name)
        self.in_force = load(self.text, ACTIONS)
        self.hash, self.since = self.store.take_policy(self.text), self.clock.now()

    def changed(self, old: str, new: str) -> Policy:
        """Puts another policy in force: the same text with one change."""
        assert old in self.text
        return self.put_in_force(self.text.replace(old, new))

    def put_in_force(self, text: str) -> Policy:
        """Puts another policy in force now."""
        self.in_force = load(text, ACTIONS)
        self.hash, self.since = self.store.take_policy(text), self.clock.now()
        return self.in_force

    def person(self, name: str) -> Person:
        """Somebody of the company."""
        found = self.store.people.by_email(mail(name))
        assert found
        return found

    def who(self, name: str, shell: str = "") -> Actor:
        """Somebody who acts, through Slack or from a shell."""
        person = self.person(name)
        return Actor(person, None if shell else person.account, shell)

    def looked_at(self, name: str, standing: Standing, ago: timedelta = timedelta()) -> None:
        """Slack says what an account is, or said so some time ago."""
        account = self.person(name).account
        assert account
        seen = Account(account.slack_id, standing, self.clock.now() - ago)
        self.store.people.saw(seen, mail(name))

    @property
    def table(self) -> Table:
        """What a decision taken now rests on."""
        return Table(self.in_force, self.hash, self.since, self.store.people, self.clock.now())

    def waiting(self, action: str = "make-admin", subject: str = "eve", **plan: Any) -> Request:
        """A request of Ada's for which approvers were asked."""
        about = self.person(subject).id if subject else None
        first = asked(self.person("ada").id, action=action, subject=about, policy=self.hash)
        request = self.store.ask(first)
        plan = self._asking(action, subject) | plan
        expires = plan.pop("expires", self.clock.now() + timedelta(days=2))
        return self.store.append(request, [planned(expires, **plan)])

    def _asking(self, action: str, subject: str) -> dict[str, Any]:
        """Whom the policy asks, as the body of an event has it."""
        ground = self.ground(action, "ada", subject)
        route = ground.tally(events_request(ground))
        return asking(route, self.in_force, ground.rule, self.clock.now())

    def ground(self, action: str, requester: str = "ada", subject: str = "", **case: Any) -> Ground:
        """What the policy in force says of an ask."""
        about = self.person(subject) if subject else None
        known = Case(action, self.person(requester), about, Scope(**case))
        return Ground(self.in_force, known, self.store.people, self.clock.now())

    def now(self, request: Request, *whats: EventType, by: str = "") -> Request:
        """The request after some more events."""
        actor = self.person(by).id if by else BOT
        return self.store.append(request, [draft(what, self.clock.now(), actor) for what in whats])

    def second_account(self, name: str, slack_id: str, standing: Standing = Standing.COLLEAGUE) -> None:
        """Gives somebody one more Slack account."""
        self.store.people.saw(Account(SlackId(slack_id), standing, self.clock.now()), mail(name))

    def through(self, slack_id: str) -> Actor:
        """Whoever acts through a certain Slack account."""
        person = self.store.people.by_slack(SlackId(slack_id))
        assert person
        return Actor(person, next(one for one in person.accounts if one.slack_id == slack_id))
