"""Forms and buttons that were tampered with: what they carry is an id, and everything else is looked up."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.slack import payloads
from bot.sandbox.slack.deliveries import Delivery, Reply
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import (
    answer,
    approve,
    ask,
    buttons,
    calls,
    card,
    deny,
    has_card,
    newest_request,
    read,
    say,
    state,
    wait,
)

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


def submitted(s: Stage, user: str, change: Any) -> Reply:
    """Sends the open form after `change` has been at the payload."""
    payload = copy.deepcopy(payloads.view_submission(s.slack, user, s.acting.modal(user)))
    change(payload["view"])
    reply = s.acting.send(Delivery.of_interaction(payload))
    s.settle()
    return reply


def put(block: str, **held: Any) -> Any:
    def change(view: dict[str, Any]) -> None:
        view["state"]["values"][block]["value"] |= held

    return change


def with_field(name: str, text: str) -> Any:
    """A field that the form didn't show."""

    def change(view: dict[str, Any]) -> None:
        element = {"type": "plain_text_input", "action_id": "value"}
        label = {"type": "plain_text", "text": name}
        view["blocks"].append({"type": "input", "block_id": name, "label": label, "element": element})
        view["state"]["values"][name] = {"value": {"type": "plain_text_input", "value": text}}

    return change


def pressed(s: Stage, user: str, message: Message, action: str, value: str | None) -> str:
    """Presses a button whose value is another; gives the answer."""
    forged = replace(message, blocks=copy.deepcopy(message.blocks))
    for block in forged.blocks:
        for element in block.get("elements", []):
            if element.get("action_id") == action:
                element.pop("value", None)
                if value is not None:
                    element["value"] = value
    reply = s.acting.click(user, forged, action, value)
    assert reply.status == 200, reply
    s.settle()
    return answer(s, user)


def test_an_unknown_team_is_refused_at_its_field(s: Stage) -> None:
    s.acting.command(*ACCESS)
    option = {"text": {"type": "plain_text", "text": "Secret"}, "value": "123456"}
    reply = submitted(s, "U0ALEX", put("teams", selected_option=option))
    assert "There's no team 123456." in reply.errors["teams"]
    assert s.bot.store.requests() == []


def test_a_person_slipped_into_a_form_without_that_field_needs_the_right(s: Stage) -> None:
    s.acting.command(*ACCESS)
    reply = submitted(s, "U0ALEX", with_field("person", "jo@example.com"))
    assert reply.status == 200
    assert newest_request(s).state == "refused"
    assert not has_card(s, "U0PRIYA")


def test_operators_fields_of_anybody_else_are_refused(s: Stage) -> None:
    s.acting.command(*ACCESS)
    reply = submitted(s, "U0ALEX", with_field("department", "Board"))
    assert reply.errors == {"reason": "Only operators can fill in department. Leave it out."}
    assert s.bot.store.requests() == []


def test_an_operator_may_fill_them_in(s: Stage) -> None:
    ask(s, "U0CAROL", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex", department="Research")
    approve(s, "U0PRIYA")
    user = s.miro.user("alex@example.com")
    assert user and user.enterprise["department"] == "Research"


def test_a_field_that_no_action_has_is_ignored_or_refused(s: Stage) -> None:
    s.acting.command(*ACCESS)
    reply = submitted(s, "U0ALEX", with_field("rights", "Company Admin"))
    assert list(reply.errors) == ["reason"]
    assert s.bot.store.requests() == []


@pytest.mark.parametrize("callback", ["ask:", "ask:become-god", "ask:../offboard"])
def test_a_form_of_an_unknown_action_is_answered(s: Stage, callback: str) -> None:
    s.acting.command(*ACCESS)
    reply = submitted(s, "U0ALEX", lambda view: view.update(callback_id=callback))
    assert reply.status == 200
    assert "reason" in reply.errors
    assert s.bot.store.requests() == []


def test_too_long_a_reason_is_refused_at_its_field(s: Stage) -> None:
    s.acting.command(*ACCESS)
    reply = submitted(s, "U0ALEX", put("reason", value="x" * 501))
    assert reply.errors == {"reason": "Write at most 500 characters."}


def test_a_choice_that_was_not_offered_is_refused(s: Stage) -> None:
    s.acting.command("U0DANA", "/miro-admin", "<@U0ALEX|alex> because Alex joins IT")
    option = {"text": {"type": "plain_text", "text": "Owner"}, "value": "Owner"}
    reply = submitted(s, "U0DANA", put("rights", selected_option=option))
    assert "Choose one of: Company Admin" in reply.errors["rights"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "metadata", ["", "{}", "[]", "7", "not json", '{"request": 7}', '{"request": "R-99"}']
)
def test_a_denial_of_nothing_known_is_answered(s: Stage, metadata: str) -> None:
    id = ask(s, *ACCESS)
    s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "deny")
    s.slack.until(lambda: s.slack.views.get("U0PRIYA"))
    s.acting.fill("U0PRIYA", {"reason": "No."})
    reply = submitted(s, "U0PRIYA", lambda view: view.update(private_metadata=metadata))
    assert reply.errors == {"reason": "This request no longer exists. Nothing has changed."}
    assert state(s, id) == "waiting"


def test_a_denial_turned_to_another_request_needs_the_right(s: Stage) -> None:
    mine = ask(s, *ACCESS)
    s.miro.add_user("sam@example.com", "Sam Lee")
    other = ask(s, "U0DANA", "/miro-admin", "<@U0SAM|sam> because Sam joins IT")
    s.acting.click("U0PRIYA", card(s, "U0PRIYA"), "deny")
    s.slack.until(lambda: s.slack.views.get("U0PRIYA"))
    s.acting.fill("U0PRIYA", {"reason": "No."})
    metadata = json.dumps({"request": other, "revision": ""})
    reply = submitted(s, "U0PRIYA", lambda view: view.update(private_metadata=metadata))
    assert reply.errors == {
        "reason": f"Only Carol Diaz (carol@example.com) can decide {other}. Nothing has changed."
    }
    assert (state(s, mine), state(s, other)) == ("waiting", "waiting")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "value", ["", "R-99:x", "policy:x", "R-1", "🦄", "x" * 2000, "R-1:", "R-1:ffff:ffff"]
)
def test_an_approval_of_something_made_up_does_nothing(s: Stage, value: str) -> None:
    id = ask(s, *ACCESS)
    said = pressed(s, "U0PRIYA", card(s, "U0PRIYA"), "approve", value)
    assert "Nothing has changed." in said or "your click did nothing" in said
    assert state(s, id) == "waiting"
    assert calls(s) == []


def test_a_button_without_a_value_is_answered(s: Stage) -> None:
    id = ask(s, *ACCESS)
    assert "no longer exists" in pressed(s, "U0PRIYA", card(s, "U0PRIYA"), "approve", None)
    assert state(s, id) == "waiting"


def test_a_button_pointed_at_another_request_shows_nothing_of_it(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    mine = ask(s, *ACCESS)
    secret = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    own = card(s, "U0ALEX", "withdraw")
    said = pressed(s, "U0ALEX", own, "withdraw", secret)
    assert said == f"Only the requester or an operator can withdraw {secret}."
    assert "Jo" not in read(own) and buttons(own) == ["remind", "withdraw", "details"]
    assert (state(s, mine), state(s, secret)) == ("waiting", "waiting")


def test_a_forgotten_message_shows_a_stranger_nothing(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    secret = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    s.acting.command("U0ALEX", "/miro", "status")
    theirs = s.slack.add_message(
        s.slack.direct("U0ALEX").id, s.slack.bot_user, "old", copy.deepcopy(card(s, "U0PRIYA").blocks)
    )
    theirs.blocks = [block for block in theirs.blocks if block["type"] == "actions"]
    pressed(s, "U0ALEX", theirs, "approve", f"{secret}:x")
    wait(s, seconds=5)
    said = pressed(s, "U0ALEX", theirs, "approve", f"{secret}:x")
    assert said == f"Only the people I asked can decide {secret}. Nothing has changed."
    assert "Jo" not in read(theirs)


@pytest.mark.thorough
@pytest.mark.parametrize("value", ["", "5", "null", "[]", "{}", '["offboard"]', "not json", '["x",{},"",[]]'])
def test_a_review_button_that_says_nothing_is_answered(s: Stage, value: str) -> None:
    said = say(s, "U0ALEX", "I need Miro access for Engineering")
    assert pressed(s, "U0ALEX", said, "review", value) == "That was too long ago. Please ask again."


def test_asking_again_for_somebody_elses_request_shows_nothing(s: Stage) -> None:
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    ask(s, *ACCESS)
    secret = ask(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
    wait(s, days=3)
    own = card(s, "U0ALEX", "again")
    assert pressed(s, "U0ALEX", own, "again", secret) == "That was too long ago. Please ask again."
    assert "jo@" not in str(s.slack.views)


def test_a_settled_requests_button_is_answered_and_taken_off(s: Stage) -> None:
    id = ask(s, *ACCESS)
    shown = card(s, "U0CAROL")
    old = replace(shown, blocks=copy.deepcopy(shown.blocks))
    deny(s, "U0PRIYA", "No.")
    s.acting.click("U0CAROL", old, "approve")
    s.settle()
    assert answer(s, "U0CAROL") == f"Priya Rao denied {id} a moment before you. Nothing has changed."
    assert buttons(shown) == []
    assert state(s, id) == "denied"
