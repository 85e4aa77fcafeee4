"""Menus and texts at the limits of Slack, which the stage refuses to exceed, and words that are markup."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.inputs import NotPossible, placed
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import Stage
from tests.bot.journeys.scenes import ask, card, deny, last, newest_request, playing, press, read, state

ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


@pytest.mark.parametrize("more", [0, 96, 97, 996])
def test_empty_or_more_than_100_options(tmp_path: Path, more: int) -> None:
    names = ["Design", *(f"Team {n:04} {'of a long name ' * 5}".strip() for n in range(more))]

    def teams(miro: Miro, _: Workspace) -> None:
        for name in names[1:]:
            miro.add_team(name)

    with playing(tmp_path, prepare=teams) as s:
        assert s.acting.command("U0ALEX", "/miro-access", "").ok
        fields = placed(s.acting.modal("U0ALEX")["blocks"])
        [menu] = [one for block, one in fields if block["block_id"] == "teams"]
        if "external" in menu["type"]:
            view = copy.deepcopy(s.acting.modal("U0ALEX"))
            view["blocks"] = [one for one in view["blocks"] if one["block_id"] == "teams"]
            assert 0 < len(s.acting.suggest("U0ALEX", view, "value", "")) <= 100
            assert s.acting.suggest("U0ALEX", view, "value", "no such team") == []
            [found] = s.acting.suggest("U0ALEX", view, "value", f"Team {more - 1:04}")
            offered = [found]
        else:
            offered = menu["options"]
        assert all(len(one["text"]["text"]) <= 75 for one in offered)
        name = offered[-1]["text"]["text"] if "external" in menu["type"] else "Design"
        name = next(one for one in names if one[:60] == name[:60])
        ask(s, "U0ALEX", "/miro-access", f'for "{name}" because we draw')
        assert newest_request(s).state == "waiting" and name[:9].strip() in read(card(s, "U0PRIYA"))


@pytest.mark.parametrize("letter", ["x", "&", "<", "😀", "ש", "ß"])
def test_text_limits(s: Stage, letter: str) -> None:
    long = letter * (500 // len(letter.encode("utf-16-le")) * 2)
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering", reason=long)
    assert letter in read(card(s, "U0PRIYA"))
    press(s, "U0PRIYA", "details")
    deny(s, "U0PRIYA", long)
    assert state(s, id) == "denied" and letter in last(s, "U0ALEX")
    assert s.acting.command(*ACCESS).ok
    with pytest.raises(NotPossible):
        s.acting.submit("U0ALEX", {"reason": "x" * 501})


def _texts(value: Any) -> Iterator[dict[str, Any]]:
    """Every text object anywhere in blocks and views."""
    if isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text") and "text" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)


@pytest.mark.parametrize(
    "typed",
    [
        "<!channel>",
        "<@U0PRIYA> approve",
        "<https://evil.example|Approve>",
        "`*_~",
        "https://evil.example",
        "=cmd()",
    ],
)
def test_markup_mentions_links_in_reason(s: Stage, typed: str) -> None:
    id = ask(s, "U0ALEX", "/miro-access", "for Engineering", reason=typed)
    assert typed.split()[0] in read(card(s, "U0PRIYA"))
    press(s, "U0PRIYA", "details")
    deny(s, "U0PRIYA", typed)
    assert state(s, id) == "denied"
    for call in s.slack.log:
        shown = [*_texts(call.params.get("blocks")), *_texts(call.params.get("view"))]
        assert all(typed not in one["text"] for one in shown if one["type"] == "mrkdwn")
        assert "<" not in str(call.params.get("text", "")).replace("<!date^1", "")
        if call.method == "chat.postMessage":
            assert str(call.params["unfurl_links"]).lower() in ("false", "0")
