"""Every action, disturbed at each of its writes by each fault: done, or stopped with a card that is true.

Resume then reaches done, and Undo the state before. Nothing is changed twice, and nobody ever has more rights
than before and as approved.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from approvals.decide import decide
from approvals.decide.actor import Actor
from approvals.ids import RequestId
from approvals.plan import PlannedStep
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import ACTIVE, State
from bot.actions import ACTIONS
from bot.context import LEASE
from bot.miro.client import Miro
from bot.miro.plan import Obstacle
from bot.sandbox.miro.errors import Refusal
from bot.sandbox.miro.organization import ADMIN, MEMBER, Organization, User
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage, stage
from bot.work.account import Target, look
from bot.work.undo import own_steps, undo
from tests.bot.actions.test_undone import ACCOUNT, lost
from tests.campaigns.kill import ask
from tests.campaigns.shapes import SHAPES, Shape

ONLY = RequestId("R-1")
LATER = timedelta(minutes=16)
"""Whatever waits for its next try has it then."""
UNBEGUN = (State.REFUSED, State.WITHDRAWN, State.NOTHING_TO_DO)
Rights = set[tuple[str, str]]
Strike = Callable[["Play", int], object]


class Killed(BaseException):
    """The process is no more."""


# -- what Miro holds ---------------------------------------------------------------------------------------


def facts(organization: Organization) -> dict[tuple[str, ...], Any]:
    """{what: its value} of all that a look can show; of what was empty nothing."""
    found = dict[tuple[str, ...], Any]()
    for user in organization.users.values():
        own = {name: getattr(user, name) for name in ACCOUNT - {"groups", "admin_roles", "enterprise"}}
        own |= {**user.enterprise, "groups": {*user.groups}, "admin_roles": {*user.admin_roles}}
        found |= {(user.id, name): value for name, value in own.items() if value}
    for team in {**organization.teams, **organization.spaces}.values():
        kind = "space" if team.id in organization.spaces else "teams"
        # By name: new ones have ids by the order in which they came.
        found[team.displayName, kind] = True
        found |= {
            (f"{kind} {team.displayName}", "member", id): 1 + (id in team.admins) for id in team.members
        }
    return found


def rights(organization: Organization, is_any: bool = False) -> Rights:
    """(person, right) of everybody who can use it; `is_any`: also of accounts that aren't active."""

    def of(user: User) -> Iterator[str]:
        yield from ("active", *user.admin_roles, *(["Company Admin"] if user.role == ADMIN else []))
        for team in {**organization.teams, **organization.spaces}.values():
            yield from [f"in {team.id}"] * (user.id in team.members)
            yield from [f"admin of {team.id}"] * (user.id in team.admins)

    users = [user for user in organization.users.values() if user.active or is_any]
    return {(user.id, right) for user in users for right in of(user)}


def _signed_in(organization: Organization) -> set[str]:
    people = organization.users | organization.deleted
    return {id for id, user in people.items() if user.signed_in}


@dataclass(eq=False)
class Play(logging.Handler):
    """One request on a stage, and what came of it in Miro."""

    s: Stage
    scene: Shape
    writes: list[tuple[str, str]] = field(default_factory=list)
    """The calls that change something, if Miro lets them."""
    effects: list[str] = field(default_factory=list)
    """Those that did."""
    unseen: set[str] = field(default_factory=set)
    """The codes of the changes that no look shows and Miro made."""

    def __post_init__(self) -> None:
        super().__init__()
        self.before = self.last = self.now
        self.had, self.most = rights(self.now), rights(self.now)

    @property
    def now(self) -> Organization:
        return self.s.miro._organization

    @property
    def request(self) -> Request:
        return self.s.bot.store.request(ONLY)

    def emit(self, record: logging.LogRecord) -> None:
        """After each call to Miro."""
        exchange = record.__dict__["exchange"]
        if exchange.method != "GET":
            self.writes.append((exchange.method, exchange.path))
        if facts(self.now) != facts(self.last):
            self.effects.append(f"{exchange.method} {exchange.path} {json.dumps(exchange.body)}")
        self.unseen |= {"end-sessions"} if _signed_in(self.now) < _signed_in(self.last) else set()
        self.last = self.now
        self.had |= rights(self.now)

    def outside(self, change: Callable[["Play"], object]) -> None:
        """Somebody changes Miro by hand, as far as Miro lets them: what that gives isn't the bot's doing."""
        with suppress(KeyError, IndexError, Refusal):
            change(self)
        self.last = self.now
        self.most |= rights(self.now, is_any=True)

    @property
    def user(self) -> User:
        """Whom the request is about. Raises KeyError."""
        return self.now.users[self.request.plan.miro_id]

    @property
    def groups(self) -> list[str]:
        """The ids of the groups that its changes are about."""
        parts = [step.key.split() for step in self.request.plan.steps]
        return [each[1] for each in parts if each[0] in ("join", "leave", "rename", "delete-group")]

    def by(self, user: str) -> Actor:
        person = self.s.bot.people.find(user)
        assert person
        return Actor(person, person.account)

    def go_on(self, id: RequestId = ONLY) -> Request:
        """Lets the bot work, and approvers say yes, until it ends, stops, or isn't done within hours."""
        context = self.s.bot.context
        for _ in range(12):
            self.s.settle()
            request = context.store.request(id)
            if request.state is State.WAITING:
                person = context.person(request.asking.approvers[0][0])
                actor, table = Actor(person, person.account), context.table(request)
                context.store.append(request, decide.approve(request, actor, request.plan.revision, table))
            elif request.state in ACTIVE:
                self.s.clock.pass_(LATER)
                self.s.bot.housekeeping._pass_time()
            else:
                break
        return context.store.request(id)

    def start_again(self) -> None:
        """Another process on the same record, once the lease of the one that died is over."""
        self.s.bot.stop()
        self.s.bot = self.s.rebuild()
        self.s.clock.pass_(LEASE + LATER)

    def resume(self) -> Request:
        context, who = self.s.bot.context, self.by("U0CAROL")
        context.store.append(self.request, decide.resume(self.request, who, context.table(self.request)))
        return self.go_on()


@contextmanager
def playing(scene: Shape) -> Iterator[Play]:
    """A scene up to the question to its approvers."""
    log = logging.getLogger("sandbox.miro")
    with (
        TemporaryDirectory() as folder,
        stage(Path(folder), scene.policy, has_rest=scene.has_rest, group_model=scene.group_model) as s,
    ):
        s.miro.limits = False
        scene.furnish(s)
        for user in list(s.miro._organization.users.values()):
            # As the policy has it of everybody.
            s.miro.change_user(user.userName, signed_in=True, enterprise={"organization": "Example Ltd"})
        ask(s, scene)
        s.settle()
        play = Play(s, scene)
        assert play.request.state is State.WAITING
        log.addHandler(play)
        try:
            yield play
            assert s.bot.store.verify().faults == ()
        finally:
            log.removeHandler(play)
            s.bot.stop()


_UNDISTURBED: dict[str, Play] = {}


def undisturbed(scene: Shape) -> Play:
    """The scene as it goes by itself; played once."""
    if scene.name not in _UNDISTURBED:
        with playing(scene) as play:
            assert play.go_on().state is State.DONE
            assert len(play.effects) == len(set(play.effects))
        _UNDISTURBED[scene.name] = play
    return _UNDISTURBED[scene.name]


# -- the faults --------------------------------------------------------------------------------------------


def fault(lasting: bool = False, **how: Any) -> Strike:
    """Strikes a write: once, or always until it is mended."""

    def strike(play: Play, number: int) -> None:
        calls, write = count(), undisturbed(play.scene).writes[number]

        def fits(method: str, path: str) -> bool:
            return method != "GET" and next(calls) >= number and (method, path) == write

        play.s.miro.faults.append(Fault(path=fits, times=99 if lasting else 1, **how))
        play.go_on()

    return strike


def killed(after: bool) -> Strike:
    """The process dies before a write is sent, or after it was carried out."""

    def strike(play: Play, number: int) -> None:
        calls, send = count(), Miro.send

        def deadly(*given: Any) -> Any:
            is_last = next(calls) == number
            answer = None if is_last and not after else send(*given)
            if is_last:
                raise Killed
            return answer

        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            patch.setattr(Miro, "send", deadly)
            play.go_on()
        play.start_again()

    return strike


FAULTS: dict[str, Strike] = {
    "killed before it": killed(after=False),
    "killed after it": killed(after=True),
    **{
        f"{name}{' for long' if lasting else ''}": fault(lasting, **how)
        for lasting in (False, True)
        for name, how in dict[str, dict[str, Any]](
            {
                "429": {"status": 429},
                "500": {"status": 500},
                "time-out after the change": {"cut": "after"},
                "200 without effect": {"no_effect": True},
            }
        ).items()
    },
}


def outside(change: Callable[[Play], object]) -> Strike:
    """Somebody changes something after the last look before a write; with number -1, before the first one."""

    def strike(play: Play, number: int) -> None:
        if number < 0:
            play.outside(change)
            return
        calls = count()
        fits = lambda method, path: method != "GET" and next(calls) == number  # noqa: E731
        play.s.miro.faults.append(Fault(path=fits, then=lambda: play.outside(change)))

    return strike


def _set(**changes: Any) -> Strike:
    return outside(lambda play: play.now.change(play.user.id, **changes))


OUTSIDE: dict[str, Strike] = {
    "all of it is done": outside(
        lambda play: setattr(play.s.miro, "_organization", undisturbed(play.scene).now)
    ),
    "deactivated": _set(active=False),
    "reactivated": _set(active=True),
    "made an admin": _set(role=ADMIN),
    "no admin any more": _set(role=MEMBER, admin_roles=()),
    "another address": _set(userName="other@example.com"),
    "deleted": outside(lambda play: play.now.delete(play.user.id)),
    "joined": outside(lambda play: play.now.join(play.groups[0], [play.user.id])),
    "left": outside(lambda play: play.now.leave(play.groups[0], [play.user.id])),
    "group renamed": outside(lambda play: play.now.change_team(play.groups[0], displayName="Other")),
    "group deleted": outside(lambda play: play.now.delete_team(play.groups[0])),
}
"""Changes by others, between the last look and a write, or before the first look."""


# -- the judge ---------------------------------------------------------------------------------------------


def check_lines(play: Play) -> None:
    """What the card says of each change is so."""
    request, context = play.request, play.s.bot.context
    command, outcome = context.command(request), request.outcome
    assert outcome
    target = Target.of(request.plan, context.person(command.subject)) if command.subject else None
    try:
        seen = look(context, play.s.bot.miro, command, target)
        goals = {_short(goal.key): goal for goal in command.goals(context.facts)}
    except (KeyError, Obstacle):
        assert not outcome.done
        return
    # The card says "Not verified" then instead of "Not done" (`bot/cards/settled.py`).
    is_vague = request.may_have_changed and not outcome.done and request.state is State.STOPPED
    # An account that isn't shown may be a guest's: nothing is known then of what was to be taken away.
    is_vague |= bool(command.subject) and seen.account is None
    for step in request.plan.steps:
        goal = goals[_short(step.key)]
        holds = goal.holds(seen) if goal.is_visible else step.change.code in play.unseen
        said = {
            change.code.rpartition(".")[2]
            for change in (*outcome.done, *outcome.others, *outcome.left)
            if change.code.startswith(f"{step.change.code}.") and change.values == step.change.values
        }
        is_silent = not said and holds and request.state is State.DONE  # it needed no call
        assert is_silent or len(said) == 1, (step, outcome)
        if said & {"did", "state"}:
            assert holds and goal.is_visible, f"{step.key} isn't done"
        elif said == {"aim"}:
            assert not holds or is_vague, f"{step.key} is done"


def _short(key: str) -> str:
    """The key without the security name of a group, which may be another one by now."""
    return " ".join(key.split()[:2])


def check(play: Play, *, is_alone: bool = True) -> None:
    """No right too many, nothing changed twice, and a true end; `is_alone`: nobody else did anything."""
    request, right = play.request, undisturbed(play.scene)
    assert play.had <= play.most | rights(right.now)
    assert request.state in (State.DONE, State.STOPPED, *UNBEGUN)
    if request.state in UNBEGUN:
        assert play.effects == []
        return
    check_lines(play)
    if is_alone:
        assert len(play.effects) == len(set(play.effects))
        is_open = request.state is State.STOPPED or (request.outcome and request.outcome.unshown)
        assert is_open or facts(play.now) == facts(right.now)


def check_undone(play: Play, *, is_alone: bool = True) -> None:
    """It is as before, except for what the card says can't be undone, and never with more rights."""
    context, steps = play.s.bot.context, own_steps(play.s.bot.context, play.request)
    play.had, play.most = set(), play.most | rights(play.now)
    requests, refusals = list[Request](), list[str]()
    with suppress(Refused):
        requests, refusals = undo(context, play.request, play.by("U0SAM"))
    ends = [play.go_on(request.id).state for request in requests]
    assert play.had <= play.most
    if is_alone:
        assert refusals == [] and {*ends} <= {State.DONE, State.NOTHING_TO_DO}
        before, after = facts(play.before), facts(play.now)
        changed = {key[1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert changed <= lost(steps) | _kept(steps)


def _kept(steps: list[PlannedStep]) -> set[str]:
    """What else can't be as it was: details of nobody, or that were empty, and who is in teams by REST."""
    names = {name for step in steps for name, value in step.before.items() if not value}
    codes = {step.change.code for step in steps}
    names |= {"department", "organization"} if codes & {"create", "delete"} else set()
    names |= {"space"} if "create-team" in codes else set()
    lasting = codes & {"create", "delete", "delete-group", "lead", "join-team"}
    return names | ({"groups", "member"} if lasting else set())


# -- the matrix --------------------------------------------------------------------------------------------


def played(
    scene: Shape, strike: Strike, number: int, *, is_alone: bool = True, at_once: bool = False
) -> bool:
    """Plays one case; returns whether it stopped. `at_once`: then it is undone, not resumed."""
    with playing(scene) as play:
        strike(play, number)
        play.go_on()
        play.s.miro.faults.clear()
        play.go_on()
        check(play, is_alone=is_alone)
        if has_stopped := play.request.state is State.STOPPED and not at_once:
            assert play.resume().state is State.DONE or not is_alone
            check(play, is_alone=is_alone)
        check_undone(play, is_alone=is_alone)
    return has_stopped


def either_way(scene: Shape, strike: Strike, number: int, *, is_alone: bool = True) -> None:
    """Resumed, if it stops, and undone; and undone where it stopped."""
    if played(scene, strike, number, is_alone=is_alone):
        played(scene, strike, number, is_alone=is_alone, at_once=True)


def _scenes() -> Iterator[Shape]:
    """Every shape; also without REST, and in the other group model, where that makes other calls."""
    for shape in SHAPES:
        yield shape
        if shape.has_rest and not {"heir", "miro_team"} & shape.values.keys():
            yield replace(shape, name=f"{shape.name}, without REST", has_rest=False)
        if shape.group_model == "team" and {"team", "teams", "from_team"} & shape.values.keys():
            yield replace(shape, name=f"{shape.name}, user groups", group_model="user-group")


SCENES = list(_scenes())
TABLE = [pytest.param(scene, name, id=f"{scene}: {name}") for scene, name in product(SCENES, FAULTS)]
SOME = [(scene, list(FAULTS)[number % len(FAULTS)], number) for number, scene in enumerate(SCENES)]


def test_every_action_has_a_scene() -> None:
    assert {scene.action for scene in SCENES} == ACTIONS.keys()


@pytest.mark.parametrize(("scene", "name", "number"), SOME, ids=str)
def test_a_fault_at_a_write(scene: Shape, name: str, number: int) -> None:
    either_way(scene, FAULTS[name], number % len(undisturbed(scene).writes))


@pytest.mark.long
@pytest.mark.parametrize(("scene", "name"), TABLE)
def test_each_fault_at_each_write(scene: Shape, name: str) -> None:
    for number in range(len(undisturbed(scene).writes)):
        either_way(scene, FAULTS[name], number)


@pytest.mark.long
@pytest.mark.parametrize("scene", SCENES, ids=str)
@pytest.mark.parametrize("name", OUTSIDE)
def test_each_change_by_others_before_each_write(scene: Shape, name: str) -> None:
    for number in range(-1, len(undisturbed(scene).writes)):
        either_way(scene, OUTSIDE[name], number, is_alone=False)
