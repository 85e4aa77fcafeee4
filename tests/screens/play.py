"""Plays a story in local-slack's page and takes its pictures, looking whether each is fit to be read."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cards.layout import MOST_WORDS
from bot.sandbox.slack.drawing import as_text, words
from tests.screens.chromium import Box, Tab
from tests.screens.company import CHANNEL_NAME, Company, company
from tests.screens.page import Page, Sight
from tests.screens.picture import Of, Picture, Story, Viewer

MARGIN = 10
PAGE_HEIGHT = 640
APP = "miro"


class Unfit(Exception):
    """A picture shows something that nobody should have to read."""


@dataclass(frozen=True)
class Taken:
    """A picture that was taken; `words` are those of a card, buttons not counted."""

    picture: Picture
    png: bytes
    words: int


def played(tab: Tab, story: Story) -> Iterator[Taken]:
    """Each picture of a story, as it is taken. Raises Unfit, PageTrouble."""
    with tempfile.TemporaryDirectory() as folder, company(Path(folder), story) as scene:
        play = Play(scene, Page(tab, scene.slack.url, scene.settle))
        for picture in story.pictures:
            for act in picture.before:
                act(play)
            yield play.take(picture)


class Play:
    """Somebody at local-slack's page, and the company around."""

    def __init__(self, scene: Company, page: Page) -> None:
        self.scene, self.page = scene, page
        self._sitting: Viewer | None = None

    # -- acting

    def at(self, who: Viewer, channel: str = "") -> None:
        """Somebody closes forms and threads, and goes to their messages with the bot or to a channel."""
        self._sit_down(who)
        if not channel:
            self.scene.people.direct(who.id)
        self.page.open(channel or who.name)

    def at_home(self, who: Viewer) -> None:
        """Somebody goes to the app's Home; elsewhere first, because it is published when it is opened."""
        self._sit_down(who)
        self.page.open(CHANNEL_NAME)
        self.page.open(APP)
        self.heard()

    def heard(self) -> None:
        """Waits until the bot has heard all that was done, and lets it do what follows."""
        self.page.until(self.scene.heard, "the bot's acknowledgement")
        self.scene.settle()

    def _sit_down(self, who: Viewer) -> None:
        self._sitting = who
        self.page.close()
        self.page.widen(who.width)
        self.page.act_as(who.name)

    # -- looking

    def take(self, picture: Picture) -> Taken:
        """Takes a picture, as its viewer sees it."""
        self._look(picture)
        sight = self.page.sight(picture.of, picture.shows)
        if sight.overflowing:
            raise Unfit(f"{picture.name} is wider than the screen: {sight.overflowing[-1]}")
        if "[rich_text]" in sight.text:
            raise Unfit(f"{picture.name} has a text that local-slack can't draw: {sight.text}")
        count = self._count(picture, sight)
        if picture.of in (Of.CARD, Of.REPLY) and count > MOST_WORDS:
            raise Unfit(f"{picture.name} has {count} words; a card has at most {MOST_WORDS}")
        return Taken(picture, self.page.picture(_framed(sight.box, picture)), count)

    def _look(self, picture: Picture) -> None:
        """Goes where the picture is taken; a form is looked at where it is open."""
        match picture.of:
            case Of.FORM:
                self._look_at_form(picture)
            case Of.HOME:
                self.at_home(picture.viewer)
            case _:
                self.at(picture.viewer, picture.channel)
        if picture.of is Of.PAGE:
            self.page.widen(picture.viewer.width, PAGE_HEIGHT)

    def _look_at_form(self, picture: Picture) -> None:
        """What a form has chosen is shown; whoever opened it looks at it."""
        if self._sitting != picture.viewer:
            raise Unfit(f"{picture.name}: {picture.viewer.name} isn't the one who has the form")
        for block in self.scene.people.views()[-1]["blocks"]:
            element = block.get("element", {})
            chosen = element.get("initial_options") or [element.get("initial_option")]
            if all(chosen):
                self.page.preset(block["label"]["text"], *(option["text"]["text"] for option in chosen))

    def _count(self, picture: Picture, sight: Sight) -> int:
        if not sight.ts:
            return 0
        people = self.scene.people
        channels = {one["name"]: one["id"] for one in people.state()["channels"]}
        place = channels[picture.channel] if picture.channel else people.direct(picture.viewer.id)
        return words_of(next(one for one in people.messages(place) if one["ts"] == sight.ts))


def words_of(message: Mapping[str, Any]) -> int:
    """The words of a message, buttons not counted."""
    return words(as_text({"blocks": message["blocks"]}) if message.get("blocks") else message["text"])


def _framed(box: Box, picture: Picture) -> Box:
    """With a little around it, but no more than the screen has."""
    left, top = max(box.x - MARGIN, 0), max(box.y - MARGIN, 0)
    right = min(box.x + box.width + MARGIN, picture.viewer.width)
    return Box(left, top, right - left, box.y + box.height + MARGIN - top)
