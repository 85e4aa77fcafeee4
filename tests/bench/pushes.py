"""A directory that pushes a whole company at once, twice: calls to Miro against the fewest possible."""

import random
import time
from collections import Counter
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.directory.asking.feeder import QUIET, Feeder
from bot.directory.store import EntryId, Kind
from bot.miro.quota import cost
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, stage
from tests.bench.table import Row
from tests.bot.directory.scenes import Okta

PEOPLE, TEAMS, PAGE = 5_000, 300, 1_000


def _policy(people: int, teams: int) -> str:
    names = ", ".join(f'"g_{number}" = "Team {number}"' for number in range(teams))
    return f"""{POLICY}
[directory.okta]
account = "miroUsers"
teams = {{ {names} }}
unattended = ["access", "leave"]
approvers = ["it"]
hold_above = {people}
owner = ["it"]
"""


def _push(okta: Okta, people: int, teams: int, order: random.Random) -> None:
    """Everybody and every group in any order."""
    known = {user.user_name: user.id for user in okta.says.snapshot("okta").users}
    ids = dict[int, EntryId]()
    for number in order.sample(range(people), people):
        name = f"p{number}@example.com"
        body = {"userName": name, "active": True}
        ids[number] = known.get(name) or okta.says.create("okta", Kind.USER, body)
    for team in order.sample(range(teams), teams):
        okta.fill(f"g_{team}", [ids[number] for number in range(people) if number % teams == team])
    okta.fill("miroUsers", ids.values())


def measured(people: int = PEOPLE, teams: int = TEAMS) -> tuple[float, Counter[str], float, int]:
    """(credits against the fewest, {method: calls}, seconds to compare everything again, requests)."""

    def prepare(miro: Miro, slack: Workspace) -> None:
        miro.limits = False
        for number in range(teams):
            miro.add_team(f"Team {number}")

    with TemporaryDirectory() as folder, stage(Path(folder), _policy(people, teams), prepare) as s:
        okta, order = Okta(s), random.Random(7)
        with s.bot.store.writing():
            _push(okta, people, teams, order)
        s.bot.feeder.step()
        s.clock.sleep(QUIET.total_seconds() + 1)
        while any([s.bot.feeder.step(), s.bot.workers[0].work()]):
            pass
        count = len(s.bot.store.numbers())
        calls = [(call.method, call.path, len(str(call.body or ""))) for call in s.miro.log]
        assert all(f"Team {n % teams}" in _teams(s.miro, n) for n in range(people))
        with s.bot.store.writing():
            _push(okta, people, teams, random.Random(8))
        s.clock.sleep(QUIET.total_seconds() + 61)
        began = time.perf_counter()
        assert not Feeder(s.bot.context).step()
        again = time.perf_counter() - began
        assert len(s.bot.store.numbers()) == count
    spent = sum(cost(method, path, size) for method, path, size in calls)
    return spent / _fewest(people, teams), Counter(method for method, _, _ in calls), again, count


def _fewest(people: int, teams: int) -> int:
    """Credits for an account each, each team's members in the cheapest calls, and two looks at everybody."""
    each, (small, large) = people / teams, (cost("PATCH", "/Groups/1", size) for size in (499, 9_999))
    pages = 2 * ceil(people / PAGE) * cost("GET", "/Users?startIndex=1", 0)
    return people * cost("POST", "/Users", 200) + teams * min(ceil(each / 11) * small, large) + pages


def _teams(miro: Miro, number: int) -> set[str]:
    user = miro.user(f"p{number}@example.com")
    assert user
    return {miro.team(id).team_name for id in user.groups}


def rows() -> list[Row]:
    """The figures of a whole company."""
    times, calls, again, count = measured()
    text = ", ".join(f"{number} {method}" for method, number in sorted(calls.items()))
    return [
        Row(
            f"{PEOPLE} people and {TEAMS} groups pushed, twice, in another order",
            f"{times:.2f} × the fewest credits ({text}); {count} requests; compared again in {again:.1f} s",
            "at most 1.1 ×, one effect each",
            times <= 1.1,
        )
    ]
