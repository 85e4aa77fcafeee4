"""Modals, Home tabs, triggers, response URLs and failures behave as Slack's."""

import threading
from http.client import RemoteDisconnected

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.webhook import WebhookClient

from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.blocks import JSON, field, modal, plain, section
from tests.sandbox.conftest import Clock, refused

ASK = modal(field({"type": "plain_text_input", "action_id": "text"}, block_id="reason"), callback_id="ask")
HOME: JSON = {"type": "home", "blocks": [section("You're all caught up")]}


def opened(slack: Workspace, client: WebClient, view: JSON = ASK) -> JSON:
    view_opened: JSON = client.views_open(trigger_id=slack.trigger("U01"), view=view)["view"]
    return view_opened


def test_a_trigger_opens_one_modal_for_the_person_who_acted(slack: Workspace, client: WebClient) -> None:
    trigger = slack.trigger("U01")
    client.views_open(trigger_id=trigger, view=ASK)

    assert [view["callback_id"] for view in slack.views["U01"]] == ["ask"]
    assert "U02" not in slack.views
    assert refused(client, "views.open", trigger_id=trigger, view=ASK) == "exchanged_trigger_id"
    assert refused(client, "views.open", trigger_id="1.2.made-up", view=ASK) == "invalid_trigger_id"


def test_a_trigger_is_good_for_three_seconds(slack: Workspace, client: WebClient, clock: Clock) -> None:
    in_time, late = slack.trigger("U01"), slack.trigger("U01")
    clock.seconds += 3
    client.views_open(trigger_id=in_time, view=ASK)
    clock.seconds += 0.1

    assert refused(client, "views.open", trigger_id=late, view=ASK) == "expired_trigger_id"


def test_a_modal_that_breaks_a_limit_is_refused_and_the_trigger_stays_good(
    slack: Workspace, client: WebClient
) -> None:
    trigger = slack.trigger("U01")
    with pytest.raises(SlackApiError) as raised:
        client.views_open(trigger_id=trigger, view=ASK | {"title": plain("x" * 25)})

    assert raised.value.response["error"] == "invalid_arguments"
    assert raised.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    assert client.views_open(trigger_id=trigger, view=ASK)["ok"]
    long = modal(*[section("x" * 3000)] * 90)
    assert refused(client, "views.open", trigger_id=slack.trigger("U01"), view=long) == "view_too_large"
    assert refused(client, "views.open", trigger_id=slack.trigger("U01")) == "invalid_arguments"


def test_modals_stack_three_deep(slack: Workspace, client: WebClient) -> None:
    root = opened(slack, client)
    for _ in range(2):
        top = client.views_push(trigger_id=slack.trigger("U01"), view=ASK)["view"]

    assert len(slack.views["U01"]) == 3
    assert (top["root_view_id"], top["previous_view_id"]) == (root["id"], slack.views["U01"][1]["id"])
    assert refused(client, "views.push", trigger_id=slack.trigger("U01"), view=ASK) == "push_limit_reached"


def test_an_update_keeps_the_id_and_changes_the_hash(slack: Workspace, client: WebClient) -> None:
    first = opened(slack, client)
    second = client.views_update(view_id=first["id"], hash=first["hash"], view=ASK | {"title": plain("New")})

    assert second["view"]["id"] == first["id"] and second["view"]["hash"] != first["hash"]
    assert slack.views["U01"][0]["title"]["text"] == "New"
    stale = {"view_id": first["id"], "hash": first["hash"], "view": ASK}
    assert refused(client, "views.update", **stale) == "hash_conflict"
    assert refused(client, "views.update", view_id="V9", view=ASK) == "not_found"


def test_a_view_is_found_by_its_external_id_which_nobody_else_may_have(
    slack: Workspace, client: WebClient
) -> None:
    opened(slack, client, ASK | {"external_id": "R-1"})

    assert client.views_update(external_id="R-1", view=ASK | {"external_id": "R-1"})["ok"]
    taken = {"trigger_id": slack.trigger("U02"), "view": ASK | {"external_id": "R-1"}}
    assert refused(client, "views.open", **taken) == "duplicate_external_id"


def test_a_home_tab_is_published_for_one_person(slack: Workspace, client: WebClient) -> None:
    first = client.views_publish(user_id="U01", view=HOME)["view"]
    again = client.views_publish(user_id="U01", view=HOME, hash=first["hash"])["view"]

    assert slack.homes["U01"]["id"] == first["id"] == again["id"]
    assert "U02" not in slack.homes
    assert refused(client, "views.publish", user_id="U01", view=HOME, hash=first["hash"]) == "hash_conflict"
    assert refused(client, "views.publish", user_id="U09", view=HOME) == "user_not_found"
    assert refused(client, "views.publish", user_id="U01", view=ASK) == "invalid_arguments"


# -- response URLs


def test_an_answer_to_a_response_url_is_for_one_persons_eyes(slack: Workspace, client: WebClient) -> None:
    url = WebhookClient(slack.response_url("U01", "C01"))

    assert url.send(text="For you").status_code == 200
    assert url.send(text="For all", response_type="in_channel").body == "ok"
    assert [(each.text, each.ephemeral_for) for each in slack.messages] == [
        ("For you", "U01"),
        ("For all", None),
    ]


def test_a_response_url_is_good_five_times_within_half_an_hour(
    slack: Workspace, client: WebClient, clock: Clock
) -> None:
    often, late = (WebhookClient(slack.response_url("U01", "C01")) for _ in range(2))
    answers = [often.send(text="Again") for _ in range(6)]
    clock.seconds += 30 * 60 + 1

    assert [each.status_code for each in answers] == [200] * 5 + [404]
    assert "used_url" in answers[-1].body
    assert "expired_url" in late.send(text="Too late").body
    assert "no_service" in WebhookClient(f"{slack.base}/response/T01/99").send(text="x").body
    assert len(slack.messages) == 5


def test_the_message_of_a_click_can_be_replaced_and_deleted(slack: Workspace, client: WebClient) -> None:
    message = slack.add_message("C01", "U0BOT", "Open", [section()])
    url = WebhookClient(slack.response_url("U01", "C01", message))

    url.send(text="Closed", replace_original=True)
    assert [(each.text, each.ephemeral_for) for each in slack.messages] == [("Closed", None)]
    url.send_dict({"delete_original": True})
    assert slack.messages == []


def test_blocks_that_break_a_limit_are_refused_at_a_response_url(slack: Workspace, client: WebClient) -> None:
    answer = WebhookClient(slack.response_url("U01", "C01")).send(text="x", blocks=[section("x" * 3001)])

    assert answer.status_code == 400 and "invalid_blocks" in answer.body


# -- what goes wrong


def test_too_many_calls_are_told_how_long_to_wait(slack: Workspace, client: WebClient) -> None:
    slack.fault("chat.postMessage", status=429, retry_after=7)
    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(channel="C01", text="Hello")

    assert raised.value.response.status_code == 429
    assert raised.value.response.headers["Retry-After"] == "7"
    assert slack.faults == [] and slack.messages == []


def test_a_client_that_waits_gets_through(slack: Workspace, client: WebClient) -> None:
    class AtOnce(RateLimitErrorRetryHandler):
        def prepare_for_next_attempt(self, *, state, **_) -> None:  # type: ignore[no-untyped-def]
            state.next_attempt_requested = True

    slack.fault("*", times=2, status=429)
    client.retry_handlers.append(AtOnce(max_retry_count=2))

    assert client.chat_postMessage(channel="C01", text="Hello")["ok"]
    assert [call.answer and call.answer["ok"] for call in slack.log] == [False, False, True]


def test_an_error_of_slacks_own_comes_as_html(slack: Workspace, client: WebClient) -> None:
    slack.fault("chat.postMessage", status=503)

    with pytest.raises((SlackApiError, SlackRequestError)):
        client.chat_postMessage(channel="C01", text="Hello")
    assert slack.messages == []


def test_an_error_code_can_be_given_to_the_third_call(slack: Workspace, client: WebClient) -> None:
    slack.fault("chat.postMessage", error="fatal_error", skip=2, times=None)
    for _ in range(2):
        client.chat_postMessage(channel="C01", text="Hello")

    assert [refused(client, "chat.postMessage", channel="C01", text="x") for _ in range(2)] == [
        "fatal_error",
        "fatal_error",
    ]


@pytest.mark.parametrize(("cut", "messages"), [("before", 0), ("after", 1)])
def test_the_line_can_be_cut_before_or_after_the_call_was_carried_out(
    slack: Workspace, client: WebClient, cut: str, messages: int
) -> None:
    slack.fault("chat.postMessage", cut=cut)

    with pytest.raises(RemoteDisconnected):
        client.chat_postMessage(channel="C01", text="Hello")
    assert len(slack.messages) == messages
    assert slack.log[-1].answer is None


def test_a_test_can_wait_for_what_the_bot_does_in_its_own_time(slack: Workspace, client: WebClient) -> None:
    later = threading.Thread(target=client.chat_postMessage, kwargs={"channel": "U01", "text": "Later"})
    later.start()
    [message] = slack.until(lambda: slack.dm_of("U01"))
    later.join()

    assert message.text == "Later"
    with pytest.raises(TimeoutError, match=r"chat\.postMessage"):
        slack.until(lambda: slack.dm_of("U02"), seconds=0)


def test_many_threads_may_call_at_once(slack: Workspace, client: WebClient) -> None:
    def post(number: int) -> None:
        client.chat_postMessage(channel="C01", text=f"Number {number}", blocks=[section()])

    threads = [threading.Thread(target=post, args=(each,)) for each in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {each.text for each in slack.messages} == {f"Number {each}" for each in range(16)}
    assert len({each.ts for each in slack.messages}) == 16
    assert len({each.blocks[0]["block_id"] for each in slack.messages}) == 16
