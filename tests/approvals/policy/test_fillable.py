"""Whether a request could ever be decided is told before anybody is asked, and exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.decide.tally import Ground
from approvals.people import Standing
from approvals.policy.check import BrokenPolicy, check
from approvals.record.store import Store
from approvals.refusals import Refused
from tests.approvals.ruled import HEAD, ruled
from tests.approvals.scene import ACTIONS, Clock, Scene, mail, thorough

ABLE = ("bo", "cy", "dee")
"""Colleagues who neither ask nor are concerned; Ada asks about Eve, and Ida has left."""
SOME = st.sets(st.sampled_from(["ada", "bo", "cy", "dee", "eve", "ida"]), min_size=1, max_size=4)


@dataclass(frozen=True)
class Shape:
    """Steps as a policy may have them: who, and how many of them."""

    steps: tuple[tuple[frozenset[str], int], ...]
    twice: bool
    fallback: frozenset[str]
    later: frozenset[str]
    """Who comes when nobody answers: nothing hangs on them when somebody asks."""

    @property
    def text(self) -> str:
        """The policy that says so."""
        steps = ", ".join(f"{{ approvers = {addresses(who)}, agree = {agree} }}" for who, agree in self.steps)
        later = f"escalate = {{ after = '1d', to = {addresses(self.later)} }}\n" if self.later else ""
        return (
            f"{HEAD}[actions.make-admin]\nask = ['anyone']\nsame_person_twice = {str(self.twice).lower()}\n"
            f"fallback = {addresses(self.fallback)}\n{later}steps = [{steps}]\n"
        )


def addresses(names: frozenset[str]) -> str:
    """People as a policy lists them."""
    return str(sorted(map(mail, names)))


STEPS = st.tuples(SOME.map(frozenset), st.integers(1, 3))
LADDERS = st.lists(STEPS, min_size=1, max_size=3).map(tuple)
MAYBE: st.SearchStrategy[frozenset[str]] = SOME.map(frozenset) | st.just(frozenset())
SHAPES = st.builds(Shape, LADDERS, st.booleans(), MAYBE, MAYBE)


def can_end(
    shape: Shape, step: int = 0, votes: frozenset[str] = frozenset(), used: Sequence[str] = ()
) -> bool:
    """Tries every order in which people could say yes."""
    if step == len(shape.steps):
        return True
    people, agree = shape.steps[step]
    if len(votes) == agree:
        return can_end(shape, step + 1, frozenset(), [] if shape.twice else [*used, *votes])
    out = {*votes, *used}
    able = {one for one in people if one in ABLE} - out
    if len(able) < agree - len(votes):
        able |= {one for one in shape.fallback if one in ABLE} - out
    return any(can_end(shape, step, votes | {one}, used) for one in able)


def ground(scene: Scene, text: str) -> Ground:
    """What a policy says of Ada who asks about Eve; also one that `policy check` would refuse."""
    policy, _ = check(text, ACTIONS)
    assert policy
    scene.in_force = policy
    return scene.ground("make-admin", "ada", "eve")


@pytest.mark.thorough
def test_what_can_be_decided_in_some_order_is_fillable_and_nothing_else(scene: Scene) -> None:
    scene.looked_at("ida", Standing.LEFT)
    seen = set()

    @thorough(2)
    @given(SHAPES)
    def agrees(shape: Shape) -> None:
        seen.add(can_end(shape))
        assert (ground(scene, shape.text).unfillable() == "") == can_end(shape)

    agrees()
    assert seen == {True, False}


ONE_OF_TWO_ROWS = """[actions.make-admin]
ask = ["anyone"]
for_others = ["anyone"]
steps = [{ approvers = ["cy@example.com"] }, { approvers = ["manager"] }]
"""


def test_one_human_of_two_rows_fills_one_step(store: Store, clock: Clock) -> None:
    scene = ruled(store, clock, ONE_OF_TWO_ROWS)
    dee = scene.person("dee")
    store.people.keep_manager(scene.person("eve").id, dee.id, clock.now())
    scene.ground("make-admin", "ada", "eve").check_fillable()
    assert dee.account
    store.people.saw(dee.account, mail("cy"))
    with pytest.raises(Refused) as told:
        scene.ground("make-admin", "ada", "eve").check_fillable()
    assert "2 must approve, and only 1 can" in str(told.value)


def test_the_words_say_how_many_are_missing(store: Store, clock: Clock) -> None:
    with pytest.raises(BrokenPolicy) as told:
        ruled(store, clock, ONE_OF_TWO_ROWS.replace('"manager"', '"cy@example.com"'))
    assert "all steps need 2 different people, but only 1 can decide" in str(told.value)
