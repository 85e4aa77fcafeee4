"""A request is one card in somebody's direct messages, and everything else about it a reply in its thread."""

from collections import Counter
from pathlib import Path

from bot.sandbox.miro.service import Exchange, Fault
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import CHANNEL, PEOPLE, POLICY, Stage
from tests.bot.journeys.scenes import (
    approve,
    as_it_was,
    ask,
    buttons,
    card,
    last,
    playing,
    press,
    read,
    state,
    told,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")
ALONE = POLICY.replace('approvers = ["manager", "it"] }', 'approvers = ["manager"] }', 1)
MOVE = ("U0CAROL", "/miro-move", "<@U0ALEX> from Engineering to Design because Alex changed jobs")


def cards(s: Stage, user: str) -> list[Message]:
    """What stands in somebody's direct messages themselves; everything else there has to be in its thread."""
    seen = [one for one in s.slack.dm_of(user) if one.user == s.slack.bot_user]
    first = [one for one in seen if one.thread_ts is None]
    assert {one.thread_ts for one in seen} <= {None, *(one.ts for one in first)}
    return first


class Drawn(list[Exchange]):
    """Miro's log; everything is drawn whenever Miro is called, as when it is slow to answer."""

    def __init__(self, s: Stage) -> None:
        super().__init__()
        self._s = s

    def append(self, call: Exchange) -> None:
        super().append(call)
        while self._s.bot.deliverer.send():
            pass


def replies(s: Stage, user: str) -> list[str]:
    return [read(one) for one in s.slack.dm_of(user) if one.thread_ts]


def test_after_a_stop_and_two_resumes_nobody_has_more_than_one_card(s: Stage) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_team(s.teams["Engineering"], admins=(alex,))
    id = ask(s, *MOVE)
    wait(s, days=1)
    press(s, "U0PRIYA", "question")
    assert s.acting.submit("U0PRIYA", {"reason": "Since when?"}).errors == {}
    s.settle()
    press(s, "U0CAROL", "answer")
    assert s.acting.submit("U0CAROL", {"reason": "Since May."}).errors == {}
    s.settle()
    approve(s, "U0PRIYA")
    press(s, "U0SAM", "resume")
    assert state(s, id) == "stopped"
    s.miro.change_team(s.teams["Engineering"], admins=())
    press(s, "U0SAM", "resume")
    assert state(s, id) == "done"
    assert {user: len(cards(s, user)) for user in PEOPLE} == {
        "U0ALEX": 1, "U0PRIYA": 1, "U0CAROL": 1, "U0SAM": 1, "U0DANA": 0, "U0LENA": 0, "U0JO": 0,
    }  # fmt: skip
    ends = ["is incomplete", "is incomplete", "is in Design"]
    for user in ("U0PRIYA", "U0CAROL", "U0SAM"):
        said = replies(s, user)
        assert [end in line for end, line in zip(ends, said[-3:], strict=True)] == [True] * 3
    assert [one.startswith("✅ You're in Design") for one in replies(s, "U0ALEX")] == [False, True]
    own = {"U0ALEX": ["visit"], "U0CAROL": ["undo"]}
    assert all(buttons(one) == own.get(user, []) for user in PEOPLE for one in cards(s, user))


def test_an_operator_who_was_asked_too_resumes_on_the_one_card(s: Stage) -> None:
    ask(s, *ACCESS)
    mine = card(s, "U0CAROL")
    s.miro.faults.append(Fault("POST", "", status=400))
    approve(s, "U0PRIYA")
    assert buttons(mine) == ["resume", "hand-over", "withdraw", "details"]
    assert [one.ts for one in cards(s, "U0CAROL")] == [mine.ts]
    assert last(s, "U0CAROL").startswith("⚠️ R-1 stopped before anything changed")


def test_progress_of_several_changes_is_one_reply_that_grows(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    id = ask(s, *MOVE)
    s.miro.log = Drawn(s)
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"
    [progress] = [one for one in replies(s, "U0CAROL") if "Changes made so far" in one]
    assert "✓ Joined Design" in progress


def test_of_an_offboarding_everything_is_in_threads_and_nothing_reaches_channel_or_leaver(
    tmp_path: Path,
) -> None:
    with playing(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as s:
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
        ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
        wait(s, hours=4)
        s.miro.faults.append(Fault("PATCH", "", status=400))
        approve(s, "U0PRIYA")
        press(s, "U0SAM", "resume")
        assert [len(cards(s, user)) for user in ("U0LENA", "U0PRIYA", "U0CAROL", "U0SAM")] == [1, 1, 1, 1]
        assert told(s, "U0JO") == []
        assert [one for one in s.slack.messages if one.channel == CHANNEL] == []


def test_who_asked_for_the_same_reads_the_end_in_the_thread_of_their_own_card(s: Stage) -> None:
    ask(s, *ACCESS)
    ask(s, "U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    approve(s, "U0PRIYA")
    assert len(cards(s, "U0LENA")) == 1
    assert last(s, "U0LENA").startswith("✅ Alex Smith is in Engineering")


def test_an_ordinary_request_takes_at_most_fourteen_calls_of_slack(tmp_path: Path) -> None:
    with playing(tmp_path, ALONE) as s:
        s.slack.log.clear()
        s.miro.log = Drawn(s)
        id = ask(s, *ACCESS)
        approve(s, "U0PRIYA")
        assert state(s, id) == "done"
        made = Counter(call.method for call in s.slack.log)
        assert made["chat.postMessage"] == 5, "two cards, how far it is, and how it ended to each of both"
        assert made.total() <= 14, made


def test_what_was_reviewed_in_a_thread_leaves_the_card_outside(s: Stage) -> None:
    ask(s, *ACCESS)
    mine = card(s, "U0ALEX", "withdraw")
    assert s.acting.say("U0ALEX", "I need access to Design", mine.channel, thread_ts=mine.ts).ok
    s.settle()
    press(s, "U0ALEX", "review")
    assert s.acting.submit("U0ALEX", {"reason": "the workshop"}).errors == {}
    s.settle()
    assert [read(one).partition(" · ")[0] for one in cards(s, "U0ALEX")] == ["⏳ R-1", "⏳ R-2"]


def test_a_click_in_a_thread_is_answered_there(s: Stage) -> None:
    ask(s, *ACCESS)
    press(s, "U0PRIYA", "question")
    assert s.acting.submit("U0PRIYA", {"reason": "Since when?"}).errors == {}
    s.settle()
    asked = as_it_was(s.slack.dm_of("U0ALEX")[-1])
    press(s, "U0PRIYA", "approve")
    press(s, "U0ALEX", "answer", asked)
    said = s.slack.dm_of("U0ALEX")[-1]
    assert said.ephemeral_for == "U0ALEX" and said.thread_ts == asked.thread_ts
