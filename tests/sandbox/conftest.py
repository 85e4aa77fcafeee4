"""A Slack workspace with two people and a channel, and clients for it, for the tests of the stand-ins."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.bolt_bot import Bot


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1_767_225_600.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack(clock: Clock) -> Workspace:
    slack = Workspace(now=clock)
    slack.add_person("U01", "ada@example.com", "Ada Example", manager="U02")
    slack.add_person("U02", "bo@example.com", "Bo Example", tz="Asia/Tokyo", locale="ja-JP")
    slack.add_channel("C01", "it", members=["U01", "U0BOT"])
    return slack


@pytest.fixture
def client(slack: Workspace) -> Iterator[WebClient]:
    with slack.serve() as base_url:
        yield WebClient("xoxb-sandbox", base_url=base_url, retry_handlers=[])


@pytest.fixture
def bot(client: WebClient) -> Bot:
    return Bot(client)


@pytest.fixture
def acting(slack: Workspace, bot: Bot) -> Iterator[Gestures]:
    with bot.served() as bot_url:
        yield slack.acting(bot_url)


def refused(client: WebClient, method: str, **arguments: Any) -> str:
    """The error code with which Slack refuses this call."""
    with pytest.raises(SlackApiError) as raised:
        client.api_call(method, json=arguments)
    return str(raised.value.response["error"])


@pytest.fixture
def judged() -> None:
    """No judge of bodies: the stand-in is tried with the forms of all identity providers."""
