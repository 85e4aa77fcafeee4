"""Workers work at the same time, but never two for the same person."""

from pathlib import Path

import pytest

from approvals.record.database import Location
from approvals.states import State
from tests.approvals.scene import STORES, Clock, server_of
from tests.campaigns.lanes import PEOPLE, TEAMS, lanes


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.thorough)])
def test_no_two_requests_of_one_person_overlap(kind: str, tmp_path: Path) -> None:
    record: Location = tmp_path / "record.db"
    if kind == "postgres":
        record = server_of(tmp_path)
        STORES[kind](tmp_path, Clock()).close()
    with lanes(tmp_path, record) as running:
        running.carry_out()
        done = running.scene.bot.store.requests(states=[State.DONE])
    assert len(done) == PEOPLE * TEAMS
    assert running.timed.overlaps() == []
    for spans in running.timed.spans.values():
        # Look, write, look; only then the next request, in the order in which they were asked for.
        assert [span.method for span in spans] == ["GET", "PATCH", "GET"] * TEAMS
        assert [span.team for span in spans if span.team] == running.teams
    assert running.timed.most_at_once() > 1
