"""A Bolt app in Socket Mode works with people acting in local-slack; skipped where that isn't installed."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from slack_sdk import WebClient

from bot.http.outgoing import Outgoing
from bot.sandbox.slack.inputs import NotPossible
from bot.sandbox.slack.local_slack import (
    VARIABLE,
    LocalSlack,
    NotThere,
    Place,
    Somebody,
    package,
    program,
    running,
)
from bot.slack.api.edge import SlackClient
from bot.slack.door.receiver import Receiver
from bot.slack.door.socket_mode import SocketMode
from tests.local_slack import People
from tests.sandbox.blocks import option
from tests.sandbox.bolt_bot import Bot, card

needs_program = pytest.mark.skipif(program() is None, reason="local-slack is not installed")
ADA = Somebody("U01", "ada@example.com", "Ada Example")
BO = Somebody("U02", "bo@example.com", "Bo Example")
TEAMS = {"teams": {"selected_options": [option(value="T-0")]}}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlack]:
    with running(tmp_path_factory.mktemp("local-slack"), [ADA, BO], [Place("C01", "it")]) as local:
        yield local


@pytest.fixture
def people(local: LocalSlack) -> Iterator[People]:
    people = People(local)
    yield people
    people.reset()


@pytest.fixture
def talkative(local: LocalSlack, people: People) -> Iterator[Bot]:
    """A bot that has joined."""
    bot = Bot(WebClient(local.bot_token, base_url=local.api_url))
    lines = Outgoing()
    joining = SlackClient(local.app_token, local.api_url, lines)
    receiver = Receiver(bot.app, lambda _: nullcontext())
    line = SocketMode(joining, local.app_token, receiver, joining.heard)
    line.start()
    try:
        people.until_joined()
        yield bot
    finally:
        line.stop(2.0)
        lines.close()
        people.until_joined(False)


@needs_program
def test_people_and_channels_are_those_of_the_configuration(people: People, talkative: Bot) -> None:
    state = people.state()

    assert {each["email"] for each in state["users"] if "email" in each} == {
        "ada@example.com",
        "bo@example.com",
    }
    assert [each["name"] for each in state["channels"] if not each["is_im"]] == ["it"]
    assert talkative.app.client.users_lookupByEmail(email="bo@example.com")["user"]["id"] == "U02"


@needs_program
def test_a_command_is_answered_in_the_channel(people: People, talkative: Bot) -> None:
    people.command("U01", "/miro", "hello", channel="C01")

    assert [each["text"] for each in people.messages("C01")] == ["hello"]


@needs_program
def test_a_form_shows_its_errors_and_then_closes(people: People, talkative: Bot) -> None:
    talkative.answers_to_form = [{"response_action": "errors", "errors": {"reason": "Say more"}}]
    people.command("U01", "/miro", "form")

    assert people.submit_view("U01", {"reason": {"value": "No"}}) == {"reason": "Say more"}
    assert people.submit_view("U01", {"reason": {"value": "Because"}} | TEAMS) == {}
    assert people.views() == []
    values = talkative.heard[-1]["view"]["state"]["values"]
    assert values["reason"]["v"] == {"type": "plain_text_input", "value": "Because"}
    assert "selected_option" not in values["team"]["v"], "null here: the same as nothing"
    with pytest.raises(NotPossible):
        people.submit_view("U01", TEAMS)


@needs_program
def test_a_button_redraws_its_message(people: People, talkative: Bot) -> None:
    talkative.app.client.chat_postMessage(channel="U01", text="May I?", blocks=card("open"))
    [message] = people.dm_of("U01")

    people.interact("U01", message, "approve", "R-1")

    drawn = people.until(lambda: [each for each in people.dm_of("U01") if each["text"] == "Approved"])
    assert drawn[0]["ts"] == message["ts"]
    answer = people.until(lambda: people.dm_of("U01")[1:])[0]
    assert answer["text"] == "You approved it"
    assert "ephemeral_to" not in answer, "an answer that doesn't say for whom it is is public here"
    with pytest.raises(NotPossible):
        people.interact("U01", message, "approve", "R-9")


@needs_program
def test_words_and_the_home_tab_reach_the_bot(people: People, talkative: Bot) -> None:
    people.say("U01", "I need access")
    people.say("U01", "<@U0BOT> me too", "C01")
    people.open_home("U01")
    people.until(lambda: len(talkative.heard) == 4)
    view = {"type": "home", "blocks": card("open")}
    talkative.app.client.views_publish(user_id="U01", view=view)
    people.click_home("U01", "deny")

    people.until(lambda: len(talkative.heard) == 5)
    kinds = [heard.get("event", heard)["type"] for heard in talkative.heard]
    assert sorted(kinds[:4]) == ["app_home_opened", "app_mention", "message", "message"]
    assert "view" not in talkative.heard[-1], "a click in the Home tab comes without its view here"
    assert any(row["kind"] == "ack" for row in people.log())


def test_a_program_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "local-slack"))

    with pytest.raises(NotThere, match="npm install"), running(tmp_path, [ADA]):
        pass


def test_a_program_that_does_not_start_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "local-slack"
    broken.write_text("#!/bin/sh\necho no such option\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(broken))

    with pytest.raises(NotThere, match="no such option"), running(tmp_path, [ADA]):
        pass


def test_the_program_is_found_where_npm_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    installed = tmp_path / "node_modules" / package() / "bin" / "local-slack"
    installed.parent.mkdir(parents=True)
    installed.touch(0o755)

    assert program(tmp_path) == installed
