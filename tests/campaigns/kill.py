"""The kill campaign: a bot is killed at every point of a request, started again, and looked at."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from approvals.decide.actor import Actor
from approvals.record.database import Location, Server
from approvals.record.store import Store, copy_record
from bot.actions import ACTIONS
from bot.context import LEASE
from bot.sandbox.miro.rest import ORG
from bot.sandbox.stage import OAUTH, SECRET, TOKEN, Stage, stage
from bot.work.ask import asked
from tests.approvals.scene import on_server, server_of
from tests.campaigns.held_back import HeldBack
from tests.campaigns.nursery import KILLED, Nursery
from tests.campaigns.shapes import Shape
from tests.campaigns.tally import Seen, Tally, judged, total
from tests.campaigns.watch import Watch, carried_out

PAUSE = timedelta(minutes=1)
"""Between a death and the next start."""


def put(store: Store, where: Location) -> None:
    """Copies a record to where the bots work on it, in the place of the one that is there."""
    if isinstance(where, Server):
        schema = where.url.rpartition("%3D")[2]
        url = re.split(r"[?&]options=", where.url)[0]
        on_server(url, f"DROP SCHEMA {schema} CASCADE", f"CREATE SCHEMA {schema}")
        with closing(Store(where, migrates=True)) as target:
            copy_record(store, target)
        return
    for ending in ("", "-wal", "-shm"):
        Path(f"{where}{ending}").unlink(missing_ok=True)
    with closing(sqlite3.connect(store.path)) as old, closing(sqlite3.connect(where)) as new:
        old.backup(new)


@dataclass
class Campaign:
    """One shape of request, prepared once and carried out again and again."""

    shape: Shape
    scene: Stage
    watch: Watch
    nursery: Nursery
    environ: Mapping[str, str]

    def __post_init__(self) -> None:
        # A change makes a new organization of the old one, so keeping it is enough.
        self._organization = self.scene.miro._organization
        self.undisturbed = self._run(self._finish)

    # -- whole campaigns -------------------------------------------------------------------------------

    def every_point(self, step: int = 1) -> Tally:
        """Kills the bot at each point in turn; with step 2, only after each commit and call."""
        tallies: list[Tally] = []
        point = step
        while not tallies or tallies[-1].kills:
            tallies.append(self._killed(point))
            point += step
        return total(tallies[:-1])

    def pairs(self, random: Random, count: int) -> Tally:
        """Kills the bot at some point, and the next one while it goes on with what is left."""
        return total(self._killed(random.randint(1, 100), random.randint(1, 60)) for _ in range(count))

    def every_write_held_back(self) -> Tally:
        """Kills the bot while a write is on its way; the write gets through after the next bot has looked."""
        return total(self._held_back(number) for number in range(1, len(self.undisturbed.writes) + 1))

    # -- one run ---------------------------------------------------------------------------------------

    def _killed(self, *points: int) -> Tally:
        deaths = 0

        def lives() -> None:
            nonlocal deaths
            for point in points:
                if self._live(point, deaths) != KILLED:
                    return
                deaths += 1
            self._finish(deaths, same_machine=points[0] // 2 % 2 == 0)

        seen = self._run(lives)
        return judged(f"{self.shape}, killed at {points}", seen, self.undisturbed, deaths)

    def _held_back(self, number: int) -> Tally:
        self.watch.line = HeldBack(self.nursery, number)

        def lives() -> None:
            assert self._live(0) == KILLED
            self._finish(1)

        try:
            seen = self._run(lives)
        finally:
            self.watch.line = carried_out
        return judged(f"{self.shape}, write {number} held back", seen, self.undisturbed, 1)

    def _run(self, lives: Callable[[], object]) -> Seen:
        """The request from the start."""
        self._reset()
        lives()
        with closing(Store(self.watch.record)) as store:
            return Seen.of(store, self.watch)

    def _reset(self) -> None:
        self.scene.miro._organization = self._organization
        self.scene.slack.messages.clear()
        self.watch.forget()
        put(self.scene.bot.store, self.watch.record)

    def _live(self, point: int, deaths: int = 0, same_machine: bool = True) -> int:
        """One life. Another machine doesn't know that a process is dead: it waits for the lease."""
        later = deaths * PAUSE if same_machine else LEASE + PAUSE
        now = (self.scene.clock() + later).isoformat()
        return self.nursery.live(
            {
                "environ": self.environ,
                "now": now,
                "request": self.shape.request,
                "point": point,
                "same_machine": same_machine,
                "pushes": self.shape.repeats,
            }
        )

    def _finish(self, deaths: int = 0, same_machine: bool = True) -> None:
        status = self._live(0, deaths, same_machine)
        if status:
            raise AssertionError(f"{self.shape}: the bot ended with status {status}")


@contextmanager
def campaign(shape: Shape, nursery: Nursery, folder: Path, kind: str = "sqlite") -> Iterator[Campaign]:
    """Everything for one shape; `folder` is an empty one, `kind` the database on which the bots work."""
    (folder / "runs").mkdir()
    record: Location = server_of(folder / "runs") if kind == "postgres" else folder / "runs" / "record.db"
    with ExitStack() as open_:
        scene = open_.enter_context(
            stage(folder, shape.policy, has_rest=shape.has_rest, group_model=shape.group_model)
        )
        scene.miro.limits = False
        shape.furnish(scene)
        ask(scene, shape)
        watch = Watch(scene.miro, scene.slack, record, shape.request)
        urls = open_.enter_context(watch.serve())
        yield Campaign(
            shape,
            scene,
            watch,
            nursery,
            environ(scene, watch.record) | urls | {"MIRO_GROUP_MODEL": shape.group_model},
        )


def ask(scene: Stage, shape: Shape) -> object:
    """Asks, as the form does, or as a directory."""
    if shape.push:
        return shape.push(scene)
    person = scene.bot.people.find(shape.who)
    assert person
    actor = Actor(person, person.account)
    return asked(scene.bot.context, ACTIONS[shape.action], shape.values, "It is needed.", actor)


def environ(scene: Stage, record: Location) -> dict[str, str]:
    """What a bot between these stand-ins has in its environment, except the addresses."""
    rest = {"MIRO_OAUTH_TOKEN": OAUTH, "MIRO_ORG_ID": ORG} if scene.has_rest else {}
    return rest | {
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_SIGNING_SECRET": SECRET,
        "MIRO_SCIM_TOKEN": TOKEN,
        "MIRO_BOT_DATABASE": record.url if isinstance(record, Server) else str(record),
        "MIRO_BOT_POLICY": str(scene.folder / "policy.toml"),
    }
