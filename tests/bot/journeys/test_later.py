"""What is to start later: approved now, made then, moved and withdrawn until then; once, and in order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from approvals.request import Request
from bot.miro.wire import ADMIN, MEMBER
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.homes import may, opened
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    calls,
    card,
    day,
    history,
    last,
    playing,
    press,
    read,
    refused_form,
    request,
    state,
    teams_of,
    told,
    wait,
)

ENDING = POLICY.replace("request-access = {", 'request-access = { longest = "30d",')
ACCESS = ("U0ALEX", "/miro-access", "for Engineering because of the workshop")
OFFBOARD = ("U0LENA", "/miro-offboard", "jo.park@example.com because it's her last day")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as stage:
        stage.miro.add_user("jo.park@example.com", "Jo Park", teams=[stage.teams["Engineering"]])
        yield stage


def moment(s: Stage, **after: int) -> str:
    """The time so long from now, as Slack's datetimepicker sends it."""
    return str(int((s.clock() + timedelta(**after)).timestamp()))


def starts(request: Request) -> datetime:
    assert request.starts_at
    return request.starts_at


def test_an_offboarding_at_a_time_is_made_then(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=4, hours=8))
    asked = read(card(s, "U0CAROL"))
    assert "*Starts* Mar 6, 2026, 17:00" in asked and "loses access then\n" in asked
    approve(s, "U0CAROL")
    before = len(calls(s))
    wait(s, days=4)
    assert (state(s, id), len(calls(s)) - before) == ("approved", 0)
    shown = read(card(s, "U0LENA", "start"))
    assert "*Starts* Mar 6, 2026, 17:00" in shown and "I'll make the changes then." in shown
    wait(s, hours=9)
    assert state(s, id) == "done"
    assert history(s, id) == [
        *("asked", "scheduled", "planned", "voted", "approved"),
        *("started", "trying", "answered", "done"),
    ]


def test_a_start_is_moved_later_without_asking_again(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=1))
    approve(s, "U0CAROL")
    press(s, "U0LENA", "start")
    assert not s.acting.submit("U0LENA", {"reason": moment(s, days=2)}).errors
    s.settle()
    assert "*Starts* Mar 4, 2026, 09:00" in read(card(s, "U0LENA", "withdraw"))
    assert "*Starts* Mar 4, 2026, 09:00" in last(s, "U0CAROL")
    wait(s, days=1)
    assert state(s, id) == "approved"
    wait(s, days=1)
    assert state(s, id) == "done"
    assert history(s, id).count("planned") == 1


def test_a_start_is_never_moved_earlier(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=3))
    approve(s, "U0CAROL")
    press(s, "U0LENA", "start")
    errors = s.acting.submit("U0LENA", {"reason": moment(s, days=1)}).errors
    assert errors == {
        "reason": "A start can only be moved to a later time. For an earlier one, send a new request."
    }
    assert starts(request(s, id)) == s.clock() + timedelta(days=3)


def test_it_is_withdrawn_until_then(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=3))
    approve(s, "U0CAROL")
    press(s, "U0LENA", "withdraw")
    wait(s, days=4)
    assert (state(s, id), calls(s)) == ("withdrawn", [])


def test_the_same_for_an_earlier_time_is_a_request_of_its_own(s: Stage) -> None:
    later = ask(s, *OFFBOARD, start=moment(s, days=3))
    approve(s, "U0CAROL")
    same = ask(s, *OFFBOARD, start=moment(s, days=4))
    assert state(s, same) == "joined"
    now = ask(s, *OFFBOARD)
    approve(s, "U0CAROL")
    assert (state(s, now), state(s, later)) == ("done", "withdrawn")


def test_what_is_asked_before_an_account_closes_ends_with_it(s: Stage) -> None:
    ask(s, *OFFBOARD, start=moment(s, days=1))
    approve(s, "U0CAROL")
    meanwhile = ask(s, "U0LENA", "/miro-access", "for jo.park@example.com to Design because we draw")
    assert state(s, meanwhile) == "waiting"
    wait(s, days=1)
    assert state(s, meanwhile) == "withdrawn"


def test_after_a_downtime_all_start_once_and_in_order(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"], s.teams["Sales"]])
    second = ask(s, "U0ALEX", "/miro", "leave-team Design because I moved", start=moment(s, days=25))
    approve(s, "U0PRIYA")
    first = ask(s, *ACCESS, start=moment(s, days=20))
    approve(s, "U0PRIYA")
    wait(s, days=30)
    wait(s, seconds=5)
    done = [event.request for event in s.bot.store.events() if event.type == "done"]
    assert done == [first, second]
    assert teams_of(s, "alex@example.com") == {"Engineering", "Sales"}
    assert [history(s, id).count("started") for id in done] == [1, 1]


def test_a_clock_that_is_set_back_starts_nothing_twice(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=2))
    approve(s, "U0CAROL")
    s.miro.faults.append(Fault(status=503, times=400))
    wait(s, days=2)
    wait(s, days=-1)
    s.miro.faults.clear()
    wait(s, minutes=20)
    assert (state(s, id), history(s, id).count("started")) == ("done", 1)
    wait(s, days=2)
    assert len(calls(s)) == 1


def test_what_is_different_by_then_is_asked_again(s: Stage) -> None:
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Design"]])
    id = ask(s, *ACCESS, start=moment(s, days=3))
    approve(s, "U0PRIYA")
    s.miro.change_user("alex@example.com", active=False)
    wait(s, days=3)
    assert (state(s, id), calls(s)) == ("waiting", [])
    approve(s, "U0PRIYA")
    assert state(s, id) == "done"


def test_an_approval_that_comes_after_the_start_is_carried_out_at_once(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, hours=1))
    wait(s, hours=2)
    approve(s, "U0CAROL")
    wait(s, seconds=5)
    assert state(s, id) == "done"


def test_it_expires_like_any_other_while_nobody_approves(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=60))
    wait(s, days=30)
    assert state(s, id) == "expired"


def test_the_days_count_from_the_start(s: Stage) -> None:
    id = ask(s, *ACCESS, start=moment(s, days=10), until=day(s, 17))
    assert request(s, id).scope.days == 7
    approve(s, "U0PRIYA")
    wait(s, days=10)
    ends_at = request(s, id).ending.ends_at
    assert ends_at and ends_at.date() == datetime(2026, 3, 19, tzinfo=UTC).date()


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"days": -1}, "start", "This start has passed."),
        ({"days": 367}, "start", "Choose a start within the next 366 days."),
        ({"days": 9}, "until", "This day has passed, or is before the start."),
    ],
)
def test_a_start_that_cannot_be_is_refused_at_its_field(
    s: Stage, fields: dict[str, int], field: str, why: str
) -> None:
    errors = refused_form(s, *ACCESS, start=moment(s, **fields), until=day(s, 5))
    assert errors[field].startswith(why)


def test_an_approver_who_leaves_before_the_start_is_replaced_at_once(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=9))
    approve(s, "U0CAROL")
    s.slack.change_person("U0CAROL", deleted=True)
    wait(s, days=2)
    wait(s, minutes=10)
    assert state(s, id) == "waiting"
    approve(s, "U0SAM")
    wait(s, days=7)
    assert state(s, id) == "done"


def test_app_home_shows_when_it_starts(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=3))
    approve(s, "U0CAROL")
    shown = opened(s, "U0LENA")
    assert f"{id} · Approved" in shown and "Starts Mar 5, 2026, 09:00." in shown
    assert may(s, "U0LENA", "start") == [id]


def test_nobody_else_moves_a_start(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=3))
    approve(s, "U0CAROL")
    its = card(s, "U0LENA", "start")
    press(s, "U0DANA", "start", its)
    assert "Only the requester or an operator can move the start" in answer(s, "U0DANA")
    assert history(s, id).count("scheduled") == 1


def test_operators_read_that_nobody_is_left_who_asked(s: Stage) -> None:
    id = ask(s, *OFFBOARD, start=moment(s, days=3))
    approve(s, "U0CAROL")
    s.slack.change_person("U0LENA", deleted=True)
    wait(s, days=3)
    assert state(s, id) == "withdrawn"
    assert any(f"{id} was approved to start now" in text for text in told(s, "U0CAROL"))


def test_the_last_admin_may_be_offboarded_later_and_who_has_to_act_first_reads_so_days_before(
    s: Stage,
) -> None:
    s.miro.change_user("jo.park@example.com", role=ADMIN)
    s.miro.change_user("carol@example.com", role=MEMBER)
    wait(s, hours=1, minutes=1)
    id = ask(s, *OFFBOARD, start=moment(s, days=9))
    assert "⚠ Nobody else is Company Admin." in read(card(s, "U0CAROL"))
    approve(s, "U0CAROL")
    told_before = ("U0LENA", "U0CAROL", "U0SAM")
    for days, times in ((5, 0), (2, 1), (1, 2)):
        for _ in range(days):
            wait(s, days=1)
        for user in told_before:
            ahead = [each for each in told(s, user) if f"{id} starts" in each]
            assert len(ahead) == times, (days, user)
    assert "someone has to take care of this: Nobody else is Company Admin." in ahead[-1]
    s.miro.change_user("carol@example.com", role=ADMIN)
    wait(s, days=1, hours=2)
    jo = s.miro.user("jo.park@example.com")
    assert jo and (state(s, id), jo.role, jo.active) == ("done", MEMBER, False)


def test_where_another_admin_was_found_meanwhile_nobody_is_told(s: Stage) -> None:
    s.miro.change_user("jo.park@example.com", role=ADMIN)
    s.miro.change_user("carol@example.com", role=MEMBER)
    id = ask(s, *OFFBOARD, start=moment(s, days=9))
    approve(s, "U0CAROL")
    s.miro.change_user("carol@example.com", role=ADMIN)
    for _ in range(8):
        wait(s, days=1)
    assert not any(f"{id} starts" in each for each in told(s, "U0LENA"))
