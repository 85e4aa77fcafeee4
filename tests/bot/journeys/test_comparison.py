"""Operators read every day where Miro differs from the record; they keep it, or put it right."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.record.database import Location
from approvals.record.store import Store
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.approvals.scene import server_of
from tests.bot.journeys.scenes import (
    approve,
    ask,
    day,
    history,
    last,
    playing,
    press,
    read,
    request,
    told,
    wait,
)

OWNERS = '[owners]\n"Design" = ["dana@example.com"]\n"Engineering" = ["unknown@example.com"]\n'
DAILY = "compare_daily = true\n" + POLICY.replace("[groups.it]", f"{OWNERS}[groups.it]", 1)


@pytest.fixture(params=["sqlite", "postgres"])
def s(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    place: Location = tmp_path / "record.db"
    if request.param == "postgres":
        place = server_of(tmp_path)
        Store(place, migrates=True).close()
    with playing(tmp_path, DAILY, database=place) as running:
        wait(running, hours=2)
        yield running


def opens(s: Stage, user: str) -> str:
    press(s, user, "review-open")
    return read(s.acting.modal(user))


def number(s: Stage, text: str, id: str = "V-1") -> str:
    return next(str(each.number) for each in s.bot.store.review(id).accesses if text in each.name)


def test_operators_alone_are_notified_and_nothing_changes(s: Stage) -> None:
    assert last(s, "U0SAM").splitlines()[:3] == [
        "🔍 Miro differs from the record in 4 places",
        "*Decided* 0 of 4 · *Until* Mar 3, 2026, 09:00",
        "Put each right, keep it until a date, or leave it for the next comparison.",
    ]
    assert not told(s, "U0DANA")
    shown = opens(s, "U0SAM")
    assert "Carol Diaz: Company Admin, which nobody granted (optional): ( ) Put Right ( ) Keep ( )" in shown
    assert "Sales: the team has no owner" in shown and "Design: the team" not in shown
    assert "Engineering: the team" not in shown, "an owner who isn't known is no missing one"
    assert s.bot.store.requests() == []


def test_one_is_kept_one_put_right_and_the_rest_asked_about_again(s: Stage) -> None:
    opens(s, "U0SAM")
    admin, sales, everybody = (number(s, text) for text in ("Carol", "Sales", "Everybody"))
    choices = {admin: "ended", sales: "kept", everybody: "later"}
    refused = s.acting.submit("U0SAM", choices)
    assert set(refused.errors) == {"reason", "until"}
    s.acting.submit("U0SAM", choices | {"reason": "Okta owns it", "until": day(s, 10)})
    s.settle()
    assert history(s, "V-1") == ["started", "kept", "ended"]
    asked = request(s, "R-1")
    assert (asked.action, asked.because_of) == ("remove-admin", "V-1")
    wait(s, days=1, hours=2)
    assert history(s, "V-1")[-1] == "closed"
    again = {each.name for each in s.bot.store.review("V-2").accesses}
    assert "Sales: the team has no owner" not in again and "Everybody: the team has no owner" in again


def test_who_left_slack_is_known_by_the_miro_id_when_the_address_changed(s: Stage) -> None:
    ask(s, "U0JO", "/miro-access", "for Design because we draw")
    approve(s, "U0PRIYA")
    s.miro.change_user("jo@example.com", userName="jo.park@example.com")
    s.slack.change_person("U0JO", deleted=True)
    wait(s, days=2)
    assert number(s, "(jo.park@example.com): left Slack, but is active in Miro", "V-2")


def test_operators_read_once_a_day_that_nothing_was_compared(s: Stage) -> None:
    s.miro.faults.append(Fault("GET", "/Users", times=9999, status=503))
    for _ in range(3):
        wait(s, days=1)
        wait(s, hours=2)
    notes = [text for text in told(s, "U0SAM") if text.startswith("Miro and the record weren't compared")]
    assert len(notes) == 2 and notes[0].endswith("To see why, run: miro-bot doctor")


def test_a_team_whose_only_owner_left_slack_has_none(s: Stage) -> None:
    s.slack.change_person("U0DANA", deleted=True)
    wait(s, days=2)
    assert number(s, "Design: the team has no owner", "V-2")
