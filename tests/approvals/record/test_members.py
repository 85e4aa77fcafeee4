"""Who is in which group, as Miro listed it: taken up whole, only what changed is written."""

from approvals.ids import GroupId
from approvals.people import Person
from approvals.record.people.groups import AT_ONCE, Member
from approvals.record.store import Store
from tests.approvals.scene import Clock
from tests.approvals.statements import listening

ADA, BO = Member("ada@example.com", "Ada"), Member("bo@example.com", "Bo")


def nobody(miro_id: str) -> bool:
    """Everybody was seen."""
    return False


def taken_up(store: Store) -> None:
    """Two groups, with Ada in both and Bo in one."""
    store.groups.keep([(GroupId("D"), "Design"), (GroupId("S"), "Sales")])
    store.groups.keep_members({("D", "1"): ADA, ("S", "1"): ADA, ("D", "2"): BO}, nobody)


def groups_of(store: Store, person: Person) -> list[str]:
    """The ids of somebody's groups."""
    return [group.id for group in store.groups.of(person)]


def test_members_are_listed_by_name_and_counted(store: Store, clock: Clock) -> None:
    taken_up(store)
    assert store.groups.members(GroupId("D"), 5) == ([ADA, BO], 2)
    assert store.groups.members(GroupId("D"), 1) == ([ADA], 2)
    assert store.groups.members(GroupId("X"), 5) == ([], 0)
    assert store.groups.seen_at("members") == clock.now()


def test_somebody_has_the_groups_of_their_address_that_are_still_there(store: Store) -> None:
    taken_up(store)
    ada = store.people.meet(email="Ada@Example.com")
    assert groups_of(store, ada) == ["D", "S"]
    store.groups.keep([(GroupId("D"), "Design")])
    assert groups_of(store, ada) == ["D"]
    assert groups_of(store, store.people.meet(email="cy@example.com")) == []


def test_an_address_that_another_account_has_by_now_shows_nothing(store: Store) -> None:
    taken_up(store)
    ada = store.people.meet(email=ADA.email)
    assert groups_of(store, store.people.learn(ada.id, miro_id="1")) == ["D", "S"]
    assert groups_of(store, store.people.learn(ada.id, miro_id="99")) == []


def test_a_later_list_changes_what_differs_and_keeps_whoever_may_be_there_unseen(store: Store) -> None:
    taken_up(store)
    renamed = Member(ADA.email, "Ada L.")
    store.groups.keep_members({("D", "1"): renamed}, lambda id: id == "2")
    assert store.groups.members(GroupId("D"), 5) == ([renamed, BO], 2)
    assert store.groups.members(GroupId("S"), 5) == ([], 0)
    store.groups.keep_members({("D", "1"): renamed}, nobody)
    assert store.groups.members(GroupId("D"), 5) == ([renamed], 1)


def test_a_list_without_changes_writes_no_member(store: Store) -> None:
    taken_up(store)
    with listening(store) as heard:
        taken_up(store)
    assert not [one for one in heard if "INTO members" in one.sql or "FROM members WHERE group" in one.sql]


def test_a_long_list_is_taken_up_in_parts(store: Store) -> None:
    many = {("D", str(number)): Member(f"p{number:04}@example.com", "") for number in range(AT_ONCE + 5)}
    store.groups.keep_members(many, nobody)
    assert store.groups.members(GroupId("D"), 1) == ([Member("p0000@example.com", "")], AT_ONCE + 5)
    store.groups.keep_members({}, nobody)
    assert store.groups.members(GroupId("D"), 1) == ([], 0)


def test_what_is_noted_while_a_list_is_read_is_newer_than_the_list(store: Store) -> None:
    taken_up(store)
    groups, before = store.groups, store.groups.listed()
    groups.note_member("1", [ADA.email], {("S", "1"): ADA})
    groups.note_member("3", [BO.email], {("D", "3"): BO})
    groups.keep_members(before, nobody, before)
    assert {key[:2] for key in groups.memberships()} == {("S", "1"), ("D", "2"), ("D", "3")}
