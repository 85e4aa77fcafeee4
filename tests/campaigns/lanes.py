"""Many approved requests on few people, carried out by all workers at once, with the time of every call."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from approvals.decide.actor import Actor
from approvals.decide.decide import approve
from approvals.record.database import Location
from approvals.states import State
from bot.actions import ACTIONS
from bot.app import Bot, build
from bot.sandbox.server import Answer, Call, serving
from bot.sandbox.stage import Stage, stage
from bot.settings import read
from bot.work.ask import asked
from tests.campaigns.kill import environ

PEOPLE = 10
TEAMS = 6
LATENCY = 0.004
"""Seconds that Miro takes for a call: long enough for others to get in between."""
ASKER = "U0SAM"


@dataclass(frozen=True)
class Span:
    """One call about one person, from its arrival to its answer."""

    method: str
    team: str
    begin: float
    end: float


@dataclass
class Timed:
    """Miro behind a line that takes time; remembers who was concerned, and when."""

    scene: Stage
    emails: dict[str, str]
    spans: dict[str, list[Span]] = field(default_factory=dict)

    def __call__(self, call: Call) -> Answer | None:
        begin = time.perf_counter()
        time.sleep(LATENCY)
        said = self.scene.miro.answer(call)
        email, team = self._concerned(call)
        # Lists and the look whether the token works concern nobody, and come whenever they are due.
        if email:
            span = Span(call.method, team, begin, time.perf_counter())
            self.spans.setdefault(email, []).append(span)
        return said

    def _concerned(self, call: Call) -> tuple[str, str]:
        if call.method == "GET":
            match = re.search(r'userName eq "([^"]+)"', call.query.get("filter", ""))
            return (match[1] if match else ""), ""
        member = json.loads(call.body)["Operations"][0]["value"][0]["value"]
        return self.emails[member], call.path.rpartition("/")[2]

    def overlaps(self) -> list[tuple[str, Span, Span]]:
        """Calls about one person that were on their way at the same time."""
        return [
            (email, one, other)
            for email, spans in self.spans.items()
            for one, other in pairwise(sorted(spans, key=lambda span: span.begin))
            if other.begin < one.end
        ]

    def most_at_once(self) -> int:
        """How many calls were on their way at the same time, whomever they were about."""
        whole = [span for spans in self.spans.values() for span in spans]
        ends = [(span.begin, 1) for span in whole] + [(span.end, -1) for span in whole]
        now = most = 0
        for _, change in sorted(ends):
            now += change
            most = max(most, now)
        return most


@dataclass
class Lanes:
    """A bot with everything approved and nothing begun."""

    scene: Stage
    bot: Bot
    timed: Timed
    teams: list[str]

    def carry_out(self) -> None:
        """Lets all workers work until everything is done."""
        self.bot.start()
        store, deadline = self.scene.bot.store, time.monotonic() + 120
        # Not with the stand-in's `until`: it looks with its lock held, and the bot couldn't reach Slack.
        while store.requests(states=[State.APPROVED, State.WORKING]):
            assert time.monotonic() < deadline, "not everything was carried out in two minutes"
            time.sleep(0.05)


@contextmanager
def lanes(folder: Path, record: Location) -> Iterator[Lanes]:
    """Sixty approved requests, six on each of ten people; `folder` is an empty one."""
    with ExitStack() as open_:
        scene = open_.enter_context(stage(folder, database=record))
        scene.miro.limits = False
        teams = [scene.miro.add_team(f"Team {number}") for number in range(TEAMS)]
        emails = [f"person.{number}@example.com" for number in range(PEOPLE)]
        ids = [_settled_in(scene, email) for email in emails]
        _approved(scene, emails)
        timed = Timed(scene, dict(zip(ids, emails, strict=True)))
        miro = open_.enter_context(serving(timed))
        urls = {"MIRO_SCIM_URL": f"{miro}/api/v1/scim", "SLACK_API_URL": scene.urls[1]}
        settings = read(environ(scene, record) | urls)
        bot = build(settings, now=scene.clock, sleep=scene.clock.sleep)
        open_.callback(bot.stop)
        yield Lanes(scene, bot, timed, teams)


def _settled_in(scene: Stage, email: str) -> str:
    """Somebody whose account lacks nothing but teams; the id."""
    id = scene.miro.add_user(email, "Ada Lane")
    scene.miro.change_user(email, enterprise={"organization": "Example Ltd"})
    return id


def _approved(scene: Stage, emails: list[str]) -> None:
    """One after another of the same person: whoever takes the next piece of work meets somebody at it."""
    bot = scene.bot
    scene.clock.sleep(600)
    bot.housekeeping.tick()
    asker = bot.people.find(ASKER)
    assert asker
    for email in emails:
        for number in range(TEAMS):
            values = {"person": email, "teams": f"Team {number}"}
            asked(
                bot.context, ACTIONS["request-access"], values, "It is needed.", Actor(asker, asker.account)
            )
    while bot.workers[0].work():
        pass
    for request in bot.store.requests(states=[State.WAITING]):
        person, table = bot.context.person(request.asking.approvers[0][0]), bot.context.table(request)
        drafts = approve(request, Actor(person, person.account), request.plan.revision, table)
        bot.store.append(request, drafts)
