"""The contract of every action: how it is asked for, what it says, and that it reaches what it promises."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from approvals.ids import GroupId
from approvals.policy.team_names import wide
from approvals.refusals import Refused
from bot.actions import ACTIONS, Action
from bot.actions.fill import fill, taken
from bot.actions.form import Facts, Input
from bot.cards.catalogue import line
from bot.miro.accounts import Gone, Inactive
from bot.miro.goals import Goal, needs
from bot.miro.groups import GroupGone
from bot.miro.plan import Obstacle
from bot.miro.quota import LARGE
from bot.miro.rights import AdminRole, NoAdminRoles, OrgRole
from bot.miro.wire import ADMIN
from bot.miro.wording import ATTRIBUTES
from bot.sandbox.miro.service import Exchange
from bot.slack import forms
from bot.slack.words.reading import Draft, read
from bot.slack.words.sentence import typed
from tests.bot.actions.scene import ADDRESS, NEW_ADDRESS, TEAMS, WORLDS, Office, World, commands, office

each = pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
often = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seldom = settings(max_examples=15, deadline=None)
campaign = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])

HANDBOOK = re.compile(
    r"\b(goal|plan|ledger|provisioning|SCIM|PatchOp|payload)s?\b|ORGANIZATION_|urn:|[{}]", re.I
)
"""What nobody in Slack ever reads."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as whole:
        yield whole


# -- how it is asked for -----------------------------------------------------------------------------------


@each
def test_a_title_fits_on_a_form(action: type[Action]) -> None:
    assert 1 <= len(action.TITLE) <= 24
    assert action.TITLE[0].isupper()


@each
def test_an_action_is_named_as_it_is_typed(action: type[Action]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", action.NAME)
    assert re.fullmatch(r"(miro-[a-z]{2,27})?", action.SLASH)


@each
def test_a_list_of_commands_says_what_it_does(action: type[Action]) -> None:
    assert re.fullmatch(r"[a-z].{8,70}[^.]", action.ABOUT)


def test_names_titles_and_commands_are_each_taken_once() -> None:
    for attribute in ("NAME", "TITLE", "ABOUT", "EXAMPLE"):
        assert len({getattr(action, attribute) for action in ACTIONS.values()}) == len(ACTIONS)
    slashes = [action.SLASH for action in ACTIONS.values() if action.SLASH]
    assert len(set(slashes)) == len(slashes)


def as_written(text: str) -> str:
    """As Slack sends it, people who are mentioned arriving as ids, and as the bot then reads it."""
    return typed(re.sub(r"(?<!\S)@(\w+)", r"<@U0ADA|\1>", text))


@each
def test_its_example_is_understood_and_fills_the_form(action: type[Action], room: Office) -> None:
    room.context.boards_pass = not action.NOT_FOR_TEAMS
    draft = read(as_written(action.EXAMPLE), room.tables, room.context.now().date())
    assert isinstance(draft, Draft) and draft.action is action
    assert draft.notes == ()
    chosen = {name: asked.choices[0][0] for name, asked in action.form().items() if asked.grave}
    details = {"department": "IT"} if "department" in action.form() else {}
    command = fill(action, chosen | details | draft.raw, room.bo, room.tables)
    named = [name for name in action.form() if getattr(command, name) != action.model_fields[name].default]
    assert named


@each
def test_every_field_says_what_to_fill_in(action: type[Action]) -> None:
    by_the_check = {"handed", "joins"}
    assert list(action.form()) == [name for name in action.model_fields if name not in by_the_check]
    for asked in action.form().values():
        assert re.fullmatch(r"[A-Z][^.?!:]{1,40}", asked.label)
        assert re.fullmatch(r"(.{3,100}\.)?", asked.hint)
    labels = [asked.label for asked in action.form().values()]
    assert len(set(labels)) == len(labels)


@each
def test_choices_can_be_told_apart_and_fit(action: type[Action]) -> None:
    for name, asked in action.form().items():
        values, texts = [value for value, _ in asked.choices], [text for _, text in asked.choices]
        assert bool(values) is (asked.kind is Input.CHOICE)
        assert len(set(values)) == len(values) == len(set(texts))
        assert all(1 <= len(text) <= 75 for text in texts)
        if values and not asked.grave:
            # The form shows the first as chosen.
            assert action.model_fields[name].default in (values[0], ...)


@each
def test_nothing_grave_is_chosen_for_anybody(action: type[Action], room: Office) -> None:
    is_grave = bool(action.CONFIRM or action.CONFIDENTIAL or action.ADMINS)
    view = forms.Form(Draft(action), room.tables, True).view()
    elements = {one["block_id"]: one["element"] for one in view["blocks"] if one["type"] == "input"}
    for name, asked in action.form().items():
        if asked.kind is Input.CHOICE:
            assert asked.grave is is_grave
        if asked.grave:
            assert action.model_fields[name].is_required()
            assert not [key for key in elements[name] if key.startswith("initial_")]


@each
def test_what_may_be_left_out_says_so(action: type[Action]) -> None:
    for name, asked in action.form().items():
        if asked.operators_only:
            assert not action.model_fields[name].is_required()


@each
def test_the_person_it_changes_is_found_by_one_name(action: type[Action]) -> None:
    people = [name for name, asked in action.form().items() if asked.kind is Input.PERSON]
    assert people in ([], ["person"])


# -- what it says ------------------------------------------------------------------------------------------


@each
def test_its_sentences_are_sentences(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        facts = room.context.facts
        assert re.fullmatch(r"[a-z].*[^.!? ]", command.phrase(facts), re.S)
        for who, verb in (("you", "are"), ("Ada Example", "is")):
            outcome = command.outcome(facts).replace("{who}", who).replace("{is}", verb)
            assert re.fullmatch(r"\S.*[^.!? ]", outcome, re.S)
            assert outcome == command.outcome(facts) or who in outcome
        assert bool(command.warning(facts)) is bool(command.CONFIRM)
        assert re.fullmatch(r"([A-Z].*\.)?", command.warning(facts))

    for_each()


@each
def test_its_subject_is_named_in_what_is_asked_for(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        group = command.new_group or room.context.facts.team(command.group or TEAMS[0]).label
        named = "Ada Example" if command.subject else group
        assert named in command.phrase(room.context.facts)

    for_each()


@each
def test_its_goals_read_as_what_will_change(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        goals = room.goals(command)
        assert goals
        assert len({goal.key for goal in goals}) == len(goals)
        for goal in goals:
            assert re.fullmatch(r"[A-Z].*[^.]", goal.words.todo, re.S)
            assert re.fullmatch(r"[a-z].*[^.]", goal.words.did, re.S)
            assert "{user}" in str(command) or not HANDBOOK.search(goal.words.todo + goal.words.did)

    for_each()


@each
def test_its_button_is_short(action: type[Action]) -> None:
    assert len(action.CONFIRM) <= 24


# -- how careful it is -------------------------------------------------------------------------------------


def kinds(goals: tuple[Goal, ...], *of: type[Goal]) -> bool:
    return any(isinstance(goal, of) for goal in goals)


@each
def test_rights_and_closed_accounts_take_a_second_click(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        goals = room.goals(command)
        if kinds(goals, OrgRole, AdminRole, NoAdminRoles, Inactive, Gone, GroupGone):
            assert command.CONFIRM
            assert command.warning(room.context.facts)
        if kinds(goals, Inactive, Gone):
            assert command.CONFIDENTIAL

    for_each()


@each
def test_it_says_in_a_few_words_how_it_is_undone(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        facts = replace(room.context.facts, can_be_asked=lambda *_: True)
        told, final = command.undo(facts), kinds(room.goals(command), Gone, GroupGone)
        known = (
            r"To undo( \(all but (?:boards|the Miro team)\)| the rights)?: .*\."
            r"|Boards stay where they are\. You can reactivate .* (later|until it's deleted)\."
            r"|This can be undone in Miro\."
        )
        assert re.fullmatch(r"This can't be undone\." if final else known, told)
        assert len(told.split()) <= 12
        typed = {f"/{one.SLASH}" for one in ACTIONS.values() if one.SLASH} | {"/miro"}
        named = re.findall(r"/[a-z-]+", told)
        assert set(named) <= typed
        if "/miro" in named:
            assert re.split("[;.]", told.partition("/miro ")[2])[0] in ACTIONS

    for_each()


@each
def test_it_names_no_way_back_that_the_policy_does_not_mention(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        facts = replace(room.context.facts, can_be_asked=lambda *_: False)
        known = r"(Boards stay where they are\. )?This can be undone( \(all but .*\))? in Miro\."
        final = kinds(room.goals(command), Gone, GroupGone)
        assert re.fullmatch(r"This can't be undone\." if final else known, command.undo(facts))
        assert len(command.undo(facts).split()) <= 12

    for_each()


@each
def test_what_can_end_says_in_a_few_words_what_is_taken_back(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        given, facts = [goal.key for goal in room.goals(command)], room.context.facts
        told = command.back(given, facts)
        assert bool(told) is bool(command.ending(given)) is ("for_days" in action.form())
        assert re.fullmatch(r"(.* (is|are) removed(\. .*[^.])?)?", told)
        assert len(f"After 366 days {told}.".split()) <= 12
        assert command.back([], facts) == ""

    for_each()


@each
def test_whoever_may_take_the_last_admin_away_works_alone(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        down = [goal for goal in room.goals(command) if isinstance(goal, OrgRole) and goal.role != ADMIN]
        assert command.ADMINS or not down
        assert ("admins" in command.lanes) is command.ADMINS

    for_each()


@each
def test_its_lanes_name_what_it_changes(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        group = f"group:{command.group}" if command.group else f"name:{wide(command.new_group)}"
        named = [f"person:{command.subject}"] if command.subject else [group]
        assert [command.subject, command.group, command.new_group or None].count(None) == 2
        assert list(command.lanes) == [*named, *(["admins"] if command.ADMINS else [])]

    for_each()


@each
def test_the_record_gives_the_same_command_back(action: type[Action]) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        assert action.model_validate_json(command.model_dump_json()) == command

    for_each()


@each
def test_its_looks_ask_for_all_that_its_goals_need(action: type[Action], room: Office) -> None:
    @seldom
    @given(commands(action))
    def for_each(command: Action) -> None:
        asked = needs(room.goals(command)).split(",")
        assert all(part in asked for goal in room.goals(command) for part in goal.needs.split(",") if part)

    for_each()


# -- whether it reaches what it promises -------------------------------------------------------------------

ROLE = "roles[primary eq true].value"


def unforeseeable(world: World) -> set[str]:
    """What SCIM can't show beforehand: who leads a team, how many seats are left, and guests."""
    words = set()
    if world.leads & world.teams:
        words.add("Any team in organization must have at least one admin")
    if not world.seats_left:
        words.add("Full users limit reached for organization")
    if world.account == "guest":
        words.add(f"User name '{ADDRESS}' is invalid: 'not unique'")
    if world.unlisted:  # a name that somebody gave since the list of groups was read, ten minutes ago at most
        words.add("Group name 'IT' is invalid: 'not unique'")
    return words


def operations(call: Exchange) -> list[dict[str, str]]:
    return call.body["Operations"] if call.method == "PATCH" else []


def is_join(call: Exchange) -> bool:
    return any((one["op"], one["path"]) == ("Add", "members") for one in operations(call))


def is_leave(call: Exchange) -> bool:
    return any(one["op"] == "Remove" and one["path"].startswith("members") for one in operations(call))


def is_promotion(call: Exchange) -> bool:
    return any(
        (one["path"] == ROLE and one["value"] == ADMIN) or (one["op"], one["path"]) == ("Add", "roles")
        for one in operations(call)
    )


def is_demotion(call: Exchange) -> bool:
    return any(
        (one["path"] == ROLE and one["value"] != ADMIN)
        or (one["op"] == "Remove" and one["path"].startswith("roles"))
        for one in operations(call)
    )


def is_closing(call: Exchange) -> bool:
    said = [(one["path"], one.get("value")) for one in operations(call)]
    return call.method == "DELETE" or ("active", "false") in said


def is_opening(call: Exchange) -> bool:
    return ("active", "true") in [(one["path"], one.get("value")) for one in operations(call)]


def check_order(writes: list[Exchange], world: World) -> None:
    """Joined before left, rights last when given and first when taken, open before anything, closed last."""
    where = {
        kind: [number for number, call in enumerate(writes) if kind(call)]
        for kind in (is_join, is_leave, is_promotion, is_demotion, is_closing, is_opening)
    }
    last = len(writes) - 1
    assert all(join < leave for join in where[is_join] for leave in where[is_leave])
    assert where[is_promotion] in ([], [last])
    assert where[is_demotion] == list(range(len(where[is_demotion])))
    assert where[is_closing] in ([], [last])
    assert where[is_opening] in ([], [0])
    is_account = writes[-1:] and not writes[-1].path.startswith("/Groups")
    if where[is_closing] and is_account and world.admin and world.account == "active":
        assert where[is_demotion][:1] == [0]


def check_form(writes: list[Exchange]) -> None:
    """Cheap and careful: small bodies, no members asked back, nothing replaced as a whole."""
    for call in writes:
        assert call.method in ("POST", "PATCH", "DELETE")
        assert "{user}" not in call.path
        assert not call.path.split("?")[0].endswith("/")
        if call.path.startswith("/Groups"):
            assert call.method == "DELETE" or call.path.endswith("?attributes=id,displayName")
            assert len(str(call.body)) < LARGE
        for one in operations(call):
            assert (one["op"], one["path"]) not in (
                ("Replace", "members"),
                ("Replace", "roles"),
                ("Remove", "members"),
            )


def beginnings(call: Exchange, facts: Facts) -> tuple[str, ...]:
    """How the approver's line about a call may begin, as the call itself has it."""
    kind, _, id = call.path.split("?")[0].strip("/").partition("/")
    group = facts.known_team(GroupId(id)).label if kind == "Groups" and id else ""
    if call.method == "POST":
        made = call.body.get("userName") or call.body["displayName"]
        return (f"Create the {'group' if kind == 'Groups' else 'account'} {made}",)
    if call.method == "DELETE":
        return (f"Delete the group {group}" if group else "Delete the account",)
    first = operations(call)[0]
    path, value = first["path"], first.get("value", "")
    if group:
        name = f"Change the security name from {facts.known_team(GroupId(id)).security_name} to {value}"
        return (f"Join {group}" if is_join(call) else f"Leave {group}" if is_leave(call) else name,)
    if path == "active":
        return ("Reactivate the account" if value == "true" else "Deactivate the account.",)
    if path == ROLE:
        return ("Become Company Admin" if value == ADMIN else "Remove Company Admin",)
    if first["op"] == "Add":
        return (f"Become {first['value'][0]['value']}",)  # type: ignore[index]
    if path.startswith("roles"):
        return ("Remove every admin role", f"Remove {path.split(chr(34))[1]}")
    attribute = path.rpartition(":")[2].removesuffix(".displayName") or path
    return (f"Set the {ATTRIBUTES.get(attribute, attribute)}", "Set the ")[: 1 + (len(operations(call)) > 1)]


def check_sentences(writes: list[Exchange], lines: list[str], facts: Facts) -> None:
    """Approvers read each call that is sent, and no other, in the same order; a look may spare some."""
    left = iter(lines)
    for call in writes:
        assert any(line.startswith(beginnings(call, facts)) for line in left), (call, lines)


HERS = (ADDRESS, NEW_ADDRESS)


def others(office: Office) -> dict[str, object]:
    """Everybody but Ada, and every team without her."""
    picture = office.sandbox.snapshot()
    people = {name: one for name, one in picture["users"].items() if name not in HERS}
    teams = [
        {**team, "members": [name for name in team["members"] if name not in HERS]} | {"admins": []}
        for team in picture["teams"]
    ]
    return {"people": people, "teams": teams}


def interrogate(room: Office, command: Action, world: World) -> None:
    """Brings a command about in one world, and looks at what came of it."""
    room.sandbox, room.context.boards_pass = world.build(), world.teams_are_groups
    if command.NOT_FOR_TEAMS and world.teams_are_groups:
        with pytest.raises(Refused):
            room.context.check_model(type(command))
        return
    if taken(command, room.tables):
        return  # said at the field
    before, untouched = room.sandbox.user(ADDRESS), others(room)
    lines = []
    try:
        lines = [line(step.stored()) for step in room.plan(command).steps]
        refused = room.bring_about(command)
    except Obstacle as obstacle:
        assert room.writes == [], f"{obstacle} was met halfway"
        assert re.fullmatch(r"[A-Z].*\.", str(obstacle))
        return
    check_order(room.writes, world)
    check_form(room.writes)
    check_sentences(room.writes, lines, room.context.facts)
    is_new = any(text.startswith("Create the account") for text in lines)  # it is in a team already
    assert refused or len(room.writes) == len(lines) or (is_new and len(room.writes) < len(lines))
    if command.subject:
        assert others(room) == untouched
    if refused:
        assert refused in unforeseeable(world)
        after = room.sandbox.user(ADDRESS)
        gained = after and (after.role == ADMIN) > bool(before and before.role == ADMIN)
        assert not gained
        return
    assert room.left(command) == ()
    done = len(room.writes)
    assert room.bring_about(command) == ""
    assert len(room.writes) == done


@pytest.mark.thorough
@each
def test_it_reaches_its_goals_or_says_beforehand_why_not(action: type[Action], room: Office) -> None:
    @often
    @given(commands(action), WORLDS)
    def for_each(command: Action, world: World) -> None:
        interrogate(room, command, world)

    for_each()


@pytest.mark.long
@each
def test_it_reaches_its_goals_in_a_long_campaign(action: type[Action], room: Office) -> None:
    @campaign
    @given(commands(action), WORLDS)
    def for_each(command: Action, world: World) -> None:
        interrogate(room, command, world)

    for_each()


@pytest.mark.thorough
@each
def test_it_takes_up_what_was_left_halfway(action: type[Action], room: Office) -> None:
    # As after a crash: some of the calls were made, then everything begins with a look.
    @settings(max_examples=25, deadline=None)
    @given(commands(action), WORLDS, st.integers(0, 4))
    def for_each(command: Action, world: World, most: int) -> None:
        is_of_groups = world.teams_are_groups and not command.NOT_FOR_TEAMS
        whole = replace(world, seats_left=True, leads=frozenset(), teams_are_groups=is_of_groups)
        room.sandbox, room.context.boards_pass = whole.build(), whole.teams_are_groups
        if taken(command, room.tables):
            return
        try:
            for _ in range(most):
                room.take_one_step(command)
            refused = room.bring_about(command)
        except Obstacle:
            assert room.writes == []
            return
        assert refused in {"", *unforeseeable(whole)}
        check_order(room.writes, whole)
        if not refused:
            assert room.left(command) == ()

    for_each()


@pytest.mark.thorough
@each
def test_it_is_of_use_somewhere(action: type[Action], room: Office) -> None:
    # Else nothing was interrogated above.
    def helps(asked: tuple[Action, World]) -> bool:
        command, world = asked
        room.sandbox, room.context.boards_pass = world.build(), world.teams_are_groups
        with suppress(Obstacle):
            return not taken(command, room.tables) and room.bring_about(command) == "" and bool(room.writes)
        return False

    once = settings(max_examples=500, deadline=None, database=None, phases=[Phase.generate])
    command, _ = find(st.tuples(commands(action), WORLDS), helps, settings=once)
    assert isinstance(command, action)
