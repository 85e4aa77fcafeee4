"""The two shortcuts: what opens, what is sent, and what everybody reads who can't."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.slack.deliveries import Reply
from bot.sandbox.slack.inputs import placed
from bot.sandbox.slack.records import JSON, Message
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from bot.slack.manifest import SHORTCUTS
from tests.bot.journeys.scenes import approve, last, newest_request, playing, request, told, wait
from tests.bot.journeys.scenes import read as reads

AWAY = "Slack couldn't open the form. Please try again."
UNREAD = "I can't tell what this message asks for. What do you need in Miro?"


def anything(s: Stage, user: str) -> JSON:
    """Uses the global shortcut, and gives what opens."""
    return opened(s, user, s.acting.shortcut(user, "ask-anything"))


def make_request(s: Stage, user: str, text: str, author: str = "", **more: Any) -> JSON:
    """Uses the shortcut on a message in the channel, and gives what opens."""
    return opened(s, user, s.acting.message_shortcut(user, "make-request", wrote(s, author or user, text)))


def wrote(s: Stage, author: str, text: str) -> Message:
    return s.acting.write(author, text, CHANNEL)


def opened(s: Stage, user: str, reply: Reply) -> JSON:
    assert reply.ok, reply
    (shown,) = s.slack.views[user]
    return shown


def meet(s: Stage, user: str) -> None:
    """Lets the bot look somebody up, as it does with everybody who ever wrote to it."""
    assert s.acting.command(user, "/miro", "whoami").ok
    wait(s, seconds=5)


def choices(view: JSON) -> list[str]:
    """The actions that a chooser offers."""
    return [element["value"] for _, element in placed(view["blocks"])]


def choose(s: Stage, user: str, action: str) -> JSON:
    """Presses a button of the chooser, and gives what stands in its place."""
    before = s.acting.modal(user)
    after = opened(s, user, s.acting.click(user, None, f"choose:{action}"))
    assert after["id"] == before["id"]
    return after


def field(view: JSON, block_id: str) -> JSON:
    return next(element for block, element in placed(view["blocks"]) if block["block_id"] == block_id)


def calls_of(s: Stage) -> list[str]:
    """What the bot asked of Slack since the stage was set."""
    return [one.method for one in s.slack.log]


@pytest.mark.parametrize("one", SHORTCUTS, ids=lambda one: str(one["callback_id"]))
def test_every_shortcut_of_the_manifest_is_answered(s: Stage, one: dict[str, str]) -> None:
    if one["type"] == "global":
        reply = s.acting.shortcut("U0ALEX", one["callback_id"])
    else:
        reply = s.acting.message_shortcut("U0ALEX", one["callback_id"], wrote(s, "U0ALEX", "Hello"))
    assert reads(opened(s, "U0ALEX", reply)).startswith("Ask for Miro Access")


# -- Ask for Miro Access -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "actions"),
    [
        ("U0ALEX", ["request-access", "move-team", "leave-team"]),
        ("U0LENA", ["request-access", "move-team", "offboard", "reactivate", "leave-team"]),
        (
            "U0CAROL",
            [
                "request-access",
                "move-team",
                "make-admin",
                "remove-admin",
                "offboard",
                "reactivate",
                "leave-team",
                "rename-group",
                "change-license",
                "update-details",
            ],
        ),
    ],
)
def test_everybody_chooses_from_what_they_may_ask_for(s: Stage, user: str, actions: list[str]) -> None:
    view = anything(s, user)
    assert choices(view) == actions
    assert "For example: “I need Miro access for Engineering”" in reads(view)


def test_a_button_puts_its_form_there_and_sending_it_asks(s: Stage) -> None:
    anything(s, "U0ALEX")
    form = choose(s, "U0ALEX", "request-access")
    assert (form["callback_id"], form["private_metadata"]) == ("ask:request-access", "{}")
    assert s.acting.submit("U0ALEX", {"teams": "Engineering", "reason": "I start Monday"}).errors == {}
    assert "Sent: R-1. " in reads(s.acting.modal("U0ALEX"))
    s.settle()
    assert (newest_request(s).state, newest_request(s).reason) == ("waiting", "I start Monday")
    approve(s, "U0PRIYA")
    assert last(s, "U0ALEX").startswith("✅ You're in Engineering")


def test_a_form_that_is_closed_leaves_nothing_open_and_asks_for_nothing(s: Stage) -> None:
    anything(s, "U0ALEX")
    choose(s, "U0ALEX", "move-team")
    s.acting.close("U0ALEX")
    s.settle()
    assert s.slack.views["U0ALEX"] == []
    assert s.bot.store.requests() == []


def test_shortcuts_call_nothing_of_slacks_but_views(s: Stage) -> None:
    s.slack.log.clear()
    anything(s, "U0ALEX")
    choose(s, "U0ALEX", "request-access")
    make_request(s, "U0ALEX", "I need Miro access for Design")
    assert calls_of(s) == ["views.open", "views.update", "views.open"]


def test_a_button_pressed_twice_leaves_the_form_of_the_first(s: Stage) -> None:
    chooser = anything(s, "U0CAROL")
    choose(s, "U0CAROL", "request-access")
    s.acting.fill("U0CAROL", {"reason": "typed already"})
    assert s.acting.click("U0CAROL", chooser, "choose:offboard").ok
    s.settle()
    assert s.acting.modal("U0CAROL")["callback_id"] == "ask:request-access"
    assert s.slack.typed[chooser["id"]]["reason"]["value"]["value"] == "typed already"
    assert told(s, "U0CAROL") == []


def test_a_button_of_an_action_that_is_no_more_shows_the_choice_again(s: Stage) -> None:
    chooser = anything(s, "U0ALEX")
    chooser["blocks"][1]["accessory"]["value"] = "make-coffee"
    assert s.acting.click("U0ALEX", None, "choose:request-access").ok
    assert choices(s.acting.modal("U0ALEX")) == ["request-access", "move-team", "leave-team"]


def test_an_action_that_the_policy_took_away_meanwhile_is_refused(s: Stage) -> None:
    meet(s, "U0ALEX")
    anything(s, "U0ALEX")
    policy = POLICY.replace('move-team = { ask = ["anyone"]', 'move-team = { ask = ["it"]')
    (s.folder / "policy.toml").write_text(policy, encoding="utf-8")
    wait(s, seconds=5)
    view = choose(s, "U0ALEX", "move-team")
    assert "You can't request this. Ask your manager or your IT team to request it for you." in reads(view)
    assert view["submit"] is None


def test_who_may_ask_for_nothing_reads_so(tmp_path: Path) -> None:
    with playing(tmp_path, POLICY.replace('["anyone"]', '["it"]')) as s:
        assert "You can't request anything here yet. Ask your IT team." in reads(anything(s, "U0ALEX"))
        view = make_request(s, "U0ALEX", "Good morning!")
        assert "You can't request anything here yet." in reads(view)


# -- Make This a Miro Request ------------------------------------------------------------------------------


def test_a_message_becomes_a_filled_form(s: Stage) -> None:
    view = make_request(s, "U0ALEX", "I need Miro access for Engineering because I start Monday")
    assert field(view, "teams")["initial_options"][0]["text"]["text"] == "Engineering"
    assert field(view, "reason")["initial_value"] == "I start Monday"
    assert s.bot.store.requests() == []
    assert s.acting.submit("U0ALEX").errors == {}
    s.settle()
    assert newest_request(s).state == "waiting"


def test_without_a_because_the_message_is_the_reason(s: Stage) -> None:
    view = make_request(s, "U0ALEX", "<@U0SAM> needs Miro access for Design & more")
    assert field(view, "reason")["initial_value"] == "@Sam Lee needs Miro access for Design & more"


def test_a_long_message_is_clipped_to_a_reason(s: Stage) -> None:
    view = make_request(s, "U0ALEX", f"I need Miro access for Design, {'please ' * 400}")
    assert len(field(view, "reason")["initial_value"]) == 500
    assert s.acting.submit("U0ALEX").errors == {}


def test_what_has_no_place_in_the_form_is_said(s: Stage) -> None:
    view = make_request(s, "U0ALEX", "move me from Engineering to Design and Sales until Friday")
    assert "I left out Sales." in reads(view)
    assert "An end date isn't supported for this yet." in reads(view)


def test_i_means_who_wrote_the_message(s: Stage) -> None:
    view = make_request(s, "U0CAROL", "I need Miro access for Engineering", author="U0JO")
    assert field(view, "person")["initial_users"] == ["U0JO"]
    assert s.acting.submit("U0CAROL").errors == {}
    s.settle()
    jo = s.bot.store.people.by_email("jo@example.com")
    assert jo and newest_request(s).subject == jo.id


def test_who_may_ask_for_themselves_only_is_told_instead_of_a_form(s: Stage) -> None:
    meet(s, "U0ALEX")
    view = make_request(s, "U0ALEX", "I need Miro access for Engineering", author="U0JO")
    assert "You can request this for yourself. For " in reads(view) and not view.get("submit")
    assert s.bot.store.requests() == []


def test_a_message_that_asks_for_nothing_brings_the_choice_and_stays_the_reason(s: Stage) -> None:
    view = make_request(s, "U0CAROL", "Engineering has a newcomer on Monday: me!", author="U0JO")
    assert reads(view).splitlines()[:2] == ["Ask for Miro Access", UNREAD]
    form = choose(s, "U0CAROL", "request-access")
    assert field(form, "teams")["initial_options"][0]["text"]["text"] == "Engineering"
    assert field(form, "person")["initial_users"] == ["U0JO"]
    assert field(form, "reason")["initial_value"] == "Engineering has a newcomer on Monday: me!"
    assert s.acting.submit("U0CAROL").errors == {}


def test_a_message_without_words_brings_the_choice(s: Stage) -> None:
    assert UNREAD in reads(make_request(s, "U0ALEX", ""))


def test_a_message_of_the_bots_is_nobodys_wish(s: Stage) -> None:
    view = make_request(s, "U0CAROL", "Request Miro access for you?", author="U0BOT")
    assert "initial_users" not in field(view, "person")


def test_the_message_itself_is_left_alone(s: Stage) -> None:
    message = wrote(s, "U0ALEX", "I need Miro access for Engineering because I start Monday")
    assert s.acting.message_shortcut("U0ALEX", "make-request", message).ok
    assert s.acting.submit("U0ALEX").errors == {}
    s.settle()
    assert s.slack.seen_by("U0ALEX", CHANNEL) == [message]
    assert last(s, "U0ALEX").startswith("⏳ R-1 · Waiting")


def test_what_a_message_asks_for_is_refused_to_who_may_not(s: Stage) -> None:
    meet(s, "U0ALEX")
    view = make_request(s, "U0ALEX", "make <@U0SAM> admin, from Engineering to IT Administration")
    assert "You can't request this. Ask your manager or your IT team" in reads(view)
    assert view["submit"] is None


# -- who can't, and what goes wrong ------------------------------------------------------------------------

OUTSIDE = [
    (
        {"is_restricted": True},
        "Guests can't request or decide here. Ask a colleague with a full Slack account.",
    ),
    ({"is_stranger": True}, "You belong to another organization, so I can't accept this from you."),
    ({"team_id": "T0THEIRS"}, "You belong to another organization, so I can't accept this from you."),
    ({"is_bot": True}, "Bots can't request or decide here."),
]


@pytest.mark.parametrize(("flags", "sentence"), OUTSIDE, ids=str)
def test_nobody_but_a_colleague_gets_further(s: Stage, flags: dict[str, Any], sentence: str) -> None:
    s.slack.add_person("U0ELSE", "else@example.com", "Somebody Else", **flags)
    s.slack.direct("U0ELSE")
    anything(s, "U0ELSE")  # not looked up yet: as with a command, the worker looks before anybody hears of it
    choose(s, "U0ELSE", "request-access")
    assert s.acting.submit("U0ELSE", {"teams": "Engineering", "reason": "I want to"}).errors == {}
    s.settle()
    assert request(s, "R-1").state == "refused"
    assert sentence in last(s, "U0ELSE")
    for view in (anything(s, "U0ELSE"), make_request(s, "U0ELSE", "I need Miro access for Design")):
        assert sentence in reads(view) and view["submit"] is None


def test_a_colleague_who_was_not_looked_up_yet_gets_the_form(s: Stage) -> None:
    s.slack.add_person("U0NEW", "new@example.com", "New Colleague")
    view = make_request(s, "U0NEW", "make <@U0SAM> admin")
    assert view["callback_id"] == "ask:make-admin"
    assert s.acting.submit("U0NEW", {"rights": "User Admin", "reason": "I want to"}).errors == {}
    s.settle()
    assert "You can't request this." in last(s, "U0NEW")


@pytest.mark.parametrize(
    "how", [{"error": "expired_trigger_id"}, {"status": 500}, {"status": 429}, {"cut": "before"}], ids=str
)
def test_a_form_that_slack_doesnt_open_is_answered(s: Stage, how: dict[str, Any]) -> None:
    s.slack.fault("views.open", times=2, **how)
    assert s.acting.shortcut("U0ALEX", "ask-anything").ok
    s.settle()
    assert last(s, "U0ALEX") == AWAY
    assert s.acting.message_shortcut("U0PRIYA", "make-request", wrote(s, "U0PRIYA", "I need access")).ok
    s.settle()
    assert last(s, "U0PRIYA") == AWAY


def test_a_chooser_that_is_closed_before_its_form_comes_is_answered(s: Stage) -> None:
    chooser = anything(s, "U0ALEX")
    s.slack.fault("views.update", error="not_found")
    assert s.acting.click("U0ALEX", chooser, "choose:request-access").ok
    s.settle()
    assert last(s, "U0ALEX") == AWAY
