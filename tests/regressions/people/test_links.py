"""What was ever seen together stays one human, however far the links reach, until two are told apart."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.decide.actor import Actor
from approvals.decide.decide import approve, nudge, question, reply, withdraw
from approvals.decide.delegates import delegated
from approvals.humans import Kind, Link, grouped
from approvals.ids import SlackId
from approvals.people import Account, Person, Standing
from approvals.record.chain import Anchor
from approvals.record.schema import LAYOUT
from approvals.record.store import Store
from approvals.refusals import Refused
from approvals.request import Request
from tests.approvals.record.older import as_layout
from tests.approvals.ruled import may
from tests.approvals.scene import POLICY, STEADY, STORES, Clock, Scene, asked
from tests.records import fresh

pytestmark = pytest.mark.regression


def seen(scene: Scene, slack_id: str, email: str) -> Person:
    """Slack says what address an account has now."""
    account = Account(SlackId(slack_id), Standing.COLLEAGUE, scene.clock.now())
    return scene.store.people.saw(account, email)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    found = STORES[request.param](tmp_path, clock)
    yield found
    found.close()


@pytest.fixture
def scene(store: Store, clock: Clock) -> Scene:
    return Scene(store, clock, POLICY.replace('"dee@example.com"]', '"dee@example.com", "UDEE01"]'))


# -- a link gives nothing ------------------------------------------------------------------------------------


def given_away(scene: Scene) -> tuple[Actor, Actor]:
    """Ada's address changes and somebody new gets the old one: Ada, and who is only linked to her."""
    seen(scene, "UADA01", "ada.new@example.com")
    seen(scene, "UNEW01", "ada@example.com")
    ada, other = scene.through("UADA01"), scene.through("UNEW01")
    assert scene.in_force.is_same(ada.person, other.person)
    return ada, other


def questioned(scene: Scene, request: Request) -> Request:
    """Somebody who is asked wants to know more first."""
    seat = scene.store.people.person(request.asking.approvers[0][0])
    name = seat.email.partition("@")[0]
    return scene.store.append(request, question(request, scene.who(name), "Why?", scene.table))


def test_who_is_only_linked_withdraws_nothing(scene: Scene) -> None:
    request = scene.waiting()
    ada, other = given_away(scene)
    with pytest.raises(Refused, match="Only the requester or an operator"):
        withdraw(request, other, scene.table)
    assert withdraw(request, ada, scene.table)


def test_who_is_only_linked_answers_no_question(scene: Scene) -> None:
    request = questioned(scene, scene.waiting())
    ada, other = given_away(scene)
    with pytest.raises(Refused, match="Only the requester of R-1 can answer"):
        reply(request, other, "Because.", scene.table)
    assert reply(request, ada, "Because.", scene.table)


def test_who_is_only_linked_reminds_nobody(scene: Scene) -> None:
    request = scene.waiting()
    scene.clock.pass_(timedelta(hours=5))
    ada, other = given_away(scene)
    followers = [scene.person("bo").id]
    with pytest.raises(Refused, match="Only the requester of R-1 can send a reminder"):
        nudge(request, other, scene.table, followers)
    assert nudge(request, ada, scene.table, followers)


def test_who_is_only_linked_to_one_that_joined_reminds_nobody(scene: Scene) -> None:
    request = scene.waiting()
    scene.clock.pass_(timedelta(hours=5))
    followers = [scene.person("bo").id]
    seen(scene, "UBO01", "bo.new@example.com")
    seen(scene, "UNEW01", "bo@example.com")
    with pytest.raises(Refused, match="Only the requester of R-1 can send a reminder"):
        nudge(request, scene.through("UNEW01"), scene.table, followers)
    assert nudge(request, scene.through("UBO01"), scene.table, followers)


# -- votes and delegates -------------------------------------------------------------------------------------


def test_two_accounts_of_one_human_have_one_vote(scene: Scene) -> None:
    request = scene.waiting("offboard")  # two of the owners have to agree
    seen(scene, "UDEE01", "dee.new@example.com")
    seen(scene, "UDEE99", "dee@example.com")
    first, second = scene.through("UDEE99"), scene.through("UDEE01")
    request = scene.store.append(request, approve(request, first, request.plan.revision, scene.table))
    with pytest.raises(Refused, match="already approved R-1"):
        approve(request, second, request.plan.revision, scene.table)


def test_two_votes_count_once_when_the_link_shows_later(scene: Scene) -> None:
    seen(scene, "UDEE99", "dee.two@example.com")
    scene.changed('"dee@example.com", "UDEE01"', '"dee@example.com", "UDEE99"')
    request = scene.waiting("offboard")
    for slack_id in ("UDEE99", "UDEE01"):
        who = scene.through(slack_id)
        vote = approve(request, who, request.plan.revision, scene.table)[:1]
        request = scene.store.append(request, vote)
    assert scene.table.tally(request).is_settled
    seen(scene, "UDEE01", "dee.three@example.com")
    seen(scene, "UDEE99", "dee@example.com")
    assert not scene.table.route(request).is_settled


@pytest.mark.parametrize("delegate", ["UDEE99", "UDEE01"])
def test_nobody_stands_in_for_themselves(scene: Scene, delegate: str) -> None:
    seen(scene, "UDEE01", "dee.new@example.com")
    seen(scene, "UDEE99", "dee@example.com")
    [other] = {"UDEE01", "UDEE99"} - {delegate}
    now = scene.clock.now()
    with pytest.raises(Refused, match="can't be your own delegate"):
        delegated(scene.through(other), scene.through(delegate).person, now, now + timedelta(days=1), now)


def test_a_delegate_who_turns_out_to_be_the_requester_decides_nothing(scene: Scene) -> None:
    now = scene.clock.now()
    other = seen(scene, "UADA99", "ada.two@example.com")
    scene.store.delegate(delegated(scene.who("dee"), other, now, now + timedelta(days=7), now))
    request = scene.waiting("make-admin")
    seen(scene, "UADA01", "ada.new@example.com")
    seen(scene, "UADA99", "ada@example.com")
    with pytest.raises(Refused, match="You requested this"):
        approve(request, scene.through("UADA99"), request.plan.revision, scene.table)


def test_who_asked_for_the_same_decides_under_no_other_address(scene: Scene) -> None:
    request = scene.waiting("make-admin")
    follower = seen(scene, "UDEE01", "dee.new@example.com")
    other = seen(scene, "UDEE99", "dee@example.com")
    table = replace(scene.table, followers=(follower.id,))
    with pytest.raises(Refused, match="You requested the same"):
        approve(request, Actor(other, other.account), request.plan.revision, table)


def test_whoever_was_linked_since_is_asked_no_longer(scene: Scene) -> None:
    request = scene.waiting("make-admin")
    assert "Dee" in may(scene, request)
    seen(scene, "UADA01", "ada.new@example.com")
    scene.store.people.saw(scene.person("dee").accounts[0], "ada@example.com")
    people = [one.person for one in scene.table.route(request).approvers]
    assert not any(one.is_linked(scene.store.people.person(request.requester)) for one in people)


# -- the tables ----------------------------------------------------------------------------------------------


def test_rows_are_linked_across_any_number_of_others(scene: Scene) -> None:
    people = scene.store.people
    seen(scene, "U0ONE", "a@example.com")
    seen(scene, "U0ONE", "b@example.com")
    seen(scene, "U0TWO", "a@example.com")
    seen(scene, "U0TWO", "c@example.com")
    people.humans.link("c@example.com", "miro:7")
    people.humans.link("miro:7", "d@example.com")
    first, last = people.by_email("b@example.com"), people.meet(email="d@example.com")
    assert first and first.is_linked(last) and last.is_linked(first) and not first.is_(last)
    assert not first.is_linked(people.meet(email="e@example.com"))


def test_people_whom_the_policy_calls_one_are_linked_across_it_and_no_longer_without_it(scene: Scene) -> None:
    people = scene.store.people
    one, two = people.meet(email="x@example.com"), people.meet(email="y@example.com")
    seen(scene, "U0ONE", "x@example.com")
    seen(scene, "U0ONE", "x.new@example.com")
    people.keep_links({"x.new@example.com": "y@example.com"}, {})
    assert people.person(one.id).is_linked(people.person(two.id))
    people.keep_links({}, {})
    assert not people.person(one.id).is_linked(people.person(two.id))


def test_an_outsider_who_wrote_somebodys_address_is_linked_to_nobody(scene: Scene) -> None:
    stranger = Account(SlackId("U0ELSE"), Standing.STRANGER, scene.clock.now())
    scene.store.people.saw(stranger, "fay@example.com")
    borrowed = scene.store.people.by_email("fay@example.com")
    assert borrowed
    scene.store.people.disown(borrowed.id)
    fay = seen(scene, "U0FAY", "fay@example.com")
    other = scene.store.people.by_slack(SlackId("U0ELSE"))
    assert other and not other.is_linked(fay)


@pytest.mark.parametrize("by", ["U0ONE U0TWO", "U0TWO U0ONE", "a@example.com b@example.com"])
def test_a_split_keeps_the_address_with_whom_it_was_seen_last(scene: Scene, by: str) -> None:
    people = scene.store.people
    seen(scene, "U0ONE", "a@example.com")
    seen(scene, "U0ONE", "b@example.com")
    seen(scene, "U0TWO", "a@example.com")
    people.keep_links({}, {by.split()[0]: (by.split()[1],)})
    one, two = people.by_email("b@example.com"), people.by_email("a@example.com")
    assert one and two and not one.is_linked(two)
    assert "a@example.com" not in one.keys and "a@example.com" in two.keys
    seen(scene, "U0TWO", "a@example.com")
    assert not people.person(one.id).is_linked(people.person(two.id))


def test_two_accounts_of_one_row_are_split_into_two(scene: Scene) -> None:
    people = scene.store.people
    seen(scene, "U0ONE", "a@example.com")
    seen(scene, "U0TWO", "a@example.com")
    people.keep_links({}, {"U0ONE": ("U0TWO",)})
    one, two = (people.by_slack(SlackId(id)) for id in ("U0ONE", "U0TWO"))
    assert one and two and one.id != two.id and not one.is_linked(two)
    seen(scene, "U0TWO", "a@example.com")
    one, two = (people.by_slack(SlackId(id)) for id in ("U0ONE", "U0TWO"))
    assert one and two and not one.is_linked(two) and (one.email, two.email) == ("", "a@example.com")


# -- a record of before --------------------------------------------------------------------------------------


def test_a_record_of_before_links_what_its_entries_say(tmp_path: Path, clock: Clock) -> None:
    store = Store(fresh(tmp_path / "record.db"), clock.now)
    scene = Scene(store, clock)
    account = Account(SlackId("UADA01"), Standing.COLLEAGUE, clock.now())
    draft = asked(scene.person("ada").id)
    store.ask(type(draft)(draft.type, draft.by, draft.body, {**draft.words, "who": "ada@example.com UADA01"}))
    store.people.saw(account, "ada.new@example.com")
    store.people.meet(email="ada@example.com")
    store.close()
    as_layout(store.path, LAYOUT - 1)
    store = Store(fresh(tmp_path / "record.db"), clock.now)
    old, new = store.people.by_email("ada@example.com"), store.people.by_slack(SlackId("UADA01"))
    assert old and new and not old.is_(new) and old.is_linked(new)
    assert store.verify().faults == ()
    store.close()


def test_a_split_that_nobody_recorded_is_found(tmp_path: Path, clock: Clock) -> None:
    store = Store(fresh(tmp_path / "record.db"), clock.now)
    assert store.verify().anchor == Anchor(0, "0" * 64)
    store.people.split("a@example.com", "b@example.com")  # by hand: the record says nothing of it
    assert any("a@example.com and b@example.com" in fault for fault in store.verify().faults)
    store.close()


# -- for any links -------------------------------------------------------------------------------------------

KEYS = st.sampled_from([f"k{n}" for n in range(8)])
PAIRS = st.lists(st.tuples(KEYS, KEYS).filter(lambda pair: pair[0] != pair[1]), max_size=14)


def _links(pairs: list[tuple[str, str]]) -> list[Link]:
    return [Link(number, *pair, Kind.SEEN) for number, pair in enumerate(pairs)]


def _group_of(links: list[Link], apart: list[tuple[str, str]]) -> Callable[[str], frozenset[str]]:
    groups = grouped(links, apart)
    return lambda key: next((group for group in groups if key in group), frozenset({key}))


@STEADY
@given(PAIRS)
def test_whoever_is_linked_to_one_is_linked_to_all(pairs: list[tuple[str, str]]) -> None:
    group = _group_of(_links(pairs), [])
    reached = {one: {one} for pair in pairs for one in pair}
    for _ in reached:
        for one, other in pairs:
            reached[one] = reached[other] = reached[one] | reached[other]
    assert all(group(one) == others for one, others in reached.items())


@STEADY
@given(PAIRS, PAIRS)
def test_nobody_is_linked_to_whom_they_are_told_apart_from(
    pairs: list[tuple[str, str]], apart: list[tuple[str, str]]
) -> None:
    group = _group_of(_links(pairs), apart)
    assert all(group(one) != group(other) for one, other in apart)


@STEADY
@given(PAIRS, PAIRS)
def test_telling_apart_links_nobody(pairs: list[tuple[str, str]], apart: list[tuple[str, str]]) -> None:
    whole, parted = _group_of(_links(pairs), []), _group_of(_links(pairs), apart)
    assert all(parted(one) <= whole(one) for pair in pairs for one in pair)


@settings(STEADY, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_the_tables_say_what_the_links_say(moves: list[tuple[int, int]]) -> None:
    """Accounts take addresses in any order; the tables know as one whoever shares an address, however far."""
    with TemporaryDirectory() as folder:
        clock = Clock()
        store = Store(fresh(Path(folder) / "record.db"), clock.now)
        for account, address in moves:
            known = Account(SlackId(f"U{account}"), Standing.COLLEAGUE, clock.now())
            store.people.saw(known, f"a{address}@example.com")
        links = [Link(n, f"U{one}", f"a{two}@example.com", Kind.SEEN) for n, (one, two) in enumerate(moves)]
        for group in grouped(links, []):
            rows = [store.people.by_slack(SlackId(one)) for one in group if one.startswith("U")]
            assert all(one and rows[0] and one.is_linked(rows[0]) and group <= one.keys for one in rows)
        store.close()
