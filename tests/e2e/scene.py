"""Miro, the record and the environment of the bot process; which Slack it joins, `ways` says."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from approvals.record.store import Store
from bot.sandbox.miro.service import Miro
from bot.sandbox.stage import POLICY, TOKEN
from tests.e2e.process import METRICS, READY, BotProcess, launched, until


@dataclass
class Scene:
    """A Miro with four teams and one admin, an empty record, and the bots started on it."""

    folder: Path
    miro: Miro
    teams: Mapping[str, str]
    environ: dict[str, str]
    arguments: tuple[str, ...] = ()
    _open: ExitStack = field(default_factory=ExitStack)
    _started: int = 0

    @property
    def record(self) -> Path:
        return self.folder / "record.db"

    def launch(self, *arguments: str, **environ: str) -> BotProcess:
        """Starts `miro-bot run` with these further arguments and variables, and doesn't wait."""
        self._started += 1
        printed = self.folder / f"printed-{self._started}.txt"
        command = ("run", *self.arguments, *arguments)
        return self._open.enter_context(launched(printed, command, {**self.environ, **environ}))

    def start(self, *arguments: str, **environ: str) -> BotProcess:
        """Starts it and waits until it is ready, and knows the teams that forms are made of."""
        bot = self.launch(*arguments, **environ)
        bot.until_says(READY)
        until(self._knows_teams)
        return bot

    def _knows_teams(self) -> bool:
        with closing(Store(self.record)) as store:
            return bool(store.groups.all())

    def requests(self) -> list[str]:
        """The numbers of all requests."""
        with closing(Store(self.record)) as store:
            return [request.id for request in store.requests()]

    def history(self, id: str) -> list[str]:
        """What happened to a request, by the names of the record."""
        with closing(Store(self.record)) as store:
            assert store.verify().faults == ()
            return [event.type for event in store.events(id)]

    def carried_out(self) -> list[str]:
        """The writes that Miro said yes to, in order."""
        return [
            f"{one.method} {one.path.partition('?')[0]}"
            for one in self.miro.log
            if one.method != "GET" and 200 <= one.status < 300
        ]

    def teams_of(self, email: str) -> set[str]:
        """The teams of a person, by name; none for somebody without an account."""
        user = self.miro.user(email)
        return {self.miro.team(id).team_name for id in user.groups} if user else set()


@contextmanager
def scene(folder: Path, environ: Mapping[str, str], *arguments: str) -> Iterator[Scene]:
    """A scene whose bots are all gone when the block ends."""
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    miro = Miro(token=TOKEN)
    teams = {name: miro.add_team(name) for name in ("Engineering", "IT Administration", "Design", "Sales")}
    everything = list(teams.values())
    miro.add_user("carol@example.com", "Carol Diaz", teams=everything, admin=True, team_admin_of=everything)
    with miro.serve() as url, ExitStack() as open_:
        # Paths as somebody types them: the bot prints where they lead.
        paths = {"MIRO_BOT_DATABASE": "record.db", "MIRO_BOT_POLICY": "policy.toml"}
        known = {**environ, "MIRO_SCIM_TOKEN": TOKEN, "MIRO_SCIM_URL": url, **paths}
        known["MIRO_BOT_METRICS_TOKEN"] = METRICS
        yield Scene(folder, miro, teams, known, arguments, open_)
