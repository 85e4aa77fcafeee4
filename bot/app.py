"""The composition root: the only file that knows everybody."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context import BoltContext

from approvals.record.database import StoreTrouble
from approvals.record.store import Store, utc_now
from approvals.request import Urgency
from bot.context import Desk
from bot.http.outgoing import Outgoing
from bot.miro.client import Miro
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
from bot.work.loop import Loop, Traffic
from bot.work.refresh import Refresh, Timetable
from bot.work.worker import Worker

log = logging.getLogger(__name__)

LISTENERS = 32
"""Threads that take what Slack sends: a form that is opened holds one for a while."""
LISTENER_SECONDS = 3.0
"""For a call that a listener makes: by then Slack has told the person that it failed."""
WORKERS = 4
SENDERS = 4
"""Threads that bring messages; of one method two at most, so that one that hangs keeps no other back."""
HEALTH_PATIENCE = 0.5
"""Seconds that /healthz waits for the record."""
JOINING_SECONDS, LEAVING_SECONDS = 10.0, 2.0
LAST_STEPS = 4.0
"""Seconds for the current steps when the bot ends; Docker kills after ten, which does no harm either."""


@dataclass
class Bot:
    """One running bot, put together."""

    settings: Settings
    store: Store
    desk: Desk
    miro: Miro
    client: SlackClient
    lines: Outgoing
    people: SlackPeople
    deliverer: Deliverer
    workers: list[Worker]
    housekeeping: Housekeeping
    app: App
    traffic: Traffic
    _loops: list[Loop] = field(default_factory=list)

    def start(self) -> None:
        """Begins to work: workers, deliverer, and what time brings about."""
        self._free_the_dead()
        steps: list[tuple[str, Callable[[], bool], float]] = [
            (f"worker-{worker.owner.rpartition('/')[2]}", worker.work, 1.0) for worker in self.workers
        ]
        steps += [(f"deliverer-{number}", self.deliverer.send, 1.0) for number in range(SENDERS)]
        steps += [
            ("unsaved", self.deliverer.say_what_is_unsaved, 1.0),
            ("clock", self._tick, 5.0),
        ]
        self._loops = [Loop(name, step, idle, self.traffic) for name, step, idle in steps]
        self.desk.wake = self._wake
        for loop in self._loops:
            loop.start()

    def _tick(self) -> bool:
        self.housekeeping.tick()
        return False

    def _wake(self) -> None:
        for loop in self._loops[:-1]:
            loop.wake()

    def _free_the_dead(self) -> None:
        """Claims of processes of this machine that are no more needn't wait for their lease."""
        for owner in self.store.leases() | self.store.outbox.owners():
            host, _, rest = owner.partition("/")
            if host == socket.gethostname() and _is_dead(int(rest.partition("/")[0])):
                self.store.free(owner)
                self.store.outbox.free(owner)

    def settle(self) -> None:
        """Works until nothing is left to do now; for one thread, without `start`."""
        while any([*(worker.work() for worker in self.workers[:1]), self.deliverer.send()]):
            pass

    def stop(self) -> None:
        """Ends after the current steps. Whatever is left is taken up at the next start."""
        self.desk.wake = lambda: None
        for loop in self._loops:
            loop.end()
        # Together, not one by one: with Miro not answering, every worker may be in the middle of a call.
        deadline = time.monotonic() + LAST_STEPS
        for loop in self._loops:
            loop.join(deadline - time.monotonic())
        self.miro.close()
        self.lines.close()
        self.store.close()

    def receiver(self) -> Receiver:
        """Takes what Slack sends, over HTTP or Socket Mode."""
        return Receiver(self.app, self._unit)

    @contextmanager
    def _unit(self, patience: float) -> Iterator[None]:
        """One delivery: whom it is about is read once, and it waits for the record so many seconds."""
        with self.store.patience(patience), self.store.unit():
            yield

    def door(self) -> Door:
        """The WSGI application for everything Slack sends over HTTP."""
        secret = self.settings.secret("SLACK_SIGNING_SECRET")
        now, heard = lambda: self.desk.now().timestamp(), self.client.heard.delivery
        return Door(self.receiver(), secret, self.watch(), now, heard)

    def watch(self) -> Watch:
        """The pages for those who watch."""

        def exposition() -> bytes:
            with self.store.patience(HEALTH_PATIENCE):
                return metrics.exposition(self.store.figures, self.desk.now())

        return Watch(self.health, self.ready, exposition, self.settings.secret(METRICS_TOKEN))

    @contextmanager
    def on_socket(self) -> Iterator[bool]:
        """Takes what Slack sends over Socket Mode until the block ends; whether the line was soon there."""
        token, heard = self.settings.secret("SLACK_APP_TOKEN"), self.client.heard
        client = SlackClient(token, self.settings.slack_url, self.lines, heard=heard)
        line = SocketMode(client, token, self.receiver(), heard, LISTENERS)
        try:
            line.start()
            # Slack's first word is hello, and what people do before is lost.
            yield line.joined.wait(JOINING_SECONDS)
        finally:
            line.stop(LEAVING_SECONDS)

    def health(self) -> dict[str, Any]:
        """What /healthz answers: anything stuck shows here."""
        miro = self.housekeeping.refresh.problem
        troubles = self.desk.troubles.lines()
        if miro and not any(line.startswith(miro) for line in troubles):
            troubles.insert(0, miro)
        said = " ".join(troubles) or ("not looked at yet" if miro is None else "takes the token")
        ready = self.ready()
        return ready | {"ok": ready["ok"] and not troubles, "miro": said}

    def ready(self) -> dict[str, Any]:
        """What /readyz answers: whether this process can take what people do, and works."""
        policy, slack = self.desk.policies.problem, self.client.heard.problem()
        record, stuck = (
            self.store.problem(HEALTH_PATIENCE),
            [one.name for one in self._loops if one.is_stuck()],
        )
        return {
            "ok": not (policy or record or slack or stuck),
            "policy": policy or self.desk.policies.differs or "in force",
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
    """Whether a process is no more that worked before this one; in a container all have the same number."""
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def build(
    settings: Settings,
    *,
    practice: bool = False,
    leads: bool = True,
    now: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> Bot:
    """Puts a bot together; nothing runs yet. Raises StoreTrouble, BrokenPolicy, BadSettings.

    With `leads` it puts its policy file in force; else it works only by the one that is.
    """
    usable(settings.policy)  # before the record: what can't start leaves none behind
    store = Store(settings.database, now)
    try:
        policies = Policies(settings.policy, store, leads)
    except BaseException:
        store.close()
        raise
    store.moved = metrics.moved
    desk = Desk(store, policies, now, settings.group_model == "team", practice)
    miro = Miro(
        settings.miro_url, settings.secret("MIRO_SCIM_TOKEN"), store, now, sleep, settings.dialect, practice
    )
    lines, pace = Outgoing(), Pace(now)
    client = SlackClient(settings.secret("SLACK_BOT_TOKEN"), settings.slack_url, lines, now=now)
    people = SlackPeople(client, store.people, now, pace, sleep)
    deliverer = Deliverer(desk, client, pace)
    workers, housekeeping = _workers(desk, miro, people), _housekeeping(desk, miro, people)
    app = _bolt(settings, people, client)
    traffic = Traffic(time.monotonic)
    app.use(traffic.heard)
    Listeners(desk, deliverer).register(app)
    return Bot(
        settings, store, desk, miro, client, lines, people, deliverer, workers, housekeeping, app, traffic
    )


def _workers(desk: Desk, miro: Miro, people: SlackPeople) -> list[Worker]:
    me = f"{socket.gethostname()}/{os.getpid()}"
    cached = CachedColleagues(people, desk.store.people, desk.now)
    # All the others may be waiting for credits; who closes an account waits behind none of them.
    ranks = [*((str(number), Urgency.ORDINARY) for number in range(WORKERS)), ("urgent", Urgency.FIRST)]
    return [Worker(desk, miro, people, f"{me}/{name}", least, cached) for name, least in ranks]


def _housekeeping(desk: Desk, miro: Miro, people: SlackPeople) -> Housekeeping:
    lists = miro.ranked(Urgency.ORDINARY)
    return Housekeeping(desk, Refresh(desk, lists, people, Timetable(desk.now)))


def _bolt(settings: Settings, people: SlackPeople, client: SlackClient) -> App:
    token = settings.secret("SLACK_BOT_TOKEN")

    def authorize(**_: Any) -> AuthorizeResult:
        # Bolt's own way asks Slack (auth.test) inside a listener's three seconds; this is asked once.
        team, enterprise = people.home()
        return AuthorizeResult(
            enterprise_id=enterprise or None, team_id=team, bot_token=token, bot_user_id=people.bot_user
        )

    def by_the_edge(context: BoltContext, next: Callable[[], None]) -> None:
        # Bolt makes a client of the SDK's for each delivery, which would open a line of its own.
        context["client"] = client.for_listener(context.team_id, LISTENER_SECONDS)
        next()

    quiet = logging.getLogger("slack_bolt")
    # Bolt warns that SLACK_BOT_TOKEN is in the environment although `authorize` is given: it is meant so.
    quiet.setLevel(logging.ERROR)
    app = App(
        # Without a name Bolt reads the source of everything on the stack, to find one.
        name="miro-bot",
        logger=quiet,
        client=SlackClient("", settings.slack_url, client.lines),
        authorize=authorize,
        # In the thread that took the delivery: Bolt's other way polls for the ack every 10 ms from a second
        # thread, which costs more than our listeners do. They are short, and deliveries are taken up once.
        process_before_response=True,
        # `Door` has checked the signature by then; in Socket Mode there is none.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        signing_secret="checked-at-the-door",
    )
    app.use(by_the_edge)
    return app
