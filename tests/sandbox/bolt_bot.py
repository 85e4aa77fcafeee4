"""A tiny Bolt app served over HTTP, for people to act on in the tests of the Slack stand-in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slack_bolt import Ack, App, BoltRequest, BoltResponse, Respond
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

from bot.slack.door.serving import serving
from tests.sandbox.blocks import JSON, actions, button, field, modal, option, options, plain, section, select


def card(state: str) -> list[JSON]:
    """A request with two buttons, or what became of it."""
    if state != "open":
        return [section(state)]
    deny = button(action_id="deny", text=plain("Deny"))
    other = button(value="R-2")
    return [
        section("May I?"),
        actions(button(), deny) | {"block_id": "R-1"},
        actions(other) | {"block_id": "R-2"},
    ]


FORM = modal(
    field({"type": "plain_text_input", "action_id": "v", "initial_value": "because"}, block_id="reason"),
    field(select(action_id="v", initial_option=options(2)[1]), block_id="team"),
    field({"type": "multi_static_select", "action_id": "v", "options": options(3)}, block_id="teams"),
    field(
        {"type": "external_select", "action_id": "board", "min_query_length": 1},
        block_id="board",
        optional=True,
    ),
    field({"type": "users_select", "action_id": "v"}, block_id="person", optional=True),
    field(
        {"type": "radio_buttons", "action_id": "v", "options": options(2)}, block_id="radio", optional=True
    ),
    field({"type": "checkboxes", "action_id": "v", "options": options(2)}, block_id="ticks", optional=True),
    field({"type": "datepicker", "action_id": "v", "initial_date": "2026-01-05"}, block_id="until"),
    section("More", accessory=button(action_id="more")),
    callback_id="form",
    notify_on_close=True,
)


class Bot:
    """What the app heard, in its order."""

    def __init__(self, client: WebClient, signing_secret: str = "sandbox-secret"):
        self.heard: list[JSON] = []
        self.app = App(client=client, signing_secret=signing_secret)
        self.app.use(self._remember)
        self.headers: list[JSON] = []
        self.answers_to_form: list[JSON] = []
        self._listen(self.app)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serves the app; when the block ends, everything it heard has been listened to."""
        with served(self.app) as bot_url:
            yield bot_url
        self.app.listener_runner.listener_executor.shutdown()

    def _remember(self, request: BoltRequest, next: Callable[[], BoltResponse]) -> BoltResponse:
        self.headers.append(dict(request.headers))
        return next()

    def _hear(self, ack: Ack, body: JSON) -> None:
        self.heard.append(body)
        ack()

    def _listen(self, app: App) -> None:
        app.command("/miro")(self._command)
        app.view("form")(self._submitted)
        app.view_closed("form")(self._hear)
        app.action("approve")(self._approve)
        for name in ("deny", "more", "menu", "pick"):
            app.action(name)(self._hear)
        app.options("board")(self._boards)
        for kind in ("message", "app_mention", "app_home_opened"):
            app.event(kind)(self._hear)
        app.global_shortcut("ask")(self._shortcut)
        app.message_shortcut("ask_about")(self._hear)

    def _command(self, ack: Ack, body: JSON, client: WebClient) -> None:
        self.heard.append(body)
        match body["text"]:
            case "form":
                client.views_open(trigger_id=body["trigger_id"], view=FORM)
                ack()
            case "blocks":
                ack(text="Two words", blocks=[section("Three more words")])
            case "loud":
                ack(text="For all", response_type="in_channel")
            case "broken":
                ack(text="x", blocks=[section("x" * 3001)])
            case text:
                ack(text)

    def _submitted(self, ack: Ack, body: JSON) -> None:
        self.heard.append(body)
        ack(**(self.answers_to_form.pop(0) if self.answers_to_form else {}))

    def _approve(self, ack: Ack, body: JSON, client: WebClient, respond: Respond) -> None:
        self._hear(ack, body)
        if "message" in body:
            channel, ts = body["channel"]["id"], body["message"]["ts"]
            client.chat_update(channel=channel, ts=ts, text="Approved", blocks=card("Approved"))
        respond(text="You approved it", replace_original=False)

    def _boards(self, ack: Ack, body: JSON) -> None:
        self.heard.append(body)
        ack(options=[option(body["value"], "B-1"), option("Other board", "B-2")])

    def _shortcut(self, ack: Ack, body: JSON, client: WebClient) -> None:
        self._hear(ack, body)
        client.views_open(trigger_id=body["trigger_id"], view=FORM)


@contextmanager
def served(app: App) -> Iterator[str]:
    """Serves the app until the block ends; yields the address Slack posts to."""
    with serving(SlackRequestHandler(app), "127.0.0.1", 0, 8) as url:
        yield f"{url}/slack/events"
