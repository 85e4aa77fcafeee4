"""Right before the first write everybody is looked up live, each once a minute, whichever request asks."""

import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.ids import SlackId
from approvals.people import Person
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage
from bot.work.cached import CachedColleagues
from tests.bot.journeys.scenes import approve, ask, buttons, playing, state

pytestmark = pytest.mark.regression

MANY = [f"owner.{number}@example.com" for number in range(18)]
MOVE = next(line for line in POLICY.splitlines() if line.startswith("request-access"))
NAMED = ", ".join(f'"{one}"' for one in ("priya@example.com", *MANY))
BY_MANY = POLICY.replace(MOVE, f'request-access = {{ ask = ["anyone"], approvers = [{NAMED}] }}')
BY_GROUP = POLICY.replace(MOVE, 'request-access = { ask = ["anyone"], approvers = ["@owners"] }')
ACCESS = ("/miro-access", "for Engineering because of the workshop")
WHO = ("user", "email", "usergroup")


def moved_in(_: Miro, slack: Workspace) -> None:
    for number, address in enumerate(MANY):
        slack.add_person(f"U1OWNER{number}", address, f"Owner {number}")
    slack.add_group("S1", "owners", ["U0PRIYA", *(f"U1OWNER{number}" for number in range(18))])


def looked_up(s: Stage) -> Counter[str]:
    """How often Slack was asked about each, by account, address or group."""
    asked = [one for one in s.slack.log if one.method.startswith(("users.", "usergroups."))]
    return Counter(next((str(one.params[key]) for key in WHO if key in one.params), "") for one in asked)


@pytest.mark.parametrize("policy", [BY_MANY, BY_GROUP], ids=["named", "in a group"])
def test_each_of_eighteen_is_looked_up_once_for_a_request(tmp_path: Path, policy: str) -> None:
    with playing(tmp_path, policy, prepare=moved_in) as s:
        id = ask(s, "U0ALEX", *ACCESS)
        s.slack.log.clear()
        approve(s, "U0PRIYA")
        assert state(s, id) == "done"
        assert looked_up(s) and set(looked_up(s).values()) == {1}


def test_requests_approved_at_once_share_what_slack_said(tmp_path: Path) -> None:
    with playing(tmp_path, BY_MANY, prepare=moved_in) as s:
        ids = [ask(s, user, *ACCESS) for user in ("U0ALEX", "U0JO", "U0SAM", "U0LENA")]
        s.slack.log.clear()
        for _ in ids:
            approve(s, "U0PRIYA")
        assert {state(s, id) for id in ids} == {"done"}
        assert set(looked_up(s).values()) == {1}


def test_who_left_more_than_a_minute_after_the_last_look_is_noticed(tmp_path: Path) -> None:
    with playing(tmp_path, BY_MANY, prepare=moved_in) as s:
        first, second = ask(s, "U0ALEX", *ACCESS), ask(s, "U0JO", *ACCESS)
        cards = [one for one in s.slack.dm_of("U0PRIYA") if "approve" in buttons(one)]
        assert s.acting.click("U0PRIYA", cards[0], "approve").ok
        s.settle()
        assert s.acting.click("U0PRIYA", cards[1], "approve").ok
        s.slack.change_person("U0PRIYA", deleted=True)
        s.clock.pass_(timedelta(seconds=61))
        s.settle()
        assert {state(s, first), state(s, second)} == {"done", "waiting"}


def test_who_left_since_the_question_was_asked_is_noticed_at_once(tmp_path: Path) -> None:
    """What was looked up to find out whom to ask doesn't count as live."""
    with playing(tmp_path, BY_MANY, prepare=moved_in) as s:
        id = ask(s, "U0ALEX", *ACCESS)
        s.slack.change_person("U0ALEX", deleted=True)
        approve(s, "U0PRIYA")
        assert state(s, id) == "withdrawn" and s.miro.user("alex@example.com") is None


class Slow:
    """Colleagues who answer when they are told to."""

    def __init__(self, person: Person) -> None:
        self.person, self.asked, self.may_answer = person, 0, threading.Event()

    def find(self, entry: str) -> Person | None:
        self.asked += 1
        self.may_answer.wait(10)
        return self.person

    def ranked(self, urgency: int) -> "Slow":
        return self

    def look(self, person: Person) -> Person:
        raise AssertionError("every account is looked up by itself")

    def user_group(self, handle: str) -> list[SlackId] | None:
        self.asked += 1
        return None

    def channel(self, id: str) -> list[SlackId] | None:
        self.asked += 1
        return [SlackId("U0ALEX")]

    def manager(self, person: Person, field: str) -> SlackId | None:
        self.asked += 1
        return None


def test_workers_that_want_to_know_the_same_ask_once(s: Stage) -> None:
    carol = s.bot.context.find("carol@example.com")
    assert carol
    slow = Slow(carol)
    cached = CachedColleagues(slow, s.bot.store.people, s.clock)
    workers = [threading.Thread(target=cached.look, args=[carol]) for _ in range(4)]
    for worker in workers:
        worker.start()
    slow.may_answer.set()
    for worker in workers:
        worker.join()
    assert slow.asked == 1


def test_groups_channels_and_managers_are_asked_about_again_after_a_minute(s: Stage) -> None:
    carol = s.bot.context.find("carol@example.com")
    assert carol
    slow = Slow(carol)
    cached = CachedColleagues(slow, s.bot.store.people, s.clock)
    for passed, asked in ((0, 3), (59, 3), (1, 6)):
        s.clock.pass_(timedelta(seconds=passed))
        for _ in range(2):
            cached.user_group("@Owners")
            cached.channel("C0MIRO")
            cached.manager(carol, "Manager")
        assert slow.asked == asked


def test_a_clock_set_back_makes_no_answer_live(s: Stage) -> None:
    carol = s.bot.context.find("carol@example.com")
    assert carol
    slow = Slow(carol)
    cached = CachedColleagues(slow, s.bot.store.people, s.clock)
    slow.may_answer.set()
    cached.look(carol)
    s.clock.pass_(-timedelta(hours=1))
    cached.look(carol)
    assert slow.asked == 2
