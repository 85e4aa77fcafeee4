"""A button acts on the request it was drawn from: not on another of its number, nor on other changes."""

import copy
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import LISTENERS
from bot.cards.handles import OTHER_PLAN, OTHER_RECORD
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.inputs import placed
from bot.sandbox.slack.records import JSON, Message
from bot.sandbox.stage import Stage
from bot.slack.away import OTHER_DELEGATION, OTHER_SINCE_OPENED
from bot.slack.door.serving import serving
from tests.bot.journeys.homes import opened, page, presses
from tests.bot.journeys.scenes import (
    answer,
    as_it_was,
    ask,
    buttons,
    calls,
    card,
    history,
    playing,
    press,
    read,
    say,
    state,
    wait,
)

pytestmark = pytest.mark.regression

ENGINEERING = ("U0ALEX", "/miro-access", "for Engineering because I start on Monday")
DESIGN = ("U0ALEX", "/miro-access", "for Design because of the workshop")


def typed(s: Stage, user: str, text: str) -> None:
    """Somebody types `/miro …`."""
    assert s.acting.command(user, "/miro", text).ok
    s.settle()


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


def saved(s: Stage) -> bytes:
    """A backup of the record as it is now."""
    with closing(sqlite3.connect(s.folder / "record.db")) as source:
        return source.serialize()


@contextmanager
def restored(s: Stage, backup: bytes) -> Iterator[Stage]:
    """The same company with a bot that runs on a backup: what Slack shows is newer than its record."""
    folder = s.folder / "restored"
    folder.mkdir()
    (folder / "record.db").write_bytes(backup)
    (folder / "policy.toml").write_bytes((s.folder / "policy.toml").read_bytes())
    later = replace(s, folder=folder)
    bot = later.rebuild()
    try:
        bot.housekeeping.tick()
        with serving(bot.door(), "127.0.0.1", 0, LISTENERS) as url:
            acting = Gestures(s.slack, f"{url}/slack/events", wall_clock=s.clock.seconds)
            yield replace(later, bot=bot, acting=acting, url=url)
    finally:
        bot.stop()


def asks(s: Stage, user: str) -> None:
    """Somebody asks a question about what they are to decide."""
    press(s, user, "question")
    assert s.acting.submit(user, {"reason": "For how long?"}).errors == {}
    s.settle()


def forms(s: Stage, user: str) -> list[JSON]:
    """What somebody has open and could read or send, beside what a form says once it was sent."""
    return [one for one in s.slack.views.get(user, []) if one["title"]["text"] != "Sent"]


BUTTONS = [
    ("U0PRIYA", "approve"),
    ("U0PRIYA", "deny"),
    ("U0PRIYA", "question"),
    ("U0PRIYA", "details"),
    ("U0ALEX", "withdraw"),
    ("U0ALEX", "remind"),
    ("U0ALEX", "details"),
]


@pytest.mark.parametrize("again", [DESIGN, ENGINEERING], ids=["another change", "the same change"])
@pytest.mark.parametrize(("user", "action"), BUTTONS)
def test_a_button_from_before_a_backup_does_nothing(
    s: Stage, user: str, action: str, again: tuple[str, str, str]
) -> None:
    backup = saved(s)
    first = ask(s, *ENGINEERING)
    old = card(s, user, action)
    with restored(s, backup) as later:
        wait(later, hours=5)
        second = ask(later, *again)
        assert second == first
        before = history(later, second)
        press(later, user, action, old)
        assert OTHER_RECORD in answer(later, user)
        assert forms(s, user) == []
        assert history(later, second) == before
        assert calls(later) == []
        assert buttons(old) == [], "nothing can be pressed on it any more"
        assert "Design" not in read(old), "and it doesn't show the other request"
        assert user == "U0ALEX" or "approve" in buttons(card(later, user)), "the real card is as it was"


@pytest.mark.parametrize(("action", "reason"), [("deny", "No seat is free."), ("question", "For how long?")])
def test_a_form_opened_before_a_backup_is_refused_when_it_is_sent(s: Stage, action: str, reason: str) -> None:
    backup = saved(s)
    ask(s, *ENGINEERING)
    press(s, "U0PRIYA", action)
    with restored(s, backup) as later:
        id = ask(later, *DESIGN)
        sent = later.acting.submit("U0PRIYA", {"reason": reason})
        assert sent.errors == {"reason": OTHER_RECORD}
        assert history(later, id)[-1] == "planned"


def test_an_answer_goes_to_the_question_that_was_read(s: Stage) -> None:
    backup = saved(s)
    ask(s, *ENGINEERING)
    asks(s, "U0PRIYA")
    old = card(s, "U0ALEX", "answer")
    press(s, "U0ALEX", "answer", old)
    form = s.acting.modal("U0ALEX")
    with restored(s, backup) as later:
        id = ask(later, *DESIGN)
        asks(later, "U0PRIYA")
        sent = later.acting.submit("U0ALEX", {"reason": "A week."}, view=form)
        assert sent.errors == {"reason": OTHER_RECORD}
        press(later, "U0ALEX", "answer", old)
        assert OTHER_RECORD in answer(later, "U0ALEX")
        assert history(later, id)[-1] == "questioned"


def test_resume_from_before_a_backup_resumes_nothing_else(s: Stage) -> None:
    research = s.miro.add_team("Research")
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[research], team_admin_of=[research])
    wait(s, minutes=11)
    backup = saved(s)
    _stops(s, "Design")
    old = as_it_was(card(s, "U0CAROL", "resume"))
    with restored(s, backup) as later:
        id = _stops(later, "Engineering")
        before = history(later, id)
        for action in ("resume", "withdraw"):
            press(later, "U0CAROL", action, old)
            assert OTHER_RECORD in answer(later, "U0CAROL")
        assert history(later, id) == before
        assert state(later, id) == "stopped"


def _stops(s: Stage, team: str) -> str:
    """A request that Miro refuses halfway: a team keeps its last admin."""
    id = ask(s, "U0ALEX", "/miro-move", f"from Research to {team} because I change teams")
    press(s, "U0PRIYA", "approve")
    assert state(s, id) == "stopped"
    return id


def test_ask_again_from_before_a_backup_opens_no_form(s: Stage) -> None:
    backup = saved(s)
    ask(s, *ENGINEERING)
    wait(s, days=20)
    old = card(s, "U0ALEX", "again")
    with restored(s, backup) as later:
        ask(later, *DESIGN)
        press(later, "U0ALEX", "again", old)
        assert OTHER_RECORD in answer(later, "U0ALEX")
        assert forms(s, "U0ALEX") == []


def test_app_home_from_before_a_backup_does_nothing(s: Stage) -> None:
    backup = saved(s)
    ask(s, *ENGINEERING)
    s.acting.open_home("U0ALEX")
    old = copy.deepcopy(s.slack.homes["U0ALEX"])
    with restored(s, backup) as later:
        later.acting.open_home("U0ALEX")
        id = ask(later, *DESIGN)
        later.acting.click("U0ALEX", old, "withdraw")
        later.settle()
        assert state(later, id) == "waiting"
        assert OTHER_RECORD in str(s.slack.homes["U0ALEX"])


def test_a_bulk_form_from_before_a_backup_approves_nothing_else(s: Stage) -> None:
    backup = saved(s)
    _two(s, "Engineering")
    form = _approving_all(s)
    with restored(s, backup) as later:
        ids = _two(later, "Design")
        assert later.acting.submit("U0CAROL", view=form).ok
        later.settle()
        assert str(s.slack.views["U0CAROL"]).count(OTHER_RECORD) == 2
        assert {state(later, id) for id in ids} == {"waiting"}


def _two(s: Stage, team: str) -> list[str]:
    return [
        ask(s, user, "/miro-access", f"for {team} because of the workshop") for user in ("U0DANA", "U0LENA")
    ]


def _approving_all(s: Stage) -> JSON:
    s.acting.open_home("U0CAROL")
    s.acting.click("U0CAROL", s.slack.homes["U0CAROL"], "approve-all:request-access")
    return s.acting.modal("U0CAROL")


# -- the plan has changed since ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "action"),
    [("U0PRIYA", "approve"), ("U0PRIYA", "deny"), ("U0PRIYA", "question"), ("U0ALEX", "withdraw")],
)
def test_a_copy_that_shows_other_changes_decides_nothing(s: Stage, user: str, action: str) -> None:
    id, old = _planned_anew(s, user, action)
    before = history(s, id)
    press(s, user, action, old)
    assert OTHER_PLAN in answer(s, user)
    assert forms(s, user) == []
    assert history(s, id) == before


def test_a_denial_written_while_the_changes_became_others_is_refused(s: Stage) -> None:
    def opens_form(old: Message) -> None:
        press(s, "U0PRIYA", "deny", old)

    id, _ = _planned_anew(s, "U0PRIYA", "deny", opens_form)
    assert s.acting.submit("U0PRIYA", {"reason": "No seat is free."}).errors == {"reason": OTHER_PLAN}
    assert state(s, id) == "waiting"


def _planned_anew(
    s: Stage, user: str, action: str, before: Callable[[Message], None] = lambda old: None
) -> tuple[str, Message]:
    """A request whose plan became another one after it was shown; `before` comes in between."""
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    id = ask(s, "U0ALEX", "/miro-move", "from Engineering to Design because I change teams")
    old = as_it_was(card(s, user, action))
    before(old)
    s.miro.change_user("alex@example.com", active=False)
    press(s, "U0CAROL", "approve")
    assert state(s, id) == "waiting"
    return id, old


# -- cards that an older program drew ------------------------------------------------------------------------


def as_drawn_before(message: Message) -> Message:
    """The same card with the buttons of a program that told requests apart by number and plan alone."""
    old = replace(message, blocks=copy.deepcopy(message.blocks))
    for _, element in placed(old.blocks):
        element["value"] = ":".join(element["value"].split(":")[:2])
    return old


@pytest.mark.parametrize(("user", "action"), [one for one in BUTTONS if one[1] != "details"])
def test_a_card_of_an_older_program_is_drawn_anew_and_decides_nothing(
    s: Stage, user: str, action: str
) -> None:
    id = ask(s, *ENGINEERING)
    wait(s, hours=5)
    shown = card(s, user, action)
    before = history(s, id)
    shown.blocks = as_drawn_before(shown).blocks
    press(s, user, action, shown)
    assert f"Use the newest card of {id}." in answer(s, user)
    assert history(s, id) == before


def test_details_of_a_card_of_an_older_program_can_be_read(s: Stage) -> None:
    ask(s, *ENGINEERING)
    press(s, "U0PRIYA", "details", as_drawn_before(card(s, "U0PRIYA", "details")))
    assert "start on Monday" in str(s.acting.modal("U0PRIYA"))


def test_a_form_of_an_older_program_is_refused(s: Stage) -> None:
    id = ask(s, *ENGINEERING)
    press(s, "U0PRIYA", "deny")
    form = s.acting.modal("U0PRIYA")
    form["private_metadata"] = f'{{"request": "{id}"}}'
    errors = s.acting.submit("U0PRIYA", {"reason": "No seat is free."}).errors
    assert errors == {
        "reason": f"This card is out of date, so your click did nothing. Use the newest card of {id}."
    }
    assert state(s, id) == "waiting"


def test_every_button_about_a_request_says_which(s: Stage) -> None:
    id = ask(s, *ENGINEERING)
    asks(s, "U0PRIYA")
    say(s, "U0ALEX", "I need Miro access for Design")
    for user in ("U0ALEX", "U0PRIYA"):
        s.acting.open_home(user)
        shown = [block for message in s.slack.dm_of(user) for block in message.blocks]
        values = {e["action_id"]: e["value"] for _, e in placed([*shown, *s.slack.homes[user]["blocks"]])}
        about = {name: value for name, value in values.items() if value.startswith("R-")}
        assert about and all(
            value.split(":")[0] == id and len(value.split(":")[2]) == 8 for value in about.values()
        )


# -- App Home: whose delegate ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "meanwhile", ["away until 2026-03-06 <@U0SAM>", "away until 2026-03-09 <@U0LENA>"], ids=["whom", "days"]
)
def test_who_is_back_on_an_older_page_ends_no_other_delegation(s: Stage, meanwhile: str) -> None:
    older = page_before(s, "away until 2026-03-06 <@U0LENA>", meanwhile)
    presses(s, "U0PRIYA", "away-off", view=older)
    assert page(s, "U0PRIYA").startswith(OTHER_DELEGATION)
    assert history(s, "away") == ["delegated", "delegated"]
    presses(s, "U0PRIYA", "away-off")
    assert history(s, "away") == ["delegated", "delegated", "returned"]


@pytest.mark.parametrize(
    ("first", "meanwhile"),
    [
        ("", "away until 2026-03-06 <@U0LENA>"),
        ("away until 2026-03-09 <@U0SAM>", "away until 2026-03-06 <@U0LENA>"),
        ("away until 2026-03-09 <@U0SAM>", "away off"),
    ],
    ids=["nobody", "another", "ended"],
)
def test_change_on_an_older_page_opens_no_form(s: Stage, first: str, meanwhile: str) -> None:
    older = page_before(s, first, meanwhile)
    presses(s, "U0PRIYA", "away", view=older)
    assert s.slack.views.get("U0PRIYA", []) == []
    assert page(s, "U0PRIYA").startswith(OTHER_DELEGATION)
    assert s.slack.homes["U0PRIYA"] != older, "what holds now stands there"


def page_before(s: Stage, first: str, meanwhile: str) -> JSON:
    """Priya's App Home between two things that she types."""
    for user in ("U0LENA", "U0SAM", "U0PRIYA"):
        opened(s, user)
    if first:
        typed(s, "U0PRIYA", first)
    opened(s, "U0PRIYA")
    older = copy.deepcopy(s.slack.homes["U0PRIYA"])
    typed(s, "U0PRIYA", meanwhile)
    return older


@pytest.mark.parametrize("first", ["", "away until 2026-03-09 <@U0SAM>"], ids=["nobody", "another"])
def test_a_form_replaces_no_delegation_that_it_wasnt_opened_on(s: Stage, first: str) -> None:
    for user in ("U0LENA", "U0SAM", "U0DANA", "U0PRIYA"):
        opened(s, user)
    if first:
        typed(s, "U0PRIYA", first)
    opened(s, "U0PRIYA")
    presses(s, "U0PRIYA", "away")
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0DANA>")
    before = history(s, "away")
    sent = s.acting.submit("U0PRIYA", {"delegate": "U0LENA", "until": "2026-03-06"})
    assert sent.errors == {"until": OTHER_SINCE_OPENED}
    assert history(s, "away") == before


def test_a_page_of_an_older_program_ends_no_delegation(s: Stage) -> None:
    for user in ("U0LENA", "U0PRIYA"):
        opened(s, user)
    typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA>")
    opened(s, "U0PRIYA")
    older = copy.deepcopy(s.slack.homes["U0PRIYA"])
    for _, element in placed(older["blocks"]):
        if element["action_id"] == "away-off":
            element["value"] = "home"
    s.acting.click("U0PRIYA", older, "away-off")
    s.settle()
    assert page(s, "U0PRIYA").startswith(OTHER_DELEGATION)
    assert history(s, "away") == ["delegated"]
