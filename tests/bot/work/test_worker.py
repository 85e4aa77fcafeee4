"""The worker takes one due request, moves it on, and gives it back, whatever goes wrong meanwhile."""

import logging
from dataclasses import dataclass
from datetime import datetime

import pytest

from approvals.ids import RequestId, SlackId, unstamp
from approvals.people import Person
from approvals.record.database import StoreTrouble
from approvals.states import EventType
from bot.context import Colleagues
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from bot.work.worker import Worker
from tests.bot.journeys.scenes import ask, calls, card, history, state
from tests.bot.journeys.test_side_by_side import full
from tests.says import says

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


@dataclass
class Clumsy:
    """Asks Slack as the bot does, but trips over its own feet the first few times."""

    colleagues: Colleagues
    falls: int

    def ranked(self, urgency: int) -> Colleagues:
        return self

    def look(self, person: Person) -> Person:
        if self.falls:
            self.falls -= 1
            raise RuntimeError("tripped")
        return self.colleagues.look(person)

    def find(self, entry: str) -> Person | None:
        return self.colleagues.find(entry)

    def user_group(self, handle: str) -> list[SlackId] | None:
        return self.colleagues.user_group(handle)

    def channel(self, id: str) -> list[SlackId] | None:
        return self.colleagues.channel(id)

    def manager(self, person: Person, field: str) -> SlackId | None:
        return self.colleagues.manager(person, field)


def approved(s: Stage) -> str:
    """A request that Priya has said yes to, and on which nobody works yet."""
    id = ask(s, *ACCESS)
    assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
    s.miro.log.clear()
    return id


def held_until(s: Stage, id: str) -> list[datetime]:
    """The times of the next tries, as the record has them."""
    events = s.bot.store.events(id)
    return [unstamp(str(one.body["next_try_at"])) for one in events if one.type == EventType.HELD]


def test_where_nothing_is_to_be_done_nothing_is_asked_of_anybody(s: Stage) -> None:
    s.slack.log.clear()
    assert s.bot.workers[0].work() is False
    assert (s.miro.log, s.slack.log) == ([], [])


def test_one_request_is_worked_on_by_one_of_two_workers(s: Stage) -> None:
    id = approved(s)
    first, second = s.bot.workers[:2]
    meanwhile: list[bool] = []
    s.miro.faults.append(Fault(times=4, then=lambda: meanwhile.append(second.work())))
    assert first.work() is True
    assert meanwhile == [False] * 4
    assert (state(s, id), calls(s)) == ("done", ["POST /Users", f"PATCH /Groups/{s.teams['Engineering']}"])
    assert s.bot.store.leases() == set()


def test_whoever_draws_cards_is_woken_when_a_request_has_moved_on(s: Stage) -> None:
    assert s.acting.command(*ACCESS).ok and not s.acting.submit("U0ALEX").errors
    woken: list[str] = []
    s.bot.context.wake = lambda: woken.append(state(s, "R-1"))
    assert s.bot.workers[0].work() is True
    assert woken == ["waiting"]


def test_a_claim_that_was_lost_is_logged_and_given_up(s: Stage, caplog: pytest.LogCaptureFixture) -> None:
    id = approved(s)
    first, second = s.bot.workers[:2]
    s.miro.faults.append(Fault("GET", then=lambda: s.bot.store.free(first.owner)))
    with caplog.at_level(logging.INFO, "bot.work.worker"):
        assert first.work() is True
    assert [one.getMessage() for one in caplog.records if one.name == "bot.work.worker"] == [
        f"{id}: the time to work on {id} ran out, or another worker has it now",
    ]
    assert (calls(s), history(s, id)[-1]) == ([], "approved")
    assert second.work() is True
    assert state(s, id) == "done"


def test_what_could_not_be_given_back_is_given_back_as_soon_as_the_record_takes_it(s: Stage) -> None:
    id = approved(s)
    first, second = s.bot.workers[:2]
    s.miro.faults.append(Fault("GET", then=lambda: full(s, True)))
    with pytest.raises(StoreTrouble, match="can't be used"):
        first.work()
    with pytest.raises(StoreTrouble, match="can't be used"):
        first.work()
    full(s, False)
    assert (calls(s), s.bot.store.leases(), second.work()) == ([], {first.owner}, False)
    assert first.work() is True
    assert (state(s, id), s.bot.store.leases()) == ("done", set())


def test_a_defect_inside_is_said_and_tried_again_ever_later(
    s: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    id = approved(s)
    worker = Worker(s.bot.context, s.bot.miro, Clumsy(s.bot.people, falls=3), "here/1/9")
    waits: list[float] = []
    for _ in range(3):
        assert worker.work() is True
        waits.append((held_until(s, id)[-1] - s.clock()).total_seconds())
        s.clock.sleep(waits[-1] - 1)
        assert worker.work() is False
        s.clock.sleep(1)
    assert waits == [30, 60, 120]
    traced = [one for one in caplog.records if one.name == "bot.work.worker" and one.exc_info]
    assert [one.getMessage() for one in traced] == [f"{id} met an error that isn't foreseen"] * 3
    held = [event for event in s.bot.store.events(id) if event.type == EventType.HELD]
    assert [event.body["text"] for event in held] == ["defect"] * 3
    waits_for = says(s.bot.store.request(RequestId(id)).progress.held)
    assert waits_for.startswith("Something went wrong on my side.")
    assert worker.work() is True
    assert state(s, id) == "done"


def test_a_defect_about_one_request_holds_up_no_other(s: Stage) -> None:
    ill = approved(s)
    assert s.acting.command("U0JO", *ACCESS[1:]).ok and not s.acting.submit("U0JO").errors
    worker = Worker(s.bot.context, s.bot.miro, Clumsy(s.bot.people, falls=1), "here/1/9")
    assert [worker.work(), worker.work(), worker.work()] == [True, True, False]
    assert (state(s, ill), state(s, "R-2")) == ("approved", "waiting")
