"""Hand Over: a stopped request is finished by hand in Miro, and called done once Miro shows it."""

from datetime import timedelta
from pathlib import Path

import pytest

from approvals.decide.actor import Actor
from approvals.decide.decide import report
from bot.context import LEASE
from bot.miro.wire import ADMIN
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from bot.work.provision import LOOKS
from tests.bot.journeys.homes import opened, page, part
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    calls,
    card,
    day,
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
from tests.bot.journeys.shell import machine
from tests.bot.ops.test_metrics import samples

ADMIN_ASKED = '<@U0ALEX> from Engineering to "IT Administration" because of it'
NO_ADMIN = 'Miro said: "Any team in organization must have at least one admin."'


def stopped(s: Stage) -> tuple[str, str]:
    """(id, account) of a request that joined one team, and may not leave the other."""
    engineering = s.teams["Engineering"]
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[engineering])
    s.miro.change_team(engineering, admins=(alex,))
    id = ask(s, "U0DANA", "/miro-admin", ADMIN_ASKED)
    approve(s, "U0SAM")
    assert state(s, id) == "stopped"
    return id, alex


def test_a_hand_over_that_stays_open_is_seen_by_those_who_watch(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        stopped(s)
        assert s.bot.store.figures.handed_since() is None
        began = s.clock()
        assert hand_over(s, "U0SAM") == {}
        wait(s, days=4)
        assert s.bot.store.figures.handed_since() == began
        assert samples(s)["miro_bot_oldest_hand_over_seconds"][""] >= timedelta(days=4).total_seconds()
        assert "the oldest is from 2 March 2026. Ask whom it's with" in shell.types("doctor")
        press(s, "U0CAROL", "take-back")
        assert s.bot.store.figures.handed_since() is None


def hand_over(s: Stage, to: str, by: str = "U0CAROL") -> dict[str, str]:
    """An operator presses Hand Over and names somebody; the errors at the form's field."""
    press(s, by, "hand-over")
    reply = s.acting.submit(by, {"reason": to})
    if "haven't seen" in str(reply.errors):  # Slack is asked meanwhile
        wait(s, minutes=1)
        reply = s.acting.submit(by, {"reason": to})
    s.settle()
    return reply.errors


def by_hand(s: Stage, account: str) -> None:
    """What is left is done in Miro's own pages."""
    carol = s.miro.user("carol@example.com")
    assert carol
    s.miro.change_team(s.teams["Engineering"], admins=(account, carol.id))
    s.miro.leave("alex@example.com", s.teams["Engineering"])
    s.miro.change_user("alex@example.com", role=ADMIN)


def test_the_named_person_reads_what_is_left_and_it_is_done_once_miro_shows_it(s: Stage) -> None:
    id, alex = stopped(s)
    assert hand_over(s, "U0PRIYA") == {}
    theirs = last(s, "U0PRIYA")
    assert theirs.startswith(f"⚠️ {id} · Please finish it by hand in Miro\n")
    assert "Done: joined IT Administration\n" in theirs and NO_ADMIN in theirs
    assert "Leave Engineering (Team settings, Users)" in theirs
    assert "Become Company Admin: can manage every person and team (Company settings, Users)" in theirs
    assert "Priya Rao finishes it by hand." in read(card(s, "U0CAROL", "take-back"))
    s.miro.log.clear()
    press(s, "U0PRIYA", "report")
    assert state(s, id) == "stopped", "Miro doesn't show it"
    still = read(card(s, "U0PRIYA", "report"))
    assert f"Miro doesn't show all of it yet. {NO_ADMIN}" in still and "Leave Engineering" in still
    by_hand(s, alex)
    press(s, "U0PRIYA", "report")
    assert (state(s, id), calls(s)) == ("done", [])
    assert history(s, id).count("reported done") == 2
    done = last(s, "U0DANA")
    assert done.startswith("✅ Alex Smith is a Company Admin of Miro\n")
    assert "Done by hand by Priya Rao, verified: not in Engineering, Company Admin" in done
    assert not has_card(s, "U0PRIYA", "report") and not has_card(s, "U0CAROL", "take-back")


def test_who_doesnt_answer_is_reminded_each_day_until_it_is_taken_back(s: Stage) -> None:
    id, _ = stopped(s)
    hand_over(s, "U0PRIYA")
    for days in (1, 2):
        wait(s, days=1, minutes=1)
        assert sum("Reminder: " in each for each in told(s, "U0PRIYA")) == days
    press(s, "U0CAROL", "take-back")
    wait(s, days=3)
    assert sum("Reminder: " in each for each in told(s, "U0PRIYA")) == 2
    assert f"{id} · No longer with you" in told(s, "U0PRIYA")[0] and not has_card(s, "U0PRIYA", "report")
    assert has_card(s, "U0CAROL", "hand-over") and history(s, id).count("handed over") == 2


def test_what_was_handed_to_somebody_who_has_left_is_back_with_the_operators(s: Stage) -> None:
    id, _ = stopped(s)
    hand_over(s, "U0PRIYA")
    s.slack.change_person("U0PRIYA", deleted=True)
    wait(s, days=1, minutes=1)
    wait(s, days=1, minutes=1)
    assert request(s, id).hand_over.to is None and has_card(s, "U0CAROL", "hand-over")
    warned = [each for each in told(s, "U0CAROL") if f"can't finish {id} by hand anymore" in each]
    assert len(warned) == 1


def test_only_a_colleague_whom_it_isnt_about_finishes_it_and_only_that_one(s: Stage) -> None:
    id, _ = stopped(s)
    assert hand_over(s, "U0ALEX") == {
        "reason": "It's about this person, so someone else has to finish it. Choose another colleague."
    }
    assert hand_over(s, "U0PRIYA") == {}
    theirs = card(s, "U0PRIYA", "report")
    press(s, "U0DANA", "report", theirs)
    assert answer(s, "U0DANA") == f"{id} isn't handed over to you. Nothing has changed."
    press(s, "U0PRIYA", "take-back", card(s, "U0CAROL", "take-back"))
    assert "Only an operator can take back" in answer(s, "U0PRIYA")
    assert history(s, id).count("handed over") == 1


def _deletion(s: Stage, fault: Fault | None) -> str:
    """A deletion that is stopped, since Alex alone leads a team, or by a fault."""
    engineering = s.teams["Engineering"]
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[engineering])
    s.miro.change_team(engineering, admins=() if fault else (alex,))
    id = ask(s, "U0LENA", "/miro-offboard", "alex@example.com because of it", how="delete")
    s.miro.faults += [fault] if fault else []
    approve(s, "U0SAM")
    for _ in LOOKS:
        wait(s, minutes=1)
    assert state(s, id) == "stopped"
    return id


def test_a_deletion_that_is_finished_by_hand_is_done(s: Stage) -> None:
    id = _deletion(s, None)
    assert hand_over(s, "U0PRIYA") == {}
    carol = s.miro.user("carol@example.com")
    assert carol
    s.miro.change_team(s.teams["Engineering"], admins=(carol.id,))
    s.miro.delete("alex@example.com")
    press(s, "U0PRIYA", "report")
    assert state(s, id) == "done"


def test_a_deletion_that_miro_shows_late_is_done_by_a_resume(s: Stage) -> None:
    id = _deletion(s, Fault("DELETE", "/Users", no_effect=True))
    s.miro.delete("alex@example.com")
    press(s, "U0CAROL", "resume")
    assert state(s, id) == "done"


def test_a_look_that_fails_is_held_and_a_resume_ends_the_hand_over(s: Stage) -> None:
    id, alex = stopped(s)
    hand_over(s, "U0SAM")
    opened(s, "U0SAM")
    listed = part(page(s, "U0SAM"), "To finish by hand in Miro: 1", "Admin rights")
    assert "Left: leave Engineering, become Company Admin." in listed and "[I've Done It] [Details]" in listed
    s.miro.faults.append(Fault("GET", "/Users", status=503, times=9))
    press(s, "U0SAM", "report")
    assert state(s, id) == "working"
    s.miro.faults.clear()
    wait(s, minutes=16)
    assert state(s, id) == "stopped"
    carol = s.miro.user("carol@example.com")
    assert carol
    s.miro.change_team(s.teams["Engineering"], admins=(alex, carol.id))
    press(s, "U0CAROL", "resume")
    assert (state(s, id), teams_of(s, "alex@example.com")) == ("done", {"IT Administration"})
    wait(s, days=2)
    assert not any("Reminder: " in each for each in told(s, "U0SAM"))


def test_a_bot_that_dies_while_it_looks_is_followed_by_one_that_verifies(s: Stage) -> None:
    id, alex = stopped(s)
    hand_over(s, "U0PRIYA")
    by_hand(s, alex)
    priya = Actor(s.bot.store.people.meet(email="priya@example.com"), shell="priya on laptop")
    s.bot.context.decide(request(s, id).id, lambda each: report(each, priya, s.bot.context.table(each)))
    claim = s.bot.store.claim("one that dies", LEASE)
    assert claim and claim.request == id
    s.miro.log.clear()
    s.settle()
    assert state(s, id) == "working"
    wait(s, minutes=11)
    assert (state(s, id), calls(s), history(s, id).count("reported done")) == ("done", [], 1)


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["by hand", "resumed"])
def test_access_for_some_days_that_was_given_by_hand_ends_as_well(s: Stage, way: str) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.faults.append(Fault("PATCH", "/Groups", status=400, times=1))
    id = ask(s, "U0ALEX", "/miro-access", "for Design because of it", until=day(s, 7))
    approve(s, "U0PRIYA")
    assert state(s, id) == "stopped"
    hand_over(s, "U0PRIYA")
    s.miro.join("alex@example.com", s.teams["Design"])
    press(s, "U0PRIYA", "report") if way == "by hand" else press(s, "U0CAROL", "resume")
    assert state(s, id) == "done" and request(s, id).ending.ends_at
    wait(s, days=9)
    assert teams_of(s, "alex@example.com") == {"Engineering"}


def test_it_is_handed_over_taken_back_and_reported_in_a_shell(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        id, alex = stopped(s)
        words = ("hand-over", id, "--as")
        assert "Give one of" in shell.types(*words, "carol@example.com", exits=2)
        assert "haven't seen" in shell.types(*words, "carol@example.com", "--to", "who@example.com", exits=1)
        for to, why in (("foo", "isn't an e-mail address"), ("it@other.example", "isn't in example.com")):
            assert why in shell.types(*words, "carol@example.com", "--to", to, exits=1)
        for how, outcome in (
            (("--to", "sam@example.com"), "sam@example.com is asked to finish it."),
            (("--back",), "Back with operators."),
            (("--to", "dana@example.com"), "dana@example.com is asked to finish it."),
        ):
            printed = shell.types(*words, "carol@example.com", *how)
            assert printed.startswith(f"{id}: ") and printed.replace("(", "").replace(")", "").endswith(
                outcome
            )
        assert "isn't handed over to you" in shell.types(*words, "sam@example.com", "--done", exits=1)
        by_hand(s, alex)
        assert "checks in Miro whether it's done" in shell.types(*words, "dana@example.com", "--done")
        s.settle()
        assert state(s, id) == "done"


def test_a_reminder_that_was_due_during_a_downtime_comes_once(s: Stage) -> None:
    id, _ = stopped(s)
    hand_over(s, "U0PRIYA")
    s.clock.pass_(timedelta(days=30))
    wait(s, minutes=1)
    wait(s, minutes=1)
    assert history(s, id).count("reminded") == 1
