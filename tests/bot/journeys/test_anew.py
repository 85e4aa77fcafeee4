"""What is asked once more, and what counts no more: each said as it is, and nothing beyond it."""

from pathlib import Path

from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import approve, ask, card, last, playing, press, read, state, wait

ACCESS = ("/miro-access", "for Engineering because I start Monday")
MOVE = ("U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
OWN = next(line for line in POLICY.splitlines() if line.startswith("request-access"))
BOTH = POLICY.replace(
    OWN, OWN.replace('["manager", "it"]', '["it"], agree = 2, fallback = ["dana@example.com"]')
)


def test_an_approval_that_counts_no_more_is_not_called_a_different_change(s: Stage) -> None:
    ask(s, "U0ALEX", *ACCESS)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    s.slack.change_person("U0PRIYA", is_restricted=True)
    s.settle()
    shown = read(card(s, "U0CAROL"))
    assert "Earlier approvals no longer count. 1 must approve." in shown
    assert "is different now" not in shown


def test_what_was_said_of_a_stop_stays_true_when_it_is_asked_once_more(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"], s.teams["Sales"]])
    id = ask(s, *MOVE)
    s.miro.faults.append(Fault("PATCH", f"Groups/{s.teams['Engineering']}", times=9, status=400, detail="No"))
    approve(s, "U0PRIYA")
    assert last(s, "U0ALEX").startswith(f"⚠️ {id} is incomplete\n")
    s.slack.change_person("U0PRIYA", deleted=True)
    wait(s, hours=7)
    s.miro.faults.clear()
    press(s, "U0SAM", "resume")
    assert state(s, id) == "waiting"
    assert read(card(s, "U0ALEX", "withdraw")).startswith(f"⏳ {id} · Waiting for Carol Diaz or Sam Lee")
    assert last(s, "U0ALEX").startswith(f"⚠️ {id} is incomplete\n"), "what was said in the thread stays said"


def test_a_yes_that_counts_no_more_is_not_counted_on_the_card(tmp_path: Path) -> None:
    with playing(tmp_path, BOTH) as s:
        ask(s, "U0LENA", "/miro-access", "jo@example.com for Engineering because of the launch")
        approve(s, "U0CAROL")
        ask(s, "U0CAROL", "/miro-access", "jo@example.com for Engineering because I need help")
        wait(s, seconds=5)
        assert "Earlier approvals no longer count. 2 must approve." in read(card(s, "U0SAM"))
        approve(s, "U0SAM")
        assert "1 of 2 have approved." in read(card(s, "U0DANA"))
        approve(s, "U0DANA")
        assert state(s, "R-1") == "done"


def test_an_answer_that_comes_too_late_is_told_that_nobody_needs_it(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    press(s, "U0PRIYA", "question")
    assert s.acting.submit("U0PRIYA", {"reason": "Which boards?"}).ok
    s.settle()
    press(s, "U0ALEX", "answer")
    approve(s, "U0CAROL")
    late = s.acting.submit("U0ALEX", {"reason": "All of them."})
    s.settle()
    assert "The answer isn't needed anymore: nothing is left to do." in str(late.body) + last(s, "U0ALEX")
    assert state(s, id) == "done"
