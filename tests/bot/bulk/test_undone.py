"""A whole list undone: by a list of its own, planned against what is so now."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from approvals.ids import RequestId
from approvals.states import State
from bot.miro.wire import ADMIN
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import POLICY, Stage
from tests.bot.bulk.scene import joiners, lines, sent
from tests.bot.journeys.scenes import (
    buttons,
    calls,
    card,
    last,
    newest_request,
    playing,
    read,
    state,
    teams_of,
)
from tests.bot.journeys.shell import machine

PLAIN = re.sub(', expires = "[0-9a-z]*"', "", POLICY.replace('organization = "Example Ltd"', ""))
"""All lines have one set of approvers."""
MIXED = """email,action,team,from,department
person.0@example.com,join,Engineering,,
person.1@example.com,move,Design,Engineering,
person.2@example.com,offboard,,,
person.3@example.com,update,,,Sales
person.4@example.com,delete,,,
"""


def people(s: Stage) -> None:
    for email in joiners(5):
        s.miro.add_user(
            email, "A Person", teams=[s.teams["Engineering" if email != joiners(1)[0] else "Design"]]
        )
        s.miro.change_user(email, enterprise={"department": "HR"})
    s.miro.change_user("person.2@example.com", role=ADMIN)


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, PLAIN) as running:
        people(running)
        yield running


def as_now(s: Stage) -> list[object]:
    """What Miro has of everybody but whoever was deleted."""
    found = [s.miro.user(email) for email in joiners(4)]
    return [(one.active, one.role, dict(one.enterprise), teams_of(s, one.userName)) for one in found if one]


def approve_all(s: Stage) -> None:
    while waiting := [each for each in s.bot.store.requests(states=[State.WAITING])]:
        email = s.bot.context.person(waiting[0].asking.notified[0]).email
        user = next(id for id, person in s.slack.people.items() if person.email == email)
        assert s.acting.click(user, card(s, user), "approve").ok
        s.settle()


def done(s: Stage, text: str = MIXED) -> RequestId:
    id = sent(s, text)
    approve_all(s)
    assert state(s, id) == "done"
    return id


def pressed(s: Stage, user: str = "U0CAROL") -> RequestId:
    """The bulk that Undo of the newest list's card brings about."""
    shown = (each for each in reversed(s.slack.dm_of(user)) if "undo" in buttons(each))
    theirs = next(each for each in shown if "lines done" in read(each))
    assert s.acting.click(user, theirs, "undo").ok
    s.settle()
    return newest_request(s).id


def test_what_is_undone_is_as_it_was_and_what_cannot_be_is_read_before(s: Stage) -> None:
    before, id = as_now(s), done(s)
    given, undoing = as_now(s), pressed(s)
    asked = s.bot.store.request(undoing)
    assert (asked.because_of, asked.state) == (id, "waiting")
    shown = card(s, "U0SAM")
    assert f"undo {id} for 4 people?" in read(shown)
    s.acting.click("U0SAM", shown, "details")
    details = read(s.acting.modal("U0SAM"))
    assert "Left out. Can't be undone for person.4@example.com: the deleted account." in details
    assert "Left out. Can't be undone for person.1@example.com: boards that went to a team admin." in details
    approve_all(s)
    assert (as_now(s), state(s, undoing)) == (before, "done")
    pressed(s)
    approve_all(s)
    assert as_now(s) == given, "an undo is undone as well"


def test_what_somebody_changed_since_is_left_alone_and_named(s: Stage) -> None:
    done(s)
    s.miro.change_user("person.3@example.com", enterprise={"department": "Legal"})
    undoing = pressed(s)
    s.acting.click("U0SAM", card(s, "U0SAM"), "details")
    assert "Left out. Someone changed this again after R-" in read(s.acting.modal("U0SAM"))
    s.miro.change_user("person.3@example.com", enterprise={"department": "HR"})
    approve_all(s)
    assert state(s, undoing) == "done"


def test_what_somebody_changes_until_it_is_undone_is_left_alone(s: Stage) -> None:
    done(s, "email,action,department\nperson.3@example.com,update,Sales\n")
    pressed(s)
    s.miro.change_user("person.3@example.com", enterprise={"department": "Legal"})
    s.miro.log.clear()
    assert s.acting.click("U0SAM", card(s, "U0SAM"), "approve").ok
    s.settle()
    assert ([line.state for line in lines(s, newest_bulk(s))], calls(s)) == ([State.REFUSED], [])


def newest_bulk(s: Stage) -> RequestId:
    return next(each.id for each in s.bot.store.requests() if each.action == "bulk")


def test_a_stopped_list_and_its_stopped_lines_are_closed_before_they_are_undone(s: Stage) -> None:
    before = as_now(s)
    s.miro.faults.append(Fault("PATCH", s.teams["Engineering"], status=400, times=9))
    id = sent(s, MIXED)
    assert s.acting.click("U0SAM", card(s, "U0SAM"), "approve").ok
    s.settle()
    assert state(s, id) == "stopped" and as_now(s) != before
    s.miro.faults.clear()
    undoing = pressed(s)
    assert pressed_again(s) == undoing
    approve_all(s)
    assert (state(s, id), as_now(s)) == ("withdrawn", before)
    assert State.STOPPED not in {line.state for line in lines(s, id)}


def pressed_again(s: Stage) -> str:
    """What `/miro undo` says of the same."""
    answer = s.acting.command("U0CAROL", "/miro", "undo R-1")
    assert " will undo R-1, once approved." in str(answer)
    return newest_bulk(s)


def test_in_a_shell_and_each_line_has_its_result(tmp_path: Path) -> None:
    with machine(tmp_path, PLAIN) as (s, shell):
        people(s)
        id = done(s)
        printed = shell.types("undo", id, "--as", "carol@example.com", "--reason", "A mistake.")
        undoing = printed.partition(" ")[0]
        assert f"undo {id} for 5 people" in printed
        s.settle()
        shell.types("approve", undoing, "--as", "sam@example.com")
        s.settle()
        found = {row["line"]: row for row in csv.DictReader(StringIO(shell.types("bulk", "result", undoing)))}
        assert (found["2"]["action"], found["2"]["state"]) == ("leave-team", "done")
        assert found["6"]["state"] == "left out"


def test_a_list_that_changed_nothing_is_not_undone(s: Stage) -> None:
    id = sent(s, "email,action,team\nperson.2@example.com,offboard,\n")
    s.acting.command("U0CAROL", "/miro", f"withdraw {id}")
    s.settle()
    answer = s.acting.command("U0CAROL", "/miro", f"undo {id}")
    assert f"{id} changed nothing that I can undo." in str(answer.body)
    assert newest_request(s).id == id


def test_why_nothing_of_a_list_can_be_undone_is_said(s: Stage) -> None:
    id = done(s, "email,action,team\nperson.4@example.com,delete,\n")
    s.acting.command("U0CAROL", "/miro", f"undo {id}")
    s.settle()
    assert newest_request(s).state is State.REFUSED
    assert "Can't be undone for person.4@example.com" in last(s, "U0CAROL")
