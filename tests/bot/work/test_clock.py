"""What time brings about: each thing is told and done once, and one request holds up no other."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.ids import RequestId
from approvals.record.chain import Anchor
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import CHANNEL, POLICY, Stage, stage
from tests.approvals.record.tamper import by_hand
from tests.bot.journeys.scenes import approve, ask, day, history, playing, state, told

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because of the workshop")
RENAME = next(line for line in POLICY.splitlines() if line.startswith("rename-group"))
CLOSED = POLICY.replace(RENAME, 'rename-group = { ask = ["it"], approvers = ["gone@example.com"] }')
AGAIN = next(line for line in POLICY.splitlines() if line.startswith("reactivate"))
BOTH_CLOSED = CLOSED.replace(AGAIN, 'reactivate = { ask = ["it"], approvers = ["gone@example.com"] }')
ENDING = POLICY.replace("request-access = {", 'request-access = { longest = "30d",')
LEAVE = next(line for line in POLICY.splitlines() if line.startswith("leave-team"))
BY_GROUP = f"""{POLICY.replace(LEAVE, "")}
[actions.leave-team]
ask = ["anyone"]
approvers = ["manager", "it"]
[[actions.leave-team.rules]]
when = {{ requester_group = "@designers" }}
approvers = ["it"]
"""


def ticks(s: Stage, times: int = 1, **apart: float) -> None:
    """Housekeeping alone, so often; nobody works."""
    for _ in range(times):
        s.clock.pass_(timedelta(**apart))
        s.bot.housekeeping.tick()


def policy(s: Stage, text: str) -> None:
    (s.folder / "policy.toml").write_text(text, encoding="utf-8")
    ticks(s)


def heard(s: Stage, part: str) -> int:
    """How many messages with these words an operator has."""
    s.settle()
    return sum(part in one for one in told(s, "U0CAROL"))


def test_each_action_that_nobody_can_decide_is_told_once_whenever_it_closes(tmp_path: Path) -> None:
    with playing(tmp_path, CLOSED) as s:
        counts = []
        for number, text in enumerate((CLOSED, BOTH_CLOSED, POLICY, CLOSED)):
            policy(s, f"{text}# {number}\n")  # a text that was in force comes back when told to alone
            ticks(s, 3, minutes=10)
            counts.append([heard(s, f"{one} is closed") for one in ("rename-group", "reactivate")])
        assert counts == [[1, 0], [1, 1], [1, 1], [2, 1]]


def test_nothing_is_called_closed_before_everybody_named_was_looked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def away(miro: Miro, slack: Workspace) -> None:
        slack.fault("users.lookupByEmail", status=503, times=None)

    with playing(tmp_path, CLOSED, prepare=away) as s:
        ticks(s, 5, minutes=10)
        assert " is closed: " not in caplog.text
        s.slack.faults.clear()
        ticks(s, minutes=1)
        assert caplog.text.count(" is closed: ") == 1
        assert heard(s, "rename-group is closed") == 1


def test_a_broken_policy_is_told_once_for_each_way_in_which_it_is_broken(s: Stage) -> None:
    told_of = "The changed policy has problems, so the old one stays in force."
    before = s.bot.context.policies.hash
    counts = []
    for text in ("operators =", "operators =", "domains = []", POLICY, "operators ="):
        policy(s, text)
        ticks(s, 3, seconds=5)
        counts.append(heard(s, told_of))
    assert counts == [1, 1, 2, 2, 3]
    assert s.bot.context.policies.hash == before


def test_a_policy_of_endless_brackets_is_broken_like_any_other(
    s: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    before = s.bot.context.policies.hash
    policy(s, f"operators = {'[' * 5_000}")
    ticks(s, 2, minutes=1)
    assert (
        heard(
            s,
            "The changed policy has problems, so the old one stays in force. line 1: too many",
        )
        == 1
    )
    assert s.bot.context.policies.hash == before
    assert "Traceback" not in caplog.text


def test_the_anchor_is_logged_once_an_hour(s: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "bot.work.clock"):
        ticks(s, 59, minutes=1)
        assert "anchor" not in caplog.text
        ask(s, *ACCESS)
        ticks(s, 60, minutes=1)
    logged = [one.getMessage() for one in caplog.records if "anchor" in one.getMessage()]
    assert logged == [f"anchor of the record: {s.bot.store.head()}"]


def test_a_request_that_cannot_be_decided_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def designers(miro: Miro, slack: Workspace) -> None:
        slack.add_group("S1", "designers", ["U0DANA"])
        miro.add_user("alex@example.com", "Alex Smith", teams=[*miro._organization.teams][:2])

    with playing(tmp_path, BY_GROUP, prepare=designers) as s:
        unsure = ask(s, "U0ALEX", "/miro", "leave-team Engineering because I moved")
        other = ask(s, "U0JO", *ACCESS[1:])
        s.slack.add_group("S1", "designers", [], disabled=True)
        s.slack.change_person("U0JO", deleted=True)
        ticks(s, hours=6, seconds=1)
        assert f"{unsure} can't be decided: " in caplog.text
        assert (state(s, unsure), state(s, other)) == ("waiting", "withdrawn")


def test_a_policy_that_reads_no_more_holds_up_nothing(tmp_path: Path) -> None:
    with stage(tmp_path) as s:
        old = ask(s, *ACCESS)
        policy(s, f"{POLICY}\n# the next one\n")
        other = ask(s, "U0JO", *ACCESS[1:])
        with by_hand(tmp_path / "record.db") as record:  # as if another version had known more words
            made_under = s.bot.store.request(RequestId(old)).policy
            record.execute("UPDATE policies SET text = 'no_word = 1' WHERE hash = ?", (made_under,))
        ticks(s, hours=30)
        s.settle()
        assert "reminded" in history(s, other) and "reminded" in history(s, old)
        ticks(s, days=10)
        assert (state(s, old), state(s, other)) == ("expired", "expired")


def test_an_end_that_two_bots_reach_at_the_same_time_is_taken_back_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with playing(tmp_path, ENDING) as s:
        given = [ask(s, "U0ALEX", *ACCESS[1:], until=day(s, 2)), ask(s, "U0JO", *ACCESS[1:], until=day(s, 2))]
        for _ in given:
            approve(s, "U0PRIYA")
        second = s.rebuild()
        try:
            # As soon as the first bot has ended the first, the second one does all that is left.
            s.bot.context.wake = second.housekeeping.tick
            with caplog.at_level(logging.INFO, "bot.work.clock"):
                ticks(s, days=3)
        finally:
            s.bot.context.wake = lambda: None
            second.stop()
        assert [history(s, one)[-1] for one in given] == ["over", "over"]
        assert f"{given[1]} has ended already" in caplog.text
        ends = [one.because_of for one in s.bot.store.requests() if one.is_end]
        assert sorted(map(str, ends)) == given


def test_a_notice_of_an_end_is_written_once(tmp_path: Path) -> None:
    with playing(tmp_path, ENDING) as s:
        id = ask(s, *ACCESS, until=day(s, 2))
        approve(s, "U0PRIYA")
        ticks(s, hours=36)
        assert "ending" not in history(s, id)
        ticks(s, 3, hours=1, minutes=10)
        assert history(s, id).count("ending") == 1


@pytest.mark.regression
def test_access_by_an_action_that_this_version_does_not_know_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with playing(tmp_path, ENDING) as s:
        given = ask(s, *ACCESS, until=day(s, 2))
        approve(s, "U0PRIYA")
        other = ask(s, "U0JO", *ACCESS[1:], until=day(s, 2))
        with monkeypatch.context() as older:
            older.setattr("bot.context.COMMANDS", {})
            ticks(s, 3, days=10)
        assert f"{given} can't be decided: " in caplog.text
        assert (state(s, given), state(s, other)) == ("done", "expired")


@pytest.mark.thorough
def test_a_channel_reads_the_anchor_of_each_day_that_brought_something(tmp_path: Path) -> None:
    def anchors() -> list[str]:
        s.settle()
        said = [one.text for one in s.slack.messages if one.channel == CHANNEL]
        return [text.rpartition(" ")[2] for text in said if text.startswith("Today's anchor of the record: ")]

    with playing(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as s:
        ask(s, *ACCESS)
        ticks(s, 3, hours=2)
        assert anchors() == []
        ticks(s, 12, hours=2)
        [first] = anchors()
        assert s.bot.store.verify([Anchor.read(first)]).faults == ()
        ticks(s, 60, hours=2)
        assert state(s, "R-1") == "expired"
        last = str(s.bot.store.head())
        assert anchors()[-1] == last and anchors().count(last) == 1


def test_texts_of_old_requests_are_forgotten_only_if_the_policy_says_so(tmp_path: Path) -> None:
    with playing(tmp_path, POLICY) as s:
        ask(s, *ACCESS)
        approve(s, "U0PRIYA")
        ticks(s, 2, days=40)
        assert s.bot.store.request(RequestId("R-1")).reason == "the workshop"
        policy(s, f"keep_texts_months = 3\n{POLICY}")
        assert s.bot.store.request(RequestId("R-1")).reason == "the workshop"
        ticks(s, 2, days=10)
        forgotten = s.bot.store.request(RequestId("R-1"))
        assert (forgotten.reason, forgotten.state) == ("(missing)", "done")
        ticks(s, 2, days=10)
        assert [event.type for event in s.bot.store.events("people")] == ["forgotten"]
