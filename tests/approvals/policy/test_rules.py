"""Rules with conditions: which one holds for an ask, and that one which is never reached is found."""

from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from approvals.decide.tally import Ground
from approvals.policy.check import check, load
from approvals.policy.conditions import covers, plain, takers
from approvals.policy.rules import Rule
from approvals.record.store import Store
from approvals.refusals import Refused
from tests.approvals.ruled import HEAD, ruled
from tests.approvals.scene import ACTIONS, Clock, Scene, thorough

BASE = '[actions.request-access]\nask = ["anyone"]\nfor_others = ["anyone"]\napprovers = ["owners"]\n'
GROUPS = '[groups.IT]\npeople = ["eve@example.com", "bo@example.com"]\n'


def rules(*whens: str) -> str:
    """An action with one rule for each of these conditions; the third rule has three approvers, and so on."""
    tables = [f"[[actions.request-access.rules]]\nwhen = {{ {one} }}\napproval = false\n" for one in whens]
    return BASE + "".join(tables)


def problems(text: str) -> list[str]:
    """What is wrong with such rules, without lines."""
    return [one.text for one in check(HEAD + GROUPS + text, ACTIONS)[1]]


# -- which one holds ---------------------------------------------------------------------------------------


def needs_nobody(scene: Scene, when: str, requester: str = "ada", subject: str = "", team: str = "") -> bool:
    """Whether a rule with this condition holds for an ask."""
    scene.in_force = load(HEAD + rules(when), ACTIONS)
    teams = ((team, f"g_{team.casefold()}"),) if team else ()
    return not scene.ground("request-access", requester, subject, teams=teams).rule.approval


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ('team = "Design"', True),
        ('team = ["Sales", "DESIGN"]', True),
        ('team = "g_design"', True),
        ('team = "Sales"', False),
        ('for = "others"', True),
        ('for = "self"', False),
        ('requester_group = "it"', False),
        ('subject_group = "owners"', True),
        ('team = "Design", for = "others", subject_group = "owners"', True),
        ('team = "Design", for = "others", subject_group = "it"', False),
        ('subject_group = "cy@example.com"', True),
    ],
)
def test_a_rule_holds_where_all_of_its_conditions_are_met(scene: Scene, when: str, holds: bool) -> None:
    assert needs_nobody(scene, when, subject="cy", team="Design") is holds


def test_asking_for_oneself_by_name_is_asking_for_oneself(scene: Scene) -> None:
    assert needs_nobody(scene, 'for = "self"', "ada", "ada")
    assert needs_nobody(scene, 'for = "self"', "ada")


def test_the_first_rule_that_holds_wins(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, rules('team = "Design"') + FIRST_OF_TWO)
    for team, who in (("Design", []), ("Research", ["cy@example.com"]), ("Sales", ["owners"])):
        rule = scene.ground("request-access", teams=((team,),)).rule
        assert [entry for step in rule.ladder for entry in step.approvers] == who


FIRST_OF_TWO = """[[actions.request-access.rules]]
when = { team = ["Design", "Research"] }
approvers = ["cy@example.com"]
"""


def test_teams_with_different_rules_are_not_asked_for_together(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, rules('team = "Design"'))
    with pytest.raises(Refused) as told:
        scene.ground("request-access", teams=(("Design",), ("Sales",))).may_ask()
    assert str(told.value) == "Design and Sales need different approvals. Send a request for each."
    scene.ground("request-access", teams=(("Sales",), ("Research",))).may_ask()


LAYERS = [
    ("agree = 2\n", "approval = false", []),
    ("agree = 2\n", "approvers = ['it']", [("it",)]),
    ("agree = 2\n", "agree = 1", [("owners",)]),
    ("approval = false\n", "approvers = ['it']", [("it",)]),
    ("approval = false\n", "ask = ['it']", []),
    ("agree = 2\n", "steps = [{ approvers = ['it'] }, { approvers = ['owners'] }]", [("it",), ("owners",)]),
    ("approval = false\n", "steps = [{ approvers = ['it'] }]", [("it",)]),
]


@pytest.mark.parametrize(("base", "rule", "ladder"), LAYERS)
def test_what_a_rule_does_not_say_is_as_in_the_actions_own_table(
    base: str, rule: str, ladder: list[tuple[str, ...]]
) -> None:
    text = f'{HEAD}{BASE}{base}[[actions.request-access.rules]]\nwhen = {{ team = "Design" }}\n{rule}\n'
    policy, _ = check(text, ACTIONS)
    assert policy
    whole = policy.rules("request-access")[0]
    assert [step.approvers for step in whole.ladder] == ladder
    assert whole.ask == (("it",) if "ask" in rule else ("anyone",))


# -- one that is never reached -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('team = "Design"', 'team = "Design"'),
        ('team = ["Design", "Sales"]', 'team = "sales"'),
        ('for = "others"', 'for = "others", team = "Design"'),
        ('requester_group = "@Designers"', 'requester_group = "@designers", for = "self"'),
    ],
)
def test_a_rule_hidden_by_an_earlier_one_is_found(first: str, second: str) -> None:
    assert problems(rules(first, second)) == ["never applies: rule 1 covers every case first"]
    assert problems(rules('team = "Legal"', first, second)) == [
        "never applies: rule 2 covers every case first"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('team = "Design"', 'team = ["Design", "Sales"]'),
        ('team = "Design", for = "self"', 'team = "Design"'),
        ('requester_group = "it"', 'subject_group = "it"'),
        ('requester_group = "it"', 'requester_group = "IT"'),
    ],
)
def test_a_rule_that_may_be_reached_is_no_problem(first: str, second: str) -> None:
    assert problems(rules(first, second)) == []


@pytest.mark.parametrize(
    ("whens", "numbers"),
    [
        (['for = "self"', 'for = "others"', 'team = "Design"'], "1 and 2"),
        (['for = "others"', 'team = "Legal"', 'team = ["Legal", "Sales"], for = "self"'], ""),
        (['for = "others"', 'team = "Legal"', 'team = "Legal"'], "2"),
        (['team = "Legal"', 'team = "Sales"', 'team = ["sales", "Legal"]'], "1 and 2"),
        (['team = "Legal"', 'team = "Sales", for = "self"', 'team = ["Sales", "Legal"]'], ""),
        (
            ['team = "Legal"', 'team = "Sales", for = "self"', 'for = "others"', 'team = ["Sales", "Legal"]'],
            "1, 2 and 3",
        ),
        (['for = "self"', 'requester_group = "it", for = "others"', 'team = "Design"'], ""),
    ],
)
def test_rules_that_leave_nothing_to_a_later_one_are_found(whens: list[str], numbers: str) -> None:
    several = f"never applies: rules {numbers} cover every case first"
    one = f"never applies: rule {numbers} covers every case first"
    assert problems(rules(*whens)) == ([] if not numbers else [several if "and" in numbers else one])


CALLED = '[teams]\n"Design" = "g_app_design"\n'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('team = "Design"', 'team = "g_app_design"'),
        ('team = "G_App_Design"', 'team = "DESIGN", for = "self"'),
        ('leaving = ["Sales", "design"]', 'leaving = ["g_app_design"]'),
    ],
)
def test_a_rule_hidden_under_another_name_of_the_team_is_found(first: str, second: str) -> None:
    text = rules(first, second).replace("request-access", "make-admin").replace('["owners"]', '["it"]')
    assert problems(CALLED + text) == ["never applies: rule 1 covers every case first"]
    assert problems(text) == []


TEAMS = st.sampled_from(["Design", "design", "Sales", "g_sales", "Legal"])
WHO = st.sampled_from(["it", "IT", "owners", "@desk", "@DESK", "ada@example.com", "Ada@Example.com"])
WHENS = st.fixed_dictionaries(
    {},
    optional={
        "team": TEAMS | st.lists(TEAMS, max_size=3).map(tuple),
        "for": st.sampled_from(["self", "others"]),
        "requester_group": WHO,
        "subject_group": WHO,
    },
)
WIDE = st.fixed_dictionaries({}, optional={"team": TEAMS, "for": st.sampled_from(["self", "others"])})
NARROW = st.fixed_dictionaries({"team": st.lists(TEAMS, min_size=1, max_size=3).map(tuple)})
PEOPLE = st.sampled_from(["ada", "bo", "eve", "ida", "cy"])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, object], dict[str, object]]:
    """Two conditions, of which the first mostly covers the second."""
    wide: dict[str, object] = dict(draw(WHENS))
    narrow: dict[str, object] = dict(draw(WHENS))
    for key, value in wide.items():
        if draw(st.integers(0, 5)):
            narrow[key] = value
            if draw(st.booleans()) and isinstance(value, str) and key != "for":
                narrow[key] = value.swapcase()
    return wide, narrow


@pytest.mark.thorough
def test_what_an_earlier_rule_covers_it_really_takes(scene: Scene) -> None:
    scene.text = HEAD + GROUPS + BASE
    scene.in_force = load(scene.text, ACTIONS)
    context = [one.slack_id for name in ("ida", "bo") for one in scene.person(name).accounts]
    scene.store.people.keep_members("@desk", context, scene.clock.now())
    taken = []

    @thorough(4)
    @given(pairs(), PEOPLE, PEOPLE | st.just(""), st.sampled_from(["Design", "Sales", ""]))
    def takes(two: tuple[dict[str, object], dict[str, object]], asker: str, about: str, team: str) -> None:
        wide, narrow = two
        policy = scene.in_force
        assume(wide and narrow and covers(plain(policy, wide), plain(policy, narrow)))
        teams = ((team, f"g_{team.casefold()}"),) if team else ()
        ground = scene.ground("request-access", asker, about, teams=teams)
        if meets(ground, narrow):
            taken.append(narrow)
            assert meets(ground, wide)

    takes()
    assert len(taken) > 40


@pytest.mark.thorough
def test_what_earlier_rules_take_together_they_really_take(scene: Scene) -> None:
    scene.in_force = load(f'{HEAD}{GROUPS}[teams]\n"SALES" = "g_sales"\n{BASE}', ACTIONS)
    taken = []

    @thorough(4)
    @given(
        st.lists(WIDE, min_size=2, max_size=3), NARROW, st.booleans(), st.sampled_from(["Design", "Sales"])
    )
    def takes(earlier: list[dict[str, object]], when: dict[str, object], others: bool, team: str) -> None:
        found = takers([plain(scene.in_force, one) for one in earlier], plain(scene.in_force, when))
        ground = scene.ground("request-access", "ada", "bo" if others else "", teams=((team, f"g_{team}"),))
        if found and meets(ground, when):
            taken.append(len(found))
            assert any(meets(ground, earlier[number]) for number in found)

    takes()
    assert taken.count(1) > 15 and taken.count(2) > 5


def meets(ground: Ground, when: Mapping[str, object]) -> bool:
    """Whether an ask meets conditions."""
    teams = ground.case.scope.teams or ((),)
    rule = Rule.model_validate({"when": when})
    [whom] = ground.for_whom
    return any(
        ground._meets(rule, {**ground.case.scope.facts, "team": team, "for": (whom,)}) for team in teams
    )


def test_a_rule_with_other_values_has_other_steps() -> None:
    rule = Rule(approvers=("it",))
    assert [step.approvers for step in rule.ladder] == [("it",)]
    other = rule.model_copy(update={"approvers": ("hr",)})
    assert [step.approvers for step in other.ladder] == [("hr",)]
