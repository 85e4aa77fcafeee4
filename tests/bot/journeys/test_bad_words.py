"""What people type: addresses that are none, and markup, mentions and links that must never act."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from approvals.text import cleaned
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import (
    approve,
    ask,
    calls,
    card,
    deny,
    has_card,
    last,
    press,
    read,
    refused_form,
    say,
    state,
    wait,
)
from tests.bot.journeys.scenes import read as reads

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "typed",
    [
        'a"@example.com',
        '"a b"@example.com',
        'a" or userName pr or userName eq "@example.com',
        "a@example.com or userName pr",
        "a@example.com)or(active eq true",
        "a\\u0022@example.com",
        "a@exam ple.com",
        "a@@example.com",
        "<a@example.com>",
        "@example.com",
        "ä@example.com",
        "'; DROP TABLE people; --@example.com",
    ],
)
def test_what_is_no_address_is_refused_at_its_field(s: Stage, typed: str) -> None:
    errors = refused_form(s, "U0LENA", "/miro-offboard", "because last day", **{"person:email": typed})
    assert list(errors) == ["person:email"]
    assert s.bot.store.requests() == []
    assert calls(s, "GET") == []


def test_an_address_with_an_apostrophe_and_a_plus_is_one(s: Stage) -> None:
    s.miro.add_user("o'neil+miro@example.com", "Pat O'Neil", teams=[s.teams["Design"]])
    words = {"person:email": "o'neil+miro@example.com"}
    id = ask(s, "U0LENA", "/miro-offboard", "because last day", **words)
    approve(s, "U0CAROL")
    assert state(s, id) == "done"
    user = s.miro.user("o'neil+miro@example.com")
    assert user and not user.active


def test_an_address_of_slack_with_a_filter_in_it_matches_nobody_else(s: Stage) -> None:
    s.slack.add_person("U0EVIL", 'x" or userName pr or userName eq "@example.com', "Evil")
    id = ask(s, "U0EVIL", "/miro-access", "for Engineering because I want to")
    assert state(s, id) in ("waiting", "refused")
    found = [one for one in s.miro.log if one.path.startswith("/Users")]
    assert all(not one.answer.get("Resources") for one in found)


@pytest.mark.parametrize("domain", ["evil.example", "example.com.evil.example", "sub.example.com"])
def test_another_domain_is_refused_with_those_allowed(s: Stage, domain: str) -> None:
    words = {"person:email": f"a@{domain}"}
    errors = refused_form(s, "U0LENA", "/miro-access", "for Design because they join", **words)
    assert errors == {
        "person:email": "I can only change accounts of example.com. Ask your IT team about others."
    }


@pytest.mark.parametrize("whom", ["jo@agency.example", "<@U0OUT>"])
def test_a_contractor_of_another_domain_is_offboarded(s: Stage, whom: str) -> None:
    s.miro.add_user("jo@agency.example", "Jo Park", teams=[s.teams["Engineering"]])
    s.slack.add_person("U0OUT", "jo@agency.example", "Jo Park")
    id = ask(s, "U0LENA", "/miro-offboard", f"{whom} because last day")
    assert "Deactivate the account" in last(s, "U0CAROL") and "undone in Miro" in last(s, "U0CAROL")
    approve(s, "U0CAROL")
    user = s.miro.user("jo@agency.example")
    assert user and (state(s, id), user.active) == ("done", False)
    assert not has_card(s, "U0CAROL", "undo")


def test_who_may_not_offboard_does_not_offboard_a_contractor_either(s: Stage) -> None:
    s.miro.add_user("jo@agency.example", "Jo Park")
    id = ask(s, "U0ALEX", "/miro-offboard", "jo@agency.example because last day")
    assert state(s, id) == "refused"


def test_a_slack_account_of_another_domain_is_refused(s: Stage) -> None:
    s.slack.add_person("U0OUT", "kim@agency.example", "Kim Wu")
    id = ask(s, "U0OUT", "/miro-access", "for Engineering because I want to")
    assert state(s, id) == "refused"
    assert "I can only change accounts in example.com, so not kim@agency.example." in last(s, "U0OUT")
    assert calls(s, "GET") == []


def test_a_slack_account_without_an_address_says_what_helps(s: Stage) -> None:
    s.slack.add_person("U0MUTE", None, "Kim Wu")
    id = ask(s, "U0MUTE", "/miro-access", "for Engineering because I want to")
    assert state(s, id) == "refused"
    assert "Ask again with the address." in last(s, "U0MUTE")


def test_a_slack_account_nobody_knows_is_refused(s: Stage) -> None:
    id = ask(s, "U0LENA", "/miro-offboard", "<@U0NOBODY1> because last day")
    assert state(s, id) == "refused"
    assert "Slack doesn't show me an e-mail address for" in last(s, "U0LENA")


def test_an_address_slack_does_not_know_can_be_given_access(s: Stage) -> None:
    id = ask(s, "U0LENA", "/miro-access", "kim.wu@example.com for Design because Kim joins in May")
    approve(s, "U0CAROL")
    assert state(s, id) == "done"
    user = s.miro.user("kim.wu@example.com")
    assert user and user.display_name


def test_colleagues_and_addresses_are_asked_for_together(s: Stage) -> None:
    words = {"person:email": "kim.wu@example.com, alex@example.com"}
    s.acting.command("U0ALEX", "/miro", "whoami")
    wait(s, seconds=5)
    ask(s, "U0LENA", "/miro-access", "<@U0ALEX> for Design because Kim joins", **words)
    subjects = [s.bot.store.people.person(one.subject or one.requester) for one in s.bot.store.requests()]
    assert sorted(one.email for one in subjects) == ["alex@example.com", "kim.wu@example.com"]


def test_of_several_people_each_problem_is_named_and_nothing_is_saved(s: Stage) -> None:
    words = {"person:email": "kim.wu@example.com, a@b@c, jo@elsewhere.example"}
    errors = refused_form(s, "U0LENA", "/miro-access", "for Design because Kim joins", **words)
    assert "a@b@c: This e-mail address isn't valid." in errors["person:email"]
    assert "jo@elsewhere.example: I can only change accounts of " in errors["person:email"]
    assert s.bot.store.requests() == []


def test_more_than_ten_people_are_too_many_at_once(s: Stage) -> None:
    words = {"person:email": ", ".join(f"p{number}@example.com" for number in range(11))}
    errors = refused_form(s, "U0LENA", "/miro-access", "for Design because they join", **words)
    assert errors == {"person:email": "That makes 11 requests. Send at most 10 at a time."}


def test_a_foreign_address_is_told_before_a_form_opens(s: Stage) -> None:
    s.acting.command("U0LENA", "/miro-access", "jo@elsewhere.example for Design because Jo helps")
    assert last(s, "U0LENA").startswith("I can only change accounts of example.com. Ask your IT team about ")
    assert not s.slack.views.get("U0LENA")


def test_more_than_three_teams_become_more_than_one_request(s: Stage) -> None:
    teams = [
        str(s.miro.default_team),
        *(s.teams[name] for name in ("Design", "Engineering", "IT Administration")),
    ]
    ask(s, "U0ALEX", "/miro-access", "because I help them all", teams=teams)
    first, second = (one.details["teams"] for one in s.bot.store.requests())
    assert sorted(map(len, (first, second))) == [1, 3] and sorted([*first, *second]) == sorted(teams)


def test_every_problem_is_said_at_once(s: Stage) -> None:
    s.acting.command("U0DANA", "/miro", "rename-group")
    reply = s.acting.submit("U0DANA", {}, complete=False)
    assert set(reply.errors) == {"team", "name", "reason"}


def test_a_team_managed_elsewhere_says_where_to_ask(s: Stage) -> None:
    s.acting.command("U0ALEX", "/miro-access", "for Sales because I sell")
    assert last(s, "U0ALEX") == "Sales is managed elsewhere: use the Okta tile “Miro Sales”."


def test_two_teams_of_one_name_are_told_apart(s: Stage) -> None:
    s.miro.change_team(s.miro.add_team("Design"), displayName="g_design_2")
    wait(s, minutes=10)
    errors = refused_form(s, "U0ALEX", "/miro-access", "because I draw", teams=s.teams["Design"])
    assert errors == {}


NASTY = [
    "<!channel> <!here> <!everyone>",
    "<@U0PRIYA> approve this",
    "<https://evil.example|Approve>",
    "*bold* _it_ ~no~ `code` ```block```",
    "&lt;!channel&gt; & < >",
    ":rotating_light: :white_check_mark:",
    "https://evil.example/unfurl.png",
    "mailto:x@evil.example <mailto:x@evil.example|hi>",
    "<!date^0^{date}|now> <!subteam^S1>",
    "\u202eevorppA\u202c",
    "line one\n> quote\n• list\n1. one",
]


def texts(value: Any) -> Iterator[dict[str, Any]]:
    """Every text object anywhere in blocks, attachments or views."""
    if isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text") and "text" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from texts(one)


def check_harmless(s: Stage, typed: str) -> None:
    """What was typed stands in no mrkdwn, neither raw in a notification, and nothing unfolds."""
    sent = [one.params for one in s.slack.log if one.method.startswith(("chat.", "views."))]
    assert sent
    for params in sent:
        for text in texts([params.get("blocks"), params.get("view")]):
            if text["type"] == "mrkdwn":
                assert not set("<>") & set(re.sub(r"<(@\w+|!date\^1[^<>]*)>", "", text["text"])), text
                assert typed not in text["text"] and text["verbatim"] is True
            else:
                assert text.get("emoji") is False, text
        top = str(params.get("text", ""))
        assert "<" not in top.replace("<!date^1", "") and ">" not in top
        assert params.get("link_names") in (None, False)
        assert "attachments" not in params
    for one in s.slack.log:
        if one.method == "chat.postMessage":
            assert str(one.params["unfurl_links"]).lower() in ("false", "0")
            assert str(one.params["unfurl_media"]).lower() in ("false", "0")


@pytest.mark.thorough
@pytest.mark.parametrize("typed", NASTY)
def test_markup_in_a_reason_is_shown_and_never_acts(s: Stage, typed: str) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering", reason=typed)
    assert " ".join(cleaned(typed).split())[:20] in " ".join(read(card(s, "U0PRIYA")).split())
    press(s, "U0PRIYA", "details", card(s, "U0PRIYA"))
    deny(s, "U0PRIYA", typed)
    assert state(s, id) == "denied"
    check_harmless(s, typed)


@pytest.mark.thorough
@pytest.mark.parametrize("typed", NASTY)
def test_markup_in_a_message_is_shown_and_never_acts(s: Stage, typed: str) -> None:
    say(s, "U0ALEX", typed)
    say(s, "U0ALEX", f'I need Miro access for "{typed}" because {typed}')
    s.acting.command("U0ALEX", "/miro", typed)
    s.acting.command("U0ALEX", "/miro", f"status {typed}")
    s.acting.command("U0ALEX", "/miro", f"withdraw {typed}")
    check_harmless(s, typed)
    for message in s.slack.dm_of("U0ALEX"):
        if message.user == s.slack.bot_user:
            assert "<" not in message.text and all(
                one["type"] == "plain_text" for one in texts(message.blocks)
            )


def test_a_slack_name_with_markup_never_acts(s: Stage) -> None:
    s.slack.add_person("U0MARK", "mark@example.com", "<!channel> *Mark* <https://evil.example|Up>")
    ask(s, "U0MARK", "/miro-access", "for Engineering because I start")
    approve(s, "U0CAROL")
    check_harmless(s, "Mark")
    assert reads(s.slack.dm_of("U0MARK")[-1]).startswith("✅ You're in Engineering")
