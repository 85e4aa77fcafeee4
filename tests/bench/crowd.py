"""A company in which very many ask for the same team: its stand-ins, and the bot's record of it."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import SecretStr

from approvals.decide.actor import Actor
from approvals.ids import RequestId
from approvals.states import State
from bot.actions import ACTIONS
from bot.app import Bot, build
from bot.cards.handles import Handle
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack import payloads
from bot.sandbox.slack.records import JSON, Message
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, SECRET, TOKEN, Clock, people_of
from bot.settings import Settings
from bot.work.ask import asked
from tests.bench.house import TEAM

APPROVER = "U0CAROL"
AT_ONCE = 5
"""How many ask before the cards of them all are sent: one approver is sent a message a second."""
_TO_DO = (
    "SELECT EXISTS (SELECT 1 FROM outbox WHERE shown < wanted)"
    " OR EXISTS (SELECT 1 FROM requests WHERE state IN ('checking', 'approved'))"
)


def furnish(miro: Miro, slack: Workspace, count: int) -> None:
    """Everybody has an account in Miro that lacks nothing but the team, so that each request is one write."""
    home, team = miro.add_team("Everybody"), miro.add_team(TEAM)
    for name in ("IT Administration", "Design", "Sales"):
        miro.add_team(name)
    miro.add_user("carol@example.com", "Carol Diaz", teams=[home, team], admin=True)
    miro.add_user("jo@example.com", "Jo Park", teams=[home])
    people_of(slack)
    for number in range(count):
        slack.add_person(person(number), f"person.{number}@example.com", f"Person {number}")
        miro.add_user(f"person.{number}@example.com", f"Person {number}", teams=[home])


def person(number: int) -> str:
    """The Slack account of one of them."""
    return f"U1{number:04}"


@contextmanager
def company(count: int) -> Iterator[tuple[str, str]]:
    """Stand-ins without limits in a process of their own, so that nothing of theirs counts; their URLs."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve, args=(there, count), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


def _serve(other: Connection, count: int) -> None:
    miro, slack = Miro(token=TOKEN, limits=False), Workspace(signing_secret=SECRET)
    furnish(miro, slack, count)
    with miro.serve() as miro_url, slack.serve() as slack_url:
        other.send((miro_url, slack_url))
        other.poll(None)


def settings(folder: Path, miro_url: str, slack_url: str) -> Settings:
    """A bot between these stand-ins, with its record in a folder."""
    policy = POLICY.replace('[accounts.default]\norganization = "Example Ltd"\n', "")
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    names = {"SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_SIGNING_SECRET": SECRET, "MIRO_SCIM_TOKEN": TOKEN}
    secrets = {name: SecretStr(value) for name, value in names.items()}
    return Settings(folder / "record.db", folder / "policy.toml", secrets, slack_url, miro_url)


def ask_all(known: Settings, count: int) -> None:
    """Everybody asks, and everybody who decides has a card; on a clock two hours behind that jumps."""
    clock = Clock(datetime.now(UTC) - timedelta(hours=2))
    bot = build(known, now=clock, sleep=clock.sleep)
    try:
        bot.housekeeping.tick()
        for number in range(count):
            found = bot.people.find(person(number))
            assert found
            actor = Actor(found, found.account)
            asked(bot.context, ACTIONS["request-access"], {"teams": TEAM}, "It is needed.", actor)
            if number % AT_ONCE == AT_ONCE - 1 or number == count - 1:
                settle(bot, clock)
        assert len(bot.store.requests(states=[State.WAITING], limit=count + 1)) == count
        assert clock() < datetime.now(UTC)
    finally:
        bot.stop()


def settle(bot: Bot, clock: Clock) -> None:
    """Lets a bot work until it has nothing to do, as its clock jumps."""
    while _record(bot.store.path).execute(_TO_DO).fetchone()[0]:
        bot.settle()
        clock.sleep(5)


@lru_cache(1)
def _record(path: Path) -> sqlite3.Connection:
    """A connection that isn't the bot's, whose statements are counted; kept, because opening takes time."""
    return sqlite3.connect(path)


def click(bot: Bot, slack: Workspace, number: int) -> JSON:
    """What Slack sends when Approve is pressed on an approver's card of a request."""
    slack.add_person(APPROVER, "carol@example.com", "Carol Diaz")
    request, approver = bot.store.request(RequestId(f"R-{number}")), bot.context.find(APPROVER)
    assert approver
    cards = {(card.role, card.address): card for card in bot.store.outbox.of(request.id)}
    card = cards["approver", approver.id]
    element = {"type": "button", "action_id": "approve", "value": Handle.of(request).value}
    message = Message(slack.direct(APPROVER).id, card.ts, slack.bot_user, "", [])
    action = payloads.pressed(slack, {"block_id": "decide"}, element, {})
    shown = payloads.action_in_message(slack, APPROVER, message, action)
    shown["container"]["channel_id"] = card.channel
    return shown
