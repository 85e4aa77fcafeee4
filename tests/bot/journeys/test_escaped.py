"""Slack escapes what people type: teams are found and reasons read as they were written, however one asks."""

from collections.abc import Callable

import pytest

from bot.sandbox.stage import CHANNEL, Stage
from tests.bot.journeys.scenes import (
    approve,
    ask,
    card,
    last,
    newest_request,
    press,
    read,
    say,
    teams_of,
    wait,
)
from tests.bot.journeys.scenes import read as reads
from tests.bot.journeys.test_shortcuts import make_request

WORDS = "for R&D because of <Q&A> with <@U0SAM|sam> & <#C01|design>, see https://example.com/?a=1&b=2"
REASON = "<Q&A> with @Sam Lee & #design, see https://example.com/?a=1&b=2"


@pytest.fixture(autouse=True)
def research(s: Stage) -> None:
    """A team whose name Slack escapes, and a colleague whom the bot has met."""
    s.miro.add_team("R&D")
    s.acting.command("U0SAM", "/miro", "whoami")
    wait(s, minutes=10)


def by_own_command(s: Stage) -> None:
    s.acting.command("U0ALEX", "/miro-access", WORDS)


def by_command(s: Stage) -> None:
    s.acting.command("U0ALEX", "/miro", f"I need access {WORDS}")


def by_message(s: Stage) -> None:
    press(s, "U0ALEX", "review", say(s, "U0ALEX", f"I need access {WORDS}"))


def by_mention(s: Stage) -> None:
    press(s, "U0ALEX", "review", say(s, "U0ALEX", f"I need access {WORDS}", CHANNEL))


def by_shortcut(s: Stage) -> None:
    make_request(s, "U0ALEX", f"I need access {WORDS}")


@pytest.mark.thorough
@pytest.mark.parametrize("way", [by_own_command, by_command, by_message, by_mention, by_shortcut])
def test_a_team_is_found_and_a_reason_read_as_it_was_typed(s: Stage, way: Callable[[Stage], None]) -> None:
    way(s)
    assert s.acting.submit("U0ALEX").errors == {}
    s.settle()
    assert newest_request(s).reason == REASON
    assert f'\n"{REASON}"\n' in read(card(s, "U0PRIYA"))
    approve(s, "U0PRIYA")
    assert last(s, "U0ALEX").startswith("✅ You're in R&D")
    assert "R&D" in teams_of(s, "alex@example.com")


def test_what_is_typed_into_a_form_is_left_as_it_is(s: Stage) -> None:
    ask(s, "U0ALEX", "/miro-access", "for R&D", reason="&amp; is how one writes R&D in HTML")
    assert newest_request(s).reason == "&amp; is how one writes R&D in HTML"


def test_an_address_that_slack_made_a_link_of_is_one(s: Stage) -> None:
    s.acting.command("U0LENA", "/miro-offboard", "jo@example.com because R&D closes")
    assert "jo@example.com" in reads(s.acting.modal("U0LENA"))


def test_what_is_not_understood_is_repeated_as_it_was_typed(s: Stage) -> None:
    said = say(s, "U0ALEX", "is <@U0SAM> at R&D <now>?")
    assert "I didn't understand “is @Sam Lee at R&D <now>?”." in read(said)
    s.acting.command("U0ALEX", "/miro", "is <@U0SAM> at R&D?")
    assert "I didn't understand “is @Sam Lee at R&D?”." in last(s, "U0ALEX")
    s.acting.command("U0ALEX", "/miro", "status of <@U0SAM>&R&D")
    assert last(s, "U0ALEX") == "There's no request of @Sam Lee&R&D. Request numbers look like R-42."


def test_a_mention_that_was_only_typed_is_nobody(s: Stage) -> None:
    said = s.acting.event(
        {
            "type": "message",
            "channel_type": "im",
            "user": "U0CAROL",
            "ts": "1.1",
            "text": "offboard &lt;@U0JO&gt;",
            "channel": s.slack.direct("U0CAROL").id,
        }
    )
    assert said.ok
    s.settle()
    assert last(s, "U0CAROL").startswith("Admin rights and offboarding need an exact sentence")
