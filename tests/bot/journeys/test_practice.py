"""Practice mode: everything is played for real, and nothing is written to Miro."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.miro.errors import Practising
from bot.miro.goals import ScimCall
from bot.sandbox.miro.service import Fault
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import (
    approve,
    ask,
    calls,
    card,
    deny,
    has_card,
    last,
    playing,
    read,
    request,
    state,
    told,
)
from tests.says import says

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


@pytest.fixture
def practising(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, practice=True) as s:
        yield s


def test_cards_begin_with_what_practice_means(practising: Stage) -> None:
    ask(practising, *ACCESS)
    assert read(card(practising, "U0PRIYA")).startswith("⏳ Practice: nothing will change. ")
    assert last(practising, "U0ALEX").startswith("⏳ Practice: nothing will change. ")


LEAD = "Practice: nothing will change. "


def check_leads(s: Stage, user: str, count: int) -> None:
    """Every message to somebody begins with what practice means, for screen readers too."""
    for one in s.slack.dm_of(user):
        assert read(one).partition(" ")[2].startswith(LEAD) and one.text.startswith(LEAD), read(one)
    assert len(s.slack.dm_of(user)) == count


def test_cards_of_what_was_rehearsed_begin_so_too(practising: Stage) -> None:
    ask(practising, *ACCESS)
    approve(practising, "U0PRIYA")
    check_leads(practising, "U0ALEX", 2)
    check_leads(practising, "U0PRIYA", 1)
    check_leads(practising, "U0CAROL", 1)


def test_cards_of_what_waits_for_miro_begin_so_too(practising: Stage) -> None:
    practising.miro.faults.append(Fault("GET", "/Users", status=503, times=99))
    ask(practising, *ACCESS)
    check_leads(practising, "U0ALEX", 1)


def test_cards_of_what_was_refused_or_joined_begin_so_too(practising: Stage) -> None:
    ask(practising, *ACCESS)
    ask(practising, "U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts")
    check_leads(practising, "U0LENA", 1)
    ask(practising, "U0JO", "/miro-access", "<@U0ALEX> for Design because Alex draws")
    check_leads(practising, "U0JO", 1)


def test_the_form_says_that_it_is_practice(practising: Stage) -> None:
    practising.acting.command(*ACCESS)
    practising.acting.submit("U0ALEX")
    assert "Practice: nothing will change. Sent: R-1." in str(practising.acting.modal("U0ALEX"))


def test_an_approval_ends_rehearsed_without_a_write(practising: Stage) -> None:
    id = ask(practising, *ACCESS)
    approve(practising, "U0PRIYA")
    assert state(practising, id) == "rehearsed"
    assert calls(practising) == []
    assert practising.miro.user("alex@example.com") is None
    assert "Nothing was changed" in last(practising, "U0ALEX")
    assert "Done:" not in "".join(told(practising, "U0ALEX"))


def test_a_denial_works_as_ever(practising: Stage) -> None:
    id = ask(practising, *ACCESS)
    deny(practising, "U0PRIYA", "No.")
    assert state(practising, id) == "denied"


def test_the_client_itself_refuses_every_write(practising: Stage) -> None:
    for method, path in (("POST", "/Users"), ("PATCH", "/Users/{user}"), ("DELETE", "/Users/{user}")):
        with pytest.raises(Practising):
            practising.bot.miro.send(ScimCall(method, path), "7")
    assert calls(practising) == []


def test_what_was_rehearsed_stays_so_when_run_for_real(practising: Stage) -> None:
    id = ask(practising, *ACCESS)
    real = practising.rebuild()
    try:
        assert practising.acting.click("U0PRIYA", card(practising, "U0PRIYA"), "approve").ok
        real.settle()
        assert state(practising, id) == "rehearsed"
        assert calls(practising) == []
    finally:
        real.stop()


def test_a_real_request_waits_while_the_bot_practises(s: Stage) -> None:
    id = ask(s, *ACCESS)
    practising = s.rebuild(practice=True)
    try:
        assert s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "approve").ok
        practising.settle()
        assert state(s, id) == "approved"
        assert calls(s) == []
        assert f"{id} waits until it's off" in says(request(s, id).progress.held)
    finally:
        practising.stop()
    real = s.rebuild()
    try:
        real.housekeeping.tick()
        real.settle()
    finally:
        real.stop()
    assert state(s, id) == "done"
    assert not has_card(s, "U0PRIYA")
