"""Miro away, refusing, slow, or saying yes without doing it: nothing is lost, nothing done twice."""

import pytest

from bot.sandbox.miro.service import Fault
from bot.sandbox.server import Answer
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import (
    approve,
    ask,
    calls,
    card,
    has_card,
    history,
    last,
    press,
    read,
    request,
    state,
    teams_of,
    told,
    wait,
)
from tests.says import says

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
ADMIN = '<@U0ALEX> from Engineering to "IT Administration" because Alex joins IT on Monday'


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({"status": 503, "times": 99}, "Miro is busy."),
        ({"status": 500}, "Miro reports an internal error."),
        ({"status": 502, "body": "html"}, "Miro reports an internal error."),
        ({"status": 200, "body": "html"}, "Miro's answer is unreadable."),
        ({"status": 200, "body": "empty"}, "Miro's answer is unreadable."),
        ({"cut": "before"}, "Miro isn't responding."),
        ({"status": 429, "times": 99}, "Miro is limiting calls."),
    ],
    ids=str,
)
def test_miro_away_while_checking_asks_nobody_until_it_is_back(
    s: Stage, how: dict[str, object], kind: str
) -> None:
    s.miro.faults.append(Fault("GET", "/Users", **how))  # type: ignore[arg-type]
    id = ask(s, *ACCESS)
    assert state(s, id) == "checking"
    assert last(s, "U0ALEX").endswith(f"{kind} {id} is saved and continues by itself.")
    assert last(s, "U0ALEX").count("saved") == 1
    assert told(s, "U0PRIYA") == []
    s.miro.faults.clear()
    wait(s, seconds=30)
    assert state(s, id) == "waiting"
    assert has_card(s, "U0PRIYA")
    assert "Waiting for Priya Rao" in last(s, "U0ALEX")


def test_a_revoked_token_is_told_to_operators_once(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "/Users", status=401, times=99))
    id = ask(s, *ACCESS)
    for _ in range(3):
        wait(s, minutes=5)
    assert state(s, id) == "checking"
    warned = [one for one in told(s, "U0CAROL") if "token" in one]
    assert warned == [
        "Miro refuses the bot's token (401). Miro said: \"The token can't authorize an organization\" "
        f"{id} waits. Waiting requests are saved and continue by themselves. "
        "Set MIRO_SCIM_TOKEN to a valid token, then restart the bot."
    ]
    assert "Miro refuses the bot's token." in last(s, "U0ALEX")
    s.miro.faults.clear()
    wait(s, minutes=20)
    assert state(s, id) == "waiting"


def test_a_token_revoked_after_approval_loses_nothing(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.miro.faults.append(Fault("POST|PATCH", "", status=403, times=1))
    approve(s, "U0PRIYA")
    assert state(s, id) == "working"
    assert "is saved and continues by itself." in told(s, "U0ALEX")[0]
    wait(s, minutes=1)
    assert state(s, id) == "done"


def test_a_refusal_halfway_stops_and_resume_does_what_is_left(s: Stage) -> None:
    engineering = s.teams["Engineering"]
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[engineering])
    s.miro.change_team(engineering, admins=(alex,))
    id = ask(s, "U0DANA", "/miro-admin", ADMIN)
    approve(s, "U0SAM")
    assert state(s, id) == "stopped"
    stopped = read(card(s, "U0CAROL", "resume"))
    assert stopped.startswith(f"⚠️ {id} is incomplete\n")
    assert "Done: joined IT Administration\n" in stopped
    assert "Not done: leave Engineering, become Company Admin" in stopped
    assert 'Miro said: "Any team in organization must have at least one admin."' in stopped
    assert "*To fix:* Add another admin to Engineering in Miro, then press Resume." in stopped
    lines = last(s, "U0DANA")
    assert "Done: joined IT Administration\n" in lines and "What helps" not in lines
    assert "[Resume]" not in lines
    carol = s.miro.user("carol@example.com")
    assert carol
    s.miro.change_team(engineering, admins=(alex, carol.id))
    s.miro.log.clear()
    press(s, "U0CAROL", "resume")
    assert calls(s) == [f"PATCH /Groups/{engineering}", f"PATCH /Users/{alex}"]
    assert state(s, id) == "done"
    assert teams_of(s, "alex@example.com") == {"IT Administration"}
    assert last(s, "U0DANA").startswith("✅ Alex Smith is a Company Admin")
    assert not has_card(s, "U0SAM", "resume")


def test_only_an_operator_can_resume(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_team(s.teams["Engineering"], admins=(alex,))
    id = ask(s, "U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
    approve(s, "U0PRIYA")
    press(s, "U0PRIYA", "resume", card(s, "U0CAROL", "resume"))
    assert last(s, "U0PRIYA") == f"Only an operator can resume {id}. They have been told."
    assert state(s, id) == "stopped"


def test_a_stopped_request_can_be_left_as_it_is(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_team(s.teams["Engineering"], admins=(alex,))
    id = ask(s, "U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
    approve(s, "U0PRIYA")
    press(s, "U0CAROL", "withdraw")
    assert state(s, id) == "withdrawn"
    assert "Changes made earlier stay." in last(s, "U0ALEX") + read(s.slack.dm_of("U0CAROL")[-1])
    assert teams_of(s, "alex@example.com") == {"Engineering", "Design"}


def test_accepted_without_effect_is_looked_for_twice_and_never_sent_again(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith")
    s.miro.faults.append(Fault("PATCH", "/Groups", no_effect=True))
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    s.miro.change_user("alex@example.com", enterprise={"organization": "Example Ltd"})
    approve(s, "U0PRIYA")
    assert state(s, id) == "working"
    assert "Done" not in last(s, "U0ALEX")
    wait(s, seconds=5)
    assert state(s, id) == "working"
    wait(s, seconds=30)
    assert state(s, id) == "stopped"
    assert history(s, id).count("unseen") == 2
    assert calls(s) == [f"PATCH /Groups/{s.teams['Engineering']}"]
    assert "Miro accepted the call to join Engineering, but doesn't show the change." in last(s, "U0ALEX")
    press(s, "U0CAROL", "resume")
    assert state(s, id) == "done"
    assert len(calls(s)) == 2


def test_what_shows_late_is_done_without_a_second_call(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith")
    s.miro.change_user("alex@example.com", enterprise={"organization": "Example Ltd"})
    s.miro.faults.append(Fault("PATCH", "/Groups", no_effect=True))
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    s.miro.join("alex@example.com", s.teams["Engineering"])
    wait(s, seconds=5)
    assert state(s, id) == "done"
    assert len(calls(s)) == 1


@pytest.mark.parametrize("cut", ["POST", "PATCH"])
def test_a_time_out_after_the_change_is_seen_and_not_sent_twice(s: Stage, cut: str) -> None:
    s.miro.faults.append(Fault(cut, "", cut="after"))
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert calls(s) == ["POST /Users", f"PATCH /Groups/{s.teams['Engineering']}"]
    assert [one.status for one in s.miro.log if one.method != "GET"].count(0) == 1


def test_a_time_out_before_the_change_is_tried_again(s: Stage) -> None:
    s.miro.faults.append(Fault("POST", "", cut="before"))
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    assert calls(s).count("POST /Users") == 2


def test_an_outcome_that_stays_unknown_stops_after_three_tries(s: Stage) -> None:
    s.miro.faults.append(Fault("POST", "", status=502, body="html", times=99))
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    assert calls(s) == ["POST /Users"] * 3
    for said in (last(s, "U0ALEX"), read(card(s, "U0CAROL", "resume"))):
        assert said.startswith(f"⚠️ {id} stopped\n") and "Not verified: " in said
        assert "couldn't verify it" in said
    assert "R-1 stopped\n" in told(s, "U0PRIYA")[0]
    assert "<html" not in "".join(told(s, "U0CAROL"))


def test_an_error_of_miros_own_is_told_in_its_words(s: Stage) -> None:
    detail = "<p class='x'>Board service is down</p> " + "and so on " * 40
    s.miro.faults.append(Fault("POST", "", status=500, detail=detail, times=99))
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    for said in (last(s, "U0ALEX"), read(card(s, "U0CAROL", "resume"))):
        assert "Miro had an internal error (500): Board service is down and so on" in said
    assert "but couldn't verify it" in says(request(s, id).outcome.text)  # type: ignore[union-attr]
    assert "<p" not in str(request(s, id).outcome)


def test_rights_that_miro_does_not_show_are_not_taken_for_none(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]], admin=True)

    def hidden(answer: Answer) -> Answer:
        return Answer(answer.status, answer.body.replace(b'"roles"', b'"rolls"'), answer.headers)

    undisturbed = s.miro._undisturbed
    s.miro._undisturbed = lambda call: hidden(undisturbed(call))  # type: ignore[method-assign]
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    assert state(s, id) == "refused"
    assert "Miro doesn't show which rights Jo has, so I won't remove any." in last(s, "U0LENA")
    assert calls(s) == []


def test_somebody_miro_counts_and_does_not_show_is_not_taken_for_nobody(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    undisturbed = s.miro._undisturbed
    rowless = Answer.of(200, {"totalResults": 1})
    s.miro._undisturbed = lambda call: rowless  # type: ignore[method-assign]
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    assert state(s, id) == "checking"
    s.miro._undisturbed = undisturbed  # type: ignore[method-assign]
    wait(s, seconds=30)
    assert state(s, id) == "waiting"


def test_miro_in_no_hurry_is_waited_for(s: Stage) -> None:
    s.miro.faults.append(Fault("POST", "", status=429, retry_after=7))
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    assert "Miro is limiting calls." in says(request(s, id).progress.held)
    wait(s, seconds=6)
    assert state(s, id) == "working"
    wait(s, seconds=1)
    assert state(s, id) == "done"


def test_miro_refusing_in_html_is_told_in_plain_words(s: Stage) -> None:
    s.miro.faults.append(Fault("POST", "", status=400, body="html"))
    id = ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    assert says(request(s, id).outcome.text).startswith('Miro said: "')  # type: ignore[union-attr]
    assert "<" not in says(request(s, id).outcome.text)  # type: ignore[union-attr]


def test_two_accounts_of_one_address_are_not_guessed_between(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith")
    s.miro.add_user("alex@example.com", "Alexander Smith")
    id = ask(s, *ACCESS)
    assert state(s, id) == "refused"
    assert "Miro has 2 accounts with the address alex@example.com." in last(s, "U0ALEX")
    assert told(s, "U0PRIYA") == []


def test_a_second_account_appearing_after_approval_stops_it(s: Stage) -> None:
    id = ask(s, *ACCESS)
    s.miro.add_user("alex@example.com", "Alex Smith")
    s.miro.add_user("alex@example.com", "Alexander Smith")
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    assert "2 accounts" in last(s, "U0ALEX")
    assert calls(s) == []


def test_the_last_company_admin_is_refused(s: Stage) -> None:
    id = ask(s, "U0LENA", "/miro-offboard", "carol@example.com because last day today")
    assert state(s, id) == "refused"
    assert "Carol is the last Company Admin." in last(s, "U0LENA")
    assert told(s, "U0CAROL") == []


def test_an_account_known_under_another_address_is_not_made_twice(s: Stage) -> None:
    ask(s, *ACCESS)
    approve(s, "U0PRIYA")
    s.miro.change_user("alex@example.com", userName="alex.smith@example.com")
    s.miro.log.clear()
    id = ask(s, "U0ALEX", "/miro-access", "for Design because we draw")
    assert request(s, id).plan.user_name == "alex.smith@example.com"
    approve(s, "U0PRIYA")
    assert state(s, id) == "done" and calls(s, "POST") == []
    alex = s.miro.user("alex@example.com")
    assert alex is None
