"""An account is deactivated now and deleted some days later, unless somebody keeps it until then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.homes import may, opened, presses
from tests.bot.journeys.scenes import (
    approve,
    ask,
    calls,
    card,
    history,
    last,
    newest_request,
    playing,
    press,
    read,
    refused_form,
    request,
    state,
    told,
    wait,
)
from tests.bot.journeys.shell import machine

COOLING = POLICY.replace("offboard = {", 'offboard = { delete_after = "30d",')
JO = "jo.park@example.com"
OFFBOARD = ("U0LENA", "/miro-offboard", f"{JO} because it's her last day")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, COOLING) as stage:
        stage.miro.add_user(JO, "Jo Park", teams=[stage.teams["Engineering"]])
        yield stage


def deactivated(s: Stage, **fields: str) -> str:
    """The deletion of an account that was deactivated, and is to be deleted later."""
    ask(s, *OFFBOARD, **fields)
    approve(s, "U0CAROL")
    return newest_request(s).id


def user(s: Stage) -> bool | None:
    """Whether the account is active; None if there is none."""
    found = s.miro.user(JO)
    return found.active if found else None


def test_the_form_proposes_what_the_policy_says_and_the_approver_reads_it(s: Stage) -> None:
    id = ask(s, *OFFBOARD)
    theirs = read(card(s, "U0CAROL"))
    assert f"deactivate {JO}, and delete the account 30 days later?" in theirs
    assert "until it's deleted." in theirs
    assert request(s, id).details["delete_after"] == 30


def test_it_is_deactivated_now_and_deleted_when_the_days_are_over(s: Stage) -> None:
    deletion = deactivated(s)
    assert (user(s), state(s, deletion), request(s, deletion).because_of) == (False, "approved", "R-1")
    assert f"{deletion} deletes the account Apr 1, 2026, 09:00, unless it's kept." in told(s, "U0LENA")[0]
    wait(s, days=29)
    assert user(s) is False
    wait(s, days=1, minutes=1)
    assert (user(s), state(s, deletion)) == (None, "done")
    assert history(s, deletion) == ["asked", "scheduled", "planned", "approved", *_CARRIED_OUT]
    assert "is deleted" in last(s, "U0LENA") and "deletes the account" not in told(s, "U0LENA")[0]


_CARRIED_OUT = ("started", "trying", "answered", "done")


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["on the card", "in App Home", "by an operator in a shell"])
def test_one_click_keeps_the_account(tmp_path: Path, where: str) -> None:
    with machine(tmp_path, COOLING) as (s, shell):
        s.miro.add_user(JO, "Jo Park", teams=[s.teams["Engineering"]])
        deletion = deactivated(s)
        if where == "on the card":
            press(s, "U0LENA", "keep", card(s, "U0LENA", "undo"))
        elif where == "in App Home":
            assert "[Keep the Account]" in opened(s, "U0LENA")
            presses(s, "U0LENA", "keep", deletion)
        else:
            shell.types("withdraw", deletion, "--as", "carol@example.com")
            s.settle()
        wait(s, days=31)
        assert (user(s), state(s, deletion)) == (False, "withdrawn")
        assert "deletes the account" not in told(s, "U0LENA")[0]


def test_who_came_back_isnt_deleted_and_that_is_said(s: Stage) -> None:
    deletion = deactivated(s)
    s.miro.change_user(JO, active=True)
    wait(s, days=31)
    assert (user(s), state(s, deletion)) == (True, "refused")
    assert "The account is no longer deactivated, so I won't delete it." in last(s, "U0LENA")
    assert [call for call in calls(s) if call.startswith("DELETE")] == []


def test_undo_of_the_deactivation_takes_the_deletion_with_it(s: Stage) -> None:
    deletion = deactivated(s)
    press(s, "U0LENA", "undo")
    approve(s, "U0CAROL")
    assert (user(s), state(s, deletion)) == (True, "withdrawn")
    assert "is active again with R-3, so it isn't deleted" in " ".join(told(s, "U0LENA"))


def test_the_deletion_is_moved_to_a_later_day_and_happens_then(s: Stage) -> None:
    deletion = deactivated(s)
    opened(s, "U0LENA")
    assert deletion in may(s, "U0LENA", "start")
    press(s, "U0LENA", "start", card(s, "U0LENA", "start"))
    later = str(int(s.clock().timestamp()) + 40 * 86_400)
    assert s.acting.submit("U0LENA", {"reason": later}).errors == {}
    wait(s, days=31)
    assert user(s) is False
    wait(s, days=10)
    assert user(s) is None


@pytest.mark.parametrize("typed", ["never", "7"])
def test_never_deletes_nothing_and_another_number_counts(s: Stage, typed: str) -> None:
    ask(s, *OFFBOARD, delete_after=typed)
    approve(s, "U0CAROL")
    wait(s, days=8)
    assert (user(s), newest_request(s).id) == ((False, "R-1") if typed == "never" else (None, "R-2"))


GOES = "This goes with Deactivate only. Choose Deactivate, or leave it empty."


@pytest.mark.parametrize("typed", ["30", "never"])
def test_days_until_a_deletion_are_refused_beside_a_deletion_at_once(tmp_path: Path, typed: str) -> None:
    with machine(tmp_path, COOLING) as (s, shell):
        words = ("--as", "lena@example.com", "--reason", "Last day.")
        asks = ("ask", "offboard", f"person={JO}", "how=delete")
        assert refused_form(s, *OFFBOARD, how="delete", delete_after=typed) == {"delete_after": GOES}
        assert GOES in shell.types(*asks, f"delete_after={typed}", *words, exits=1)
        assert "delete the account of" in shell.types(*asks, *words)
        unread = shell.types(
            "ask", "offboard", f"person={JO}", "how=deactivate", "delete_after=x", *words, exits=1
        )
        assert unread.endswith("like 7. Or “never”.")


def test_the_days_begin_with_the_deactivation_not_with_the_request(s: Stage) -> None:
    start = str(int(s.clock().timestamp()) + 5 * 86_400)
    deletion = deactivated(s, start=start)
    assert deletion == "R-1", "nothing follows before it is done"
    wait(s, days=5, minutes=1)
    assert user(s) is False
    wait(s, days=29)
    assert user(s) is False
    wait(s, days=1, minutes=1)
    assert user(s) is None


def test_who_is_inactive_already_is_deleted_later_once_somebody_approves(s: Stage) -> None:
    s.miro.change_user(JO, active=False)
    deletion = deactivated(s)
    assert (state(s, deletion), request(s, deletion).because_of) == ("approved", "R-1")
    ask(s, *OFFBOARD)
    assert newest_request(s).state == "nothing to do", "it is deleted by then"
    wait(s, days=30, minutes=1)
    assert user(s) is None
