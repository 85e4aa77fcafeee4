"""A large push: one effect for each word, in few calls, in any order and however often it is repeated."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.decide.actor import Actor
from bot.context import LEASE
from bot.directory.asking.differences import failures
from bot.directory.asking.feeder import AGAIN
from bot.directory.asking.requests import looked
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage
from bot.work.bulk import control
from bot.work.reviewing import compare
from tests.bot.directory.scenes import Okta, states
from tests.bot.journeys.scenes import newest_request, playing, state, teams_of, wait

PEOPLE, TEAMS = 60, 12
OKTA = f"""
[directory.okta]
account = "miroUsers"
teams = {{ {", ".join(f'"g_{number}" = "Team {number}"' for number in range(TEAMS))} }}
unattended = ["access", "leave"]
approvers = ["it"]
hold_above = {PEOPLE}
owner = ["it"]
"""


def prepare(miro: Miro, slack: Workspace) -> None:
    for number in range(TEAMS):
        miro.add_team(f"Team {number}")


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, f"{POLICY}{OKTA}", prepare=prepare) as scene:
        yield scene


def push(okta: Okta, order: random.Random) -> None:
    """Everybody and every group, in any order, everything twice."""
    users = {user.user_name: user.id for user in okta.says.snapshot("okta").users}
    numbers = [number for number in range(PEOPLE) for _ in range(2)]
    order.shuffle(numbers)
    for number in numbers:
        name = f"p{number}@example.com"
        if name not in users:
            users[name] = okta.person(name)
    groups = [group for group in range(TEAMS) for _ in range(2)]
    order.shuffle(groups)
    for group in groups:
        okta.fill(f"g_{group}", [users[f"p{n}@example.com"] for n in range(PEOPLE) if n % TEAMS == group])
    okta.fill("miroUsers", users.values())


def test_a_push_has_one_effect_however_often_and_in_which_order_it_comes(s: Stage) -> None:
    okta, order = Okta(s), random.Random(7)
    push(okta, order)
    okta.settle()
    for number in range(PEOPLE):
        assert f"Team {number % TEAMS}" in teams_of(s, f"p{number}@example.com")
    asked = Counter(states(s.bot.store.requests(limit=1000)))
    assert asked == {("request-access", "done"): PEOPLE, ("bulk", "done"): 1}
    calls = Counter(call.method for call in s.miro.log)
    # The shortest: an account each, and one call for each team; looks at everybody come to a few pages.
    assert calls["POST"] == PEOPLE
    assert calls["PATCH"] == TEAMS
    assert calls["GET"] <= PEOPLE / 10
    for again in range(2):
        push(okta, random.Random(again))
        okta.settle()
        wait(s, seconds=AGAIN.total_seconds() + 1)
    assert Counter(states(s.bot.store.requests(limit=1000))) == asked


def test_what_a_colleague_asks_for_meanwhile_comes_next(s: Stage) -> None:
    push(Okta(s), random.Random(7))
    s.bot.feeder.step()
    s.clock.sleep(21)
    s.bot.feeder.step()
    assert s.acting.command("U0ALEX", "/miro-access", "for Design because of a project").ok
    assert s.acting.submit("U0ALEX").ok
    id = newest_request(s).id
    s.bot.workers[0].work()  # the bulk was there first: it is checked as a whole
    busy = s.bot.store.claim("another worker", LEASE)
    assert busy and s.bot.store.request(busy.request).action == "bulk"
    s.bot.workers[0].work()
    assert state(s, id) == "waiting"


def test_a_new_word_while_a_push_is_carried_out_comes_after_it(s: Stage) -> None:
    okta = Okta(s)
    push(okta, random.Random(7))
    s.bot.feeder.step()
    s.clock.sleep(21)
    s.bot.feeder.step()
    user = next(user for user in okta.says.snapshot("okta").users if user.user_name == "p0@example.com")
    okta.leave(user.id, "g_0")
    okta.settle()
    wait(s, seconds=AGAIN.total_seconds() + 1)
    assert "Team 0" not in teams_of(s, "p0@example.com")


def test_a_bulk_that_is_stopped_before_its_lines_exist_is_the_sources_failure(s: Stage) -> None:
    okta = Okta(s)
    push(okta, random.Random(7))
    s.bot.feeder.step()
    s.clock.sleep(21)
    s.bot.feeder.step()
    bulk, context = newest_request(s), s.bot.context
    carol = Actor(s.bot.store.people.meet(email="carol@example.com"), None, "a shell")
    s.bot.store.append(bulk, control.stop(context, bulk, carol))
    wait(s, hours=2)
    first = "p0@example.com: R-1 (request-access) was withdrawn by Carol Diaz on 2026-03-02. Owner: it."
    said = failures(looked(context, "okta"))
    assert len(said) == context.pushed.failed["okta"] == PEOPLE  # type: ignore[union-attr]
    assert first in said and first in {each.text for each in compare.compared(context)}
