"""A request goes through the real bot process from Slack to Miro and back, by each way to join a Slack."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.slack.drawing import as_text
from tests.e2e.hands import Hands, ask, decide, has_button, reads, sent, told
from tests.e2e.process import until
from tests.e2e.ways import WAYS, Joined

BOTH = ("approve", "deny")


@pytest.fixture(scope="module", params=list(WAYS.values()), ids=list(WAYS))
def joined(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    """One bot for all journeys of one way; each of them is about another person and another request."""
    with request.param(tmp_path_factory.mktemp("bot")) as (s, hands):
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
        hands.at(s.start())
        yield s, hands


def _no_more_buttons(hands: Hands, user: str, request: str) -> bool:
    return not any(has_button(hands.messages(user), action, request) for action in BOTH)


def test_what_the_manager_approves_is_done_seen_and_told(joined: Joined) -> None:
    s, hands = joined

    request = ask(hands, "U0ALEX", "/miro-access", "for Engineering because I start on Monday")
    card = told(hands, "U0PRIYA", f"{request} · You manage Alex")
    decide(hands, "U0PRIYA", "approve", request)

    assert "Give Alex Smith access to Engineering?" in card
    assert "Requested by* " in card and '"I start on Monday"' in card
    done = told(hands, "U0ALEX", "✅ You're in Engineering in Miro", request)
    assert "Requested by you, approved by Priya Rao" in done
    assert s.teams_of("alex@example.com") == {"Engineering"}
    assert s.history(request)[-1] == "done"
    until(lambda: _no_more_buttons(hands, "U0PRIYA", request))
    assert until(lambda: "Both changes are verified in Miro." in str(reads(hands, "U0PRIYA")))


def test_a_denial_takes_its_reason_to_the_requester(joined: Joined) -> None:
    s, hands = joined

    request = ask(hands, "U0DANA", "/miro-access", "for Design because I like their boards")
    decide(hands, "U0CAROL", "deny", request)
    until(lambda: hands.form("U0CAROL")["callback_id"] == "deny")
    assert hands.send("U0CAROL", reason="Ask again when the project starts.") == {}

    assert "Nothing has changed." in told(hands, "U0DANA", request, "Ask again when the project starts.")
    until(lambda: _no_more_buttons(hands, "U0SAM", request))
    assert s.miro.user("dana@example.com") is None


def test_what_is_withdrawn_can_not_be_approved_any_more(joined: Joined) -> None:
    s, hands = joined

    request = ask(hands, "U0SAM", "/miro-access", "for Design because of the workshop")
    until(lambda: has_button(hands.messages("U0CAROL"), "approve", request))
    decide(hands, "U0SAM", "withdraw", request)

    until(lambda: _no_more_buttons(hands, "U0CAROL", request))
    assert told(hands, "U0CAROL", "Withdrawn by Sam Lee", "Nothing has changed.")
    assert s.history(request)[-1] == "withdrawn"
    assert s.miro.user("sam@example.com") is None


def test_plain_words_become_a_form_and_then_a_request(joined: Joined) -> None:
    s, hands = joined

    hands.say("U0LENA", "I need access to Engineering because I hire for them")
    assert "Request access to" in told(hands, "U0LENA", "Engineering")
    hands.press("U0LENA", "review")
    form = until(lambda: _form(hands, "U0LENA", "ask:request-access"))
    assert hands.send("U0LENA") == {}

    assert "I hire for them" in str(form["blocks"])
    request = sent(hands, "U0LENA")
    assert "Give Lena Vogt access to Engineering?" in told(hands, "U0CAROL", request, "I hire for them")
    assert s.miro.user("lena@example.com") is None


def _form(hands: Hands, user: str, callback_id: str) -> dict[str, object] | None:
    form = hands.form(user)
    return form if form["callback_id"] == callback_id else None


def test_an_offboarding_is_done_without_a_word_to_the_leaver(joined: Joined) -> None:
    s, hands = joined

    request = ask(hands, "U0LENA", "/miro-offboard", "deactivate jo@example.com because last day today")
    decide(hands, "U0PRIYA", "approve", request)

    assert told(hands, "U0LENA", "The Miro account of Jo Park is deactivated", request)
    jo = s.miro.user("jo@example.com")
    assert jo and not jo.active
    assert hands.messages("U0JO") == []


def test_the_home_tab_offers_what_one_may_ask_for(joined: Joined) -> None:
    _, hands = joined

    home = hands.home("U0JO")

    assert has_button([home], "open:request-access")
    assert not has_button([home], "open:offboard"), "only IT and HR may ask for that"
    until(lambda: "You're all caught up." in as_text(hands.home("U0JO")))


def _without(home: dict[str, Any], request: str) -> dict[str, Any] | None:
    return None if has_button([home], "approve", request) else home


def test_a_request_is_decided_on_the_home_tab(joined: Joined) -> None:
    s, hands = joined
    request = ask(hands, "U0DANA", "/miro-access", "for Design because we draw")

    until(lambda: has_button([hands.home("U0CAROL")], "approve", request))
    hands.press_home("U0CAROL", "approve", request)

    assert told(hands, "U0DANA", "✅ You're in Design", request)
    assert s.teams_of("dana@example.com") == {"Design"}
    home = until(lambda: _without(hands.home("U0CAROL"), request))
    assert f"You approved {request}." in as_text(home)


def test_a_form_without_a_reason_says_so_at_the_field(joined: Joined) -> None:
    s, hands = joined
    before = len(s.requests())

    hands.command("U0CAROL", "/miro-move", "from Design to Engineering")

    assert hands.send("U0CAROL") == {"reason": "Give a reason. The approver reads it."}
    assert len(s.requests()) == before
