"""The page around the pictures: docs/screens.md."""

import re
import struct
from collections.abc import Iterable
from pathlib import Path

from tests.screens.page import SCALE
from tests.screens.picture import Picture, Story

PAGE = Path(__file__).parents[2] / "docs" / "screens.md"
FOLDER = PAGE.with_suffix("")
MOST_BYTES = 3_200_000

HEAD = """\
# What people see in Slack

Every kind of card, form and App Home, as `python -m tests.screens` took them: the sandbox's Miro, the bot in
Socket Mode, and the page of local-slack (a Slack stand-in by others, MIT) in a headless Chromium. Invented
people type and press everything in that page: an employee, a manager on 390 pixels, and an operator.
The script fails when a card has more than 80 words (buttons not counted), when something is wider than its
screen, and when a picture doesn't show what it is said to show.

It needs `npm install --no-save local-slack-linux-x64@0.1.8`, and Debian's packages `chromium` and
`fonts-noto-color-emoji`. A further picture is one entry in `tests/screens/stories`;
`python -m tests.screens NAME` plays only the story it belongs to.

**Real Slack looks otherwise** in some places, beside letters and colours:
- local-slack has no list of people to choose from (“Select” or “[multi_users_select]” stands there), no
  day and time (“[datetimepicker]”), no
  search in a long list of teams, no shortcuts, and no question (“Are you sure?”) between a click and
  what it does;
- it shows a form's errors below it, with the name of the field, and Slack at the field; it doesn't mark
  fields that may stay empty, and gives one line where Slack gives several;
- it doesn't show which options a form has chosen beforehand: here the script chose the same ones once more;
- nobody leaves it and nobody is a guest there: where a picture needs that, the bot was told so itself;
- it draws no rich text, in which the bot mentions people: here it gets the same words as mrkdwn;
- it says “(edited)” on a card that was drawn again, shows a date in UTC that Slack draws in each reader's
  own zone, and gives each part of a card's small print a column of its own;
- it has no layout for narrow screens: on those its bars are hidden here, and an open thread fills the screen.
  Its clock is hidden too: the bot's stands still, on the 2nd of March 2026 at 10:00 in Berlin, so pictures
  change only when cards do.
"""


def path_of(picture: Picture) -> Path:
    """Where a picture is kept."""
    return FOLDER / f"{picture.name}.png"


def files() -> set[Path]:
    """The pictures that are kept."""
    return set(FOLDER.glob("*.png"))


def page(stories: Iterable[Story]) -> str:
    """The whole page."""
    parts = [HEAD]
    for story in stories:
        parts.append(f"## {story.title}\n")
        parts += map(_entry, story.pictures)
    return "\n".join(parts)


def _entry(picture: Picture) -> str:
    alt = re.sub(r"[`*]", "", picture.caption).replace('"', "&quot;")
    image = f'<img src="{FOLDER.name}/{picture.name}.png" width="{_width(picture)}" alt="{alt}">'
    viewer = f"*{picture.viewer.name}, {picture.viewer.role}*"
    caption = " ".join(filter(None, (picture.caption, picture.note)))
    return f"{image}\n\n{caption} {viewer}\n"


def _width(picture: Picture) -> int:
    """Of a picture in the pixels of the page: its own are smaller."""
    (dots,) = struct.unpack(">I", path_of(picture).read_bytes()[16:20])
    return int(dots) // SCALE
