"""The Slack stand-in answers the Web API over real HTTP as Slack does, refusals and failures included."""

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.blocks import actions, button, plain, section
from tests.sandbox.conftest import Clock, refused

# -- people


def test_the_bot_learns_who_it_is(client: WebClient) -> None:
    told = client.auth_test()

    assert (told["team_id"], told["user_id"], told["bot_id"]) == ("T01", "U0BOT", "B0BOT")


def test_a_person_is_known_by_id_and_by_email(client: WebClient) -> None:
    by_id = client.users_info(user="U02", include_locale=True)["user"]
    by_email = client.users_lookupByEmail(email="BO@example.com")["user"]

    assert by_id["profile"]["email"] == "bo@example.com"
    assert (by_id["locale"], by_id["tz"]) == ("ja-JP", "Asia/Tokyo")
    assert by_email["id"] == "U02" and "locale" not in by_email
    assert refused(client, "users.info", user="U09") == "user_not_found"
    assert refused(client, "users.lookupByEmail", email="no@example.com") == "users_not_found"


def test_leavers_and_strangers_are_not_found_by_email(slack: Workspace, client: WebClient) -> None:
    slack.change_person("U02", deleted=True)
    slack.add_person("W03", "cy@partner.example", "Cy Partner", is_stranger=True, team_id="T09")

    assert refused(client, "users.lookupByEmail", email="bo@example.com") == "users_not_found"
    assert refused(client, "users.lookupByEmail", email="cy@partner.example") == "users_not_found"
    assert client.users_info(user="U02")["user"]["deleted"] is True
    stranger = client.users_info(user="W03")["user"]
    assert stranger["is_stranger"] and stranger["team_id"] == "T09" and "email" not in stranger["profile"]


def test_everybody_is_listed_page_by_page(client: WebClient) -> None:
    pages = [[each["id"] for each in page["members"]] for page in client.users_list(limit=2)]

    assert pages == [["U0BOT", "U01"], ["U02"]]


def test_managers_and_user_groups_can_be_looked_up(slack: Workspace, client: WebClient) -> None:
    slack.add_group("S01", "approvers", ["U01", "U02"])
    [definition] = client.api_call("team.profile.get")["profile"]["fields"]
    profile = client.users_profile_get(user="U01")["profile"]

    assert profile["fields"][definition["id"]]["value"] == "U02"
    assert client.usergroups_users_list(usergroup="S01")["users"] == ["U01", "U02"]
    assert client.usergroups_list(include_users=True)["usergroups"][0]["users"] == ["U01", "U02"]
    assert refused(client, "usergroups.users.list", usergroup="S09") == "no_such_subteam"


def test_on_enterprise_grid_people_carry_their_organization(clock: Clock) -> None:
    slack = Workspace(enterprise_id="E01", now=clock, org_install=True)
    slack.add_person("W01", "ada@example.com", "Ada Example", team_id="T02")
    with slack.serve() as base_url:
        client = WebClient("xoxb-sandbox", base_url=base_url)

        assert client.users_info(user="W01")["user"]["enterprise_user"]["enterprise_id"] == "E01"
        assert client.auth_test()["is_enterprise_install"] is True


# -- who may call


def test_a_call_without_a_bot_token_is_refused(slack: Workspace, client: WebClient) -> None:
    with httpx.Client(base_url=client.base_url, trust_env=False) as plain_http:
        bare = plain_http.post("auth.test").json()
    client.token = "xoxp-somebody"

    assert bare["error"] == "not_authed"
    assert refused(client, "auth.test") == "invalid_auth"


def test_a_call_beyond_the_granted_scopes_is_refused(clock: Clock) -> None:
    slack = Workspace(now=clock, scopes=frozenset({"users:read"}))
    slack.add_person("U01", "ada@example.com", "Ada Example")
    with slack.serve() as base_url:
        client = WebClient("xoxb-sandbox", base_url=base_url)

        assert refused(client, "chat.postMessage", channel="U01", text="Hello") == "missing_scope"
        assert "email" not in client.users_info(user="U01")["user"]["profile"]


def test_a_method_nobody_knows_is_refused_and_logged(slack: Workspace, client: WebClient) -> None:
    assert refused(client, "chat.shout", text="HELLO") == "unknown_method"
    assert (slack.log[-1].method, slack.log[-1].params) == ("chat.shout", {"text": "HELLO"})


def test_the_members_of_a_channel_come_in_pages(slack: Workspace, client: WebClient) -> None:
    slack.add_channel("C02", "large", members=[f"U{number:03}" for number in range(101)])

    first = client.conversations_members(channel="C02")
    assert len(first["members"]) == 100
    rest = client.conversations_members(channel="C02", cursor=first["response_metadata"]["next_cursor"])
    assert (len(rest["members"]), rest["response_metadata"]["next_cursor"]) == (1, "")
    assert refused(client, "conversations.members", channel="C02", limit=1000) == "invalid_limit"
    assert refused(client, "conversations.members", channel="C09") == "channel_not_found"


# -- messages


def test_a_message_to_a_person_opens_their_direct_messages(slack: Workspace, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="U01", text="Hello", blocks=[section()])

    [message] = slack.dm_of("U01")
    assert posted["channel"] == message.channel == client.conversations_open(users="U01")["channel"]["id"]
    assert posted["channel"].startswith("D")
    assert (message.ts, message.text) == (posted["ts"], "Hello")
    assert message.blocks[0]["block_id"]


def test_messages_are_refused_where_slack_refuses_them(slack: Workspace, client: WebClient) -> None:
    slack.add_channel("C02", "old", members=["U0BOT"], is_archived=True)
    slack.add_channel("C03", "others")
    slack.add_channel("C04", "secret", is_private=True)
    slack.add_person("U03", None, "Cy Example", deleted=True)

    answers = {
        place: refused(client, "chat.postMessage", channel=place, text="Hello")
        for place in ("C09", "C02", "C03", "C04", "U03", "D09")
    }
    assert answers == {
        "C09": "channel_not_found",
        "C02": "is_archived",
        "C03": "not_in_channel",
        "C04": "channel_not_found",
        "U03": "user_disabled",
        "D09": "channel_not_found",
    }
    assert refused(client, "conversations.open", users="U03") == "user_disabled"
    assert refused(client, "conversations.open", users="U09") == "user_not_found"
    assert slack.messages == []


def test_a_message_to_a_leaver_whose_direct_messages_were_open_goes_well_unread(
    slack: Workspace, client: WebClient
) -> None:
    client.conversations_open(users="U01")
    slack.change_person("U01", deleted=True)

    assert client.chat_postMessage(channel="U01", text="Hello")["ok"]


def test_a_message_that_breaks_a_limit_is_refused_with_the_limit(slack: Workspace, client: WebClient) -> None:
    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(channel="C01", text="x", blocks=[actions(button(text=plain("x" * 76)))])

    assert raised.value.response["error"] == "invalid_blocks"
    assert raised.value.response["errors"] == [
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"
    ]
    assert refused(client, "chat.postMessage", channel="C01", blocks=[section("x" * 3000)] * 5) == (
        "msg_blocks_too_long"
    )
    assert refused(client, "chat.postMessage", channel="C01") == "no_text"
    assert slack.messages == []


def test_an_update_redraws_the_message_without_a_mark(slack: Workspace, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="C01", text="Open", blocks=[actions(button())])

    client.chat_update(channel="C01", ts=posted["ts"], text="Approved", blocks=[section("Approved")])

    [message] = slack.messages
    assert (message.text, message.blocks[0]["type"], message.edited) == ("Approved", "section", False)


def test_an_update_with_text_alone_takes_the_blocks_away(slack: Workspace, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="C01", text="Open", blocks=[section()])

    client.chat_update(channel="C01", ts=posted["ts"], text="Closed")

    [message] = slack.messages
    assert (message.text, message.blocks, message.edited) == ("Closed", [], True)


def test_only_the_bots_own_lasting_messages_can_be_changed(slack: Workspace, client: WebClient) -> None:
    own = client.chat_postMessage(channel="U01", text="Mine")
    alone = client.chat_postEphemeral(channel="C01", user="U01", text="For you")
    hers = slack.add_message("C01", "U01", "Hers", [])

    def change(channel: str, ts: str) -> str:
        return refused(client, "chat.update", channel=channel, ts=ts, text="Changed")

    assert change("U01", own["ts"]) == "channel_not_found"
    assert change("C01", alone["message_ts"]) == "message_not_found"
    assert change("C01", hers.ts) == "cant_update_message"
    assert change("C01", "1.000001") == "message_not_found"
    assert refused(client, "chat.delete", channel="C01", ts=hers.ts) == "cant_delete_message"
    slack.change_channel(own["channel"], is_archived=True)
    assert change(own["channel"], own["ts"]) == "is_inactive"


def test_a_deleted_message_is_gone(slack: Workspace, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="C01", text="Oops")

    client.chat_delete(channel="C01", ts=posted["ts"])

    assert slack.messages == []


def test_an_ephemeral_message_is_seen_by_one_person_of_the_channel(
    slack: Workspace, client: WebClient
) -> None:
    slack.change_channel("C01", members=frozenset({"U01", "U02", "U0BOT"}))
    client.chat_postMessage(channel="C01", text="For all")
    client.chat_postEphemeral(channel="C01", user="U01", text="For Ada")

    assert [each.text for each in slack.seen_by("U01", "C01")] == ["For all", "For Ada"]
    assert [each.text for each in slack.seen_by("U02")] == ["For all"]
    slack.add_person("U03", None, "Cy Example")
    assert refused(client, "chat.postEphemeral", channel="C01", user="U03", text="x") == "user_not_in_channel"


def test_a_channel_tells_what_it_is(slack: Workspace, client: WebClient) -> None:
    slack.add_channel("C05", "partners", members=["U0BOT"], is_ext_shared=True)

    told = client.conversations_info(channel="C05")["channel"]

    assert (told["name"], told["is_ext_shared"], told["is_member"]) == ("partners", True, True)
    assert refused(client, "conversations.info", channel="C09") == "channel_not_found"


def test_names_are_there_for_drawing(slack: Workspace) -> None:
    assert slack.names() == {"U0BOT": "Miro", "U01": "Ada Example", "U02": "Bo Example", "C01": "it"}
