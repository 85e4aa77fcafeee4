"""What a picture is: its name and caption, who looks at what, and what is done before."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.sandbox.miro.organization import GroupModel
from bot.sandbox.stage import PEOPLE, POLICY

if TYPE_CHECKING:
    from tests.screens.company import Company
    from tests.screens.play import Play

Act = Callable[["Play"], None]
"""Something that somebody does, or that happens."""


class Of(StrEnum):
    """What a picture shows: a request's card, a reply in its thread, another message, a form, Home or all."""

    CARD = "card"
    REPLY = "reply"
    ANSWER = "answer"
    FORM = "form"
    HOME = "home"
    PAGE = "page"


@dataclass(frozen=True)
class Viewer:
    """Somebody at a screen."""

    id: str
    role: str
    width: int

    @property
    def name(self) -> str:
        return PEOPLE[self.id][1]


@dataclass(frozen=True)
class Picture:
    """One picture. `shows` has to stand on it; of several cards it is the newest with these words."""

    name: str
    caption: str
    viewer: Viewer
    of: Of
    shows: str
    before: tuple[Act, ...] = ()
    channel: str = ""
    note: str = ""


@dataclass(frozen=True)
class Story:
    """Pictures that follow one another, in a company of their own."""

    title: str
    pictures: tuple[Picture, ...]
    policy: str = POLICY
    prepare: Callable[["Company"], None] = lambda company: None
    practice: bool = False
    group_model: GroupModel = "team"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(picture.name for picture in self.pictures)


def picture(
    name: str,
    caption: str,
    viewer: Viewer,
    of: Of,
    shows: str,
    *before: Act,
    channel: str = "",
    note: str = "",
) -> Picture:
    """A picture, with what is done before it at the end."""
    return Picture(name, caption, viewer, of, shows, before, channel, note)
