"""An office without Slack: people, teams and a policy, and a Miro that is set up anew as often as needed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from approvals.ids import GroupId, PersonId, SlackId
from approvals.people import Person
from approvals.record.claims import Place
from approvals.record.store import Store
from bot.actions import Action
from bot.actions.form import FormField, Input
from bot.actions.tables import Tables
from bot.context import Context
from bot.miro.client import Miro
from bot.miro.errors import Declined
from bot.miro.goals import Goal
from bot.miro.plan import LivePlan, Obstacle, make
from bot.policies import Policies
from bot.sandbox.miro.service import Exchange
from bot.sandbox.miro.service import Miro as Sandbox
from bot.sandbox.server import Answer, Call, serving
from bot.sandbox.stage import Clock
from bot.work.account import look
from tests.records import fresh

TOKEN = "opens-nothing"

POLICY = """\
operators = ["ida@example.com"]
domains = ["example.com", "example.org"]

[managed_elsewhere]
"Sales" = "the Okta tile “Miro Sales”"
"g_legal" = "the service desk"

[teams]
"Platform" = "g_app_platform_all"

[accounts.default]
organization = "Example Ltd"

[actions]
"""

NAMES = ["Engineering", "Design", "IT Administration", "g_app_platform_all", "Sales", "g_legal"]
"""The teams of every Miro here, in the order of their ids."""


def _team_ids() -> list[GroupId]:
    sandbox = Sandbox()
    return [GroupId(sandbox.add_team(name)) for name in NAMES]


TEAMS = _team_ids()
ENGINEERING, DESIGN, IT, PLATFORM, SALES, LEGAL = TEAMS
ADA, BO = PersonId("P-1"), PersonId("P-2")
ADDRESS, NEW_ADDRESS = "ada@example.com", "ada.new@example.com"


@dataclass
class Plenty:
    """A pool that is never empty: what calls cost is tested elsewhere."""

    def spend(self, credits: int, pool: int, window: timedelta, place: Place) -> float:
        return 0.0

    def unqueue(self, ticket: str) -> None:
        """Nobody waits."""

    def arrived(self, credits: int, left: datetime) -> None:
        """Nothing is dated."""


@dataclass
class Office:
    """Ada (P-1) is the one whom requests are about; Bo (P-2) asks."""

    store: Store
    context: Context
    miro: Miro
    sandbox: Sandbox = field(default_factory=Sandbox)

    def __setattr__(self, name: str, value: object) -> None:
        """In another Miro the ids of the one before belong to others, so what was seen there is forgotten."""
        object.__setattr__(self, name, value)
        if name == "sandbox":
            self.forget()

    def forget(self) -> None:
        """Forgets which accounts in Miro belong to whom."""
        with self.store.writing():
            for table in ("links", "humans"):
                self.store._on.run(f"DELETE FROM {table}")

    def answer(self, call: Call) -> Answer | None:
        """Today's Miro answers."""
        return self.sandbox.answer(call)

    @property
    def tables(self) -> Tables:
        return self.context.tables()

    @property
    def bo(self) -> Person:
        return self.store.people.person(BO)

    @property
    def writes(self) -> list[Exchange]:
        """Calls that change something, if Miro lets them."""
        return [one for one in self.sandbox.log if one.method != "GET"]

    def goals(self, command: Action) -> tuple[Goal, ...]:
        return command.goals(self.context.facts)

    def left(self, command: Action) -> tuple[Goal, ...]:
        """The goals that a look doesn't show."""
        seen = look(self.context, self.miro, command)
        return tuple(goal for goal in self.goals(command) if not goal.holds(seen))

    def plan(self, command: Action) -> LivePlan:
        """What a look leaves to do."""
        try:
            return make(self.goals(command), look(self.context, self.miro, command))
        except KeyError as error:
            raise Obstacle("The team is no longer in Miro.") from error

    def bring_about(self, command: Action) -> str:
        """Does what there is to do, as a worker does after the approval. Miro's words, if it refuses."""
        for _ in range(10):
            plan = self.plan(command)
            if not plan.steps:
                return ""
            id = plan.miro_id
            for number, step in enumerate(plan.steps):
                if number and not step.sure:
                    break
                try:
                    answer = self.miro.send(step.call, id)
                except Declined as refusal:
                    return refusal.words
                id = answer.account.id if answer.account else id
        raise AssertionError(f"{command!r} comes to no end")

    def take_one_step(self, command: Action) -> None:
        """Does the first thing there is to do, and forgets all about it."""
        plan = self.plan(command)
        if plan.steps:
            with suppress(Declined):
                self.miro.send(plan.steps[0].call, plan.miro_id)


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """Opens an office in an empty folder."""
    clock = Clock()
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    store = Store(fresh(folder / "record.db"), clock)
    rooms: list[Office] = []
    with serving(lambda call: rooms[0].answer(call)) as origin:
        miro = Miro(f"{origin}/api/v1/scim", TOKEN, Plenty(), clock, clock.sleep)
        context = Context(store, Policies(folder / "policy.toml", store), clock)
        rooms.append(Office(store, context, miro))
        people = store.people
        ada = people.meet(email=ADDRESS)
        bo = people.meet(slack_id=SlackId("U0BO"))
        people.learn(ada.id, name="Ada Example", given="Ada", family="Example")
        people.learn(bo.id, name="Bo Example", given="Bo", family="Example", email="bo@example.com")
        store.groups.keep(zip(TEAMS, NAMES, strict=True))
        assert (ada.id, bo.id) == (ADA, BO)
        try:
            yield rooms[0]
        finally:
            miro.close()
            store.close()


# -- Miros to begin with -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """How things stand in Miro before anything is asked for."""

    account: str = "active"
    """active, inactive, guest or absent."""
    admin: bool = False
    admin_roles: frozenset[str] = frozenset()
    teams: frozenset[int] = frozenset({0})
    leads: frozenset[int] = frozenset()
    """Teams of Ada's that have no other admin."""
    other_admin: bool = True
    registered: bool = True
    default_team: bool = True
    seats_left: bool = True
    license: str = "Full"
    teams_are_groups: bool = True
    """Miro's first group model; in the other one groups are user groups."""
    details: bool = False
    """Whether Miro knows a department and a cost center."""
    unlisted: str = ""
    """A group that was created since the list of groups was read."""

    def build(self) -> Sandbox:
        """A Miro in which it is so."""
        sandbox = Sandbox(
            token=TOKEN, group_model="team" if self.teams_are_groups else "user-group", limits=False
        )
        ids = [sandbox.add_team(name) for name in NAMES]
        if self.default_team:
            sandbox.default_team = ids[1]
        if self.account != "absent":
            sandbox.add_user(
                ADDRESS,
                "Ada Example",
                teams=[ids[number] for number in sorted(self.teams)],
                admin=self.admin,
                active=self.account != "inactive",
                guest=self.account == "guest",
                registered=self.registered,
                user_type=self.license,
                admin_roles=sorted(self.admin_roles),
                team_admin_of=[ids[number] for number in sorted(self.leads & self.teams)],
            )
        if self.details and self.account != "absent":
            sandbox.change_user(ADDRESS, enterprise={"department": "HR", "costCenter": "CC-7"})
        if self.unlisted:
            sandbox.add_team(self.unlisted)
        led = [id for number, id in enumerate(ids) if number not in self.leads & self.teams]
        sandbox.add_user("grace@example.com", "Grace", admin=self.other_admin, team_admin_of=led)
        sandbox.add_user("hal@example.com", "Hal", admin=True, active=False, teams=ids)
        if not self.seats_left:
            sandbox.seats = 1
        return sandbox


def _possible(world: World) -> bool:
    # Somebody active is always Company Admin, and a guest leads nothing.
    ruled = world.other_admin or (world.admin and world.account == "active")
    return ruled and not (world.account == "guest" and (world.leads or world.admin))


WORLDS = st.builds(
    World,
    account=st.sampled_from(["active", "inactive", "absent", "guest"]),
    admin=st.booleans(),
    admin_roles=st.frozensets(st.sampled_from(["Content Admin", "User Admin"])),
    teams=st.frozensets(st.sampled_from(range(4))),
    leads=st.sampled_from([frozenset(), frozenset(), frozenset({0}), frozenset({1, 2})]),
    other_admin=st.booleans(),
    registered=st.booleans(),
    default_team=st.booleans(),
    seats_left=st.sampled_from([True, True, False]),
    license=st.sampled_from(["Full", "Basic"]),
    teams_are_groups=st.booleans(),
    details=st.booleans(),
    unlisted=st.sampled_from(["", "IT", "it"]),
).filter(_possible)


# -- commands of any action --------------------------------------------------------------------------------

TEXTS = ["IT", "g_app_all", "Äußeres & Inneres", 'a "quoted" one', "{user}", "12"]


def _value(asked: FormField, required: bool) -> st.SearchStrategy[Any]:
    team = st.sampled_from(TEAMS[:4])
    if asked.names_group:
        return st.sampled_from(["IT", "g_app_all", "design", "Äußeres & Inneres"])
    if asked.is_address:
        return st.none() | st.sampled_from([ADDRESS, NEW_ADDRESS])
    kinds: dict[Input, st.SearchStrategy[Any]] = {
        Input.PERSON: st.just(ADA),
        Input.TEAM: team,
        Input.TEAMS: st.lists(team, min_size=1, max_size=3, unique=True),
        Input.CHOICE: st.sampled_from([value for value, _ in asked.choices] or [""]),
        Input.TEXT: st.sampled_from(TEXTS),
        Input.DAY: st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2027, 1, 1))),
        Input.DAYS: st.one_of(st.none(), st.integers(1, 366)),
    }
    return kinds[asked.kind] if required else st.none() | kinds[asked.kind]


def _command(action: type[Action], values: dict[str, Any]) -> Action | None:
    try:
        return action.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError:
        return None


def commands(action: type[Action]) -> st.SearchStrategy[Action]:
    """Everything that can be asked for with this action, about Ada and four teams."""
    fields = {
        name: _value(asked, action.model_fields[name].is_required()) for name, asked in action.form().items()
    }
    made = st.fixed_dictionaries(fields).map(lambda values: _command(action, values))
    return made.filter(lambda command: command is not None).map(lambda command: command or action())
