"""Slack's tiers: calls are paced by method, a 429 holds the method and no card, nobody waits for others."""

import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from approvals.decide.actor import Actor
from approvals.decide.decide import approve
from approvals.ids import RequestId
from approvals.record.outbox import Note
from approvals.request import Urgency
from approvals.states import State
from bot.sandbox.stage import Clock, Stage
from bot.slack.api.pace import AT_ONCE, KEPT_FOR, MINUTE, PASSED_FOR, TIERS, USUAL, Crowded, Pace, Paced
from tests.approvals.queued import behind
from tests.bot.journeys.homes import opened, page
from tests.bot.journeys.scenes import ask, buttons, first_choices, has_card, history, press, state, told, wait

pytestmark = pytest.mark.regression

FIRST = Urgency.FIRST
ACCESS = ("/miro-access", "for Engineering because I start Monday")
LEAVER = ("/miro-offboard", "jo@example.com because last day today")


def test_channels_that_were_written_to_once_are_not_kept(clock: Clock, pace: Pace) -> None:
    tracemalloc.start()
    try:
        for number in range(10_000):
            clock.sleep(1)
            call(pace, "chat.postMessage", channel=f"D{number}")
        assert tracemalloc.get_traced_memory()[0] < 500_000
    finally:
        tracemalloc.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock)


def call(pace: Pace, method: str = "chat.update", **how: Any) -> None:
    with pace.calling(method, **how):
        pass


def taken(pace: Pace, method: str, most: int = 1000, **how: Any) -> int:
    """How many calls can be made at once."""
    for number in range(most):
        try:
            call(pace, method, **how)
        except Paced:
            return number
    return most


# -- one method --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "most"),
    [("chat.update", 50), ("users.info", 200), ("usergroups.list", 20), ("chat.postMessage", 200)],
)
def test_no_minute_has_more_calls_than_slack_allows(clock: Clock, pace: Pace, method: str, most: int) -> None:
    made: list[datetime] = []
    end = clock() + timedelta(minutes=5)
    while clock() < end:
        try:
            call(pace, method)
            made.append(clock())
        except Paced:
            clock.sleep(0.25)
    busiest = max(sum(0 <= (other - one).total_seconds() < 60 for other in made) for one in made)
    assert busiest <= most
    assert len(made) >= most * 4, "and as many as Slack allows are made"


def test_one_method_waits_for_no_other(pace: Pace) -> None:
    taken(pace, "chat.update")
    assert taken(pace, "chat.postEphemeral", 3) == 3


@pytest.mark.parametrize("seconds", [1, 30, 600])
def test_a_429_holds_its_method_alone_and_for_its_time(clock: Clock, pace: Pace, seconds: int) -> None:
    pace.hold("chat.update", seconds)
    assert (taken(pace, "chat.update"), taken(pace, "views.publish", 3)) == (0, 3)
    clock.sleep(seconds - 0.5)
    assert taken(pace, "chat.update", 1) == 0
    clock.sleep(0.5)
    assert taken(pace, "chat.update", 1) == 1


def test_a_lower_limit_than_the_documented_one_is_learned(clock: Clock, pace: Pace) -> None:
    for _ in range(50):
        call(pace, "chat.postMessage", urgency=FIRST)
    call(pace, "chat.postMessage", urgency=FIRST)  # the one that Slack answers with 429
    pace.hold("chat.postMessage", 60)
    clock.sleep(MINUTE)
    assert taken(pace, "chat.postMessage", urgency=FIRST) == 50
    clock.sleep(3600 + MINUTE)
    assert taken(pace, "chat.postMessage", urgency=FIRST) == 200


def test_a_429_out_of_nothing_teaches_nothing(clock: Clock, pace: Pace) -> None:
    call(pace)
    pace.hold("chat.update", 30)
    clock.sleep(MINUTE)
    assert taken(pace, "chat.update", urgency=FIRST) == USUAL


def test_some_calls_are_kept_for_what_is_urgent(clock: Clock, pace: Pace) -> None:
    usual = taken(pace, "chat.update")
    assert 40 <= usual < USUAL
    assert taken(pace, "chat.update", urgency=FIRST) == USUAL - usual
    clock.sleep(MINUTE + PASSED_FOR)
    taken(pace, "chat.update")
    clock.sleep(KEPT_FOR)
    assert taken(pace, "chat.update") == USUAL - usual, "in the end the usual ones get them too"


def test_the_live_check_gets_half_of_what_is_kept(pace: Pace) -> None:
    usual = taken(pace, "users.info")
    live = taken(pace, "users.info", urgency=Urgency.SOON)
    first = taken(pace, "users.info", urgency=FIRST)
    assert usual + live + first == 200
    assert 10 <= first <= 20 and 10 <= live <= 20


class Crowd:
    """Others who take every call that they can get, at any moment."""

    def __init__(self, clock: Clock, pace: Pace, method: str, urgency: int = Urgency.ORDINARY) -> None:
        self.clock, self.pace, self.method, self.urgency = clock, pace, method, urgency
        self.calls = 0

    def sleep(self, seconds: float) -> None:
        """For whoever waits meanwhile."""
        while seconds > 0:
            self.calls += taken(self.pace, self.method, urgency=self.urgency)
            self.clock.sleep(min(seconds, 0.2))
            seconds -= 0.2
        self.calls += taken(self.pace, self.method, urgency=self.urgency)


def waits(crowd: Crowd, urgency: int, patience: float = 300.0) -> float:
    """Seconds until a call is made beside a crowd that leaves nothing."""
    waited = 0.0
    while waited < patience:
        try:
            call(crowd.pace, crowd.method, urgency=urgency)
        except Paced as paced:
            crowd.sleep(paced.seconds)
            waited += paced.seconds
        else:
            return waited
    return waited


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list", "conversations.members"])
@pytest.mark.parametrize(("crowd", "urgency"), [(0, 1), (0, 2), (1, 2)])
def test_what_is_more_urgent_passes_what_waits(
    clock: Clock, pace: Pace, method: str, crowd: int, urgency: int
) -> None:
    others = Crowd(clock, pace, method, crowd)
    others.sleep(3 * MINUTE)
    for _ in range(5):
        assert waits(others, urgency) <= MINUTE + 1
    before = others.calls
    others.sleep(3 * MINUTE)
    assert others.calls - before >= 2 * TIERS.get(method, USUAL), "and the others go on afterwards"


def test_an_urgent_call_that_is_never_made_holds_others_for_no_longer_than_its_turn(
    clock: Clock, pace: Pace
) -> None:
    taken(pace, "users.info", urgency=FIRST)
    with pytest.raises(Paced) as paced:
        call(pace, "users.info", urgency=FIRST)
    clock.sleep(paced.value.seconds)
    assert taken(pace, "users.info", 1) == 0
    clock.sleep(1.1)
    assert taken(pace, "users.info", 1) == 1


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=400), timedelta(seconds=61)], ids=str)
def test_a_clock_that_is_set_back_holds_nothing_for_long(clock: Clock, pace: Pace, back: timedelta) -> None:
    taken(pace, "chat.update", urgency=FIRST)
    pace.hold("chat.postMessage", 600)
    clock.pass_(-back)
    clock.sleep(MINUTE)
    assert taken(pace, "chat.update", 1, urgency=FIRST) == 1
    clock.sleep(MINUTE + 2 * PASSED_FOR)
    assert taken(pace, "chat.update", 1) == 1
    if back > timedelta(minutes=10):
        assert taken(pace, "chat.postMessage", 1) == 1


def test_one_channel_that_has_enough_keeps_no_other_from_its_messages(clock: Clock, pace: Pace) -> None:
    with pytest.raises(Crowded):
        for _ in range(30):
            call(pace, "chat.postMessage", channel="C0MIRO")
    call(pace, "chat.postMessage", channel="U0ADA")
    clock.sleep(10)
    call(pace, "chat.postMessage", channel="C0MIRO")


def test_a_method_that_hangs_takes_two_calls_at_once_and_no_more(pace: Pace) -> None:
    with pace.calling("chat.update"), pace.calling("chat.update"):
        assert AT_ONCE == 2
        assert taken(pace, "chat.update") == 0
        assert taken(pace, "chat.postMessage", 1) == 1
    assert taken(pace, "chat.update", 1) == 1


# -- the bot in a workspace with tiers ---------------------------------------------------------------------


def refused(s: Stage) -> Counter[str]:
    """Calls that Slack had no time for, by method."""
    return Counter(one.method for one in s.slack.log if (one.answer or {}).get("error") == "ratelimited")


def crowd(s: Stage, count: int) -> list[RequestId]:
    """So many requests that wait for Priya, Carol or Sam."""
    ids = []
    for number in range(count):
        user = f"U1{number:03}"
        s.slack.add_person(user, f"person.{number}@example.com", f"Person {number}")
        ids.append(ask(s, user, *ACCESS))
    return ids


def all_approve(s: Stage, ids: list[RequestId]) -> None:
    for id in ids:
        request = s.bot.store.request(id)
        person = s.bot.context.person(request.asking.approvers[0][0])
        s.bot.store.append(
            request,
            approve(
                request, Actor(person, person.account), request.plan.revision, s.bot.context.table(request)
            ),
        )


def until(s: Stage, seen: Callable[[], bool], minutes: int = 30) -> float:
    """Lets time pass until something is seen; returns the minutes that it took."""
    for step in range(minutes * 12):
        if seen():
            return step / 12
        s.clock.sleep(5)
        s.settle()
    raise AssertionError("it never comes to pass")


def test_many_approved_at_once_are_done_and_told_without_a_refused_call(s: Stage) -> None:
    ids = crowd(s, 25)
    until(s, lambda: not behind(s.bot.store, 9))
    wait(s, minutes=2)
    s.slack.calls_a_minute = 50
    s.slack.log.clear()
    all_approve(s, ids)
    s.settle()
    until(s, lambda: all(one.state is State.DONE for one in s.bot.store.requests()))
    took = until(s, lambda: not behind(s.bot.store, 9))
    calls = Counter(one.method for one in s.slack.log)
    assert sum(refused(s).values()) <= 5
    assert took <= 1.3 * max(calls.values()) / 50 + 1
    assert not has_card(s, "U0PRIYA") and not has_card(s, "U0SAM")


def test_a_copy_that_was_pressed_passes_everything_that_waits(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    mine, theirs = s.slack.dm_of("U0SAM")[-1], s.slack.dm_of("U0PRIYA")[-1]
    taken(s.bot.deliverer.pace, "chat.update")
    press(s, "U0SAM", "approve", mine)
    assert "approve" not in buttons(mine) and "approve" in buttons(theirs)
    until(s, lambda: "approve" not in buttons(theirs))
    assert state(s, id) == "done"


def in_front(s: Stage, what: str) -> None:
    """Has something wait to be sent, as if Slack had been away."""
    if what == "notes":
        for number in range(30):
            s.bot.store.outbox.say(Note(f"U1{number % 5:03}", {"text": f"number {number}"}))
    else:
        all_approve(s, [one.id for one in s.bot.store.requests() if one.action == "request-access"])


def sent(s: Stage, method: str) -> list[Any]:
    """What the messages are that go out next by this method, and nothing else before them."""
    s.slack.log.clear()
    s.bot.deliverer.send()
    calls = [one for one in s.slack.log if one.method in ("chat.update", "chat.postMessage")]
    return [one.params for one in takewhile(lambda one: one.method == method, calls)]


@pytest.mark.parametrize("waiting", ["notes", "cards"])
def test_the_cards_of_an_offboarding_go_before_all_else(s: Stage, waiting: str) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    crowd(s, 5)
    assert s.acting.command("U0LENA", *LEAVER).ok
    assert not s.acting.submit("U0LENA", first_choices(s, "U0LENA")).errors
    while s.bot.workers[-1].work():
        pass
    in_front(s, waiting)
    asked = {one["channel"] for one in sent(s, "chat.postMessage")[:3]}
    assert "U0PRIYA" in asked and not any(one.startswith("U1") for one in asked)


@pytest.mark.parametrize("waiting", ["notes", "cards"])
def test_the_outcome_of_an_offboarding_is_drawn_before_all_else(s: Stage, waiting: str) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    crowd(s, 5)
    urgent = ask(s, "U0LENA", *LEAVER)
    all_approve(s, [urgent])
    while s.bot.workers[-1].work():
        pass
    in_front(s, waiting)
    cards = {one.ts for one in s.bot.store.outbox.of(urgent)}
    assert state(s, urgent) == "done"
    assert cards == {one["ts"] for one in sent(s, "chat.update")[: len(cards)]}


@pytest.mark.parametrize("method", ["chat.update", "chat.postEphemeral", "views.publish"])
def test_a_method_that_is_held_keeps_no_other_waiting(s: Stage, method: str) -> None:
    id = ask(s, "U0JO", *ACCESS)
    opened(s, "U0PRIYA")
    s.slack.fault(method, times=1, status=429, retry_after=120)
    press(s, "U0SAM", "approve") if method == "chat.update" else press(s, "U0SAM", "details")
    s.bot.store.outbox.say(Note("C0MIRO", {"text": "for Lena"}, "U0LENA"))
    other = ask(s, "U0ALEX", *ACCESS)
    assert state(s, other) == "waiting" and has_card(s, "U0PRIYA")
    for _ in range(3):
        wait(s, minutes=1)
    assert page(s, "U0PRIYA")
    assert any(one.text == "for Lena" for one in s.slack.seen_by("U0LENA"))
    assert "unreached" not in history(s, id) + history(s, other)


def test_a_429_doesnt_put_a_card_off_for_longer_than_slack_asks(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=6, status=429, retry_after=5)
    ask(s, "U0ALEX", *ACCESS)
    for _ in range(7):  # a card's own waiting would grow to a minute by then
        wait(s, seconds=7)
    assert has_card(s, "U0PRIYA")


def test_look_ups_wait_for_their_turn(s: Stage) -> None:
    wait(s, minutes=2)
    s.slack.calls_a_minute = 50
    s.slack.log.clear()
    for number in range(120):
        s.slack.add_person(f"U2{number:03}", f"other.{number}@example.com", f"Other {number}")
        assert s.bot.people.find(f"U2{number:03}")
    assert sum(refused(s).values()) <= 1, "one tells how many a minute are taken"


def lookups(s: Stage) -> set[str]:
    return {one.method for one in s.slack.log if one.method.startswith(("users.", "usergroups."))}


def test_what_closes_an_account_is_looked_up_beside_a_crowd(s: Stage) -> None:
    wait(s, minutes=2)
    s.slack.log.clear()
    s.clock.pass_(timedelta(days=2))
    taken(s.bot.deliverer.pace, "users.info", urgency=Urgency.SOON)
    began = s.clock()
    ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    assert "users.info" in lookups(s)
    assert s.clock() - began < timedelta(seconds=2)


def test_the_check_before_the_first_write_is_made_beside_a_crowd(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    wait(s, minutes=2)
    taken(s.bot.deliverer.pace, "users.info")
    began = s.clock()
    press(s, "U0SAM", "approve")
    assert (state(s, id), s.clock()) == ("done", began), "it needn't wait for even a moment"


def test_notes_to_one_person_arrive_in_their_order(s: Stage) -> None:
    for number in range(30):
        s.bot.store.outbox.say(Note("U0JO", {"text": f"number {number}"}))
        s.bot.store.outbox.say(Note("U0SAM", {"text": f"number {number}"}))
    s.settle()
    until(s, lambda: len(told(s, "U0JO")) == len(told(s, "U0SAM")) == 30)
    assert told(s, "U0JO") == told(s, "U0SAM") == [f"number {number}" for number in range(30)]


def test_several_senders_send_each_message_once_and_in_order(tmp_path: Path, s: Stage) -> None:
    for number in range(8):
        for user in ("U0JO", "U0SAM", "U0LENA"):
            s.bot.store.outbox.say(Note(user, {"text": f"number {number}"}))

    def send() -> None:
        while s.bot.deliverer.send():
            pass

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    s.settle()
    for user in ("U0JO", "U0SAM", "U0LENA"):
        assert told(s, user) == [f"number {number}" for number in range(8)]


def test_the_clock_of_the_pace_is_handed_in() -> None:
    moments = iter([datetime(2026, 3, 2, tzinfo=UTC)] * 500)
    assert taken(Pace(lambda: next(moments)), "chat.update", urgency=FIRST) == USUAL
