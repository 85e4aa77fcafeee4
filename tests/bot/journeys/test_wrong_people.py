"""Clicks and forms of people who mustn't: each reads one sentence, and nothing happens."""

from pathlib import Path
from typing import Any

import pytest

from bot.app import build
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, SECRET, TOKEN, Clock, Stage, _settings, people_of
from bot.slack.door.serving import serving
from tests.bot.journeys.homes import OFFBOARD, opened
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    calls,
    card,
    has_card,
    history,
    last,
    playing,
    press,
    read,
    refused_form,
    request,
    state,
    told,
    wait,
)
from tests.bot.journeys.shell import machine

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")

NOT_CHECKED = "I haven't been able to check your Slack account today, so nothing was done."
GUESTS = [
    (
        {"is_restricted": True},
        "Guests can't request or decide here. Ask a colleague with a full Slack account.",
    ),
    ({"is_ultra_restricted": True}, "Guests can't request or decide here."),
    ({"is_stranger": True}, "You belong to another organization, so I can't accept this from you."),
    ({"team_id": "T0THEIRS"}, "You belong to another organization, so I can't accept this from you."),
    ({"is_bot": True}, "Bots can't request or decide here."),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("flags", "sentence"), GUESTS, ids=str)
def test_a_click_of_nobodys_colleague_does_nothing(s: Stage, flags: dict[str, Any], sentence: str) -> None:
    s.slack.add_person("U0ELSE", "priya@example.com", "Somebody", **flags)
    id = ask(s, *ACCESS)
    shown = card(s, "U0PRIYA")
    press(s, "U0ELSE", "approve", shown)
    assert answer(s, "U0ELSE").startswith(NOT_CHECKED)
    wait(s, seconds=5)
    press(s, "U0ELSE", "approve", shown)
    assert sentence in answer(s, "U0ELSE")
    assert state(s, id) == "waiting"
    assert "voted" not in history(s, id)
    assert calls(s) == []


@pytest.mark.parametrize(("flags", "sentence"), GUESTS, ids=str)
def test_nobodys_colleague_can_ask(s: Stage, flags: dict[str, Any], sentence: str) -> None:
    s.slack.add_person("U0ELSE", "else@example.com", "Somebody Else", **flags)
    s.slack.direct("U0ELSE")
    id = ask(s, "U0ELSE", "/miro-access", "for Engineering because I want to")
    assert state(s, id) == "refused"
    assert sentence in last(s, "U0ELSE")
    assert not has_card(s, "U0CAROL")
    errors = refused_form(s, "U0ELSE", "/miro-access", "for Design because I want to")
    assert sentence in errors["reason"]
    assert calls(s) == []


BORROWED = [flags for flags, _ in GUESTS]


@pytest.mark.parametrize("flags", BORROWED, ids=str)
def test_nobody_from_outside_asks_in_a_colleagues_name(s: Stage, flags: dict[str, Any]) -> None:
    s.slack.add_person("U0ELSE", "carol@example.com", "Not Carol", **flags)
    id = ask(s, "U0ELSE", "/miro-access", "jo@example.com for Engineering because I say so")
    assert state(s, id) == "refused"
    carol = s.bot.store.people.by_email("carol@example.com")
    assert carol and carol.name == "Carol Diaz"
    assert not has_card(s, "U0PRIYA")


@pytest.mark.thorough
@pytest.mark.parametrize("flags", BORROWED, ids=str)
def test_nobody_from_outside_reads_what_a_colleague_may(s: Stage, flags: dict[str, Any]) -> None:
    s.slack.add_person("U0ELSE", "priya@example.com", "Not Priya", **flags)
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    shown = card(s, "U0PRIYA")
    for _ in range(2):
        press(s, "U0ELSE", "details", shown)
        assert answer(s, "U0ELSE") == f"You have no request {id}."
        for text in (f"status {id}", "status", f"withdraw {id}", "whoami"):
            s.acting.command("U0ELSE", "/miro", text)
            said = str(s.slack.dm_of("U0ELSE")[-1].blocks) + s.slack.dm_of("U0ELSE")[-1].text
            assert "Jo" not in said and "Lena" not in said and "waiting" not in said
        wait(s, seconds=5)
    assert s.slack.views.get("U0ELSE", []) == []
    assert told(s, "U0PRIYA") == [read(shown)]


@pytest.mark.parametrize(
    ("flags", "sentence"), [({"is_restricted": True}, "Guests can't"), ({"deleted": True}, "is deactivated")]
)
def test_who_is_no_colleague_any_more_sees_nothing_either(
    s: Stage, flags: dict[str, Any], sentence: str
) -> None:
    id = ask(s, *ACCESS)
    shown = as_it_was(card(s, "U0PRIYA"))
    s.slack.change_person("U0PRIYA", **flags)
    wait(s, hours=7)
    press(s, "U0PRIYA", "details", shown)
    assert sentence in answer(s, "U0PRIYA")
    s.acting.command("U0PRIYA", "/miro", f"status {id}")
    assert sentence in s.slack.dm_of("U0PRIYA")[-1].text
    s.slack.change_person("U0ALEX", **flags)
    wait(s, hours=7)
    s.acting.command("U0ALEX", "/miro", "status")
    assert sentence in s.slack.dm_of("U0ALEX")[-1].text
    s.acting.open_home("U0ALEX")
    home = str(s.slack.until(lambda: s.slack.homes.get("U0ALEX")))
    assert sentence in home.replace("\\'", "'") and "Engineering for" not in home
    assert s.slack.views.get("U0PRIYA", []) == []


def test_a_deactivated_account_decides_nothing(s: Stage) -> None:
    id = ask(s, *ACCESS)
    shown = as_it_was(card(s, "U0PRIYA"))
    s.slack.change_person("U0PRIYA", deleted=True)
    wait(s, hours=7)
    press(s, "U0PRIYA", "approve", shown)
    assert last(s, "U0PRIYA") == "This Slack account is deactivated, so it can't request or decide."
    assert "voted" not in history(s, id)


def test_the_requester_cannot_decide(s: Stage) -> None:
    id = ask(s, "U0CAROL", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    assert not has_card(s, "U0CAROL")
    press(s, "U0CAROL", "approve", card(s, "U0SAM"))
    assert answer(s, "U0CAROL") == "You requested this, so someone else has to decide."
    assert state(s, id) == "waiting"


def test_the_person_concerned_cannot_decide(s: Stage) -> None:
    id = ask(s, "U0CAROL", "/miro", "reactivate <@U0SAM|sam> because Sam is back")
    assert state(s, id) == "refused"  # no account to reactivate
    s.miro.add_user("sam@example.com", "Sam Lee", active=False)
    policy = POLICY.replace('["manager", "it"] }\nrename', '["it", "lena@example.com"] }\nrename')
    (s.folder / "policy.toml").write_text(policy, encoding="utf-8")
    wait(s, seconds=5)
    id = ask(s, "U0CAROL", "/miro", "reactivate <@U0SAM|sam> because Sam is back")
    assert not has_card(s, "U0SAM")
    press(s, "U0SAM", "approve", card(s, "U0LENA"))
    assert answer(s, "U0SAM") == "This is about you, so someone else has to decide."
    assert state(s, id) == "waiting"


@pytest.mark.parametrize("email", ["alex@example.com", "ALEX@Example.com"])
def test_a_second_account_of_the_requester_is_the_requester(s: Stage, email: str) -> None:
    s.slack.add_person("U0ALEX2", email, "Alex (admin)")
    id = ask(s, *ACCESS)
    press(s, "U0ALEX2", "approve", card(s, "U0PRIYA"))
    wait(s, seconds=5)
    press(s, "U0ALEX2", "approve", card(s, "U0PRIYA"))
    assert answer(s, "U0ALEX2") == "You requested this, so someone else has to decide."
    assert state(s, id) == "waiting"


def test_a_second_account_of_the_person_concerned_is_that_person(s: Stage) -> None:
    s.slack.add_person("U0SAM2", "sam@example.com", "Sam (admin)")
    s.miro.add_user("sam@example.com", "Sam Lee", teams=[s.teams["Design"]])
    id = ask(s, "U0DANA", "/miro-admin", "<@U0SAM|sam> because Sam joins IT")
    for _ in range(2):
        press(s, "U0SAM2", "approve", card(s, "U0CAROL"))
        wait(s, seconds=5)
    assert answer(s, "U0SAM2") == "This is about you, so someone else has to decide."
    assert state(s, id) == "waiting"


def test_an_address_nobody_confirmed_proves_nothing(s: Stage) -> None:
    s.slack.add_person("U0FALSE", "priya@example.com", "Priya Rao", is_email_confirmed=False)
    id = ask(s, *ACCESS)
    for _ in range(2):
        press(s, "U0FALSE", "approve", card(s, "U0PRIYA"))
        wait(s, seconds=5)
    assert answer(s, "U0FALSE").startswith("Only Priya Rao")
    assert state(s, id) == "waiting"


def test_a_colleague_who_was_not_asked_cannot_decide(s: Stage) -> None:
    id = ask(s, *ACCESS)
    press(s, "U0DANA", "approve", card(s, "U0PRIYA"))
    assert (
        answer(s, "U0DANA") == f"Only Priya Rao, Carol Diaz or Sam Lee can decide {id}. Nothing has changed."
    )
    press(s, "U0DANA", "deny", card(s, "U0PRIYA"))
    assert answer(s, "U0DANA").startswith("Only Priya Rao")
    assert s.slack.views.get("U0DANA", []) == []


def test_of_a_confidential_request_not_even_the_deciders_are_named(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    press(s, "U0DANA", "approve", card(s, "U0PRIYA"))
    assert answer(s, "U0DANA") == f"Only the people I asked can decide {id}. Nothing has changed."


def test_details_are_for_those_who_have_the_card(s: Stage) -> None:
    id = ask(s, *ACCESS)
    press(s, "U0DANA", "details", card(s, "U0PRIYA"))
    assert answer(s, "U0DANA") == f"You have no request {id}."
    assert s.slack.views.get("U0DANA", []) == []


def test_asking_for_somebody_else_takes_the_right_to(s: Stage) -> None:
    id = ask(s, "U0JO", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    assert state(s, id) == "refused"
    assert "You can request this for yourself." in last(s, "U0JO")
    assert told(s, "U0PRIYA") == []


def test_an_account_not_looked_at_for_a_day_decides_nothing(s: Stage) -> None:
    id = ask(s, *ACCESS)
    shown = card(s, "U0PRIYA")
    s.slack.fault("users.info", times=None, status=500)
    s.slack.fault("users.lookupByEmail", times=None, status=500)
    wait(s, hours=25)
    press(s, "U0PRIYA", "approve", shown)
    assert NOT_CHECKED in answer(s, "U0PRIYA")
    assert state(s, id) == "waiting"
    s.slack.faults.clear()
    wait(s, minutes=1)
    press(s, "U0PRIYA", "approve", shown)
    assert state(s, id) == "done"


class Grid:
    """A bot in an Enterprise Grid, where colleagues sit in many workspaces."""

    def __init__(self, folder: Path, **how: Any) -> None:
        self.folder, self.how = folder, how

    def standing_of(self, **flags: Any) -> str:
        """What the bot says to whoami of somebody with these flags."""
        clock = Clock()
        (self.folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        slack = Workspace(signing_secret=SECRET, now=clock.seconds, enterprise_id="E01", **self.how)
        people_of(slack)
        slack.add_person("W0ELSE", "else@example.com", "Somebody Else", **flags)
        miro = Miro(token=TOKEN, now=clock.seconds, sleep=clock.sleep)
        with miro.serve() as miro_url, slack.serve() as slack_url:
            bot = build(_settings(self.folder, miro_url, slack_url), now=clock, sleep=clock.sleep)
            try:
                with serving(bot.door(), "127.0.0.1", 0, 8) as url:
                    acting = Gestures(slack, f"{url}/slack/events", wall_clock=clock.seconds)
                    assert acting.command("W0ELSE", "/miro", "whoami").ok
                    bot.housekeeping.tick()
                    assert acting.command("W0ELSE", "/miro", "whoami").ok
            finally:
                bot.stop()
        return str(slack.dm_of("W0ELSE")[-1].blocks)


@pytest.mark.parametrize("org_install", [False, True])
def test_on_grid_the_enterprise_decides_who_is_a_colleague(tmp_path: Path, org_install: bool) -> None:
    grid = Grid(tmp_path, org_install=org_install)
    assert "(colleague)" in grid.standing_of(team_id="T0OTHER")


def test_on_grid_another_enterprise_is_strange_even_in_the_same_workspace(tmp_path: Path) -> None:
    assert "somebody of another organization" in Grid(tmp_path).standing_of(enterprise_id="E0THEIRS")


@pytest.mark.thorough
@pytest.mark.parametrize("email", ["carol+2@example.com", None])
@pytest.mark.parametrize("other", ["carol+2@example.com", "U0CAR2"])
def test_a_second_account_that_the_policy_names_is_the_same_person(
    tmp_path: Path, email: str | None, other: str
) -> None:
    table = f'[same_person]\n"{other}" = "carol@example.com"\n[managers]'
    linked = POLICY.replace("[managers]", table)
    linked = linked.replace('["carol@example.com", "sam', '["carol@example.com", "U0CAR2", "sam')

    def second_account(miro: Miro, slack: Workspace) -> None:
        slack.add_person("U0CAR2", email, "Carol D.")

    with playing(tmp_path, linked, prepare=second_account) as s:
        id = ask(s, "U0CAROL", "/miro-access", "for Engineering because I start Monday")
        mine = email is not None or other == "U0CAR2"
        assert has_card(s, "U0CAR2") == (not mine)
        assert has_card(s, "U0SAM") and state(s, id) == "waiting"
        approve(s, "U0SAM")
        assert state(s, id) == "done"


def test_whoever_is_concerned_under_another_address_does_not_decide(tmp_path: Path) -> None:
    table = '[same_person]\n"carol+2@example.com" = "carol@example.com"\n[managers]'
    with playing(tmp_path, POLICY.replace("[managers]", table)) as s:
        ask(s, "U0LENA", "/miro-access", "carol+2@example.com for Engineering because of the launch")
        assert has_card(s, "U0SAM") and not has_card(s, "U0CAROL")


def test_a_leaver_hears_of_the_own_offboarding_under_no_account(tmp_path: Path) -> None:
    table = '[same_person]\n"sam@example.com" = "jo@example.com"\n[managers]'
    with playing(tmp_path, POLICY.replace("[managers]", table)) as s:
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
        id = ask(s, *OFFBOARD)
        for user in ("U0PRIYA", "U0CAROL"):
            s.slack.change_person(user, is_restricted=True)
        wait(s, hours=7)  # nobody can decide any more, so every other operator would hear of it
        assert request(s, id).asking.is_stuck and told(s, "U0SAM") == []
        assert id not in opened(s, "U0SAM") and "Jo Park" not in opened(s, "U0SAM")
        for verb in ("status", "withdraw"):
            s.acting.command("U0SAM", "/miro", f"{verb} {id}")
            s.settle()
            assert "Jo Park" not in answer(s, "U0SAM") and f"You have no request {id}." in answer(s, "U0SAM")
        assert state(s, id) == "waiting"
        theirs = ask(s, "U0SAM", *OFFBOARD[1:])
        assert state(s, theirs) != "joined" and id not in last(s, "U0SAM")


def test_nobody_asks_in_the_name_of_somebody_who_is_not_there(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        shell.types("ask", "request-access", "teams=Design", "--as", "ghost@example.com", "--reason", "boo")
        s.settle()
        assert state(s, "R-1") == "refused" and calls(s) == []
        said = shell.types("show", "R-1")
        assert (
            "Nobody in Slack has the address ghost@example.com. Only colleagues can request changes." in said
        )


def test_a_link_counts_at_once_and_leaves_nothing_behind_when_it_is_taken_back(s: Stage) -> None:
    linked = POLICY.replace(
        "[managers]", '[same_person]\n"sam@example.com" = "carol@example.com"\n[managers]'
    )
    id = ask(s, "U0CAROL", "/miro-access", "for Engineering because I start Monday")
    theirs = card(s, "U0SAM")
    (s.folder / "policy.toml").write_text(linked, encoding="utf-8")
    s.bot.context.policies.reload()
    press(s, "U0SAM", "approve", theirs)
    assert state(s, id) == "waiting" and "voted" not in history(s, id)
    wait(s, hours=16)
    (s.folder / "policy.toml").write_text(f"{POLICY}# two people\n", encoding="utf-8")
    wait(s, hours=16)
    assert not has_card(s, "U0CAROL") and has_card(s, "U0SAM")
    approve(s, "U0SAM")
    assert state(s, id) == "done"
