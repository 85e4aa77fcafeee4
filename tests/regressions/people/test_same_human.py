"""Nobody decides or reads their own request under any address, account or Miro id ever seen of them."""

from pathlib import Path

import pytest

from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.homes import opened
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    calls,
    card,
    has_card,
    history,
    playing,
    press,
    read,
    request,
    say,
    state,
    told,
    wait,
)
from tests.bot.journeys.shell import machine

pytestmark = pytest.mark.regression

OLD, NEW = "dana@example.com", "dana.fox@example.com"
IT = 'people = ["carol@example.com", "sam@example.com"]'
NAMED = {
    "by account": 'people = ["carol@example.com", "U0DANA"]',
    "by user group": 'people = ["carol@example.com"]\nslack = "@desk"',
    "by the new address": f'people = ["carol@example.com", "{NEW}"]',
}
"""How the policy names Dana among those who decide."""
OPERATORS = 'operators = ["carol@example.com", "U0DANA"]'
MAKE_ADMIN = ("/miro-admin", f"{OLD} because of the migration")


def policy(how: str) -> str:
    """The company's policy, naming Dana in one of the ways; they may ask for others."""
    text = POLICY.replace('"dana@example.com"', '"U0DANA"')
    return text.replace(IT, NAMED[how]).replace('operators = ["it"]', OPERATORS)


def dana_is_met(s: Stage) -> None:
    """The bot knows Dana by the address of today, and Miro has Dana under it."""
    s.slack.add_group("S0DESK", "desk", ["U0DANA"])
    # The only admin of a team can't be deactivated: an offboarding stops there.
    s.miro.add_user(OLD, "Dana Fox", teams=[s.teams["Design"]], team_admin_of=[s.miro.add_team("Lab")])
    say(s, "U0DANA", "help")
    s.bot.housekeeping.tick()
    s.settle()
    assert s.bot.store.people.by_email(OLD)


def address_changes(s: Stage, address: str = NEW, *, is_seen: bool = True) -> None:
    """Slack has another address for Dana's account; seen by the bot within hours, or only when it matters."""
    s.slack.change_person("U0DANA", email=address)
    if is_seen:
        wait(s, hours=7)
        wait(s, hours=7)


def clicks(s: Stage, user: str, action: str, of: str) -> str:
    """Presses a button on somebody else's card; the answer, once the account was looked at."""
    for _ in range(2):
        press(s, user, action, card(s, of, "resume" if action == "resume" else "approve"))
        wait(s, seconds=5)
    return answer(s, user)


@pytest.mark.parametrize(("how", "is_seen"), [*((how, True) for how in NAMED), ("by account", False)])
def test_nobody_becomes_admin_under_the_old_address_by_the_own_yes(
    tmp_path: Path, how: str, is_seen: bool
) -> None:
    with playing(tmp_path, policy(how)) as s:
        dana_is_met(s)
        address_changes(s, is_seen=is_seen)
        id = ask(s, "U0DANA", *MAKE_ADMIN)
        assert state(s, id) == "waiting", request(s, id).outcome
        assert not has_card(s, "U0DANA") and has_card(s, "U0CAROL")
        assert "someone else has to decide" in clicks(s, "U0DANA", "approve", "U0CAROL")
        assert (state(s, id), calls(s, "PATCH")) == ("waiting", [])
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


def test_a_change_of_address_while_the_request_waits_takes_the_seat_away(tmp_path: Path) -> None:
    with playing(tmp_path, policy("by account")) as s:
        dana_is_met(s)
        s.slack.add_person("U0DANA2", "dana.two@example.com", "Dana Fox")
        id = ask(s, "U0DANA", *MAKE_ADMIN)
        address_changes(s)
        s.slack.change_person("U0DANA2", email=OLD)
        assert "someone else has to decide" in clicks(s, "U0DANA2", "approve", "U0CAROL")
        assert (state(s, id), "voted" in history(s, id)) == ("waiting", False)


def test_a_second_account_with_the_old_address_isnt_somebody_else(tmp_path: Path) -> None:
    old = POLICY.replace(IT, IT.replace("sam@", "dana@"))
    with playing(tmp_path, old) as s:
        dana_is_met(s)
        id = ask(s, "U0DANA", "/miro-access", "for Engineering because of the migration")
        address_changes(s, is_seen=False)
        s.slack.add_person("U0DANA2", OLD, "Dana Fox")
        assert "someone else has to decide" in clicks(s, "U0DANA2", "approve", "U0CAROL")
        assert (state(s, id), "voted" in history(s, id)) == ("waiting", False)
        one, two = (s.bot.store.people.by_slack(each) for each in ("U0DANA", "U0DANA2"))  # type: ignore[arg-type]
        assert one and two and (one.email, two.email) == (NEW, OLD) and one.is_linked(two)


def test_an_address_that_changed_twice_is_still_ones_own(tmp_path: Path) -> None:
    with playing(tmp_path, policy("by account")) as s:
        dana_is_met(s)
        address_changes(s)
        address_changes(s, "dana.park@example.com")
        id = ask(s, "U0DANA", *MAKE_ADMIN)
        assert not has_card(s, "U0DANA")
        assert "someone else has to decide" in clicks(s, "U0DANA", "approve", "U0CAROL")
        assert state(s, id) == "waiting"


def test_a_vote_counts_for_nothing_if_the_link_shows_only_before_the_first_change(tmp_path: Path) -> None:
    with playing(tmp_path, policy("by account")) as s:
        dana_is_met(s)
        address_changes(s)
        s.slack.add_person("U0TWO", "two@example.com", "Dana Fox")
        s.miro.add_user("two@example.com", "Dana Fox", teams=[s.teams["Design"]])
        say(s, "U0TWO", "help")
        s.settle()
        id = ask(s, "U0CAROL", "/miro-admin", "two@example.com because of the migration")
        s.slack.change_person("U0TWO", email="dana.fox.old@example.com")
        s.slack.change_person("U0DANA", email="two@example.com")  # the one Miro has by then
        approve(s, "U0DANA")
        assert state(s, id) in ("waiting", "refused") and calls(s, "PATCH") == []


# -- the own offboarding -------------------------------------------------------------------------------------


def offboarding(s: Stage) -> str:
    """Dana has a new address; Lena asks to offboard the old one, which Miro has."""
    dana_is_met(s)
    address_changes(s)
    id = ask(s, "U0LENA", "/miro-offboard", f"{OLD} because last day today")
    assert state(s, id) == "waiting", request(s, id).outcome
    return id


def test_a_leaver_reads_nothing_of_the_own_offboarding(tmp_path: Path) -> None:
    with playing(tmp_path, policy("by account")) as s:
        id = offboarding(s)
        assert not has_card(s, "U0DANA") and has_card(s, "U0CAROL")
        assert not [text for text in told(s, "U0DANA") if id in text]
        assert id not in opened(s, "U0DANA")
        for verb in ("status", "withdraw", "remind"):
            s.acting.command("U0DANA", "/miro", f"{verb} {id}")
            s.settle()
            assert answer(s, "U0DANA") == f"You have no request {id}."
        for action in ("approve", "deny", "details", "question"):
            assert clicks(s, "U0DANA", action, "U0CAROL") == f"You have no request {id}."
        assert (state(s, id), history(s, id)) == ("waiting", ["asked", "planned"])


def test_a_leaver_who_operates_the_bot_ends_and_resumes_nothing(tmp_path: Path) -> None:
    with playing(tmp_path, policy("by account")) as s:
        id = offboarding(s)
        approve(s, "U0CAROL")
        assert state(s, id) == "stopped"
        assert has_card(s, "U0CAROL", "resume") and not has_card(s, "U0DANA", "resume")
        assert clicks(s, "U0DANA", "resume", "U0CAROL") == f"You have no request {id}."
        s.acting.command("U0DANA", "/miro", f"withdraw {id}")
        assert answer(s, "U0DANA") == f"You have no request {id}."
        assert id not in opened(s, "U0DANA")
        assert state(s, id) == "stopped"


def test_a_leaver_isnt_told_by_a_command_line_either(tmp_path: Path) -> None:
    with machine(tmp_path, policy("by account")) as (s, shell):
        id = offboarding(s)
        for verb in ("approve", "withdraw"):
            assert f"You have no request {id}." in shell.types(verb, id, "--as", NEW, exits=1)
        assert state(s, id) == "waiting"


# -- what Miro shows -----------------------------------------------------------------------------------------


def test_an_account_that_miro_renamed_links_both_addresses(tmp_path: Path) -> None:
    def has_changed(miro: Miro, slack: Workspace) -> None:
        slack.change_person("U0DANA", email=NEW)  # before the bot ever saw Dana

    with playing(tmp_path, policy("by account"), prepare=has_changed) as s:
        s.miro.add_user(OLD, "Dana Fox", teams=[s.teams["Design"]])
        ask(s, "U0LENA", "/miro-access", f"{OLD} for Engineering because of the launch")
        approve(s, "U0CAROL")
        s.miro.change_user(OLD, userName=NEW)
        ask(s, "U0LENA", "/miro-access", "<@U0DANA> for IT Administration because of the launch")
        people = s.bot.store.people
        old, new = people.by_email(OLD), people.by_email(NEW)
        assert old and new and not old.is_(new) and old.is_linked(new)


# -- two people after all ------------------------------------------------------------------------------------


def given_on(s: Stage) -> None:
    """Dana's address of old is Kim's now, who has an account of her own."""
    dana_is_met(s)
    address_changes(s)
    s.slack.add_person("U0KIMWU", OLD, "Kim Wu")
    say(s, "U0KIMWU", "help")
    s.settle()


def test_an_address_that_was_given_on_excludes_until_an_operator_splits_the_two(tmp_path: Path) -> None:
    with machine(tmp_path, policy("by account")) as (s, shell):
        given_on(s)
        id = ask(s, "U0KIMWU", "/miro-access", "for Engineering because I start Monday")
        assert not has_card(s, "U0DANA")
        said = clicks(s, "U0DANA", "approve", "U0CAROL")
        assert "miro-bot people split" in said
        split = ("people", "split", "U0DANA", "U0KIMWU", "--reason", "Kim is new", "--as")
        assert "another operator has to do it" in shell.types(*split, NEW, exits=1)
        shell.types(*split, "carol@example.com")
        wait(s, minutes=11)
        assert has_card(s, "U0DANA")
        approve(s, "U0DANA")
        assert state(s, id) == "done"
        [entry] = s.bot.store.events("people")
        assert (entry.type, entry.text("reason"), entry.text("one")) == ("split", "Kim is new", "U0DANA")
        assert any("now count as two people" in text for text in told(s, "U0CAROL"))


@pytest.mark.parametrize("pair", [("U0DANA", "U0KIMWU"), (OLD, NEW), (NEW, "U0KIMWU")], ids=str)
def test_the_policy_says_that_they_are_two(tmp_path: Path, pair: tuple[str, str]) -> None:
    one, other = pair
    text = policy("by account") + f'\n[different_person]\n"{one}" = ["{other}"]\n'
    with playing(tmp_path, text) as s:
        given_on(s)
        ask(s, "U0KIMWU", "/miro-access", "for Engineering because I start Monday")
        assert has_card(s, "U0DANA")


def test_what_an_old_address_opens_isnt_inherited(tmp_path: Path) -> None:
    """Whoever is given an approver's new address's predecessor gets no seat by it."""
    with playing(tmp_path, policy("by the new address")) as s:
        given_on(s)
        id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        assert "can decide" in clicks(s, "U0KIMWU", "approve", "U0CAROL")
        assert (state(s, id), "voted" in history(s, id)) == ("waiting", False)
        assert "Approve" in read(card(s, "U0CAROL")) or has_card(s, "U0CAROL")
