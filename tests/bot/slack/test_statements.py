"""How many SQL statements a click costs, from the HTTP door to its ack, and how many while others wait."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from approvals.ids import RequestId
from approvals.record.database import Location
from approvals.record.store import Store
from approvals.states import State
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage, stage
from tests.approvals.scene import server_of
from tests.approvals.statements import listening
from tests.bot.journeys.scenes import as_it_was, ask, card, press, state, wait

MOST, MOST_INSIDE = 25, 12

REVIEWERS = [f"U2{number:03}" for number in range(40)]
_PLAIN = 'approvers = ["manager", "it"] }\nmove-team'
CROWD = POLICY.replace(_PLAIN, 'approvers = ["@reviewers", "manager", "it"] }\nmove-team')
STEPS = POLICY.replace(
    _PLAIN, 'steps = [{ approvers = ["manager", "it"] }, { approvers = ["hr"] }] }\nmove-team'
)

Opening = Callable[..., AbstractContextManager[Stage]]


def crowd(miro: object, slack: Workspace) -> None:
    """A user group of many, of whom the policy names all."""
    for number, id in enumerate(REVIEWERS):
        slack.add_person(id, f"reviewer.{number}@example.com", f"Reviewer {number}")
    slack.add_group("S0REVIEW", "reviewers", REVIEWERS)


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """A stage whose record is on one database or the other."""

    def open(policy: str = POLICY) -> AbstractContextManager[Stage]:
        place: Location = tmp_path / "record.db"
        if request.param == "postgres":
            place = server_of(tmp_path)
            Store(place, migrates=True).close()
        return stage(tmp_path, policy, crowd, database=place)

    return open


def counted(s: Stage, act: Callable[[], object]) -> tuple[int, int]:
    """How many statements it takes until the ack, and how many of them while nobody else can write."""
    with listening(s.bot.store) as heard:
        act()
    return len(heard), sum(statement.inside for statement in heard)


def holds(counts: tuple[int, int]) -> bool:
    """Whether a click is as cheap as it has to be."""
    return 0 < counts[1] <= MOST_INSIDE < counts[0] <= MOST


def wanted(s: Stage) -> RequestId:
    """A request of Alex's for whose approval Priya was asked."""
    return ask(s, "U0ALEX", "/miro-access", "", teams="Engineering", reason="It is needed")


def click(s: Stage, user: str, action: str = "approve") -> tuple[int, int]:
    """Somebody presses a button; the bot works on it later."""
    shown = card(s, user, action)
    return counted(s, lambda: s.acting.click(user, shown, action))


def test_an_approval(opened: Opening) -> None:
    with opened() as s:
        id = wanted(s)
        assert holds(click(s, "U0PRIYA"))
        assert state(s, id) is State.APPROVED


def test_an_approval_of_what_others_joined(opened: Opening) -> None:
    with opened() as s:
        id = wanted(s)
        joined = [wanted(s) for _ in range(3)]
        assert {state(s, one) for one in joined} == {State.JOINED}
        assert holds(click(s, "U0PRIYA"))
        assert state(s, id) is State.APPROVED


def test_an_approval_where_a_user_group_of_many_decides(opened: Opening) -> None:
    with opened(CROWD) as s:
        id = wanted(s)
        assert holds(click(s, REVIEWERS[7]))
        assert state(s, id) is State.APPROVED


def test_the_first_of_two_steps_asks_the_next(opened: Opening) -> None:
    with opened(STEPS) as s:
        id = wanted(s)
        assert holds(click(s, "U0PRIYA"))
        s.settle()
        assert state(s, id) is State.WAITING
        assert holds(click(s, "U0LENA"))
        assert state(s, id) is State.APPROVED


def test_an_approval_in_the_place_of_somebody_who_is_away(opened: Opening) -> None:
    with opened() as s:
        for user in ("U0PRIYA", "U0LENA"):
            s.acting.command(user, "/miro", "whoami")
        wait(s, seconds=5)
        s.acting.command("U0PRIYA", "/miro", "away until 2026-03-06 <@U0LENA|lena>")
        s.bot.housekeeping.tick()
        id = wanted(s)
        assert holds(click(s, "U0LENA"))
        assert state(s, id) is State.APPROVED


def test_a_denial(opened: Opening) -> None:
    with opened() as s:
        id = wanted(s)
        s.acting.click("U0PRIYA", card(s, "U0PRIYA", "deny"), "deny")
        assert holds(counted(s, lambda: s.acting.submit("U0PRIYA", {"reason": "Not now"})))
        assert state(s, id) is State.DENIED


def test_who_comes_second_costs_no_more(opened: Opening) -> None:
    with opened() as s:
        wanted(s)
        late = as_it_was(card(s, "U0CAROL"))
        press(s, "U0PRIYA", "approve")
        total, inside = counted(s, lambda: s.acting.click("U0CAROL", late, "approve"))
        assert (inside, total <= MOST) == (1, True)  # the answer is put into the outbox
