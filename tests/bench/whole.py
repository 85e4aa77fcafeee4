"""The whole way of very many requests, from the form to the last look: SQL statements and processor time.

The stand-ins have no limits and run in a process of their own, and the bot's clock jumps where it would wait.
"""

import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs

from approvals.states import State
from bot.app import Bot, build
from bot.sandbox.slack.records import JSON
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import SECRET, Clock
from bot.slack.door.receiver import Receiver
from tests.approvals.statements import listening
from tests.bench.burst import bare_form
from tests.bench.crowd import click, company, person, settings, settle
from tests.bench.house import TEAM
from tests.bench.table import Row, seconds
from tests.campaigns.crowd import submissions

COUNT = int(os.environ.get("WHOLE_REQUESTS", "1000"))
COUNTED = max(COUNT // 10, 1)
MOST_STATEMENTS, MOST_TIMES = 250, 30


def rows() -> list[Row]:
    """One run, and a burst at a bare Bolt app beside it."""
    statements, whole = measured()
    bare = bare_form()
    each, took = statements / COUNTED, whole / (COUNT - COUNTED)
    times = took / (bare or 1)
    what = f"The whole way of {COUNT:,} requests"
    return [
        Row(
            f"{what}: SQL statements a request",
            f"{each:.0f}",
            f"at most {MOST_STATEMENTS}",
            each <= MOST_STATEMENTS,
        ),
        Row(
            f"{what}: processor time a request, to that of a bare Bolt form",
            f"{seconds(took)}, {times:.1f} times {seconds(bare)}",
            f"at most {MOST_TIMES} times",
            times <= MOST_TIMES,
        ),
    ]


def measured() -> tuple[int, float]:
    """SQL statements of the first of them, and seconds of processor time of the others."""
    # Counting takes time, too.
    with TemporaryDirectory() as folder, company(COUNT) as urls:
        clock = Clock()
        bot = build(settings(Path(folder), *urls), now=clock, sleep=clock.sleep)
        try:
            bot.housekeeping.tick()
            slack = Workspace(signing_secret=SECRET, now=clock.seconds)
            sent = forms(bot, slack, COUNT)
            with listening(bot.store) as heard:
                for number in range(COUNTED):
                    whole_way(bot, clock, slack, sent, number)
                statements = len(heard)
            took = sum(whole_way(bot, clock, slack, sent, number) for number in range(COUNTED, COUNT))
            assert len(bot.store.requests(states=[State.DONE], limit=COUNT + 1)) == COUNT
            return statements, took
        finally:
            bot.stop()


def whole_way(bot: Bot, clock: Clock, slack: Workspace, sent: list[JSON], number: int) -> float:
    """The form, and the click once everybody who decides has a card; seconds of processor time."""
    begin = time.process_time()
    _take(bot.receiver(), sent[number])
    settle(bot, clock)
    took = time.process_time() - begin
    pressed = click(bot, slack, number + 1)
    begin = time.process_time()
    _take(bot.receiver(), pressed)
    settle(bot, clock)
    return took + time.process_time() - begin


def _take(receiver: Receiver, body: JSON) -> None:
    answer = receiver.take(body, {})
    assert answer.status == 200 and "errors" not in str(answer.body), answer.body


def forms(bot: Bot, slack: Workspace, count: int) -> list[JSON]:
    """What Slack sends when so many people press Send; who they are was looked up before."""
    team = next(group.id for group in bot.store.groups.all() if group.known_name == TEAM)
    sent = [delivery.body.decode() for delivery in submissions(slack, team, TEAM, count)]
    assert all(bot.people.find(person(number)) for number in range(count))
    return [json.loads(parse_qs(body)["payload"][0]) for body in sent]
