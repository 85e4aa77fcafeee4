"""Workers work at the same time, but never two for the same person."""

from pathlib import Path

from approvals.states import State
from tests.campaigns.lanes import PEOPLE, TEAMS, lanes


def test_no_two_requests_of_one_person_overlap(tmp_path: Path) -> None:
    with lanes(tmp_path) as running:
        running.carry_out()
        done = running.scene.bot.store.requests(states=[State.DONE])
    assert len(done) == PEOPLE * TEAMS
    assert running.timed.overlaps() == []
    for spans in running.timed.spans.values():
        # Look, write, look; only then the next request, in the order in which they were asked for.
        assert [span.method for span in spans] == ["GET", "PATCH", "GET"] * TEAMS
        assert [span.team for span in spans if span.team] == running.teams
    assert running.timed.most_at_once() > 1
