"""How a request is answered, or ends unanswered: one test for each such row of docs/features.md."""

from pathlib import Path

from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
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
    playing,
    press,
    read,
    request,
    state,
    teams_of,
    told,
    wait,
)
from tests.bot.journeys.test_features_decide import ACCESS, access

ASKED = ("U0PRIYA", "U0CAROL", "U0SAM")


def test_escalation_by_time(tmp_path: Path) -> None:
    rule = 'approvers = ["manager"], escalate = { after = "4h", to = ["it"] }'
    with playing(tmp_path, access(rule)) as s:
        id = ask(s, *ACCESS)
        wait(s, hours=3, minutes=59)
        assert not has_card(s, "U0CAROL")
        wait(s, minutes=1)
        assert has_card(s, "U0CAROL") and has_card(s, "U0PRIYA")
        assert history(s, id).count("routed") == 1
        approve(s, "U0CAROL")
        assert state(s, id) == "done"


def test_reminders_on_pending(tmp_path: Path) -> None:
    with playing(tmp_path, access('approvers = ["manager"], remind = "4h"')) as s:
        id = ask(s, *ACCESS)
        first = card(s, "U0PRIYA")
        wait(s, hours=4)
        assert last(s, "U0PRIYA").startswith("⏳ Reminder: Give Alex Smith access to Engineering?")
        assert s.slack.dm_of("U0PRIYA")[-1].thread_ts == first.ts
        wait(s, hours=4)
        assert history(s, id).count("reminded") == 1, "the gap grows"
        wait(s, hours=4)
        assert history(s, id).count("reminded") == 2
        approve(s, "U0PRIYA")
        wait(s, days=1)
        assert len(told(s, "U0PRIYA")) == 4, "the card, two reminders and how it ended"


def test_pending_expiry_closes_buttons(s: Stage) -> None:
    id = ask(s, *ACCESS)
    old = as_it_was(card(s, "U0PRIYA"))
    wait(s, days=3)
    assert state(s, id) == "expired"
    assert not any(has_card(s, user) for user in ASKED)
    assert "Expired without an answer" in last(s, "U0ALEX")
    press(s, "U0PRIYA", "approve", old)
    assert (state(s, id), calls(s)) == ("expired", [])


def test_self_approval_control(s: Stage) -> None:
    s.slack.add_person("U0SAM2", "sam@example.com", "Sam Lee")
    id = ask(s, "U0SAM", "/miro-access", "for Engineering because I look after it")
    assert not has_card(s, "U0SAM") and not has_card(s, "U0SAM2")
    theirs = card(s, "U0CAROL")
    for own in ("U0SAM", "U0SAM2"):
        press(s, own, "approve", theirs)
        wait(s, seconds=5)
        press(s, own, "approve", theirs)
    assert (state(s, id), request(s, id).asking.votes, calls(s)) == ("waiting", (), [])
    approve(s, "U0CAROL")
    assert state(s, id) == "done"


def test_auto_approve_rules(tmp_path: Path) -> None:
    rule = '[[actions.request-access.rules]]\nwhen = { team = ["Design"] }\napproval = false\n'
    table = '[actions.request-access]\nask = ["anyone"]\napprovers = ["manager", "it"]\n'
    others = "\n".join(line for line in POLICY.splitlines() if not line.startswith("request-access"))
    with playing(tmp_path, f"{others}\n{table}{rule}") as s:
        free = ask(s, "U0ALEX", "/miro-access", "for Design because we draw")
        assert (state(s, free), request(s, free).asking.votes) == ("done", ())
        assert teams_of(s, "alex@example.com") >= {"Design"}
        assert "The policy requires no approval" in last(s, "U0ALEX")
        assert told(s, "U0PRIYA") == []
        decided = ask(s, *ACCESS)
        assert state(s, decided) == "waiting" and has_card(s, "U0PRIYA")


def test_deny_reason_to_requester(s: Stage) -> None:
    id = ask(s, *ACCESS)
    press(s, "U0PRIYA", "deny")
    assert set(s.acting.submit("U0PRIYA", {}, complete=False).errors) == {"reason"}
    assert state(s, id) == "waiting"
    s.acting.close("U0PRIYA")
    deny(s, "U0PRIYA", "Ask again in May.")
    assert (state(s, id), calls(s)) == ("denied", [])
    assert "Priya Rao" in last(s, "U0ALEX") and "Ask again in May." in last(s, "U0ALEX")


def test_withdraw_own_request(s: Stage) -> None:
    id = ask(s, *ACCESS)
    theirs = card(s, "U0PRIYA")
    own = card(s, "U0ALEX", "withdraw")
    press(s, "U0JO", "withdraw", own)
    assert state(s, id) == "waiting", "nobody else's to take back"
    press(s, "U0ALEX", "withdraw", own)
    assert (state(s, id), buttons(theirs), calls(s)) == ("withdrawn", [], [])
    assert "Withdrawn by Alex Smith\n" in read(theirs)


def test_all_copies_of_card_updated(tmp_path: Path) -> None:
    with playing(tmp_path, access('approvers = ["manager", "it"], remind = "4h"')) as s:
        ask(s, *ACCESS)
        wait(s, hours=4)
        cards = [card(s, user) for user in ASKED]
        approve(s, "U0SAM")
        assert all("approved by " in read(one) and buttons(one) == [] for one in cards)
        assert all(
            one.thread_ts == mine.ts
            for mine in cards
            for one in s.slack.messages
            if one.channel == mine.channel and one is not mine
        )
