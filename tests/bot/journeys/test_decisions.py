"""Denied, withdrawn, unanswered, agreed by two, joined, and nothing to do."""

from datetime import timedelta
from pathlib import Path

import pytest

from approvals.decide import decide
from approvals.decide.actor import Actor
from approvals.ids import SlackId
from approvals.request import Request
from bot.actions import Action
from bot.context import Context
from bot.sandbox.stage import POLICY, Stage
from bot.work import check
from tests.bot.journeys.scenes import (
    answer,
    approve,
    as_it_was,
    ask,
    buttons,
    calls,
    card,
    deny,
    has_card,
    history,
    last,
    newest_request,
    playing,
    press,
    read,
    request,
    state,
    told,
    wait,
)
from tests.bot.journeys.scenes import read as reads

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


def test_a_denial_tells_the_reason_and_changes_nothing(s: Stage) -> None:
    id = ask(s, *ACCESS)
    deny(s, "U0PRIYA", "Ask again in May.")
    assert state(s, id) == "denied"
    assert calls(s) == []
    assert "Ask again in May." in last(s, "U0ALEX")
    said = last(s, "U0CAROL")
    assert f"{id} · Denied by Priya Rao" in said and '"Ask again in May."' in said


def test_a_denial_needs_a_reason(s: Stage) -> None:
    id = ask(s, *ACCESS)
    press(s, "U0PRIYA", "deny")
    reply = s.acting.submit("U0PRIYA", {}, complete=False)
    assert reply.errors == {"reason": "Give a reason: the requester reads it."}
    assert state(s, id) == "waiting"
    assert s.acting.submit("U0PRIYA", {"reason": "No seat is free."}).errors == {}
    assert state(s, id) == "denied"


def test_whoever_asked_may_take_it_back(s: Stage) -> None:
    id = ask(s, *ACCESS)
    old = card(s, "U0PRIYA")
    press(s, "U0ALEX", "withdraw")
    assert state(s, id) == "withdrawn"
    assert "Withdrawn by Alex Smith\n" in read(old) and "Nothing has changed." in read(old)
    assert "Withdrawn by you\n" in last(s, "U0ALEX")
    assert buttons(old) == []
    assert calls(s) == []


def test_silence_is_not_a_no(s: Stage) -> None:
    id = ask(s, *ACCESS)
    wait(s, days=3)
    assert state(s, id) == "expired"
    assert "Expired without an answer" in last(s, "U0ALEX")
    assert "Denied" not in "".join(told(s, "U0ALEX"))
    assert not has_card(s, "U0PRIYA")


def test_asking_again_opens_the_form_filled_in(s: Stage) -> None:
    first = ask(s, *ACCESS)
    wait(s, days=3)
    press(s, "U0ALEX", "again", card(s, "U0ALEX", "again"))
    shown = reads(s.acting.modal("U0ALEX"))
    assert "Engineering" in shown and "I start Monday" in shown
    assert s.acting.submit("U0ALEX").errors == {}
    s.settle()
    assert newest_request(s).id != first
    assert newest_request(s).state == "waiting"


def test_the_last_moment_counts_and_the_moment_after_does_not(s: Stage) -> None:
    id = ask(s, *ACCESS)
    expires = request(s, id).deadlines.expires_at
    assert expires
    s.clock.pass_(expires - s.clock())
    press(s, "U0PRIYA", "approve")
    assert "has expired" in answer(s, "U0PRIYA")
    assert calls(s) == []
    other = ask(s, "U0JO", "/miro-access", "for Design because we draw")
    expires = request(s, other).deadlines.expires_at
    assert expires
    s.clock.pass_(expires - s.clock() - timedelta(seconds=1))
    s.bot.housekeeping.tick()
    press(s, "U0PRIYA", "approve")
    assert state(s, other) == "done"


TWO = POLICY.replace(
    'approvers = ["it"], expires = "1d" }', 'approvers = ["it"], agree = 2, expires = "1d" }', 1
)


def test_two_must_agree_and_one_person_counts_once(tmp_path: Path) -> None:
    with playing(tmp_path, TWO) as s:
        s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
        id = ask(s, "U0DANA", "/miro-admin", "<@U0ALEX> because Alex joins IT")
        theirs = card(s, "U0CAROL")
        old = as_it_was(theirs)
        assert "2 must approve." in read(theirs)
        approve(s, "U0CAROL")
        assert state(s, id) == "waiting"
        assert "Carol Diaz approved. 1 more needed." in read(card(s, "U0SAM"))
        assert "You approved. 1 more needed." in read(theirs)
        assert buttons(theirs) == ["deny", "question", "details"]
        press(s, "U0CAROL", "approve", old)
        assert answer(s, "U0CAROL") == f"You already approved {id}. It's waiting for someone else."
        assert calls(s) == []
        approve(s, "U0SAM")
        assert state(s, id) == "done"
        assert history(s, id).count("voted") == 2
        assert "approved by Carol Diaz and Sam Lee" in last(s, "U0DANA")


def test_one_no_outweighs_a_yes(tmp_path: Path) -> None:
    with playing(tmp_path, TWO) as s:
        s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
        id = ask(s, "U0DANA", "/miro-admin", "<@U0ALEX> because Alex joins IT")
        approve(s, "U0CAROL")
        deny(s, "U0SAM", "Not yet.")
        assert state(s, id) == "denied"
        assert calls(s) == []


def test_the_slower_of_two_clicks_reads_who_was_first(s: Stage) -> None:
    id = ask(s, *ACCESS)
    theirs = card(s, "U0CAROL")
    s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve")
    s.clock.sleep(8)
    s.acting.click("U0CAROL", theirs, "approve")
    s.settle()
    assert answer(s, "U0CAROL") == f"Priya Rao approved {id} 8 seconds before you. Nothing left to do."
    assert history(s, id).count("approved") == 1


def test_the_same_asked_twice_asks_approvers_once(s: Stage) -> None:
    first = ask(s, *ACCESS)
    second = ask(s, "U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    assert state(s, second) == "joined"
    assert f"Alex Smith already asked for this: {first}." in last(s, "U0LENA")
    assert len([one for one in told(s, "U0PRIYA") if "Requested by" in one]) == 1
    approve(s, "U0PRIYA")
    assert last(s, "U0LENA").startswith("✅ Alex Smith is in Engineering in Miro")
    assert last(s, "U0ALEX").startswith("✅ You're in Engineering in Miro")


def test_whoever_is_changed_and_asked_for_the_same_reads_once_that_it_is_done(s: Stage) -> None:
    ask(s, "U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    assert state(s, ask(s, *ACCESS)) == "joined"
    approve(s, "U0PRIYA")
    assert [one for one in told(s, "U0ALEX") if one.startswith("✅ You're in ")] == [last(s, "U0ALEX")]
    assert buttons(s.slack.dm_of("U0ALEX")[-1]) == ["visit"]
    assert last(s, "U0LENA").startswith("✅ Alex Smith is in Engineering in Miro")


def test_a_follower_hears_of_a_denial_too(s: Stage) -> None:
    ask(s, *ACCESS)
    ask(s, "U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    deny(s, "U0PRIYA", "No seat is free.")
    assert "No seat is free." in last(s, "U0LENA")


def test_what_is_so_already_asks_nobody(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_user("alex@example.com", enterprise={"organization": "Example Ltd"})
    id = ask(s, *ACCESS)
    assert state(s, id) == "nothing to do"
    assert "This is already in place for you. No approval needed." in last(s, "U0ALEX")
    assert told(s, "U0PRIYA") == []
    assert calls(s) == []


def test_a_leaver_without_an_account_asks_nobody(s: Stage) -> None:
    id = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    assert state(s, id) == "refused"
    assert "No Miro account found for jo@example.com. Check the spelling." in last(s, "U0LENA")


def test_where_nobody_can_decide_nobody_is_asked(s: Stage) -> None:
    for user in ("U0CAROL", "U0SAM"):
        s.slack.change_person(user, deleted=True)
    wait(s, hours=7)
    s.miro.log.clear()
    id = ask(s, "U0DANA", "/miro-admin", "<@U0ALEX|alex> because Alex joins IT")
    assert state(s, id) == "refused"
    assert "Nobody can decide this: 1 must approve, and only 0 can." in last(s, "U0DANA")
    assert "GET /Users" not in calls(s, "GET")


def test_what_the_policy_does_not_mention_nobody_can_ask_for(tmp_path: Path) -> None:
    policy = "\n".join(line for line in POLICY.splitlines() if not line.startswith("reactivate"))
    with playing(tmp_path, policy) as s:
        s.acting.command("U0LENA", "/miro", "reactivate jo@example.com because Jo is back")
        assert answer(s, "U0LENA") == (
            "reactivate isn't available here. Ask your IT team to add it to the policy."
        )
        assert s.slack.views.get("U0LENA", []) == []


def test_a_follower_hears_of_an_end_that_came_while_joining(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(s, *ACCESS)
    find = check._twin

    def meanwhile(context: Context, request: Request, command: Action) -> Request | None:
        if twin := find(context, request, command):
            priya = context.store.people.by_slack(SlackId("U0PRIYA"))
            assert priya
            actor, table = Actor(priya, priya.accounts[0]), context.table(twin)
            context.decide(twin.id, lambda first: decide.deny(first, actor, "No seat is free.", table))
        return twin

    monkeypatch.setattr(check, "_twin", meanwhile)
    ask(s, "U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    assert "No seat is free." in "".join(told(s, "U0LENA"))
