"""What approvers are warned of is read by an operator, where the policy asks nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.stage import POLICY, Stage
from tests.bot.journeys.scenes import (
    ask,
    calls,
    card,
    deny,
    has_card,
    history,
    last,
    playing,
    press,
    read,
    request,
    state,
    told,
    wait,
)
from tests.says import says

pytestmark = pytest.mark.regression

OWN = 'request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"] }'
UNASKED = POLICY.replace(OWN, 'request-access = { ask = ["anyone"], for_others = ["it"], approval = false }')
HAD_ONE = "Miro had an account for this person: it was deleted, or is a guest's. Check there first."
JO = "jo@example.com"


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    assert UNASKED != POLICY
    with playing(tmp_path, UNASKED) as stage:
        yield stage


def has_had_access(s: Stage, user: str = "U0JO", email: str = JO) -> None:
    """Nobody was asked about it."""
    id = ask(s, user, "/miro-access", "for Engineering because of the launch")
    assert state(s, id) == "done" and "voted" not in history(s, id)
    s.miro.log.clear()


def vanishes(s: Stage, how: str, email: str = JO) -> None:
    if how == "guest":
        s.miro.change_user(email, role="ORGANIZATION_EXTERNAL_USER")
    else:
        s.miro.delete(email)


@pytest.mark.parametrize("how", ["deleted", "guest"])
@pytest.mark.parametrize(("user", "whom"), [("U0JO", ""), ("U0SAM", "<@U0JO> "), ("U0SAM", f"{JO} ")])
def test_an_operator_reads_of_the_account_that_was_there(s: Stage, how: str, user: str, whom: str) -> None:
    has_had_access(s)
    vanishes(s, how)
    id = ask(s, user, "/miro-access", f"{whom}for Design because of the launch")
    assert state(s, id) == "waiting" and calls(s, "POST") == []
    assert HAD_ONE in read(card(s, "U0CAROL"))
    assert "you look after requests" in says(dict(request(s, id).asking.approvers).popitem()[1])
    assert not has_card(s, user) and not has_card(s, "U0JO") and not has_card(s, "U0PRIYA")
    assert "Waiting for Carol Diaz" in "".join(told(s, user))


def test_what_an_operator_approves_is_done(s: Stage) -> None:
    has_had_access(s)
    vanishes(s, "deleted")
    id = ask(s, "U0JO", "/miro-access", "for Design because of the launch")
    press(s, "U0CAROL", "approve")
    assert state(s, id) == "done" and s.miro.user(JO)
    assert "approved by Carol Diaz" in last(s, "U0JO")


def test_what_an_operator_denies_is_not(s: Stage) -> None:
    has_had_access(s)
    vanishes(s, "guest")
    id = ask(s, "U0JO", "/miro-access", "for Design because of the launch")
    deny(s, "U0CAROL", "Jo is a guest now.")
    assert state(s, id) == "denied" and calls(s, "POST") == []


def test_it_goes_on_waiting_for_the_operators_and_ends_unanswered(s: Stage) -> None:
    has_had_access(s)
    vanishes(s, "deleted")
    id = ask(s, "U0JO", "/miro-access", "for Design because of the launch")
    approvers = request(s, id).asking.approvers
    for _ in range(3):
        wait(s, minutes=11)
    assert request(s, id).asking.approvers == approvers and "routed" not in history(s, id)
    wait(s, days=3)
    assert state(s, id) == "expired" and calls(s, "POST") == []


def test_an_account_that_vanishes_after_nobody_was_asked_is_left_to_operators(s: Stage) -> None:
    has_had_access(s)
    s.slack.fault("users.info", times=1, status=500)
    assert s.acting.command("U0JO", "/miro-access", "for Design because of the launch").ok
    assert s.acting.submit("U0JO").errors == {}
    s.bot.workers[0].work()
    vanishes(s, "deleted")
    s.settle()
    wait(s, minutes=1)
    id = s.bot.store.requests(limit=1)[0].id
    assert state(s, id) == "stopped" and calls(s, "POST") == []
    assert "guests aren't visible to me" in read(card(s, "U0CAROL", "resume"))


def test_where_no_operator_may_decide_the_requester_reads_it_and_nothing_is_done(tmp_path: Path) -> None:
    alone = UNASKED.replace('operators = ["it"]', 'operators = ["lena@example.com"]')
    assert alone != UNASKED
    with playing(tmp_path, alone) as s:
        has_had_access(s, "U0LENA", "lena@example.com")
        vanishes(s, "deleted", "lena@example.com")
        id = ask(s, "U0LENA", "/miro-access", "for Design because of the launch")
        assert state(s, id) == "refused" and calls(s, "POST") == []
        assert HAD_ONE in last(s, "U0LENA") and "Ask your IT team" in last(s, "U0LENA")


def test_where_nothing_is_to_be_warned_of_nobody_is_asked(s: Stage) -> None:
    has_had_access(s)
    id = ask(s, "U0JO", "/miro-access", "for Design because of the launch")
    assert state(s, id) == "done" and "voted" not in history(s, id)
