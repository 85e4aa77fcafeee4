"""The replicas campaign: bots on one PostgreSQL, killed again and again while people ask and decide.

The bots are processes as they are run, and both stand-ins keep their limits. Slack's deliveries go to any bot
that is ready. What isn't acknowledged is sent again, and some of what is acknowledged too, to another bot.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from approvals.record.database import Server
from approvals.record.store import Store
from approvals.states import State
from bot.context import LEASE
from bot.sandbox.miro.service import Fault, Miro
from bot.sandbox.server import Answer, Call
from bot.sandbox.slack import web_api
from bot.sandbox.slack.deliveries import Delivery, Line, Reply
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.inputs import placed
from bot.sandbox.slack.records import Message
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import CHANNEL, PEOPLE, POLICY, SECRET, TOKEN, people_of
from tests.approvals.scene import server_of
from tests.campaigns.crowd import email, submissions
from tests.e2e.process import READY, BotProcess, until

TEAM = "Engineering"
APPROVERS = ("U0PRIYA", "U0DANA", "U0CAROL", "U0SAM", "U0LENA", "U0JO")
"""Each decides for a part of those who ask: Slack takes one message a second for one person."""
A_MINUTE = {
    "chat.postMessage": 200, "auth.test": 300, "users.info": 100, "users.profile.get": 100,
    "users.list": 20, "usergroups.list": 20, "usergroups.users.list": 20,
}  # fmt: skip
USUAL = 50
"""Calls a minute that Slack takes (docs.slack.dev/apis/web-api/rate-limits); USUAL of the other methods."""
POLL = 1.0
"""Seconds between two looks of a worker with nothing to do."""
AGAIN = 20.0
"""Seconds after which a person presses again what has had no effect."""
TWICE = 4
"""Every so-manieth delivery that was acknowledged is sent once more."""


class LimitedSlack(Workspace):
    """A workspace with Slack's limit for each method, which notes what it is told before it is true."""

    def __init__(self, miro: "WatchedMiro") -> None:
        super().__init__(signing_secret=SECRET)
        self._miro = miro
        self.early: list[str] = []

    def crowded(self, method: str) -> int:
        with self.lock:
            self.calls_a_minute = A_MINUTE.get(method, USUAL)
            return super().crowded(method)

    def _answer(self, call: Call) -> Answer | None:
        if call.path in ("/api/chat.postMessage", "/api/chat.update"):
            params = web_api.parameters(call)
            asker = re.fullmatch(r"DU1(\d+)", str(params.get("channel")))
            if asker and is_done(str(params.get("text"))) and not self._miro.has_joined(int(asker[1])):
                self.early.append(str(params["text"]))
        return super()._answer(call)


def is_done(text: str) -> bool:
    """Whether a message says that the access is there."""
    return re.search(r"\bDone\b|^You're in ", text) is not None


class WatchedMiro(Miro):
    """A Miro that counts its writes, and which of them changed something."""

    def __init__(self) -> None:
        super().__init__(token=TOKEN)
        self.writes, self.changes = Counter[str](), Counter[str]()

    def _undisturbed(self, call: Call) -> Answer:
        before = self._organization
        answer = super()._undisturbed(call)
        if call.method != "GET" and 200 <= answer.status < 300:
            write, after = f"{call.method} {call.path} {call.body.decode()}", self._organization
            self.writes[write] += 1
            self.changes[write] += (before.users, before.teams) != (after.users, after.teams)
        return answer

    def has_joined(self, number: int) -> bool:
        """Whether one of the crowd is in the team."""
        user = self.user(email(number))
        return bool(user and TEAM in [self.team(id).team_name for id in user.groups])


class Replicas:
    """Several bots on one record. Each that is killed is started again at once."""

    def __init__(self, folder: Path, environ: dict[str, str], count: int, module: str = "bot") -> None:
        self._folder, self._environ, self._module = folder, environ, module
        self._lock, self._started = threading.Lock(), 0
        self.deaths: dict[int, float] = {}
        """Of which process id, when (`time.monotonic`)."""
        self._bots = [self._start() for _ in range(count)]

    def _start(self) -> BotProcess:
        self._started += 1
        printed = self._folder / f"printed-{self._started}.txt"
        return BotProcess(printed, ("run", "--http", "127.0.0.1:0"), self._environ, self._module)

    def ready(self) -> list[BotProcess]:
        """Those that take deliveries."""
        with self._lock:
            return [bot for bot in self._bots if READY in bot.output]

    def kill_one(self, random: Random, busy: Collection[int] = ()) -> None:
        """Kills one that is ready, of those with the process ids `busy` if one of them is."""
        with self._lock:
            ready = [bot for bot in self._bots if READY in bot.output]
            if not ready:
                return
            bot = random.choice([bot for bot in ready if bot.pid in busy] or ready)
            bot.kill()
            self.deaths[bot.pid] = time.monotonic()
            self._bots[self._bots.index(bot)] = self._start()

    def printed(self) -> Iterator[str]:
        """What each process has printed and logged, the dead ones' too."""
        for number in range(1, self._started + 1):
            yield (self._folder / f"printed-{number}.txt").read_text(encoding="utf-8")

    def end(self) -> None:
        """Kills all."""
        for bot in self._bots:
            bot.kill()


class Crowd(Gestures):
    """Slack on its way to any bot that is ready; for one thread."""

    def __init__(self, slack: Workspace, replicas: Replicas, seed: int) -> None:
        super().__init__(slack, "http://127.0.0.1:9")
        self._replicas, self._random = replicas, Random(seed)
        self.resent = self.twice = 0

    def send(self, delivery: Delivery, **how: Any) -> Reply:
        """Delivers until it is acknowledged. Raises TimeoutError."""
        reply = until(lambda: self._accepted(delivery), 300)
        if self._random.randrange(TWICE) == 0:
            self.twice += self._accepted(delivery) is not None
        return reply

    def _accepted(self, delivery: Delivery) -> Reply | None:
        ready = self._replicas.ready()
        if not ready:
            return None
        self.bot_url = self._random.choice(ready).url
        reply = Line.send(self, delivery)
        if reply.ok and not reply.errors:
            return reply
        self.resent += 1
        return None


@dataclass
class Outcome:
    """What one campaign came to."""

    requests: int
    seconds: float
    kills: int
    resent: int
    twice: int
    repeated: int
    """Writes that Miro took again and that changed nothing."""
    taken_over: float
    """Seconds that a request, or a message, belonged to a dead process at most."""
    refused: dict[str, int]
    """Answers of 429, by who gave them."""
    copies: int
    """Messages posted again, as the bot that posted them died before it could note that."""
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        refused = ", ".join(f"{count} of {who}" for who, count in self.refused.items())
        return (
            f"{self.requests} requests in {self.seconds:.0f} s, {self.kills} kills, {self.resent} deliveries "
            f"sent again and {self.twice} twice, {self.repeated} idempotent writes repeated, {self.copies} "
            f"messages twice, taken over within {self.taken_over:.1f} s, answers of 429: {refused}"
        )


@dataclass
class Campaign:
    """Everything for one campaign, until `run` is over."""

    miro: WatchedMiro
    slack: LimitedSlack
    store: Store
    replicas: Replicas
    team: str
    count: int
    seed: int = 7
    _over: threading.Event = field(default_factory=threading.Event)
    _held: float = 0.0

    def run(self, kill_seconds: float, pause: float = 1.0, patience: float = 1800.0) -> Outcome:
        """All ask and are decided on while bots are killed for so many seconds, one in each pause."""
        forms = [*submissions(self.slack, self.team, TEAM, self.count)]
        until(lambda: len(self.replicas.ready()) > 1, 120)
        until(self.store.groups.all)
        begin = time.monotonic()
        askers, approver = (Crowd(self.slack, self.replicas, self.seed + number) for number in (0, 1))
        with ThreadPoolExecutor(4) as threads:
            works = [
                threads.submit(self._ask, askers, forms, kill_seconds),
                threads.submit(self._approve, approver),
                threads.submit(self._look_after_leases),
                threads.submit(self._kill, kill_seconds, pause),
            ]
            try:
                until(
                    lambda: self._is_finished() or any(work.done() and work.exception() for work in works),
                    patience,
                )
                took = time.monotonic() - begin
            finally:
                self._over.set()
            for work in works:
                work.result()
        return self._judged(took, askers, approver)

    # -- what goes on at once ------------------------------------------------------------------------------

    def _ask(self, crowd: Crowd, forms: list[Delivery], seconds: float) -> None:
        """Spread over the time in which bots are killed."""
        for form in forms:
            crowd.send(form)
            self._over.wait(0.8 * seconds / len(forms))

    def _approve(self, crowd: Crowd) -> None:
        """Whoever has a card with a button presses it, and once more where that had no effect."""
        pressed: dict[str, float] = {}
        while not self._over.wait(0.5):
            waiting = {one.id for one in self.store.requests(states=[State.WAITING], limit=self.count)}
            for approver in APPROVERS:
                for message in self.slack.dm_of(approver):
                    value = approves(message)
                    request = value.partition(":")[0]
                    due = time.monotonic() - AGAIN >= pressed.get(request, float("-inf"))
                    if request in waiting and due and not self._over.is_set():
                        pressed[request] = time.monotonic()
                        crowd.click(approver, message, "approve", value)

    def _kill(self, seconds: float, pause: float) -> None:
        """One after each pause; every second one while a write is on its way, which Miro carries out."""
        random, end, is_at_once = Random(self.seed), time.monotonic() + seconds, False
        while time.monotonic() < end and not self._over.wait(pause):
            is_at_once = not is_at_once
            if is_at_once:
                self.replicas.kill_one(random)
            else:
                self._kill_at_write(random)
        self.miro.faults.clear()

    def _kill_at_write(self, random: Random) -> None:
        def kill() -> None:
            rows = self.store._on.rows("SELECT owner FROM requests WHERE lease_until IS NOT NULL")
            self.replicas.kill_one(random, {process_of(row["owner"]) for row in rows})

        self.miro.faults.append(Fault("POST|PATCH", then=kill))

    def _look_after_leases(self) -> None:
        """For how long something belongs to a process that is dead."""
        while not self._over.wait(0.2):
            now = time.monotonic()
            rows = self.store._on.rows(
                "SELECT owner FROM requests WHERE lease_until IS NOT NULL"
                " UNION ALL SELECT substr(lease, 26) AS owner FROM outbox WHERE lease != ''"
            )
            deaths = [self.replicas.deaths.get(process_of(row["owner"])) for row in rows]
            self._held = max([self._held, *(now - death for death in deaths if death is not None)])

    def _is_finished(self) -> bool:
        row = self.store._on.row(
            "SELECT (SELECT count(*) FROM requests WHERE state = ?)"
            " - 1000000 * (SELECT count(*) FROM outbox WHERE shown < wanted) AS left_over",
            State.DONE,
        )
        return bool(row and row["left_over"] >= self.count)

    # -- what came of it -----------------------------------------------------------------------------------

    def _judged(self, took: float, *crowds: Crowd) -> Outcome:
        refused = {
            "Miro": sum(exchange.status == 429 for exchange in self.miro.log),
            "Slack": sum((call.answer or {}).get("error") == "ratelimited" for call in self.slack.log),
        }
        shown = {(card.channel, card.ts) for one in self._requests() for card in self.store.outbox.of(one.id)}
        return Outcome(
            requests=self.count,
            seconds=took,
            kills=len(self.replicas.deaths),
            resent=sum(crowd.resent for crowd in crowds),
            twice=sum(crowd.twice for crowd in crowds),
            repeated=self.miro.writes.total() - len(self.miro.writes),
            taken_over=self._held,
            refused=refused,
            copies=self._copies(shown),
            wrong=[*self._wrong(shown)],
        )

    def _requests(self) -> list[Any]:
        return [*self.store.requests(limit=2 * self.count)]

    def _messages(self) -> list[Message]:
        """What bots posted for more than one moment."""
        by_bots = [one for one in self.slack.messages if one.user == self.slack.bot_user]
        return [one for one in by_bots if not one.ephemeral_for]

    def _copies(self, shown: set[tuple[str, str]]) -> int:
        """How many cards no record knows of, and how many answers in a thread stand there twice."""
        cards = [one for one in self._messages() if not one.thread_ts]
        answers = [(one.channel, one.text) for one in self._messages() if one.thread_ts]
        unknown = sum((card.channel, card.ts) not in shown for card in cards)
        return unknown + len(answers) - len(set(answers))

    def _wrong(self, shown: set[tuple[str, str]]) -> Iterator[str]:
        states = Counter(str(one.state) for one in self._requests())
        if states != {State.DONE: self.count}:
            yield f"the requests ended {dict(states)}"
        yield from self.store.verify().faults
        yield from (
            f"Miro was changed twice: {write}" for write, times in self.miro.changes.items() if times > 1
        )
        yield from (f"said too early: {text}" for text in self.slack.early)
        done = {one.channel for one in self._messages() if is_done(one.text)}
        for number in range(self.count):
            if not self.miro.has_joined(number):
                yield f"person {number} isn't in the team"
            if f"DU1{number:04}" not in done:
                yield f"person {number} wasn't told"
        for message in self._messages():
            if approves(message) and (message.channel, message.ts) in shown:
                yield f"a settled request still has buttons: {message.text}"
        if self._held > LEASE.total_seconds() + POLL:
            yield f"something belonged to a dead process for {self._held:.0f} s"
        for printed in self.replicas.printed():
            yield from re.findall(r"Traceback.*(?:\n .*)*\n.*", printed)


def process_of(owner: str) -> int:
    """The process id in the name of somebody who has claimed something."""
    return int(owner.split("/")[1])


def approves(message: Message) -> str:
    """What the Approve button of a message sends, '' where it has none."""
    values = [str(each.get("value")) for _, each in placed(message.blocks) if each["action_id"] == "approve"]
    return values[0] if values else ""


@contextmanager
def campaign(folder: Path, count: int, bots: int = 3) -> Iterator[Campaign]:
    """Everything for so many requests; `folder` is an empty one. Needs MIRO_BOT_TEST_POSTGRES."""
    server = server_of(folder)
    managers = "".join(
        f'"{email(number)}" = "{PEOPLE[APPROVERS[number % len(APPROVERS)]][0]}"\n' for number in range(count)
    )
    policy = POLICY.replace("[managers]\n", f"[managers]\n{managers}")
    policy = policy.replace('approvers = ["manager", "it"]', 'approvers = ["manager"]', 1)
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    miro = WatchedMiro()
    slack = LimitedSlack(miro)
    teams = {name: miro.add_team(name) for name in (TEAM, "IT Administration", "Design", "Sales")}
    miro.add_user("carol@example.com", "Carol Diaz", teams=teams.values(), admin=True)
    people_of(slack)
    slack.change_channel(CHANNEL, members=frozenset(slack.people))
    with ExitStack() as open_:
        store = open_.enter_context(closing(Store(server, migrates=True)))
        urls = open_.enter_context(miro.serve()), open_.enter_context(slack.serve())
        replicas = Replicas(folder, environ(folder, server, *urls), bots)
        open_.callback(replicas.end)
        yield Campaign(miro, slack, store, replicas, teams[TEAM], count)


def environ(folder: Path, server: Server, miro: str, slack: str) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": slack,
        "MIRO_SCIM_TOKEN": TOKEN,
        "MIRO_SCIM_URL": miro,
        "MIRO_BOT_DATABASE": server.url,
        "MIRO_BOT_POLICY": str(folder / "policy.toml"),
        "SSL_CERT_DIR": str(folder),  # plain HTTP: no need to load the certificates of the web
    }
