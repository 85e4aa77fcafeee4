"""Hundreds of requests approved at once under Miro's quota, and an urgent offboarding five seconds later."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from approvals.decide.actor import Actor
from approvals.decide.decide import approve
from approvals.ids import RequestId
from approvals.request import Request
from approvals.states import State
from bot.actions import ACTIONS
from bot.app import Bot, build
from bot.miro.quota import POOL, cost
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import SECRET, TOKEN
from bot.settings import Settings
from bot.work.ask import asked
from tests.bench.crowd import ask_all, furnish, settings
from tests.bench.house import wait
from tests.bench.table import Row, seconds

COUNT = int(os.environ.get("QUOTA_REQUESTS", "600"))
LATER = 5.0
"""Seconds after the approvals when somebody asks for the offboarding."""
WINDOW = 30.0
"""Seconds for which Miro's page counts."""
MOST, CARD, DONE = 1.10, 10.0, 35.0
PATIENCE = 3600.0


def rows() -> list[Row]:
    """One run on the real clock against a Miro that counts by its own."""
    with TemporaryDirectory() as folder, _world(Path(folder)) as (miro, slack, known):
        ask_all(known, COUNT)
        with _running(build(known)) as bot:
            ordinary = [request.id for request in bot.store.requests(limit=COUNT)]
            miro.log.clear()
            miro.limits = True
            begin = time.time()
            for id in ordinary:
                _approve(bot, bot.store.request(id))
            bot.start()
            card, done = _offboarded(bot, slack, begin)
            wait(lambda: all(bot.store.request(id).state is State.DONE for id in ordinary), PATIENCE)
            took = time.time() - begin
        refused = sum(exchange.status == 429 for exchange in miro.log)
    return _rows(took, card, done, refused)


def _rows(took: float, card: float, done: float, refused: int) -> list[Row]:
    # Each needs a look by address, one write (the person joins a team) and a last look; the offboarding a
    # look before it is asked about, the same after it is approved, one write, and a last look.
    join = cost("GET", "/Users") + cost("PATCH", "/Groups/1") + cost("GET", "/Users/1")
    urgent = 2 * cost("GET", "/Users") + cost("PATCH", "/Users/1") + cost("GET", "/Users/1")
    shortest = WINDOW * (ceil((COUNT * join + urgent) / POOL) - 1)
    ratio = took / shortest if shortest else float("inf")
    what = f"{COUNT} approved at once under Miro's quota, {COUNT * join:,} credits"
    return [
        Row(
            what,
            f"{took:.0f} s, {ratio:.2f} times the shortest legal; {refused} answers of 429",
            f"at most {MOST} times, no 429",
            ratio <= MOST and not refused,
        ),
        Row(
            f"An offboarding asked for {LATER:.0f} s later",
            f"card after {seconds(card)}, done {seconds(done)} after it was approved",
            f"card within {CARD:.0f} s, done within {DONE:.0f} s",
            card <= CARD and done <= DONE,
        ),
    ]


@contextmanager
def _world(folder: Path) -> Iterator[tuple[Miro, Workspace, Settings]]:
    miro, slack = Miro(token=TOKEN), Workspace(signing_secret=SECRET)
    miro.limits = False  # until all have asked, on a clock that jumps
    furnish(miro, slack, COUNT)
    with miro.serve() as miro_url, slack.serve() as slack_url:
        yield miro, slack, settings(folder, miro_url, slack_url)


@contextmanager
def _running(bot: Bot) -> Iterator[Bot]:
    try:
        yield bot
    finally:
        bot.stop()


def _approve(bot: Bot, request: Request) -> None:
    person = bot.context.person(request.asking.approvers[0][0])
    actor, table = Actor(person, person.account), bot.context.table(request)
    bot.store.append(request, approve(request, actor, request.plan.revision, table))


def _offboarded(bot: Bot, slack: Workspace, begin: float) -> tuple[float, float]:
    """Asks for it in the middle of all, and approves it; seconds to the card, and from there until done."""
    time.sleep(max(0.0, begin + LATER - time.time()))
    person = bot.people.find("U0LENA")
    assert person
    raw = {"person": "jo@example.com", "how": "deactivate"}
    began = time.time()
    id = asked(bot.context, ACTIONS["offboard"], raw, "She leaves.", Actor(person, person.account)).id
    wait(lambda: _has_card(bot, id), PATIENCE)
    card = time.time() - began
    approved = time.time()
    _approve(bot, bot.store.request(id))
    bot.context.wake()
    wait(lambda: bot.store.request(id).state is State.DONE, PATIENCE)
    return card, time.time() - approved


def _has_card(bot: Bot, id: RequestId) -> bool:
    """Whether somebody who decides it has the card."""
    return any(card.role == "approver" and card.ts for card in bot.store.outbox.of(id))
