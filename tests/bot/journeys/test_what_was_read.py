"""A decision keeps what its approver had before them, so that an auditor reads the same."""

import re

from approvals.record.evidence.report import history
from approvals.request import Event
from approvals.states import EventType
from bot.cards.catalogue import VERSION
from bot.sandbox.stage import PEOPLE, Stage
from bot.slack.deliver.calls import PLAIN
from tests.bot.journeys.homes import ACCESS, opened, presses
from tests.bot.journeys.scenes import approve, ask, card, deny, press
from tests.bot.journeys.scenes import read as reads
from tests.bot.journeys.test_forgotten import forgotten

DECISIONS = (EventType.VOTED, EventType.DENIED)


def decision(s: Stage, id: str) -> Event:
    """The only decision about a request."""
    [event] = [event for event in s.bot.store.events(id) if event.type in DECISIONS]
    return event


def named(text: str) -> str:
    """The text with names in the place of mentions and the addresses beside them."""
    return re.sub(r"<@(\w+)>( \([^)]+\))?", lambda found: PEOPLE[found[1]][1], text)


def test_a_yes_keeps_the_card(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    shown = reads(card(s, "U0PRIYA"))
    approve(s, "U0PRIYA")
    event = decision(s, id)
    assert event.body["catalogue"] == VERSION
    lines = [re.sub(r"^\d\. |\*|Mar 5.*", "", line) for line in shown.splitlines()]
    assert [line for line in lines[:-1] if line not in named(event.text("card"))] == []


def test_no_word_of_it_enters_the_chain(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    approve(s, "U0PRIYA")
    [entry] = [one for one in s.bot.store.sealed(id) if one.entry.type == EventType.VOTED]
    assert "card" in entry.digests and "Engineering" not in entry.entry.body
    assert s.bot.store.verify().faults == ()


def test_a_no_keeps_the_card_on_which_it_was_pressed(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    deny(s, "U0PRIYA", "Not now.")
    event = decision(s, id)
    assert (event.text("text"), event.body["catalogue"]) == ("Not now.", VERSION)
    assert "Join Engineering" in event.text("card")


def test_where_slack_took_plain_text_alone_that_is_kept(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", error="invalid_blocks")
    id = ask(s, "U0ALEX", *ACCESS)
    seen = s.slack.dm_of("U0PRIYA")[-1]
    assert PLAIN in seen.text and not seen.blocks
    [sent] = [one for one in s.bot.store.outbox.of(id) if one.channel == seen.channel]
    assert sent.text == seen.text


def test_a_yes_in_app_home_keeps_what_the_page_said_of_it(s: Stage) -> None:
    opened(s, "U0CAROL")
    ask(s, "U0JO", *ACCESS)
    id = ask(s, "U0ALEX", *ACCESS)
    presses(s, "U0CAROL", "approve", id)
    text = decision(s, id).text("card")
    assert "Join Engineering" in text and "[Approve] [Deny]" in text
    assert "U0ALEX" in text and "U0JO" not in text


def test_a_yes_to_several_keeps_what_the_form_said_of_each(s: Stage) -> None:
    opened(s, "U0CAROL")
    ids = {user: ask(s, user, *ACCESS) for user in ("U0ALEX", "U0JO")}
    presses(s, "U0CAROL", "approve-all:request-access")
    assert s.acting.submit("U0CAROL").ok
    for user, id in ids.items():
        text = decision(s, id).text("card")
        assert id in text and "Join Engineering" in text
        assert user in text and not any(other in text for other in ids if other != user)


def test_a_click_on_a_copy_that_nobody_knows_keeps_nothing(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    known = card(s, "U0PRIYA")
    press(s, "U0PRIYA", "approve", on=forgotten(s, known))
    assert "card" not in decision(s, id).words and "catalogue" not in decision(s, id).body


def test_show_prints_it_below_the_decision(s: Stage) -> None:
    id = ask(s, "U0ALEX", *ACCESS)
    approve(s, "U0PRIYA")
    lines = history(s.bot.store.events(id), s.bot.store.people, lambda one: one.code)
    [voted] = [number for number, line in enumerate(lines) if " voted " in line]
    assert f"catalogue: {VERSION}" in lines[voted] and "card" not in lines[voted]
    assert lines[voted + 1].startswith(" " * 10 + "read: ")
    assert any("Join Engineering" in line for line in lines[voted + 2 :])
