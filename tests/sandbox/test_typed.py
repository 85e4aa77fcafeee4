"""What people type reaches an app escaped and marked, as Slack does it; a form's fields do not."""

import pytest

from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.typed import as_slack_sends
from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.bolt_bot import Bot


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("R&D, 2 < 3 > 1", "R&amp;D, 2 &lt; 3 &gt; 1"),
        ("&lt;!here&gt; &amp;", "&amp;lt;!here&amp;gt; &amp;amp;"),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("<@U01> and <@U02|bo>, <#C01|it>, <!here>", "<@U01> and <@U02|bo>, <#C01|it>, <!here>"),
        ("for jo.o'neil@example.com.", "for <mailto:jo.o'neil@example.com|jo.o'neil@example.com>."),
        ("see https://example.com/?a=1&b=2 & more", "see <https://example.com/?a=1&amp;b=2> &amp; more"),
        ("<https://example.com|Q&A>", "<https://example.com|Q&amp;A>"),
        ("a @ b, me@home", "a @ b, me@home"),
    ],
)
def test_what_is_typed_is_escaped_and_what_is_picked_is_marked(text: str, sent: str) -> None:
    assert as_slack_sends(text) == sent


def test_a_command_a_message_and_a_mention_arrive_escaped(
    slack: Workspace, bot: Bot, acting: Gestures
) -> None:
    acting.command("U01", "/miro", "hello R&D")
    acting.say("U01", "R&D <3")
    acting.say("U01", "R&D too", "C01")

    command, direct, mention = slack.until(lambda: len(bot.heard) == 3 and bot.heard)
    assert command["text"] == "hello R&amp;D"
    assert (direct["event"]["text"], mention["event"]["text"]) == ("R&amp;D &lt;3", "<@U0BOT> R&amp;D too")
    element = direct["event"]["blocks"][0]["elements"][0]["elements"][0]
    assert element == {"type": "text", "text": "R&D <3"}, "rich text escapes nothing"


def test_a_message_made_into_a_request_arrives_escaped(slack: Workspace, bot: Bot, acting: Gestures) -> None:
    acting.message_shortcut("U01", "ask_about", acting.write("U02", "R&D, please", "C01"))

    slack.until(lambda: bot.heard)
    assert bot.heard[0]["message"]["text"] == "R&amp;D, please"


def test_a_field_of_a_form_arrives_as_it_was_typed(bot: Bot, acting: Gestures) -> None:
    acting.command("U01", "/miro", "form")
    acting.submit("U01", {"reason": "R&D <3", "teams": ["T-0"]})

    assert bot.heard[-1]["view"]["state"]["values"]["reason"]["v"]["value"] == "R&D <3"
