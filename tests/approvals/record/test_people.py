"""The tables of people and groups: one human, whatever their accounts; one group, whatever its name."""

from datetime import timedelta

import pytest

from approvals.ids import GroupId, PersonId, SlackId
from approvals.people import Account, Group, Standing
from approvals.record.store import Store
from tests.approvals.scene import START, Clock, asked, colleague
from tests.approvals.statements import listening

U1, U2 = SlackId("U1"), SlackId("W2")


def account(slack_id: SlackId, standing: Standing = Standing.COLLEAGUE) -> Account:
    """What Slack says of an account at nine."""
    return Account(slack_id, standing, START, "Europe/Berlin")


def test_what_a_write_that_failed_had_read_is_read_anew(store: Store) -> None:
    ada = store.people.meet(email="ada@example.com")
    with store.unit():
        with pytest.raises(ZeroDivisionError), store.writing():
            store.people.learn(ada.id, name="Ada")
            assert store.people.person(ada.id).name == "Ada"
            raise ZeroDivisionError
        assert store.people.person(ada.id).name == ""


def test_a_unit_of_its_own_reads_only_whom_it_is_about(store: Store) -> None:
    people = [store.people.meet(email=f"person.{number}@example.com").id for number in range(20)]

    def most_read(own: bool) -> int:
        with store.unit():
            store.people.expect(people)
            store.people.person(people[0])
            with listening(store) as heard, store.unit(own=own):
                store.people.learn(people[1], name=f"Bo {own}")
                assert store.people.person(people[1]).name == f"Bo {own}"
            assert store.people.person(people[1]).name == f"Bo {own}"
        return max(len(statement.values) for statement in heard)

    assert (most_read(own=False) >= 20, most_read(own=True) < 10) == (True, True)


# -- meeting and learning ----------------------------------------------------------------------------------


def test_people_are_met_once(store: Store) -> None:
    ada = store.people.meet(slack_id=U1)
    assert store.people.meet(slack_id=U1) == ada
    assert store.people.meet(email="bo@example.com").id != ada.id


def test_a_new_account_was_not_looked_at_yet(store: Store) -> None:
    ada = store.people.meet(slack_id=U1)
    assert ada.accounts == (Account(U1, Standing.UNKNOWN),)
    assert ada.email == ""


@pytest.mark.parametrize("spelling", ["ADA@example.com", " ada@EXAMPLE.com ", "ada@example.com"])
def test_an_address_is_known_in_any_case(store: Store, spelling: str) -> None:
    ada = store.people.meet(email="Ada@Example.com")
    assert ada.email == "ada@example.com"
    assert store.people.meet(email=spelling) == store.people.by_email(spelling) == ada


def test_nobody_is_found_under_an_empty_address(store: Store) -> None:
    store.people.meet(slack_id=U1)
    assert store.people.by_email("") is None


def test_unknown_people_are_not_found(store: Store) -> None:
    assert store.people.by_email("zoe@example.com") is None
    assert store.people.by_slack(SlackId("U9")) is None


@pytest.mark.parametrize("id", ["P-9", "bot", "", "R-1", "P-", "P-x", f"P-{10**30}"])
def test_an_unknown_id_is_a_key_error(store: Store, id: str) -> None:
    with pytest.raises(KeyError):
        store.people.person(PersonId(id))


def test_what_is_learned_is_kept(store: Store) -> None:
    ada = store.people.meet(slack_id=U1)
    facts = {"email": "Ada@Example.com", "name": "Ada", "given": "Ada", "family": "Lane", "miro_id": "307"}
    after = store.people.learn(ada.id, **facts)
    assert (after.email, after.name, after.family, after.miro_id) == ("ada@example.com", "Ada", "Lane", "307")
    assert store.people.person(ada.id) == store.people.by_email("ada@example.com") == after


def test_learning_one_fact_leaves_the_others(store: Store) -> None:
    ada = store.people.learn(store.people.meet(email="ada@example.com").id, name="Ada")
    assert store.people.learn(ada.id, miro_id="307").name == "Ada"


def test_people_have_only_the_facts_there_are(store: Store) -> None:
    ada = store.people.meet(email="ada@example.com")
    with pytest.raises(TypeError, match="people have no shoe_size"):
        store.people.learn(ada.id, shoe_size="38")
    assert store.people.person(ada.id) == ada


# -- what Slack says ---------------------------------------------------------------------------------------


def test_what_slack_said_is_kept(store: Store) -> None:
    ada = store.people.saw(account(U1), "Ada@example.com")
    assert ada.accounts == (account(U1),)
    assert store.people.by_slack(U1) == store.people.by_email("ada@example.com") == ada


def test_names_slack_gave_are_kept_too(store: Store) -> None:
    ada = store.people.saw(account(U1), "ada@example.com", name="Ada Lane", given="Ada")
    assert (ada.name, ada.given) == ("Ada Lane", "Ada")
    assert store.people.by_slack(U1) == ada


def test_looking_again_replaces_what_was_seen(store: Store) -> None:
    store.people.saw(account(U1), "ada@example.com")
    left = Account(U1, Standing.LEFT, START + timedelta(hours=1))
    assert store.people.saw(left, "ada@example.com").accounts == (left,)


def test_an_account_without_address_keeps_the_known_one(store: Store) -> None:
    store.people.saw(account(U1), "ada@example.com")
    assert store.people.saw(account(U1, Standing.LEFT), "").email == "ada@example.com"


def test_a_second_account_of_one_address_is_the_same_person(store: Store) -> None:
    first = store.people.saw(account(U1), "ada@example.com")
    second = store.people.saw(account(U2, Standing.GUEST), "ADA@example.com")
    assert second.is_(first)
    assert {one.slack_id for one in second.accounts} == {U1, U2}
    assert store.people.by_slack(U2) == store.people.by_slack(U1)


def test_an_account_finds_the_person_known_by_address(store: Store) -> None:
    known = store.people.learn(store.people.meet(email="ada@example.com").id, name="Ada")
    seen = store.people.saw(account(U1), "ada@example.com")
    assert (seen.id, seen.name, seen.accounts) == (known.id, "Ada", (account(U1),))


def test_a_row_met_without_address_stays_the_same_human(store: Store) -> None:
    by_account, by_address = store.people.meet(slack_id=U1), store.people.meet(email="ada@example.com")
    seen = store.people.saw(account(U1), "ada@example.com")
    for row in (by_account, by_address):
        assert store.people.person(row.id).is_(seen)
        assert store.people.person(row.id).accounts == (account(U1),)


def test_a_new_address_makes_nobody_a_new_human(store: Store) -> None:
    before = store.people.saw(account(U1), "ada@example.com")
    after = store.people.saw(account(U1), "ada.lane@example.com")
    assert (after.id, after.email) == (before.id, "ada.lane@example.com")


def test_moving_to_a_known_address_joins_two_rows(store: Store) -> None:
    """Else the one who asked under the old address could approve under the new one."""
    before = store.people.saw(account(U1), "ada@example.com")
    other = store.people.meet(email="ada.lane@example.com")
    after = store.people.saw(account(U1), "ada.lane@example.com")
    assert store.people.person(before.id).is_(after)
    assert store.people.person(other.id).is_(after)
    assert store.people.by_slack(U1) == after


def test_two_colleagues_stay_two(store: Store, clock: Clock) -> None:
    ada, bo = colleague(store, clock, "ada"), colleague(store, clock, "bo")
    assert not store.people.person(ada.id).is_(store.people.person(bo.id))
    assert len(store.people.person(ada.id).accounts) == 1


def test_accounts_grow_stale_longest_first(store: Store) -> None:
    for hours, id in ((3, "U3"), (1, "U1"), (2, "U2")):
        seen = Account(SlackId(id), Standing.COLLEAGUE, START + timedelta(hours=hours))
        store.people.saw(seen, f"{id}@example.com")
    store.people.meet(slack_id=SlackId("U0"))
    stale = store.people.stale(START + timedelta(hours=3), 10)
    assert [one.slack_id for one in stale] == ["U0", "U1", "U2"]
    assert [one.slack_id for one in store.people.stale(START + timedelta(hours=3), 2)] == ["U0", "U1"]


def test_the_record_names_people_by_opaque_ids(store: Store, clock: Clock) -> None:
    zoe = colleague(store, clock, "zoe")
    store.ask(asked(zoe.id, reason="Zoe joins IT"))
    [event] = store.events()
    assert event.by == zoe.id
    assert "zoe" not in f"{event.by} {event.body}".lower()


# -- groups ------------------------------------------------------------------------------------------------

ENG, IT = GroupId("301"), GroupId("302")


def test_no_group_is_known_before_the_first_look(store: Store) -> None:
    assert (list(store.groups.all()), store.groups.get(ENG), store.groups.seen_at()) == ([], None, None)


def test_a_look_keeps_every_group(store: Store, clock: Clock) -> None:
    store.groups.keep([(IT, "IT Administration"), (ENG, "engineering")])
    assert [group.known_name for group in store.groups.all()] == ["engineering", "IT Administration"]
    assert store.groups.get(ENG) == Group(ENG, "engineering", "engineering")
    assert store.groups.seen_at() == clock.now()


def test_a_renamed_group_keeps_the_name_people_know(store: Store) -> None:
    store.groups.keep([(ENG, "Engineering")])
    store.groups.keep([(ENG, "g_app_proeng_all")])
    assert store.groups.get(ENG) == Group(ENG, "g_app_proeng_all", "Engineering")


def test_a_group_that_is_missing_is_gone(store: Store) -> None:
    store.groups.keep([(ENG, "Engineering"), (IT, "IT")])
    store.groups.keep([(IT, "IT")])
    assert [group.id for group in store.groups.all()] == [IT]
    assert store.groups.get(ENG) == Group(ENG, "Engineering", "Engineering", gone=True)


def test_a_group_that_comes_back_is_there_again(store: Store) -> None:
    for seen in ([(ENG, "Engineering")], [], [(ENG, "Eng")]):
        store.groups.keep(seen)
    assert list(store.groups.all()) == [Group(ENG, "Eng", "Engineering")]


def test_a_partial_look_makes_no_group_gone(store: Store, clock: Clock) -> None:
    store.groups.keep([(ENG, "Engineering")])
    clock.pass_(timedelta(hours=1))
    store.groups.keep([(IT, "IT")], whole=False)
    assert [group.id for group in store.groups.all()] == [ENG, IT]
    assert store.groups.seen_at() == START


def test_people_are_found_by_full_names_and_one_human_counts_once(store: Store) -> None:
    people = store.people
    for email, name in (
        *(
            ("ada@example.com", "Ada Example"),
            ("chris@example.com", "Chris Long"),
            ("c@example.com", "chris long"),
        ),
        *(("oe@example.com", "Özil Ärger"), ("no@example.com", "")),
    ):
        people.learn(people.meet(email=email).id, name=name)
    people.saw(account(U1), "ada@example.com", name="Ada Example")
    found = people.named({"ada example", "chris long", "özil ärger", "ada", ""})
    assert {name: len(them) for name, them in found.items()} == {
        "ada example": 1,
        "chris long": 2,
        "özil ärger": 1,
    }
    assert people.named(set()) == {}
