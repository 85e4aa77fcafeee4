"""The composition root: the only file that knows all parts."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context import BoltContext

from approvals.record.database import StoreTrouble
from approvals.record.store import Store, utc_now
from approvals.request import Urgency
from bot.context import Context
from bot.directory.asking.differences import Pushed
from bot.directory.asking.feeder import Feeder
from bot.http.outgoing import Outgoing
from bot.loop import Loop, Traffic
from bot.miro.client import Miro
from bot.miro.quota import WINDOW
from bot.miro.rest.client import Rest
from bot.miro.transport import Clock, Sleep
from bot.ops import metrics
from bot.ops.watch import Watch
from bot.policies import Policies, usable
from bot.settings import METRICS_TOKEN, Settings
from bot.slack.api.edge import SlackClient
from bot.slack.api.pace import Pace
from bot.slack.api.people import SlackPeople
from bot.slack.deliver.deliverer import Deliverer
from bot.slack.door.receiver import Receiver
from bot.slack.door.socket_mode import SocketMode
from bot.slack.door.web import Door
from bot.slack.listeners import Listeners
from bot.work.cached import CachedColleagues
from bot.work.clock import Housekeeping
from bot.work.refresh import Refresh, Timetable
from bot.work.worker import Worker

log = logging.getLogger(__name__)

LISTENERS = 32
"""Threads for Slack's requests; opening a form holds one for a while."""
LISTENER_SECONDS = 3.0
"""For a listener's call: after that Slack has shown the person an error."""
WORKERS = 4
SENDERS = 4
"""Threads that send messages; at most two for one method, so that one that hangs blocks no other."""
HEALTH_PATIENCE = 0.5
"""Seconds that /healthz waits for the record."""
JOINING_SECONDS, LEAVING_SECONDS = 10.0, 2.0
LAST_STEPS = 4.0
"""Seconds for the current steps when the bot ends; Docker kills after ten, which is harmless, too."""


@dataclass
class Bot:
    """One bot with all its parts."""

    settings: Settings
    store: Store
    context: Context
    miro: Miro
    client: SlackClient
    lines: Outgoing
    people: SlackPeople
    deliverer: Deliverer
    workers: list[Worker]
    housekeeping: Housekeeping
    feeder: Feeder
    app: App
    traffic: Traffic = field(default_factory=lambda: Traffic(time.monotonic))
    _loops: list[Loop] = field(default_factory=list)

    def start(self) -> None:
        """Starts the threads: workers, deliverer and clock."""
        self._free_the_dead()
        steps: list[tuple[str, Callable[[], bool], float]] = [
            (f"worker-{worker.owner.rpartition('/')[2]}", worker.work, 1.0) for worker in self.workers
        ]
        steps += [(f"deliverer-{number}", self.deliverer.send, 1.0) for number in range(SENDERS)]
        steps += [
            ("directory", self.feeder.step, 5.0),
            ("unsaved", self.deliverer.say_what_is_unsaved, 1.0),
            ("clock", self.housekeeping.tick, 5.0),
        ]
        self._loops = [Loop(name, step, idle, self.traffic) for name, step, idle in steps]
        self.context.wake = self._wake
        for loop in self._loops:
            loop.start()

    def _wake(self) -> None:
        for loop in self._loops[:-1]:
            loop.wake()

    def _free_the_dead(self) -> None:
        """Frees claims of dead processes of this machine, without waiting for their leases."""
        for owner in self.store.leases() | self.store.outbox.owners():
            host, _, rest = owner.partition("/")
            if host == socket.gethostname() and _is_dead(int(rest.partition("/")[0])):
                self.store.free(owner)
                self.store.outbox.free(owner)

    def settle(self) -> None:
        """Does all due work in this thread, without `start`."""
        work = [self.feeder.step, *(worker.work for worker in self.workers[:1]), self.deliverer.send]
        while any([step() for step in work]):
            pass

    def stop(self) -> None:
        """Ends after the current steps; the next start continues the work."""
        self.context.wake = lambda: None
        for loop in self._loops:
            loop.end()
        # With one deadline for all: while Miro doesn't answer, every worker may be in a call.
        deadline = time.monotonic() + LAST_STEPS
        for loop in self._loops:
            loop.join(deadline - time.monotonic())
        self.miro.close()
        self.lines.close()
        self.store.close()

    def receiver(self) -> Receiver:
        """The receiver of Slack's requests, over HTTP or Socket Mode."""
        return Receiver(self.app, self._unit)

    @contextmanager
    def _unit(self, patience: float) -> Iterator[None]:
        """The unit of work of one request; waits at most `patience` seconds for the record."""
        self.traffic.heard()
        with self.store.patience(patience), self.store.unit():
            yield
        self.traffic.heard()

    def door(self, is_public: bool = False) -> Door:
        """The WSGI application for everything Slack sends over HTTP; `is_public`: strangers reach it too."""
        secret = self.settings.secret("SLACK_SIGNING_SECRET")
        now, heard = lambda: self.context.now().timestamp(), self.client.heard.delivery
        return Door(self.receiver(), secret, self.watch, now, heard, is_public)

    @cached_property
    def watch(self) -> Watch:
        """The pages for monitoring, the same at every address."""

        def exposition() -> bytes:
            with self.store.patience(HEALTH_PATIENCE):
                return metrics.exposition(self.store.figures, self.context.now(), WINDOW)

        return Watch(self.health, self.ready, exposition, self.settings.secret(METRICS_TOKEN))

    @contextmanager
    def on_socket(self, receiver: Receiver | None = None) -> Iterator[bool]:
        """Receives over Socket Mode until the block ends; yields whether it connected soon."""
        token, heard = self.settings.secret("SLACK_APP_TOKEN"), self.client.heard
        client = SlackClient(token, self.settings.slack_url, self.lines, heard=heard)
        line = SocketMode(client, token, receiver or self.receiver(), heard, LISTENERS)
        try:
            line.start()
            # Slack begins with hello; what people do before that is lost.
            yield line.joined.wait(JOINING_SECONDS)
        finally:
            line.stop(LEAVING_SECONDS)

    def health(self) -> dict[str, Any]:
        """The answer of /healthz, Miro included."""
        miro = self.housekeeping.refresh.problem
        troubles = self.context.troubles.lines()
        if miro and not any(line.startswith(miro) for line in troubles):
            troubles.insert(0, miro)
        miro_state = " ".join(troubles) or ("not looked at yet" if miro is None else "takes the token")
        ready = self.ready()
        return ready | {"ok": ready["ok"] and not troubles, "miro": miro_state}

    def ready(self) -> dict[str, Any]:
        """The answer of /readyz: whether this process can serve people and does its work."""
        policy, slack = self.context.policies.problem, self.client.heard.problem()
        record = self.store.problem(HEALTH_PATIENCE)
        stuck = [loop.name for loop in self._loops if loop.is_stuck()]
        return {
            "ok": not (policy or record or slack or stuck),
            "policy": policy or self.context.policies.differs or "in force",
            "slack": slack or self.client.heard.said(),
            "record": record or self._anchor(),
            "workers": f"stuck: {', '.join(stuck)}" if stuck else "moving",
        }

    def _anchor(self) -> str:
        """Number and hash of the newest entry, or why it can't be read."""
        try:
            with self.store.patience(HEALTH_PATIENCE):
                return str(self.store.head())
        except StoreTrouble as error:
            return str(error)


def _is_dead(pid: int) -> bool:
    """Whether an earlier process has ended; in a container all have the same number."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return pid == os.getpid()


def build(
    settings: Settings, *, practice: bool = False, leads: bool = True,
    now: Clock = utc_now, sleep: Sleep = time.sleep,
) -> Bot:  # fmt: skip
    """Puts a bot together; nothing runs yet. Raises StoreTrouble, BrokenPolicy, BadSettings.

    With `leads` it puts its policy file in force; else it only works by the policy in force.
    """
    usable(settings.policy)  # first, so that a failed start leaves no record behind
    store = Store(settings.database, now)
    try:
        policies = Policies(settings.policy, store, leads)
    except BaseException:
        store.close()
        raise
    store.moved = metrics.moved
    context = Context(store, policies, now, settings.group_model == "team", practice, settings.has_rest)
    context.pushed = Pushed(context)
    token, org = settings.secret("MIRO_OAUTH_TOKEN"), settings.secret("MIRO_ORG_ID")
    rest = Rest(org, settings.rest_url, token, store, now, sleep) if settings.has_rest else None
    token = settings.secret("MIRO_SCIM_TOKEN")
    miro = Miro(settings.miro_url, token, store, now, sleep, settings.dialect, practice, rest=rest)
    lines, pace = Outgoing(), Pace(now)
    client = SlackClient(settings.secret("SLACK_BOT_TOKEN"), settings.slack_url, lines, now=now)
    people = SlackPeople(client, store.people, now, pace, sleep)
    refresh = Refresh(context, miro.ranked(Urgency.ORDINARY), people, Timetable(context.now))
    deliverer, app = Deliverer(context, client, pace), _bolt(settings, people, client)
    context.fetch = people.file
    Listeners(context, deliverer).register(app)
    return Bot(
        settings, store, context, miro, client, lines, people, deliverer,
        _workers(context, miro, people), Housekeeping(context, refresh), Feeder(context), app,
    )  # fmt: skip


def _workers(context: Context, miro: Miro, people: SlackPeople) -> list[Worker]:
    me = f"{socket.gethostname()}/{os.getpid()}"
    cached = CachedColleagues(people, context.store.people, context.now)
    # While all others wait for credits, this one is free to close accounts.
    ranks = [*((str(number), Urgency.ORDINARY) for number in range(WORKERS)), ("urgent", Urgency.FIRST)]
    return [Worker(context, miro, people, f"{me}/{name}", least, cached) for name, least in ranks]


def _bolt(settings: Settings, people: SlackPeople, client: SlackClient) -> App:
    token = settings.secret("SLACK_BOT_TOKEN")

    def authorize(context: BoltContext) -> AuthorizeResult:
        # Bolt's own client for each request would open a connection of its own.
        context["client"] = client.for_listener(context.team_id, LISTENER_SECONDS)
        # Bolt's default calls auth.test within a listener's three seconds; this calls it once.
        team, enterprise = people.home()
        return AuthorizeResult(
            enterprise_id=enterprise or None, team_id=team, bot_token=token, bot_user_id=people.bot_user
        )

    quiet = logging.getLogger("slack_bolt")
    # Bolt warns of SLACK_BOT_TOKEN in the environment besides `authorize`, which is intended.
    quiet.setLevel(logging.ERROR)
    return App(
        # Without a name Bolt reads all source files on the stack to find one.
        name="miro-bot",
        logger=quiet,
        client=SlackClient("", settings.slack_url, client.lines),
        authorize=authorize,
        # In the thread that took the delivery: Bolt's other way polls for the ack every 10 ms from a second
        # thread, which costs more than our listeners do. They are short, and deliveries are taken up once.
        process_before_response=True,
        # `Door` has already checked the signature; in Socket Mode there is none.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        signing_secret="checked-at-the-door",
    )
