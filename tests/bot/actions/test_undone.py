"""What undoes a request is planned back to the start, in any world, with no more rights than before."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from approvals.ids import GroupId
from approvals.plan import PlannedStep
from bot.actions import ACTIONS, Action
from bot.actions.fill import fill, taken
from bot.actions.undo import undoing
from bot.miro.plan import Obstacle
from bot.miro.wire import ADMIN
from tests.bot.actions.scene import ADDRESS, NEW_ADDRESS, WORLDS, Office, World, commands, office

each = pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
seldom = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
campaign = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ACCOUNT = {"userName", "display_name", "active", "role", "admin_roles", "groups", "user_type", "enterprise"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as whole:
        yield whole


def picture(room: Office) -> dict[str, Any]:
    """What undoing is about: Ada's account, and the names of the groups."""
    everything = room.sandbox.snapshot()
    users, teams = everything["users"], everything["teams"]
    ada: dict[str, Any] = next((users[name] for name in (ADDRESS, NEW_ADDRESS) if name in users), {})
    shown = {name: value for name, value in ada.items() if name in ACCOUNT}
    shown |= {name: sorted(shown[name]) for name in ("admin_roles", "groups") if name in shown}
    return shown | {"teams": sorted(team["displayName"] for team in teams)}


def rights(seen: dict[str, Any]) -> set[str]:
    """The rights of somebody who can use them."""
    company = {"Company Admin"} if seen.get("role") == ADMIN else set()
    return {*company, *seen.get("admin_roles", ())} if seen.get("active") else set()


def lost(steps: Sequence[PlannedStep]) -> set[str]:
    """What can't be as it was; cards say so (`lasting`)."""
    by_code = {"create": ACCOUNT, "delete": ACCOUNT, "delete-group": {"groups", "teams"}}
    names = {name for step in steps for name in by_code.get(step.change.code, ())}
    codes = {step.change.code for step in steps}
    was_inactive = "reactivate" in codes or any(step.before.get("active") is False for step in steps)
    names |= {"groups"} if was_inactive and codes & {"leave", "leave-boards"} else set()
    names |= {"user_type" for step in steps if "userType" in step.before}
    hazards = {hazard.code for step in steps for hazard in step.hazards}
    return names | ({"role", "admin_roles"} if "rights-back" in hazards else set())


def list_groups(room: Office) -> None:
    """Reads the list of groups, as happens every ten minutes."""
    groups = room.miro.groups().entries
    room.store.groups.keep([(GroupId(group.id), group.display_name) for group in groups])


def take_back(room: Office, command: Action, world: World) -> None:
    """Brings a command about in one world, then whatever undoes it, each held against Miro as it is then."""
    room.sandbox, room.context.boards_pass = world.build(), world.teams_are_groups
    list_groups(room)
    before = picture(room)
    if taken(command, room.tables) or (command.NOT_FOR_TEAMS and world.teams_are_groups):
        return
    try:
        plan = room.plan(command)
        if room.bring_about(command):
            return
    except Obstacle:
        return
    list_groups(room)
    steps, kept = plan.stored().steps, set[str]()
    for name, raw in undoing(steps, plan.user_name):
        try:
            assert room.bring_about(fill(ACTIONS[name], raw, room.bo, room.tables)) == ""
        except Obstacle as obstacle:
            assert "left without a team" in str(obstacle)
            kept = {"groups"}
    after = picture(room)
    assert rights(after) <= rights(before)
    had = before.get("enterprise", {})  # what was empty can't be emptied
    after["enterprise"] = {name: after.get("enterprise", {}).get(name) for name in had}
    changed = {name for name in {*ACCOUNT, "teams"} - {"enterprise"} if after.get(name) != before.get(name)}
    assert changed | ({"enterprise"} if after["enterprise"] != had else set()) <= lost(steps) | kept


@pytest.mark.thorough
@each
def test_what_undoes_a_plan_leads_back_to_the_start(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action), WORLDS)
    def for_each(command: Action, world: World) -> None:
        take_back(room, command, replace(world, seats_left=True, leads=frozenset()))

    for_each()


@pytest.mark.long
@each
def test_what_undoes_a_plan_leads_back_to_the_start_in_a_long_campaign(
    action: type[Action], room: Office
) -> None:
    @campaign
    @given(commands(action), WORLDS)
    def for_each(command: Action, world: World) -> None:
        take_back(room, command, replace(world, seats_left=True, leads=frozenset()))

    for_each()
