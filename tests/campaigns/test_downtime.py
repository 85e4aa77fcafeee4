"""The clock moved on by 30 days while the bot was down: all that was due happens once, and in order."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.decide.actor import Actor
from approvals.record.database import Location
from approvals.record.store import Store
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from bot.work.reviewing import reviews
from tests.approvals.scene import server_of
from tests.bot.journeys.scenes import (
    approve,
    ask,
    card,
    day,
    has_card,
    history,
    playing,
    press,
    request,
    state,
    teams_of,
    told,
    wait,
)

DOWN = timedelta(days=30)
OWNED = (
    POLICY.replace("offboard = {", 'offboard = { delete_after = "20d",')
    .replace('"carol@example.com", "sam@example.com"', '"carol@example.com"')
    .replace("[groups.it]", '[owners]\n"Design" = ["dana@example.com"]\n[groups.it]')
)
PEOPLE = {"alex": "Alex Smith", "dana": "Dana Fox", "jo": "Jo Park", "sam": "Sam Lee", "lena": "Lena Vogt"}


@pytest.fixture(params=["sqlite", "postgres"])
def s(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    place: Location = tmp_path / "record.db"
    if request.param == "postgres":
        place = server_of(tmp_path)
        Store(place, migrates=True).close()
    with playing(tmp_path, OWNED, database=place) as running:
        for name, full in PEOPLE.items():
            running.miro.add_user(f"{name}@example.com", full, teams=[running.teams["IT Administration"]])
        running.miro.join("alex@example.com", running.teams["Design"])
        yield running


def asked(s: Stage, who: str, text: str, days: int | None = None, **fields: str) -> str:
    """A request that Carol approves; `days`: after how many it starts."""
    start = {"start": str(int((s.clock() + timedelta(days=days)).timestamp()))} if days else {}
    id = ask(s, "U0CAROL" if "rename" in text else who, "/miro", text, **fields, **start)
    wait(s, seconds=5)  # Slack takes one message a second
    if state(s, id) == "waiting":
        approve(s, "U0PRIYA" if has_card(s, "U0PRIYA") else "U0CAROL")
    return id


def the_day_before(s: Stage) -> dict[str, str]:
    """{what: its request}: something of every kind that time brings about within 30 days, or just after."""
    ids = {
        "start on day 12": asked(s, "U0ALEX", "leave-team Design because it ends", 12),
        "start on day 3": asked(s, "U0ALEX", "request-access Engineering because it starts", 3),
        "end on day 7": asked(s, "U0LENA", "request-access Design because of it", until=day(s, 7)),
        "end after day 30": asked(s, "U0DANA", "request-access Engineering because of it", until=day(s, 30)),
        "end on day 9": asked(s, "U0SAM", "request-access Engineering because of it", until=day(s, 9)),
        "stays from day 5": asked(s, "U0SAM", "request-access Engineering because it goes on", 5),
        "over before it starts": asked(s, "U0SAM", "request-access Design because of it", 4, until=day(s, 8)),
        "offboarded": asked(s, "U0LENA", "offboard jo@example.com because of it", how="deactivate"),
    }
    [deletion] = s.bot.store.because_of(ids["offboarded"])  # type: ignore[arg-type]
    ids["deleted on day 20"] = deletion.id
    s.miro.faults.append(Fault("PATCH", "/Groups", status=400, times=1))
    ids["handed over"] = asked(s, "U0DANA", "leave-team IT Administration because of it")
    press(s, "U0CAROL", "hand-over")
    assert s.acting.submit("U0CAROL", {"reason": "U0LENA"}).errors == {}
    s.settle()
    ids["expires on day 3"] = ask(s, "U0LENA", "/miro", "request-access Engineering because of it")
    wait(s, hours=1, minutes=1)  # Miro's list of members is read
    actor = Actor(s.bot.store.people.meet(email="carol@example.com"))
    review = reviews.start(s.bot.context, actor, s.teams["Design"], s.clock() + timedelta(days=10))  # type: ignore[arg-type]
    s.acting.command("U0PRIYA", "/miro", "away until 2026-03-20 <@U0SAM|sam>")
    s.settle()
    return ids | {"review until day 10": review.id}


def test_after_thirty_days_all_that_was_due_happens_once_and_in_order(s: Stage) -> None:
    ids = the_day_before(s)
    known, read = len([*s.bot.store.events()]), {user: len(told(s, user)) for user in ("U0LENA", "U0DANA")}
    s.clock.pass_(DOWN)
    for _ in range(6):
        wait(s, seconds=10)
    since = [*s.bot.store.events()][known:]
    what = {id: Counter(event.type for event in since if event.request == id) for id in ids.values()}

    for name in ("start on day 3", "start on day 12", "stays from day 5", "deleted on day 20"):
        assert (state(s, ids[name]), what[ids[name]]["started"]) == ("done", 1), name
    for name in ("end on day 7", "end on day 9"):
        assert what[ids[name]] == {"over": 1}, name
    assert what[ids["end after day 30"]] == {"ending": 1}
    assert what[ids["expires on day 3"]] == {"expired": 1}
    assert what[ids["handed over"]] == {"reminded": 1}
    assert what[ids["review until day 10"]] == {"closed": 1}
    late = ids["over before it starts"]
    assert (state(s, late), what[late]["started"], what[late]["trying"]) == ("refused", 1, 0)

    alexs = [ids["start on day 3"], ids["start on day 12"]]
    assert [event.request for event in since if event.type == "done" and event.request in alexs] == alexs
    assert request(s, ids["end on day 9"]).ending.is_moved, "it was prolonged before it would have ended"
    assert teams_of(s, "alex@example.com") == {"IT Administration", "Engineering"}
    assert teams_of(s, "lena@example.com") == {"IT Administration"}
    assert teams_of(s, "sam@example.com") == {"IT Administration", "Engineering"}
    assert s.miro.user("jo@example.com") is None
    ends = [each for each in s.bot.store.requests() if each.because_of == ids["end on day 7"]]
    assert [each.state for each in ends] == ["done"]
    assert len(told(s, "U0DANA")) > read["U0DANA"], "the end after day 30 is announced"

    asked_now = ask(s, "U0ALEX", "/miro", "request-access Design because of it")
    assert has_card(s, "U0PRIYA") and not has_card(s, "U0SAM"), "Sam no longer stands in for Priya"
    press(s, "U0PRIYA", "deny", card(s, "U0PRIYA"))
    s.acting.submit("U0PRIYA", {"reason": "Not needed"})
    s.settle()
    assert state(s, asked_now) == "denied"

    before, calls = {id: history(s, id) for id in ids.values()}, len(s.miro.log)
    for _ in range(6):
        wait(s, seconds=10)
    assert {id: history(s, id) for id in ids.values()} == before
    assert not [each for each in s.miro.log[calls:] if each.method != "GET"]
