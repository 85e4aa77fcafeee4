"""What Slack makes of typed text is undone once: marks first, then its escaping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.typed import as_slack_sends
from bot.slack.words.sentence import by_name, typed

NAMES = {"U0ADA": "Ada Example"}


def read(text: str) -> str:
    return by_name(typed(text, "U0BOT"), lambda id: NAMES.get(id, ""))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("R&amp;D &lt;3 &amp;amp; &amp;lt;", "R&D <3 &amp; &lt;"),
        ("5 > 3 and 2 < 4, &copy; &nbsp", "5 > 3 and 2 < 4, &copy; &nbsp"),
        ("<@U0ADA> needs it, <@U0NEW|new> too", "@Ada Example needs it, @new too"),
        ("ask <@U0GONE>", "ask @somebody"),
        ("&lt;@U0ADA&gt; is no mention", "<@U0ADA> is no mention"),
        ("see <#C01|design> and <#C02>", "see #design and #a channel"),
        ("<https://example.com/a|Q&amp;A>, <https://example.com/?a&amp;b>", "Q&A, https://example.com/?a&b"),
        ("<mailto:bo@example.com|bo@example.com>", "bo@example.com"),
        ("<mailto:bo@example.com|Bo>, <mailto:bo@example.com>", "bo@example.com, bo@example.com"),
        ("<!here> <!subteam^S01|@designers> <!subteam^S02>", "@here @designers a user group"),
        ("<!date^0^{date}|1 January 1970>", "1 January 1970"),
        ("<@U0BOT>, please: <@U0BOT|miro>", ", please: "),
        ("a\0b\ufdd0U0ADA|\ufdd1", "a bU0ADA|"),
    ],
)
def test_marks_become_words_and_escapes_become_signs(text: str, words: str) -> None:
    assert read(text) == words


@given(st.text(alphabet="ab &<>;|@#!lgtamp", max_size=60))
def test_whatever_is_typed_is_read_as_it_was_typed(text: str) -> None:
    assert "<" in text or typed(as_slack_sends(text)) == text
    assert by_name(typed(text), lambda _: "") is not None


@given(st.text(alphabet="ab &;>lgtamp", max_size=60).map(lambda text: f"a < {text}"))
def test_a_bracket_that_marks_nothing_is_read_as_it_was_typed(text: str) -> None:
    assert typed(as_slack_sends(text)) == text
