"""Sixty requests approved at once in a workspace that takes fifty calls a minute of each method."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from approvals.decide.actor import Actor
from approvals.decide.decide import approve
from approvals.states import State
from bot.actions import ACTIONS
from bot.app import Bot, build
from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.records import ApiCall
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, SECRET, TOKEN, Clock, people_of
from bot.settings import Settings
from bot.work.ask import asked
from tests.approvals.queued import behind, notes
from tests.bench.house import TEAM, wait
from tests.bench.table import Row, seconds

COUNT = 60
CALLS_A_MINUTE = 50
MOST = 1.3
MOST_REFUSED = 5
PATIENCE = 1200.0


def rows() -> list[Row]:
    """One run on the real clock; the workspace counts by its own clock when a call arrives."""
    with TemporaryDirectory() as folder, _world(Path(folder)) as (slack, settings):
        _ask(settings, slack)
        with _running(build(settings)) as bot:
            slack.calls_a_minute = CALLS_A_MINUTE
            slack.log.clear()
            begin = time.time()
            _approve_all(bot)
            bot.start()
            wait(lambda: _is_told(bot), PATIENCE)
            calls = [one for one in slack.log if one.at >= begin]
    return [_row(begin, calls)]


def _row(begin: float, calls: list[ApiCall]) -> Row:
    refused = [one for one in calls if (one.answer or {}).get("error") == "ratelimited"]
    made = Counter(one.method for one in calls if one not in refused)
    # So many can arrive at once, and again each time a minute is over.
    method, most = made.most_common(1)[0]
    shortest = 60.0 * ((most - 1) // CALLS_A_MINUTE)
    took = max(one.at for one in calls) - begin
    ratio = took / shortest if shortest else float("inf")
    text = (
        f"{seconds(took)} for {most} calls of {method}, {ratio:.2f} times the shortest legal; "
        f"{len(refused)} refused"
    )
    figure = f"at most {MOST} times, at most {MOST_REFUSED} refused"
    what = f"{COUNT} approved at once, done and told, with {CALLS_A_MINUTE} calls a minute and method"
    return Row(what, text, figure, ratio <= MOST and len(refused) <= MOST_REFUSED)


@contextmanager
def _world(folder: Path) -> Iterator[tuple[Workspace, Settings]]:
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    miro, slack = Miro(token=TOKEN), Workspace(signing_secret=SECRET)
    miro.limits = False  # Miro's pool has a bench of its own
    team = miro.add_team(TEAM)
    for name in ("IT Administration", "Design", "Sales", "Everybody"):
        miro.default_team = miro.add_team(name)
    miro.add_user("carol@example.com", "Carol Diaz", teams=[team], admin=True)
    people_of(slack)
    names = {"SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_SIGNING_SECRET": SECRET, "MIRO_SCIM_TOKEN": TOKEN}
    secrets = {name: SecretStr(value) for name, value in names.items()}
    with ExitStack() as open_:
        miro_url, slack_url = open_.enter_context(miro.serve()), open_.enter_context(slack.serve())
        yield slack, Settings(folder / "record.db", folder / "policy.toml", secrets, slack_url, miro_url)


@contextmanager
def _running(bot: Bot) -> Iterator[Bot]:
    try:
        yield bot
    finally:
        bot.stop()


def _ask(settings: Settings, slack: Workspace) -> None:
    """Everybody asks, and everybody who decides has a card; on a clock half an hour behind that jumps."""
    clock = Clock(datetime.now(UTC) - timedelta(minutes=30))
    with _running(build(settings, now=clock, sleep=clock.sleep)) as bot:
        bot.housekeeping.tick()
        for number in range(COUNT):
            slack.add_person(f"U1{number:03}", f"person.{number}@example.com", f"Person {number}")
            person = bot.people.find(f"U1{number:03}")
            assert person
            wanted = {"teams": TEAM}
            asked(
                bot.context, ACTIONS["request-access"], wanted, "It is needed.", Actor(person, person.account)
            )
        while behind(bot.store, 1) or any(one.state is State.CHECKING for one in bot.store.requests()):
            bot.settle()
            clock.sleep(5)
        assert clock() < datetime.now(UTC)


def _approve_all(bot: Bot) -> None:
    for request in bot.store.requests():
        person = bot.context.person(request.asking.approvers[0][0])
        actor, table = Actor(person, person.account), bot.context.table(request)
        bot.store.append(request, approve(request, actor, request.plan.revision, table))


def _is_told(bot: Bot) -> bool:
    """Whether all are done, and every card says so."""
    done = all(one.state is State.DONE for one in bot.store.requests())
    return done and not behind(bot.store, 1) and not notes(bot.store, 1)
