"""What is given for some days is taken back on time, and nothing else is."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.request import Draft, Request
from approvals.states import EventType
from bot.actions.people.leave_team import LeaveTeam
from bot.sandbox.miro.organization import ADMIN, MEMBER
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.bulk.scene import sent
from tests.bot.journeys.homes import opened, presses
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    calls,
    card,
    day,
    has_card,
    history,
    last,
    newest_request,
    playing,
    press,
    read,
    refused_form,
    request,
    state,
    teams_of,
    told,
    wait,
)
from tests.bot.journeys.shell import machine

LIMITED = POLICY.replace("request-access = {", 'request-access = { longest = "30d", proposed = "7d",')
ENDING = POLICY.replace("request-access = {", 'request-access = { longest = "366d",')
ENDING = ENDING.replace("make-admin = {", 'make-admin = { longest = "30d",')
ACCESS = ("U0ALEX", "/miro-access", "for Engineering because of the workshop")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, ENDING) as stage:
        yield stage


def given(s: Stage, days: str = "7") -> Request:
    """Alex is in Engineering for some days."""
    id = ask(s, *ACCESS, until=day(s, int(days)))
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    return request(s, id)


def test_the_approver_reads_for_how_long_it_is(s: Stage) -> None:
    ask(s, *ACCESS, until=day(s, 7))
    shown = read(card(s, "U0PRIYA"))
    assert "Give Alex Smith access to Engineering until Mon 9 Mar?" in shown
    assert "Then Engineering is removed. The account stays." in shown
    assert "To undo" not in shown


def test_what_was_there_before_is_not_said_to_be_taken_back(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    text = "for Engineering and Design because of the workshop"
    ask(s, "U0ALEX", "/miro-access", text, until=day(s, 7))
    assert "Then Engineering is removed. The account stays." in read(card(s, "U0PRIYA"))


def test_the_last_day_is_the_one_that_was_asked_for(s: Stage) -> None:
    id = ask(s, *ACCESS, until=day(s, 2))
    wait(s, days=2)
    approve(s, "U0PRIYA")
    whole = request(s, id)
    assert whole.ending.ends_at and whole.ending.ends_at - s.clock() < timedelta(hours=14)
    ends = "Ends Mar 4, 2026, 22:59. Then Engineering is removed. The account stays."
    assert ends in last(s, "U0ALEX")
    wait(s, hours=13)
    assert "Engineering" in teams_of(s, "alex@example.com")


def test_it_is_said_a_day_before_and_taken_back_on_time(s: Stage) -> None:
    first = given(s)
    wait(s, days=6)
    assert not any("Then it's removed" in one for one in told(s, "U0ALEX"))
    wait(s, hours=14)
    assert "Then it's removed, and I'll tell you." in last(s, "U0ALEX")
    assert has_card(s, "U0ALEX", "again")
    wait(s, hours=24)
    end = newest_request(s)
    assert (end.action, end.because_of, end.state) == ("leave-team", first.id, "done")
    assert "Engineering" not in teams_of(s, "alex@example.com")
    assert history(s, first.id)[-2:] == ["ending", "over"]
    assert history(s, end.id) == ["asked", "planned", "approved", "trying", "answered", "done"]
    assert not has_card(s, "U0ALEX", "again")
    assert any("no longer in Engineering" in one for one in told(s, "U0ALEX"))


def test_nobody_is_asked_about_an_end(s: Stage) -> None:
    given(s)
    before = len(told(s, "U0PRIYA"))
    wait(s, days=8)
    assert newest_request(s).state == "done"
    assert len(told(s, "U0PRIYA")) == before


def test_after_a_long_downtime_it_ends_at_once_and_once(s: Stage) -> None:
    first = given(s)
    wait(s, days=90)
    wait(s, days=1)
    ends = [one for one in s.bot.store.requests() if one.because_of == first.id]
    assert [one.state for one in ends] == ["done"]
    assert "ending" not in history(s, first.id)


def test_a_team_that_one_was_in_before_is_kept(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I help", until=day(s, 3))
    approve(s, "U0PRIYA")
    wait(s, days=4)
    assert teams_of(s, "alex@example.com") == {"Design"}


def test_admin_rights_for_some_days_are_taken_away(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, "U0DANA", "/miro-admin", "@alex because of it", person="U0ALEX", until=day(s, 1))
    assert "Become Company Admin: can manage every person and team, until Tue 3 Mar" in read(card(s, "U0SAM"))
    assert "Then the rights are removed." in read(card(s, "U0SAM"))
    approve(s, "U0SAM")
    user = s.miro.user("alex@example.com")
    assert user and user.role == ADMIN
    wait(s, days=2)
    user = s.miro.user("alex@example.com")
    assert user and user.role == MEMBER
    assert teams_of(s, "alex@example.com") == {"Design"}


def test_admin_rights_for_some_days_leave_the_teams_as_they_are(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    words = '<@U0ALEX|alex> from Engineering to "IT Administration" because Alex helps'
    ask(s, "U0DANA", "/miro-admin", words, until=day(s, 1))
    assert "Then the rights are removed." in read(card(s, "U0SAM"))
    approve(s, "U0SAM")
    wait(s, days=2)
    assert teams_of(s, "alex@example.com") == {"IT Administration"}


@pytest.mark.thorough
def test_the_last_admin_is_kept_and_the_operators_hear_of_it(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, "U0DANA", "/miro-admin", "@alex because of it", person="U0ALEX", until=day(s, 1))
    approve(s, "U0SAM")
    s.miro.change_user("carol@example.com", role=MEMBER)
    wait(s, days=2)
    end = newest_request(s)
    for _ in range(3):
        wait(s, hours=1, minutes=1)
    user = s.miro.user("alex@example.com")
    assert user and (user.role, state(s, end.id)) == (ADMIN, "approved")
    warned = [one for one in told(s, "U0CAROL") if "is the last Company Admin" in one]
    assert len(warned) == 1 and f"so {end.id} keeps that right for now" in warned[0]
    ask(s, "U0ALEX", "/miro-access", "for Design because it goes on meanwhile", until=day(s, 3))
    approve(s, "U0PRIYA")
    assert newest_request(s).state == "done", "it holds nobody up"
    assert state(s, end.id) == "approved", "and what goes on meanwhile doesn't withdraw it"
    s.miro.change_user("carol@example.com", role=ADMIN)
    wait(s, hours=1, minutes=1)
    user = s.miro.user("alex@example.com")
    assert user and (user.role, state(s, end.id)) == (MEMBER, "done")


def test_who_got_the_rights_cannot_keep_them_by_withdrawing_their_end(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, "U0DANA", "/miro-admin", "@alex because of it", person="U0ALEX", until=day(s, 1))
    approve(s, "U0SAM")
    s.miro.change_user("carol@example.com", role=MEMBER)
    wait(s, days=2)
    end = newest_request(s)
    s.acting.command("U0DANA", "/miro", f"withdraw {end.id}")
    s.settle()
    assert state(s, end.id) == "approved"
    assert "ends access given for a limited time" in last(s, "U0DANA")


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["on the card", "in App Home", "in a shell"])
def test_access_is_ended_before_its_last_day_without_asking_anybody(tmp_path: Path, where: str) -> None:
    with machine(tmp_path, ENDING) as (s, shell):
        first = given(s)
        before = len(told(s, "U0PRIYA"))
        if where == "on the card":
            press(s, "U0ALEX", "end-now")
        elif where == "in App Home":
            assert "[Extend] [End Now]" in opened(s, "U0ALEX")
            presses(s, "U0ALEX", "end-now", first.id)
        else:
            said = shell.types("end", first.id, "--as", "lena@example.com", exits=1)
            assert f"Only the requester, the person concerned or an operator can end {first.id}." in said
            assert shell.types("end", first.id, "--as", "alex@example.com").startswith("R-2 saved: remove")
            s.settle()
        end = newest_request(s)
        assert (end.because_of, end.state) == (first.id, "done")
        assert "Engineering" not in teams_of(s, "alex@example.com")
        assert "Alex Smith ended it early." in end.reason
        assert len(told(s, "U0PRIYA")) == before and not has_card(s, "U0ALEX", "end-now")
        wait(s, days=9)
        assert newest_request(s).id == end.id


def test_who_it_was_asked_for_ends_it_as_well_and_once(s: Stage) -> None:
    id = ask(s, "U0LENA", "/miro-access", "for Engineering because of it", person="U0ALEX", until=day(s, 7))
    approve(s, "U0PRIYA")
    theirs = as_it_was(card(s, "U0ALEX", "end-now"))
    press(s, "U0ALEX", "end-now", theirs)
    press(s, "U0ALEX", "end-now", theirs)
    assert [each.id for each in s.bot.store.requests() if each.because_of == id] == ["R-2"]
    assert answer(s, "U0ALEX") == f"{id} has no end date, or has ended. Nothing has changed."


def test_it_is_extended_from_the_card_and_in_a_shell(tmp_path: Path) -> None:
    with machine(tmp_path, ENDING) as (s, shell):
        first = given(s)
        assert has_card(s, "U0ALEX", "again")
        words = ("extend", first.id, "--as", "alex@example.com", "--until")
        for early in ("2026-03-01", "2026-03-09"):
            assert "It ends on 2026-03-09. Choose a later day." in shell.types(*words, early, exits=1)
        shell.types(*words, day(s, 14), "--reason", "It takes longer.")
        s.settle()
        assert "Stays until Mon 16 Mar, instead of ending on 9 March" in read(card(s, "U0PRIYA"))
        approve(s, "U0PRIYA")
        assert request(s, first.id).ending.is_moved and newest_request(s).reason == "It takes longer."


def test_extending_asks_again_and_moves_the_end(s: Stage) -> None:
    first = given(s)
    wait(s, days=6, hours=14)
    press(s, "U0ALEX", "again")
    sent = s.acting.submit("U0ALEX", {"until": day(s, 10), "reason": "It takes longer."})
    assert sent.ok and not sent.errors
    s.settle()
    longer = newest_request(s)
    assert longer.state == "waiting"
    assert "Stays until Wed 18 Mar, instead of ending on 9 March" in read(card(s, "U0PRIYA"))
    before = calls(s)
    approve(s, "U0PRIYA")
    assert state(s, longer.id) == "done" and calls(s) == before
    wait(s, days=5)
    assert "Engineering" in teams_of(s, "alex@example.com")
    assert history(s, first.id)[-1] == "over"
    wait(s, days=7)
    assert "Engineering" not in teams_of(s, "alex@example.com")
    assert newest_request(s).because_of == longer.id


def test_asking_for_less_than_there_is_asks_nobody(s: Stage) -> None:
    given(s)
    id = ask(s, *ACCESS, until=day(s, 2))
    assert state(s, id) == "nothing to do"


def test_a_bound_of_one_day_is_said_as_one(tmp_path: Path) -> None:
    with playing(tmp_path, LIMITED.replace('longest = "30d"', 'longest = "1d"').replace("7d", "1d")) as s:
        s.acting.command(*ACCESS)
        assert "At most 1 day from now." in str(s.acting.modal("U0ALEX")["blocks"])


def test_the_policy_bounds_and_proposes_the_days(tmp_path: Path) -> None:
    with playing(tmp_path, LIMITED) as s:
        most = "The limit is 30 days. You can ask to extend it before it ends."
        # Before Slack was asked who this is.
        assert refused_form(s, *ACCESS, until=day(s, 31)) == {"until": most}
        s.acting.command(*ACCESS)
        assert "At most 30 days from now." in str(s.acting.modal("U0ALEX")["blocks"])
        assert s.acting.submit("U0ALEX", {}).ok
        s.settle()
        assert newest_request(s).scope.days == 7


RULE = 'rules = [{ when = { team = "Design" }, longest = "14d", proposed = "3d" }],'
RULED = LIMITED.replace("request-access = {", f"request-access = {{ {RULE}")


@pytest.mark.parametrize(("text", "days"), [("for Design", 3), ("for Engineering", 7), ("", 7)])
def test_the_form_proposes_what_the_rule_for_the_team_does(tmp_path: Path, text: str, days: int) -> None:
    with playing(tmp_path, RULED) as s:
        s.acting.command("U0ALEX", "/miro-access", text)
        blocks = s.acting.modal("U0ALEX")["blocks"]
        [field] = [one["element"] for one in blocks if one["block_id"] == "until"]
        assert field["initial_date"] == day(s, days)


def test_a_form_that_is_opened_makes_nobody_known(tmp_path: Path) -> None:
    with playing(tmp_path, RULED) as s:
        s.acting.command("U0CAROL", "/miro-access", "for Design for new@example.com")
        assert s.acting.modal("U0CAROL")
        assert s.bot.store.people.by_email("new@example.com") is None


PEOPLES = RULE.replace('team = "Design"', 'requester_group = "hr"').replace("14d", "60d")


def test_days_that_hang_on_who_asks_are_left_to_the_worker(tmp_path: Path) -> None:
    with playing(tmp_path, LIMITED.replace("request-access = {", f"request-access = {{ {PEOPLES}")) as s:
        first = ask(s, *ACCESS, until=day(s, 31))  # before Slack was asked who this is
        assert state(s, first) == "refused" and "limit is 30 days" in last(s, "U0ALEX")
        assert "limit is 30 days" in refused_form(s, *ACCESS, until=day(s, 31))["until"]
        id = ask(s, "U0LENA", "/miro-access", "for Engineering because of the workshop", until=day(s, 31))
        assert state(s, id) == "waiting"


def test_teams_of_different_rules_are_left_to_the_worker(tmp_path: Path) -> None:
    with playing(tmp_path, RULED) as s:
        text = "for Engineering and Design because of the workshop"
        id = ask(s, "U0ALEX", "/miro-access", text, until=day(s, 31))
        assert state(s, id) == "refused" and "Send a request for each." in last(s, "U0ALEX")


def test_where_there_is_a_longest_an_end_is_needed(tmp_path: Path) -> None:
    with playing(tmp_path, LIMITED.replace('proposed = "7d", ', "")) as s:
        ask(s, *ACCESS, until=day(s, 1))
        assert refused_form(s, *ACCESS)["until"] == "Choose an end date, at most 30 days from now."


@pytest.mark.parametrize(("days", "why"), [(-1, "This day has passed"), (367, "within the next 366 days")])
def test_a_last_day_is_within_a_year_from_today(s: Stage, days: int, why: str) -> None:
    assert why in refused_form(s, *ACCESS, until=day(s, days))["until"]


def test_a_request_ends_with_the_day_it_asks_for(s: Stage) -> None:
    id = ask(s, *ACCESS, until=day(s, 0))
    wait(s, hours=14)
    assert state(s, id) == "expired"


def test_a_forged_end_takes_nothing_back(s: Stage) -> None:
    """An end needs no approval only because of the request that gave something for some days."""
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"], s.teams["Engineering"]])
    alex = s.bot.store.people.meet(email="alex@example.com")
    command = LeaveTeam(person=alex.id, teams=(s.teams["Design"],))
    body = {"action": "leave-team", "policy": s.bot.context.policies.hash, "lanes": [], "subject": alex.id}
    words = {"details": command.model_dump_json(), "reason": "over"}
    forged = s.bot.store.ask(Draft(EventType.ASKED, alex.id, {**body, "is_end": True}, words))
    s.settle()
    assert state(s, forged.id) == "refused"
    assert "Design" in teams_of(s, "alex@example.com")


def test_what_somebody_else_gave_meanwhile_is_neither_claimed_nor_taken_back(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        first = ask(s, "U0ALEX", "/miro-access", "for Engineering for 3 days because of the workshop")
        theirs = card(s, "U0PRIYA")
        second = ask(s, "U0ALEX", "/miro-access", "for Engineering because I stay")
        press(s, "U0PRIYA", "approve", card(s, "U0PRIYA"))
        assert (state(s, first), state(s, second)) == ("waiting", "done")
        s.miro.log.clear()
        press(s, "U0PRIYA", "approve", theirs)
        assert state(s, first) == "done" and calls(s) == []
        said = last(s, "U0ALEX")
        assert "Everything was already in place. Nothing was changed." in said and "Created" not in said
        assert request(s, first).ending.ends_at is None
        wait(s, days=4)
        assert "Engineering" in teams_of(s, "alex@example.com")


@pytest.mark.thorough
@pytest.mark.parametrize("days", ["9", ""])
def test_an_end_that_was_moved_is_announced_by_nobody_any_more(tmp_path: Path, days: str) -> None:
    with playing(tmp_path) as s:
        first = ask(s, "U0ALEX", "/miro-access", "for Engineering for 3 days because of the workshop")
        approve(s, "U0PRIYA")
        done = [one for one in s.slack.dm_of("U0ALEX") if read(one).startswith("✅ You're in ")][-1]
        assert "Ends " in read(done)
        more = f"for Engineering for {days} days because I stay" if days else "for Engineering because I stay"
        ask(s, "U0ALEX", "/miro-access", more)
        approve(s, "U0PRIYA")
        assert "It ends" not in read(done) and request(s, first).ending.is_moved
        before = len(told(s, "U0ALEX"))
        wait(s, days=2, hours=2)
        assert len(told(s, "U0ALEX")) == before
        wait(s, days=2)
        assert "Engineering" in teams_of(s, "alex@example.com")


def test_a_try_that_did_not_reach_miro_claims_nothing(tmp_path: Path) -> None:
    plain = POLICY.replace('organization = "Example Ltd"\n', "")
    with playing(tmp_path, plain) as s:
        s.miro.add_user("alex@example.com", "Alex Smith")
        id = ask(s, "U0ALEX", "/miro-access", "for Engineering for 3 days because of the workshop")
        s.miro.faults.append(Fault(status=503, times=400, method="PATCH"))
        approve(s, "U0PRIYA")
        assert "trying" in history(s, id) and state(s, id) == "working"
        s.miro.faults.clear()
        s.miro.join("alex@example.com", s.teams["Engineering"])
        wait(s, minutes=20)
        assert state(s, id) == "done" and "Joined Engineering" not in last(s, "U0ALEX")
        wait(s, days=4)
        assert "Engineering" in teams_of(s, "alex@example.com")


def test_an_only_team_is_a_hazard_before_and_operators_decide_how_it_ends(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[])
    ask(s, *ACCESS, until=day(s, 7))
    assert "⚠ Alex may have no other team then." in read(card(s, "U0PRIYA"))
    approve(s, "U0PRIYA")
    wait(s, days=8)
    end = newest_request(s)
    assert (end.action, end.state) == ("leave-team", "stopped")
    assert "Alex would be left without a team" in last(s, "U0CAROL")
    wait(s, days=3)
    assert state(s, end.id) == "stopped" and teams_of(s, "alex@example.com") == {"Engineering"}
    s.miro.join("alex@example.com", s.teams["Design"])
    press(s, "U0CAROL", "resume")
    assert state(s, end.id) == "done" and teams_of(s, "alex@example.com") == {"Design"}


def test_of_only_teams_the_last_stays_and_it_says_so(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[])
    ask(s, "U0ALEX", "/miro-access", "for Engineering and Design because I help", until=day(s, 3))
    approve(s, "U0PRIYA")
    wait(s, days=4)
    end = newest_request(s)
    assert (end.state, len(teams_of(s, "alex@example.com"))) == ("stopped", 1)


def test_another_team_is_no_hazard(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    ask(s, *ACCESS, until=day(s, 7))
    assert "no other team" not in read(card(s, "U0PRIYA"))


def test_an_only_team_is_a_hazard_in_a_list_and_each_end_stops_for_itself(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[])
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    rows = "".join(f"{who}@example.com,request-access,Engineering,7\n" for who in ("alex", "jo"))
    sent(s, f"email,action,team,days\n{rows}")
    assert "⚠ Each person may have no other team then." in read(card(s, "U0PRIYA"))
    approve(s, "U0PRIYA")
    wait(s, days=8)
    ends = [each for each in s.bot.store.requests() if each.action == "leave-team"]
    assert {each.state for each in ends} == {"stopped", "done"}
    assert teams_of(s, "alex@example.com") == {"Engineering"}
