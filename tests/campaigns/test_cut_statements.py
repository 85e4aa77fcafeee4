"""A line to PostgreSQL that is cut at every statement: nothing is lost, and nothing done twice."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from approvals.record.database import StoreTrouble
from approvals.record.store import Store
from approvals.request import Request
from approvals.states import ACTIVE, State
from bot.sandbox.slack.deliveries import Delivery
from bot.sandbox.stage import POLICY, Stage, stage
from tests.approvals.scene import server_of
from tests.bot.journeys.scenes import card, has_card
from tests.campaigns.crowd import email, submissions
from tests.campaigns.server_line import ServerLine, When, line_to

TEAM = "Engineering"
MOST = 2000
"""More statements than a request takes."""
IN_A_CLAIM = 12
"""Statements until a worker has a request, and a few more."""


@dataclass
class Cuts:
    """A bot whose line to the record is cut once for each request."""

    s: Stage
    line: ServerLine
    record: Store
    """The same record by a line of its own."""
    troubles: int = 0

    def play(self, form: Delivery) -> Request:
        """One request from the form to the end, by people and loops that try again."""
        while self._is_refused(form):
            pass
        [request] = self.record.requests(limit=1)
        for _ in range(15):  # not as long as a request is leased
            for step in (self.s.bot.workers[0].work, self.s.bot.deliverer.send) * 4:
                self.work(step)
            request = self.record.request(request.id)
            if request.state is State.WAITING and has_card(self.s, "U0PRIYA"):
                self.s.acting.click("U0PRIYA", card(self.s, "U0PRIYA"), "approve")
            elif request.state in ACTIVE | {State.WAITING} or self._is_behind():
                self.s.clock.pass_(timedelta(seconds=30))
            else:
                break
        return request

    def _is_refused(self, form: Delivery) -> bool:
        reply = self.s.acting.send(form)
        assert reply.ok
        self.troubles += bool(reply.errors)
        assert all("can't be reached" in text for text in reply.errors.values())
        return bool(reply.errors)

    def work(self, step: Callable[[], bool], rounds: int = 1) -> None:
        """What a loop of a running bot does, which says what is wrong and goes on."""
        for _ in range(rounds):
            try:
                while step():
                    pass
            except StoreTrouble as trouble:
                assert "can't be reached" in str(trouble)
                self.troubles += 1

    def _is_behind(self) -> bool:
        row = self.record._on.row("SELECT 1 FROM outbox WHERE shown < wanted")
        return row is not None


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", [53, pytest.param(1, marks=pytest.mark.long)])
def test_no_cut_loses_or_repeats_anything(
    tmp_path: Path, when: When, step: int, caplog: pytest.LogCaptureFixture
) -> None:
    server = server_of(tmp_path)
    policy = POLICY.replace('approvers = ["manager", "it"]', 'approvers = ["priya@example.com"]', 1)
    with (
        closing(Store(server, migrates=True)) as record,
        line_to(server) as line,
        stage(tmp_path, policy, database=line.server) as s,
    ):
        s.miro.limits = False
        cuts, ended = Cuts(s, line, record), Counter[State]()
        forms = submissions(s.slack, s.teams[TEAM], TEAM, MOST)
        for number, form in zip(count(), forms):
            line.cut_at(1 + number * step, when)
            ended[cuts.play(form).state] += 1
            if not line.was_cut:
                break  # it needs no more statements
        assert ended == {State.DONE: number + 1}
        assert number > 5
        assert cuts.troubles > number / 2, "it says so, except where another line does"
        writes = Counter(f"{one.method} {one.path} {one.body}" for one in s.miro.log if one.method != "GET")
        assert {one: times for one, times in writes.items() if times > 1} == {}
        assert all(TEAM in _teams(s, person) for person in range(number + 1))
        assert record.verify().faults == ()
        assert len(record.requests(limit=MOST)) == number + 1
    assert not [one for one in caplog.records if one.exc_info]


def test_after_a_cut_a_worker_goes_on_at_once(tmp_path: Path) -> None:
    server = server_of(tmp_path)
    with (
        closing(Store(server, migrates=True)) as record,
        line_to(server) as line,
        stage(tmp_path, database=line.server) as s,
    ):
        cuts, worker = Cuts(s, line, record), s.bot.workers[0]
        for statement, form in enumerate(submissions(s.slack, s.teams[TEAM], TEAM, IN_A_CLAIM), 1):
            assert s.acting.send(form).ok
            line.cut_at(statement, "after")
            cuts.work(worker.work, 2)
            [request] = record.requests(limit=1)
            assert (line.was_cut, request.state) == (True, State.WAITING), f"cut at statement {statement}"


def _teams(s: Stage, person: int) -> list[str]:
    user = s.miro.user(email(person))
    return [s.miro.team(id).team_name for id in user.groups] if user else []
