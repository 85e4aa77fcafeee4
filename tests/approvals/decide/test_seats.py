"""Who may decide: steps, rules, groups that change, people away or gone, and who decides instead."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from approvals.decide.delegates import delegated
from approvals.decide.tally import Ground, Route
from approvals.ids import PersonId, SlackId
from approvals.people import Standing
from approvals.policy.check import check, load
from approvals.refusals import Refused, Unsure
from approvals.request import Vote
from approvals.sentence import Sentence
from tests.altered import altered
from tests.approvals.scene import ACTIONS, START, Scene, events_request, mail
from tests.says import says

DAY = timedelta(days=1)
DESIGN, FINANCE = ("Design", "g_design"), ("Finance", "g_finance")
RULES = """
[[actions.make-admin.rules]]
when = { team = ["Design"], requester_group = "it" }
approval = false

[[actions.make-admin.rules]]
when = { team = ["Finance"] }
steps = [ { approvers = ["owners"] }, { approvers = ["it"] } ]

[[actions.make-admin.rules]]
when = { rights = ["User Admin"], for = "others" }
approvers = ["bo@example.com"]
"""


@pytest.fixture
def ruled(scene: Scene) -> Iterator[Scene]:
    scene.text += RULES
    scene.in_force = load(scene.text, ACTIONS)
    yield scene


def ground(scene: Scene, text: str, requester: str = "ada", subject: str = "", **case: Any) -> Ground:
    """An ask of make-admin under the policy of the scene with another table for it."""
    head, _, rest = scene.text.partition("[actions.make-admin]")
    tail = rest[rest.index("[actions.offboard]") :]
    table = f'{head}[actions.make-admin]\nask = ["anyone"]\nfor_others = ["anyone"]\n{text}\n{tail}'
    found, _ = check(table, ACTIONS)  # also one that can't work
    assert found
    scene.in_force = found
    return scene.ground("make-admin", requester, subject, **case)


def route(of: Ground, *votes: Vote, **changes: Any) -> Route:
    return of.tally(altered(events_request(of), votes=votes, **changes))


def vote(scene: Scene, name: str, **more: Any) -> Vote:
    return Vote(scene.person(name).id, START, "r1", **more)


def names(found: Route) -> list[str]:
    return [one.person.name for one in found.approvers]


# -- rules -------------------------------------------------------------------------------------------------


def test_without_a_rule_that_matches_the_actions_own_table_holds(ruled: Scene) -> None:
    assert ruled.ground("make-admin", teams=(("Research",),)).rule.approvers == ("owners",)


def test_every_condition_of_a_rule_has_to_match(ruled: Scene) -> None:
    assert ruled.ground("make-admin", "ida", teams=(DESIGN,)).rule.ladder == ()
    assert ruled.ground("make-admin", "ada", teams=(DESIGN,)).rule.approvers == ("owners",)


@pytest.mark.parametrize("name", ["Finance", "finance", "g_finance"])
def test_a_team_is_known_by_all_its_names(ruled: Scene, name: str) -> None:
    text = ruled.text.replace('team = ["Finance"]', f'team = ["{name}"]')
    ruled.in_force = load(text, ACTIONS)
    assert len(ruled.ground("make-admin", teams=(FINANCE,)).rule.ladder) == 2


def test_what_a_rule_does_not_say_is_as_in_the_actions_table(ruled: Scene) -> None:
    rule = ruled.ground("make-admin", teams=(FINANCE,)).rule
    assert rule.expires == 2 * DAY and rule.ask == ("anyone",)


def test_a_mild_rule_lets_no_strict_ones_team_slip_through(ruled: Scene) -> None:
    with pytest.raises(Refused) as told:
        ruled.ground("make-admin", "ida", teams=(DESIGN, FINANCE)).may_ask()
    assert str(told.value) == "Design and Finance need different approvals. Send a request for each."


def test_a_rule_may_look_at_what_is_chosen_and_for_whom(ruled: Scene) -> None:
    user_admin = {"rights": ("User Admin",)}
    assert ruled.ground("make-admin", "ida", "eve", facts=user_admin).rule.approvers == ("bo@example.com",)
    assert ruled.ground("make-admin", "ida", facts=user_admin).rule.approvers == ("owners",)


@pytest.mark.parametrize(("days", "free"), [(7, True), (1, True), (8, False), (None, False)])
def test_a_rule_may_look_at_the_days(scene: Scene, days: int | None, free: bool) -> None:
    text = scene.text + "\n[[actions.make-admin.rules]]\nwhen = { max_days = 7 }\napproval = false\n"
    scene.in_force = load(text, ACTIONS | {"make-admin": ("max_days",)})
    assert (scene.ground("make-admin", days=days).rule.ladder == ()) is free


TOO_LONG = "The limit is 30 days. You can ask to extend it before it ends."


@pytest.mark.parametrize(
    ("days", "told"), [(30, ""), (31, TOO_LONG), (None, "Choose an end date, at most 30 days from now.")]
)
def test_nothing_is_asked_for_longer_than_the_longest(scene: Scene, days: int | None, told: str) -> None:
    text = scene.text.replace("[actions.make-admin]", '[actions.make-admin]\nlongest = "30d"')
    scene.in_force = load(text, ACTIONS | {"make-admin": ("max_days",)})
    with pytest.raises(Refused) if told else nullcontext() as refused:
        scene.ground("make-admin", days=days).check_length()
    assert (str(refused.value) if refused else "") == told


def test_who_decides_is_not_asked_for_the_days(scene: Scene) -> None:
    request = scene.waiting()
    text = scene.text.replace("[actions.make-admin]", '[actions.make-admin]\nlongest = "30d"')
    scene.in_force = load(text, ACTIONS | {"make-admin": ("max_days",)})
    with pytest.raises(Refused) as told:
        scene.table.ground(request).check_length(is_asked=True)
    assert str(told.value) == "This now needs an end date, 30 days at most. Send it again with one."
    with pytest.raises(Refused, match=r"This needs an end date, 30 days at most\. Fill in “until”"):
        scene.table.ground(request).check_length(in_list=True)


# -- groups that change ------------------------------------------------------------------------------------


def test_a_slack_user_group_is_asked_as_it_is_today(scene: Scene) -> None:
    asked = ground(scene, 'approvers = ["@leads"]')
    assert names(route(asked)) == []
    scene.store.people.keep_members("@leads", [SlackId("UBO01"), SlackId("UADA01")], START)
    assert [(one.person.name, says(one.because)) for one in route(asked).approvers] == [
        ("Bo", "you're in @leads")
    ]
    scene.store.people.keep_members("@leads", [SlackId("UCY01")], START)
    assert names(route(asked)) == ["Cy"]


def test_what_was_seen_of_a_user_group_counts_for_a_day(scene: Scene) -> None:
    scene.store.people.keep_members("@Leads", [SlackId("UBO01")], START)
    asked = ground(scene, 'approvers = ["@leads"]')
    assert names(route(replace(asked, now=START + DAY))) == ["Bo"]
    assert names(route(replace(asked, now=START + DAY + timedelta(seconds=1)))) == []


def test_the_table_names_a_manager_before_slack_does(scene: Scene) -> None:
    scene.store.people.keep_manager(scene.person("ada").id, scene.person("cy").id, START)
    scene.store.people.keep_manager(scene.person("eve").id, scene.person("cy").id, START)
    by_manager = 'approvers = ["manager"]'
    assert names(route(ground(scene, by_manager))) == ["Bo"]
    found = route(ground(scene, by_manager, "ada", "eve")).approvers
    assert [(one.person.name, says(one.because)) for one in found] == [("Cy", "you manage Eve")]


def test_the_managers_of_requester_and_person_concerned_are_two(scene: Scene) -> None:
    scene.store.people.keep_manager(scene.person("eve").id, scene.person("cy").id, START)
    assert names(route(ground(scene, 'approvers = ["requester-manager"]', "ada", "eve"))) == ["Bo"]


def test_an_owner_has_to_own_every_team(scene: Scene) -> None:
    scene.text = scene.text.replace("[managers]", OWNED).replace("[groups.owners]", "[groups.chiefs]")
    scene.text = scene.text.replace('approvers = ["owners"]\nagree', 'approvers = ["chiefs"]\nagree')
    for teams, owners in (((FINANCE,), ["Bo", "Cy"]), ((FINANCE, DESIGN), ["Bo"])):
        found = route(ground(scene, 'approvers = ["owners"]', teams=teams))
        assert names(found) == owners
    assert says(found.approvers[0].because) == "you own Finance and Design"


OWNED = f"""\
[owners]
"Finance" = ["{mail("bo")}", "{mail("cy")}"]
"g_design" = ["{mail("bo")}"]
[managers]"""


def test_who_is_told_may_be_fewer_than_who_decides(scene: Scene) -> None:
    scene.text = scene.text.replace("[groups.owners]", f'[groups.owners]\ntold = ["{mail("cy")}"]')
    found = route(ground(scene, 'approvers = ["owners"]')).approvers
    assert [(one.person.name, one.notified) for one in found] == [("Cy", True), ("Dee", False)]


def test_whoever_stands_in_two_lists_is_told_if_one_of_them_tells(scene: Scene) -> None:
    scene.text = scene.text.replace("[groups.owners]", f'[groups.owners]\ntold = ["{mail("cy")}"]')
    found = route(ground(scene, f'approvers = ["owners", "{mail("dee")}"]')).approvers
    assert [(one.person.name, one.notified) for one in found] == [("Cy", True), ("Dee", True)]


def test_a_rule_is_not_guessed_while_nobody_knows_who_is_in_its_group(scene: Scene) -> None:
    asked = ground(
        scene,
        'approval = false\n[[actions.make-admin.rules]]\nwhen = { requester_group = "@desk" }\n'
        'approvers = ["owners"]',
    )
    with pytest.raises(Unsure, match="I can't see who is in @desk"):
        asked.may_ask()
    scene.store.people.keep_members("@desk", [], START)
    assert route(replace(asked)).is_settled
    scene.store.people.keep_members("@desk", None, START)
    with pytest.raises(Unsure):
        route(replace(asked))


# -- steps -------------------------------------------------------------------------------------------------

STEPS = f'steps = [ {{ approvers = ["manager"] }}, {{ approvers = ["owners", "{mail("bo")}"], agree = 2 }} ]'


def test_steps_are_asked_one_after_the_other(scene: Scene) -> None:
    asked = ground(scene, STEPS)
    first, second = route(asked), route(asked, vote(scene, "bo"))
    assert (first.step, first.steps, first.need, names(first)) == (0, 2, 1, ["Bo"])
    assert (second.step, second.need, names(second)) == (1, 2, ["Cy", "Dee"])
    votes = [vote(scene, "bo"), *(vote(scene, name, step=1) for name in ("cy", "dee"))]
    assert route(asked, *votes).is_settled
    assert route(asked, *votes[::-1]).is_settled
    assert not route(asked, *(vote(scene, name) for name in ("bo", "cy", "dee"))).is_settled


def test_one_person_counts_once_over_all_steps_unless_the_policy_says_otherwise(scene: Scene) -> None:
    votes = [vote(scene, "bo"), *(vote(scene, name, step=1) for name in ("bo", "cy"))]
    assert not route(ground(scene, STEPS), *votes).is_settled
    twice = ground(scene, f"{STEPS}\nsame_person_twice = true")
    assert names(route(twice, *votes[:1])) == ["Cy", "Dee", "Bo"]
    assert route(twice, *votes).is_settled


def test_the_vote_of_somebody_who_has_left_counts_no_more(scene: Scene) -> None:
    asked = ground(scene, STEPS)
    scene.looked_at("bo", Standing.LEFT)
    assert route(asked, vote(scene, "bo")).step == 0


def test_steps_that_share_too_few_people_can_never_be_filled(scene: Scene) -> None:
    one = mail("cy")
    shared = ground(scene, f'steps = [ {{ approvers = ["{one}"] }}, {{ approvers = ["{one}"] }} ]')
    assert shared.unfillable() == "2 must approve, and only 1 can"
    again = f'steps = [ {{ approvers = ["{one}"] }}, {{ approvers = ["{one}"] }} ]\nsame_person_twice = true'
    assert ground(scene, again).unfillable() == ""


def test_a_shells_vote_counts_only_where_a_command_line_decides(scene: Scene) -> None:
    asked = ground(scene, 'approvers = ["owners"]')
    by_shell = vote(scene, "cy", shell="root on desk")
    assert not route(asked, by_shell).is_settled
    allows = replace(asked, policy=asked.policy.model_copy(update={"command_line_decides": True}))
    assert route(allows, by_shell).is_settled


# -- away, gone, out of reach ------------------------------------------------------------------------------


def away(scene: Scene, name: str, delegate: str, days: int = 3) -> None:
    """Somebody names who stands in from now on."""
    until = scene.clock.now() + days * DAY
    draft = delegated(scene.who(name), scene.person(delegate), scene.clock.now(), until, scene.clock.now())
    scene.store.delegate(draft)


def test_a_delegate_is_asked_instead_and_the_one_away_may_still_decide(scene: Scene) -> None:
    away(scene, "bo", "eve")
    found = route(ground(scene, 'approvers = ["manager"]')).approvers
    assert [(one.person.name, says(one.because), one.notified) for one in found] == [
        ("Bo", "you manage Ada", False), ("Eve", "Bo (bo@example.com) is away and you stand in", True),
    ]  # fmt: skip
    scene.clock.pass_(3 * DAY)
    assert names(route(ground(scene, 'approvers = ["manager"]'))) == ["Bo"]


def test_a_fallback_who_stands_in_for_an_approver_is_no_second_vote(scene: Scene) -> None:
    asked = ground(scene, f'approvers = ["{mail("bo")}"]\nagree = 2\nfallback = ["{mail("eve")}"]')
    assert asked.unfillable() == "" and not route(asked).is_stuck
    away(scene, "bo", "eve")
    asked = replace(asked)
    assert route(asked).is_stuck and asked.unfillable() == "2 must approve, and only 1 can"


def test_the_delegate_of_a_fallback_who_stands_in_for_an_approver_is_not_asked(scene: Scene) -> None:
    away(scene, "bo", "eve")
    away(scene, "eve", "dee")
    asked = ground(scene, f'approvers = ["{mail("bo")}"]\nagree = 2\nfallback = ["{mail("eve")}"]')
    assert names(route(asked)) == ["Bo", "Eve"] and route(asked).is_stuck


def test_a_delegate_and_the_one_away_have_one_vote_between_them(scene: Scene) -> None:
    away(scene, "cy", "eve")
    asked = ground(scene, 'approvers = ["owners"]\nagree = 2')
    bo, cy = scene.person("eve").id, scene.person("cy").id
    for_cy = Vote(bo, START, "r1", stands_for=cy)
    assert names(route(asked, for_cy)) == ["Dee"]
    assert not route(asked, for_cy, vote(scene, "cy")).is_settled
    assert route(asked, for_cy, vote(scene, "dee")).is_settled


@pytest.mark.parametrize("delegate", ["ada", "eve"])
def test_nobody_stands_in_who_asked_or_whom_it_is_about(scene: Scene, delegate: str) -> None:
    away(scene, "cy", delegate)
    found = route(ground(scene, 'approvers = ["owners"]', "ada", "eve"))
    assert names(found) == ["Cy", "Dee"]


def test_a_delegates_delegate_is_not_asked(scene: Scene) -> None:
    away(scene, "bo", "eve")
    away(scene, "eve", "dee")
    assert names(route(ground(scene, 'approvers = ["manager"]'))) == ["Bo", "Eve"]


def test_who_left_is_stepped_over_and_the_card_says_so(scene: Scene) -> None:
    scene.looked_at("cy", Standing.LEFT)
    found = route(ground(scene, 'approvers = ["owners"]'))
    assert (names(found), found.notes) == (["Dee"], (Sentence.of("gone", person=scene.person("cy").id),))


def test_who_can_not_be_reached_is_replaced_by_the_fallback_group(scene: Scene) -> None:
    asked = ground(scene, 'approvers = ["manager"]\nfallback = ["it"]')
    found = route(asked, unreachable=(scene.person("bo").id,))
    assert [(one.person.name, one.notified, one.is_fallback) for one in found.approvers] == [
        ("Bo", False, False), ("Ida", True, True),
    ]  # fmt: skip
    assert found.notes == (
        Sentence.of("unreachable", person=scene.person("bo").id),
        Sentence.of("asked-instead", people=[scene.person("ida").id]),
    )


def test_the_fallback_group_decides_only_what_nobody_else_can(scene: Scene) -> None:
    asked = ground(scene, 'approvers = ["manager"]\nfallback = ["it"]')
    assert names(route(asked)) == ["Bo"]
    assert not route(asked, vote(scene, "ida")).is_settled
    assert route(asked, vote(scene, "ida", is_fallback=True)).is_settled


def test_where_nobody_is_left_nothing_is_approved(scene: Scene) -> None:
    scene.looked_at("bo", Standing.LEFT)
    found = route(ground(scene, 'approvers = ["manager"]\nfallback = ["ada@example.com"]'))
    assert (found.approvers, found.is_stuck, found.is_settled) == ((), True, False)


def test_whom_it_escalates_to_may_decide_from_then_on(scene: Scene) -> None:
    asked = ground(scene, 'approvers = ["manager"]\nescalate = { after = "1d", to = ["it"] }')
    assert names(route(asked)) == ["Bo"]
    assert names(route(asked, level=1)) == ["Bo", "Ida"] and not route(asked).notes
    assert route(asked, level=1).notes == (Sentence.of("asked-later", people=[scene.person("ida").id]),)
    assert not route(asked, vote(scene, "ida")).is_settled
    assert route(asked, vote(scene, "ida", level=1)).is_settled


def test_nobody_is_known_by_an_id_that_is_gone(scene: Scene) -> None:
    asked = ground(scene, 'approvers = ["owners"]')
    assert not route(asked, Vote(PersonId("P-99"), START, "r1")).is_settled
