"""Which account in Miro a request acts on: found under every linked address and by id, or not found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    approve,
    as_it_was,
    ask,
    calls,
    card,
    day,
    last,
    playing,
    press,
    read,
    request,
    state,
    told,
    wait,
)

pytestmark = pytest.mark.regression


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(
        tmp_path, POLICY.replace("request-access = {", 'request-access = { longest = "366d",')
    ) as stage:
        yield stage


OLD, NEW = "jo@example.com", "jo.park@example.com"
GUESTS = "Guests aren't visible to me."


def jo_has_a_new_address(s: Stage, *, in_miro: str = OLD) -> None:
    """The bot knows Jo by both addresses; Miro has one of them."""
    s.miro.add_user(in_miro, "Jo Park", teams=[s.teams["Design"]])
    ask(s, "U0JO", "/miro-access", "for Engineering because of the launch", until=day(s, 300))
    approve(s, "U0PRIYA")
    s.slack.change_person("U0JO", email=NEW)
    wait(s, hours=7)
    wait(s, hours=7)
    s.miro.log.clear()


def offboarded(s: Stage, whom: str) -> str:
    return ask(s, "U0LENA", "/miro-offboard", f"{whom} because last day today")


# -- one account under another address -----------------------------------------------------------------------


@pytest.mark.parametrize("whom", ["<@U0JO>", NEW, OLD])
def test_an_account_under_the_older_address_is_found(s: Stage, whom: str) -> None:
    jo_has_a_new_address(s)
    id = offboarded(s, whom)
    assert state(s, id) == "waiting", request(s, id).outcome
    assert request(s, id).plan.user_name == OLD
    approve(s, "U0CAROL")
    assert state(s, id) == "done"
    jo = s.miro.user(OLD)
    assert jo and not jo.active


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("/miro-access", "<@U0JO> for IT Administration because of the launch"),
        ("/miro-move", "<@U0JO> from Design to IT Administration because of the launch"),
        ("/miro-admin", "<@U0JO> because of the migration"),
    ],
)
def test_nothing_makes_a_second_account_for_somebody_known(s: Stage, command: str, text: str) -> None:
    jo_has_a_new_address(s)
    more = {"/miro-admin": {"rights": "Content Admin"}, "/miro-access": {"until": day(s, 9)}}.get(command, {})
    id = ask(s, "U0CAROL", command, text, **more)
    assert request(s, id).plan.user_name == OLD
    approve(s, "U0SAM")
    assert state(s, id) == "done" and calls(s, "POST") == []
    assert s.miro.user(NEW) is None


def test_an_account_that_miro_renamed_is_found_by_its_id(s: Stage) -> None:
    jo_has_a_new_address(s)
    s.miro.change_user(OLD, userName="j.park@example.com")
    id = offboarded(s, "<@U0JO>")
    assert request(s, id).plan.user_name == "j.park@example.com"
    approve(s, "U0CAROL")
    assert state(s, id) == "done"


def test_two_accounts_are_asked_about_and_the_address_chooses(s: Stage) -> None:
    jo_has_a_new_address(s)
    s.miro.add_user(NEW, "Jo Park", teams=[s.teams["Design"]])
    id = offboarded(s, "<@U0JO>")
    assert state(s, id) == "refused"
    said = last(s, "U0LENA")
    assert OLD in said and NEW in said and "Ask again with the address" in said
    for address in (OLD, NEW):
        id = offboarded(s, address)
        assert request(s, id).plan.user_name == address
        approve(s, "U0CAROL")
        jo = s.miro.user(address)
        assert state(s, id) == "done" and jo and not jo.active


def jo_has_two_accounts(s: Stage, **old: object) -> None:
    """The new one in use; the old one as told."""
    jo_has_a_new_address(s)
    s.miro.add_user(
        NEW, "Jo Park", teams=[s.teams["Design"], s.teams["Engineering"]], admin_roles=["Content Admin"]
    )
    s.miro.change_user(OLD, **old)
    s.miro.log.clear()


TAKEN_AWAY = [
    ("/miro-offboard", "", {"how": "deactivate"}, {"active": False}),
    ("/miro", "remove-admin ", {"rights": "Content Admin"}, {}),
    ("/miro", "remove-admin ", {"rights": "Content Admin"}, {"active": False}),
]


@pytest.mark.parametrize(("command", "verb", "more", "old"), TAKEN_AWAY, ids=str)
def test_what_a_linked_account_still_has_is_not_called_taken_away(
    s: Stage, command: str, verb: str, more: dict[str, str], old: dict[str, object]
) -> None:
    jo_has_two_accounts(s, **old)
    who = "U0LENA" if command == "/miro-offboard" else "U0CAROL"
    id = ask(s, who, command, f"{verb}{OLD} because last day today", **more)
    said = last(s, who)
    assert state(s, id) == "refused"
    assert OLD in said and NEW in said and "Ask again with the address" in said
    assert "already" not in said and "nothing to do" not in said.casefold()
    id = ask(s, who, command, f"{verb}{NEW} because last day today", **more)
    assert state(s, id) == "waiting"
    assert request(s, id).plan.user_name == NEW


def test_a_team_that_a_linked_account_is_in_is_not_called_left(s: Stage) -> None:
    jo_has_two_accounts(s)
    s.miro.leave(OLD, s.teams["Engineering"])
    id = ask(s, "U0CAROL", "/miro", f"leave-team {OLD} from Engineering because of a new job")
    assert state(s, id) == "refused"
    assert OLD in last(s, "U0CAROL") and NEW in last(s, "U0CAROL")


def test_two_accounts_that_are_both_closed_need_nothing(s: Stage) -> None:
    jo_has_two_accounts(s, active=False)
    s.miro.change_user(NEW, active=False)
    assert state(s, offboarded(s, OLD)) == "nothing to do"


# -- an account that isn't shown now -------------------------------------------------------------------------


HAD_ONE = "Miro had an account for this person: it was deleted, or is a guest's. Check there first."


@pytest.mark.parametrize("team", ["Design", "Engineering"])
@pytest.mark.parametrize("whom", ["<@U0JO> ", f"{OLD} "])
def test_somebody_whose_account_was_deleted_by_hand_may_get_one(s: Stage, whom: str, team: str) -> None:
    access_for_a_day(s)
    s.miro.delete(OLD)
    s.miro.log.clear()
    id = ask(s, "U0CAROL", "/miro-access", f"{whom}for {team} because of the launch", until=day(s, 9))
    assert state(s, id) == "waiting" and calls(s, "POST") == []
    assert HAD_ONE in read(card(s, "U0SAM"))
    approve(s, "U0SAM")
    jo = s.miro.user(OLD)
    assert state(s, id) == "done" and jo and s.teams[team] in jo.groups
    assert len(calls(s, "POST")) == 1


def test_who_has_a_new_address_since_is_looked_for_under_both(s: Stage) -> None:
    jo_has_a_new_address(s)
    s.miro.delete(OLD)
    id = ask(s, "U0CAROL", "/miro-access", "<@U0JO> for Design because of the launch", until=day(s, 9))
    looked = [str(one) for one in s.miro.log if one.path.startswith("/Users")]
    assert any(OLD in one for one in looked) and any(NEW in one for one in looked)
    assert request(s, id).plan.user_name == NEW and HAD_ONE in read(card(s, "U0SAM"))
    approve(s, "U0SAM")
    assert state(s, id) == "done" and s.miro.user(NEW)


def test_an_account_that_is_there_again_before_the_approval_is_taken(s: Stage) -> None:
    jo_has_a_new_address(s)
    s.miro.delete(OLD)
    id = ask(s, "U0CAROL", "/miro-access", "<@U0JO> for Design because of the launch", until=day(s, 9))
    s.miro.add_user(OLD, "Jo Park")
    approve(s, "U0SAM")
    assert state(s, id) == "waiting" and calls(s, "POST") == []
    assert request(s, id).plan.user_name == OLD


@pytest.mark.parametrize("whom", ["<@U0JO> ", f"{OLD} "])
def test_a_guest_gets_no_second_account(s: Stage, whom: str) -> None:
    access_for_a_day(s)
    s.miro.change_user(OLD, role="ORGANIZATION_EXTERNAL_USER")
    id = ask(s, "U0CAROL", "/miro-access", f"{whom}for Design because of the launch", until=day(s, 9))
    assert state(s, id) == "waiting" and HAD_ONE in read(card(s, "U0SAM"))
    approve(s, "U0SAM")
    assert state(s, id) == "stopped" and "guest" in read(card(s, "U0SAM", "resume"))
    guest = s.miro.user(OLD)
    assert guest and guest.role == "ORGANIZATION_EXTERNAL_USER"


def test_somebody_who_had_no_account_is_warned_of_none(s: Stage) -> None:
    ask(s, "U0JO", "/miro-access", "for Engineering because of the launch", until=day(s, 9))
    assert HAD_ONE not in read(card(s, "U0PRIYA"))


def test_somebody_who_becomes_a_guest_before_the_approval_gets_no_second_account(s: Stage) -> None:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, "U0JO", "/miro-access", "for Engineering because of the launch", until=day(s, 9))
    s.miro.change_user(OLD, role="ORGANIZATION_EXTERNAL_USER")
    approve(s, "U0PRIYA")
    assert state(s, id) in ("stopped", "refused")
    assert calls(s, "POST") == []


def test_somebody_whom_the_bot_deleted_may_come_back(s: Stage) -> None:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, "U0LENA", "/miro-offboard", f"{OLD} because last day today", how="delete")
    approve(s, "U0CAROL")
    assert state(s, id) == "done"
    id = ask(s, "U0CAROL", "/miro-access", f"{OLD} for Design because Jo is back", until=day(s, 9))
    assert state(s, id) == "waiting"
    approve(s, "U0SAM")
    jo = s.miro.user(OLD)
    assert state(s, id) == "done" and jo and jo.active


def test_an_account_under_a_domain_that_the_policy_doesnt_name_is_left_alone(tmp_path: Path) -> None:
    with playing(tmp_path, POLICY.replace('["example.com"]', '["example.com", "old.example"]')) as s:
        s.slack.change_person("U0JO", email="jo@old.example")
        wait(s, hours=7)
        s.miro.add_user("jo@old.example", "Jo Park", teams=[s.teams["IT Administration"]])
        ask(s, "U0LENA", "/miro-access", "<@U0JO> for Engineering because of the launch")
        approve(s, "U0CAROL")
        s.slack.change_person("U0JO", email=NEW)
        wait(s, hours=13)
        (s.folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        wait(s, minutes=1)
        id = ask(s, "U0LENA", "/miro-access", "<@U0JO> for Design because of the launch")
        assert state(s, id) == "refused" and "jo@old.example" in last(s, "U0LENA")


def test_somebody_without_links_costs_one_look(s: Stage) -> None:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]])
    s.miro.log.clear()
    offboarded(s, OLD)
    assert len([one for one in s.miro.log if one.path.startswith("/Users")]) == 1


# -- none ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["offboard", "remove-admin", "leave-team", "reactivate", "make-admin"])
def test_nobody_found_is_refused_as_not_found(tmp_path: Path, verb: str) -> None:
    open_to_it = POLICY.replace('for_others = ["it"]', 'for_others = ["it", "hr"]')
    with playing(tmp_path, open_to_it) as s:
        s.miro.log.clear()
        team = "from Design " if verb == "leave-team" else ""
        more = {"rights": "Content Admin"} if verb.endswith("admin") else {}
        id = ask(s, "U0CAROL", "/miro", f"{verb} lenna@example.com {team}because last day today", **more)
        assert state(s, id) == "refused"
        said = last(s, "U0CAROL")
        assert "No Miro account found for lenna@example.com. Check the spelling." in said
        assert f"Did you mean lena@example.com? {GUESTS}" in said
        assert "nothing to do" not in said.casefold() and "already" not in said
        assert calls(s) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (NEW, OLD),
        ("jo_parc@example.com", OLD),
        ("park.jo@example.com", OLD),
        ("jpark@example.com", OLD),
        ("jo@example.org", OLD),
        ("zoe.wulf@example.com", "zw17@example.com"),
        ("wulf@example.com", "zw17@example.com"),
    ],
)
def test_an_address_like_the_name_of_a_known_person_is_a_slip(tmp_path: Path, typed: str, meant: str) -> None:
    domains = POLICY.replace('domains = ["example.com"]', 'domains = ["example.com", "example.org"]')
    with playing(tmp_path, domains) as s:
        s.slack.add_person("U0ZOE", "zw17@example.com", "Zoë Wulf")
        for user in ("U0ZOE", "U0JO"):
            s.acting.open_home(user)
        wait(s, hours=7)
        offboarded(s, typed)
        assert f"Did you mean {meant}? {GUESTS}" in last(s, "U0LENA")


@pytest.mark.parametrize("typed", ["nobody@example.com", "joan.clarke@example.com", "ox@example.com"])
def test_nobody_is_suggested_who_is_not_alike(s: Stage, typed: str) -> None:
    s.acting.open_home("U0JO")
    wait(s, hours=7)
    offboarded(s, typed)
    assert "Did you mean" not in last(s, "U0LENA")


def test_whoever_asks_for_themselves_alone_is_told_nobodys_address(tmp_path: Path) -> None:
    only_own = POLICY.replace(
        'leave-team = { ask = ["anyone"], for_others = ["it"]', 'leave-team = { ask = ["anyone"]'
    )
    with playing(tmp_path, only_own) as s:
        s.slack.add_person("U0LENA2", "lenna@example.com", "Lenna Vogt")
        id = ask(s, "U0LENA2", "/miro", "leave-team from Design because I move on")
        assert state(s, id) == "refused"
        said = last(s, "U0LENA2")
        assert GUESTS in said and "Did you mean" not in said


def test_an_account_that_is_deactivated_already_needs_nothing(s: Stage) -> None:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]], active=False)
    id = offboarded(s, OLD)
    assert state(s, id) == "nothing to do" and "already" in last(s, "U0LENA")


# -- the account that was approved ---------------------------------------------------------------------------


def test_another_address_in_miro_is_asked_about_again(s: Stage) -> None:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]])
    id = offboarded(s, OLD)
    s.miro.change_user(OLD, userName="somebody.else@example.com")
    before = request(s, id).plan.revision
    approve(s, "U0CAROL")
    assert (state(s, id), calls(s, "PATCH", "DELETE")) == ("waiting", [])
    again = request(s, id)
    assert again.plan.revision != before and again.plan.user_name == "somebody.else@example.com"


def test_another_account_under_the_approved_address_is_left_alone(s: Stage) -> None:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]])
    id = offboarded(s, OLD)
    s.miro.change_user(OLD, userName="somebody.else@example.com")
    s.miro.add_user(OLD, "Jo Young", teams=[s.teams["Design"]])
    approve(s, "U0CAROL")
    assert (state(s, id), calls(s, "PATCH", "DELETE")) == ("waiting", [])
    young = s.miro.user(OLD)
    assert young and young.active


@pytest.mark.parametrize("becomes", ["guest", "deleted"])
def test_an_account_that_vanished_isnt_called_offboarded(s: Stage, becomes: str) -> None:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]])
    id = offboarded(s, OLD)
    if becomes == "guest":
        s.miro.change_user(OLD, role="ORGANIZATION_EXTERNAL_USER")
    else:
        s.miro.delete(OLD)
    approve(s, "U0CAROL")
    stopped = request(s, id)
    assert stopped.state == "stopped" and stopped.outcome and not stopped.outcome.done
    assert "guests aren't visible to me" in read(s.slack.messages[-1]) or "guests aren't" in last(s, "U0LENA")


# -- the end of what was given -------------------------------------------------------------------------------


def access_for_a_day(s: Stage) -> str:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, "U0JO", "/miro-access", "for Engineering because of the launch", until=day(s, 2))
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    return id


def test_the_end_takes_back_from_the_account_that_was_given_it(s: Stage) -> None:
    access_for_a_day(s)
    s.miro.change_user(OLD, userName=NEW)
    wait(s, hours=64)
    jo = s.miro.user(NEW)
    assert state(s, "R-2") == "done" and jo and s.teams["Engineering"] not in jo.groups


def test_the_end_for_an_account_that_vanished_is_left_to_operators(s: Stage) -> None:
    access_for_a_day(s)
    s.miro.delete(OLD)
    wait(s, hours=64)
    assert state(s, "R-2") == "refused"
    assert any("R-1 has ended" in text and "doesn't show the account" in text for text in told(s, "U0CAROL"))


def test_the_end_for_an_account_that_was_deleted_here_needs_nothing(s: Stage) -> None:
    access_for_a_day(s)
    id = ask(s, "U0LENA", "/miro-offboard", f"{OLD} because last day today", how="delete")
    approve(s, "U0CAROL")
    assert state(s, id) == "done"
    wait(s, hours=64)
    assert [each.id for each in s.bot.store.requests()] == [id, "R-1"]
    assert request(s, "R-1").ending.ends_at is None


def test_presses_on_older_cards_change_no_other_account(s: Stage) -> None:
    s.miro.add_user(OLD, "Jo Park", teams=[s.teams["Design"]])
    offboarded(s, OLD)
    shown = as_it_was(card(s, "U0CAROL"))
    s.miro.change_user(OLD, userName=NEW)
    press(s, "U0CAROL", "approve", shown)
    press(s, "U0SAM", "approve", shown)
    assert calls(s, "PATCH", "DELETE") == []
