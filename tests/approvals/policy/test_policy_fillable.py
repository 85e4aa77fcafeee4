"""What nobody could ever decide is found in the file, and nothing that somebody could."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.policy.check import check
from approvals.record.store import Store
from tests.approvals.policy.test_fillable import SHAPES, Shape, addresses
from tests.approvals.ruled import ruled
from tests.approvals.scene import ACTIONS, NAMES, POLICY, Clock, colleague, thorough

OFFBOARD = POLICY.partition("[actions.")[0] + "[actions.offboard]\n"
ALONE = "only the requester could decide offboard; name one more person"


def problems(text: str) -> list[str]:
    """What is wrong with a policy, without lines."""
    return [one.text for one in check(text, ACTIONS)[1]]


def line_of(text: str, start: str) -> int:
    """The line that begins so."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(start))


def steps(lists: str) -> str:
    """Steps with these approvers."""
    named = re.sub(r"\b(ada|bo|cy|dee)\b", r"'\1@example.com'", lists)
    return "steps = [" + re.sub(r"(\[.*?\])", r"{ approvers = \1 }", named) + "]\n"


# -- several steps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ("[ada], [ada], [bo, cy, dee]", "steps 1 and 2 need 2 different people, but only 1 can decide"),
        ("[ada, bo], [bo], [ada, bo]", "all steps need 3 different people, but only 2 can decide"),
        (
            "['manager'], [dee], ['manager']",
            "steps 1 and 3 need 2 different people, but only 1 can decide",
        ),
        ("['manager'], [bo], [ada, cy]", "steps 1 and 2 need 2 different people, but only 1 can decide"),
        ("[ada], ['@desk'], [ada]", "steps 1 and 3 need 2 different people, but only 1 can decide"),
    ],
)
def test_every_choice_of_steps_needs_people_enough(lists: str, told: str) -> None:
    text = f"{OFFBOARD}for_others = ['anyone']\n{steps(lists)}"
    assert [str(one) for one in check(text, ACTIONS)[1]] == [f"line {line_of(text, 'steps')}: {told}"]
    assert problems(f"{text}same_person_twice = true\n") == []
    assert problems(f"{text}fallback = ['eve@example.com', 'ida@example.com']\n") == []
    assert problems(f"{text}fallback = ['@desk']\n") == []


@pytest.mark.parametrize(
    "lists", ["['manager'], [cy]", "['manager'], ['requester-manager']", "['@desk'], ['@desk']"]
)
def test_steps_that_somebody_could_fill_are_no_problem(lists: str) -> None:
    more = OFFBOARD.replace("[managers]", "[managers]\n'eve@example.com' = 'cy@example.com'")
    assert problems(f"{more}for_others = ['anyone']\n{steps(lists)}") == []


def test_steps_that_are_short_of_who_asks_are_told() -> None:
    text = f"{OFFBOARD}for_others = ['it']\n{steps('[ada, bo], [ada, bo]')}"
    assert problems(text) == []
    assert problems(text.replace('["ida@example.com"]', '["ada@example.com", "bo@example.com"]')) == [ALONE]


# -- managers and owners -----------------------------------------------------------------------------------

MANAGER = '"ada@example.com" = "bo@example.com"'


def decided_by(kind: str, manager: str = "", top: str = "") -> str:
    """A policy of which one action is decided by managers."""
    return f"{top}\n{OFFBOARD.replace(MANAGER, manager)}for_others = ['it']\napprovers = [{kind}]\n"


@pytest.mark.parametrize("kind", ["'manager'", "'requester-manager'", "'manager', 'requester-manager'"])
def test_managers_whom_nothing_names_decide_nothing(kind: str) -> None:
    told = "no managers are known; fill in [managers], or set manager_field or manager_from_miro"
    assert problems(decided_by(kind)) == [told]
    assert problems(decided_by(kind, MANAGER)) == []
    assert problems(decided_by(kind, MANAGER.replace("bo@", "ida@"))) == [ALONE]
    assert problems(decided_by(f"{kind}, 'bo@example.com'")) == []
    for top in ("manager_from_miro = true", "manager_field = 'Boss'", "fallback = ['bo@example.com']"):
        assert problems(decided_by(kind, top=top)) == []


@pytest.mark.parametrize(
    ("owner", "is_told"),
    [("IDA@example.com", True), ("bo@example.com", False), ("@sales", False), ("manager", False)],
)
def test_owners_who_alone_may_ask_decide_nothing(owner: str, is_told: bool) -> None:
    owners = f"[owners]\nDesign = ['it']\nSales = ['{owner}']\n"
    text = decided_by("'owners'", MANAGER).replace("[groups.owners]", "[groups.chiefs]") + owners
    assert problems(text) == ([ALONE] if is_told else [])
    assert problems(f"fallback = ['bo@example.com']\n{text}") == []
    assert problems(text.replace("for_others = ['it']", "for_others = ['anyone']")) == []


# -- held against who decides ------------------------------------------------------------------------------

ASKERS = st.sets(st.sampled_from([*NAMES, "gus"]), min_size=1, max_size=2).map(frozenset)


@pytest.mark.thorough
def test_the_file_is_refused_where_nobody_could_ask_and_nowhere_else(store: Store, clock: Clock) -> None:
    scene, seen = ruled(store, clock, ""), set()
    colleague(store, clock, "gus")

    @thorough(2)
    @given(SHAPES, ASKERS)
    def agrees(shape: Shape, askers: frozenset[str]) -> None:
        text = shape.text.replace("ask = ['anyone']", f"ask = {addresses(askers)}")
        policy, told = check(text, ACTIONS)
        assert policy
        scene.in_force = policy
        fillable = {name for name in askers if not scene.ground("make-admin", name).unfillable()}
        assert bool(told) is not bool(fillable)
        seen.add(bool(told))

    agrees()
    assert seen == {True, False}


@pytest.mark.thorough
def test_whoever_may_ask_is_one_more_who_could(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, "")
    colleague(store, clock, "gus")

    @thorough(1)
    @given(SHAPES)
    def agrees(shape: Shape) -> None:
        policy, told = check(shape.text, ACTIONS)
        assert policy
        scene.in_force = policy
        assert bool(told) is bool(scene.ground("make-admin", "gus").unfillable())

    agrees()
