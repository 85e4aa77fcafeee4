"""What time brings about: reminders with a growing gap, escalation, expiry; nothing is made up for."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from approvals.decide.clock import lapse
from approvals.decide.deadlines import due, later, level, reminder
from approvals.decide.decide import nudge
from approvals.policy.model import Policy
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import EventType, State
from tests.approvals.scene import START, Scene

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RESTS = Policy(operators=("a",), domains=("b",), zone="Europe/Berlin", rests=("Sat", "Sun"))
NONE = Policy(operators=("a",), domains=("b",))


def types(drafts: list[Draft]) -> list[str]:
    return [one.type for one in drafts]


def passes(scene: Scene, request: Request, span: timedelta) -> Request:
    """The request after time has passed and brought about what it does."""
    scene.clock.pass_(span)
    while drafts := lapse(request, scene.table):
        request = scene.store.append(request, drafts)
    return request


# -- the calendar ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hours", "until"),
    [(5, 24, 6), (6, 24, 9), (6, 72, 11), (7, 24, 10), (8, 24, 10), (9, 24, 10)],  # 7 March 2026: Saturday
)
def test_days_of_rest_do_not_count(day: int, hours: int, until: int) -> None:
    at = datetime(2026, 3, day, 9, 30, tzinfo=UTC)
    ends = later(at, timedelta(hours=hours), RESTS)
    assert ends.astimezone(ZoneInfo("Europe/Berlin")).day == until
    assert later(at, timedelta(hours=hours), NONE) == at + timedelta(hours=hours)


def test_what_comes_first_without_days_of_rest_comes_first_with_them() -> None:
    friday = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
    times = [later(friday, timedelta(days=count), RESTS) for count in (1, 2, 3)]
    assert times == sorted(set(times))


def test_the_clock_on_the_wall_says_when_a_day_of_rest_ends() -> None:
    saturday = datetime(2026, 3, 28, 8, 0, tzinfo=UTC)  # clocks go forward that Sunday in Berlin
    assert later(saturday, HOUR, RESTS) == datetime(2026, 3, 29, 23, 0, tzinfo=UTC)


def test_it_is_the_policys_zone_that_says_which_day_it_is() -> None:
    friday_night = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)  # Saturday already in Berlin
    assert later(friday_night, HOUR, RESTS) == datetime(2026, 3, 9, 0, 0, tzinfo=UTC)


OFFICE = RESTS.model_copy(update={"hours": (time(9), time(18))})
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("asked", "span", "ends"),  # day and hour; 6 March 2026: Friday
    [
        ((5, 10), 4, (5, 14)),
        ((5, 16), 8, (6, 15)),
        ((5, 16), 24, (6, 16)),
        ((5, 16), 18, (6, 16)),
        ((5, 22), 3, (6, 12)),
        ((6, 3), 3, (6, 12)),
        ((6, 17), 1, (6, 18)),
        ((6, 17), 4, (9, 12)),
        ((7, 12), 1, (9, 10)),
        ((6, 10), 72, (11, 10)),
        ((27, 17), 2, (30, 10)),  # clocks go forward in between
    ],
)
def test_only_working_hours_count(asked: tuple[int, int], span: int, ends: tuple[int, int]) -> None:
    at = datetime(2026, 3, *asked, tzinfo=BERLIN).astimezone(UTC)
    local = later(at, timedelta(hours=span), OFFICE).astimezone(BERLIN)
    assert (local.day, local.hour) == ends


def test_what_comes_first_comes_first_in_working_hours_too_and_never_at_night() -> None:
    for minutes in range(0, 14 * 24 * 60, 97):
        asked = START + timedelta(minutes=minutes)
        times = [later(asked, timedelta(hours=hours), OFFICE).astimezone(BERLIN) for hours in range(1, 60)]
        assert times == sorted(times)
        assert all(time(9) <= at.time() <= time(18) and at.weekday() < 5 for at in times)


def test_each_gap_is_twice_the_one_before() -> None:
    gaps = [reminder(START, HOUR, count, NONE) - START for count in range(4)]
    assert gaps == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR]
    assert reminder(START, HOUR, 10_000, NONE) < START + 60 * DAY
    assert reminder(START, 900 * DAY, 10_000, RESTS) < START + 600 * DAY


# -- a request that waits ----------------------------------------------------------------------------------


def test_who_decides_is_reminded_with_a_growing_gap(scene: Scene) -> None:
    request = scene.waiting()  # ends after two days
    seen = []
    for _ in range(47):
        before = request.deadlines.reminded
        request = passes(scene, request, HOUR)
        if request.deadlines.reminded > before:
            seen.append((scene.clock.now() - START) // HOUR)
    assert seen == [16]


def test_after_a_long_silence_there_is_one_reminder(scene: Scene) -> None:
    request = scene.waiting(expires=START + 60 * DAY)
    request = passes(scene, request, 50 * DAY)
    assert request.deadlines.reminded == 1
    assert request.deadlines.remind_at and request.deadlines.remind_at > scene.clock.now()


def test_after_its_time_it_expires_and_does_nothing_else(scene: Scene) -> None:
    request = scene.waiting()
    late = replace(scene.table, now=START + 300 * DAY)
    assert types(lapse(request, late)) == [EventType.EXPIRED]


@pytest.mark.parametrize("text", ["never", "30m"])
def test_the_policy_says_when_to_remind(scene: Scene, text: str) -> None:
    scene.changed('expires = "2d"', f'expires = "2d"\nremind = "{text}"')
    request = scene.waiting()
    assert request.deadlines.remind_at == (None if text == "never" else START + timedelta(minutes=30))


def test_escalation_asks_a_further_group_and_begins_reminding_anew(scene: Scene) -> None:
    escalate = 'escalate = [{ after = "4h", to = ["it"] }, { after = "1d", to = ["bo@example.com"] }]'
    scene.changed('expires = "2d"', f'expires = "2d"\n{escalate}')
    request = scene.waiting()
    assert request.next_due == START + 4 * HOUR
    request = passes(scene, request, 4 * HOUR)
    assert [scene.store.people.person(id).name for id, _ in request.asking.approvers] == ["Cy", "Dee", "Ida"]
    assert (request.asking.level, level(request, scene.clock.now()), request.deadlines.reminded) == (
        1,
        1,
        0,
    )
    request = passes(scene, request, DAY)
    assert (request.asking.level, len(request.asking.approvers)) == (2, 4)
    assert due(request, scene.clock.now()) is None


def test_missed_escalations_come_at_once(scene: Scene) -> None:
    escalate = 'escalate = [{ after = "4h", to = ["it"] }, { after = "1d", to = ["bo@example.com"] }]'
    scene.changed('expires = "2d"', f'expires = "2d"\n{escalate}')
    request = scene.waiting()
    scene.clock.pass_(30 * HOUR)
    [draft] = lapse(request, scene.table)
    assert (draft.type, draft.body["level"], draft.body["because"]) == (EventType.ROUTED, 2, "escalated")


def test_another_policy_moves_no_time_of_what_waits(scene: Scene) -> None:
    request = scene.waiting()
    scene.changed('expires = "2d"', 'expires = "1h"\nremind = "30m"')
    assert due(request, START + 5 * HOUR) is None
    assert scene.store.request(request.id).deadlines.expires_at == START + 2 * DAY


@pytest.mark.parametrize("state", [one for one in State if one is not State.WAITING])
def test_time_brings_nothing_about_where_nobody_is_asked(scene: Scene, state: State) -> None:
    request = replace(scene.waiting(), state=state)
    assert due(request, START + 99 * DAY) is None


# -- a reminder by hand ------------------------------------------------------------------------------------


def test_the_requester_may_remind_once_in_four_hours(scene: Scene) -> None:
    request = scene.waiting()
    with pytest.raises(Refused) as told:
        nudge(request, scene.who("ada"), scene.table)
    assert (
        str(told.value)
        == "I asked Cy (cy@example.com) and Dee (dee@example.com) a moment ago. Remind again in 4 hours."
    )
    scene.clock.pass_(4 * HOUR)
    request = scene.store.append(request, nudge(request, scene.who("ada"), scene.table))
    assert (request.deadlines.reminded, request.state) == (1, State.WAITING)
    with pytest.raises(Refused, match="Remind again in 4 hours"):
        nudge(request, scene.who("ada"), scene.table)


def test_only_who_asked_or_joined_may_remind(scene: Scene) -> None:
    request = scene.waiting()
    scene.clock.pass_(5 * HOUR)
    with pytest.raises(Refused, match="Only the requester of R-1 can send a reminder"):
        nudge(request, scene.who("bo"), scene.table)
    assert nudge(request, scene.who("bo"), scene.table, followers=[scene.person("bo").id])
