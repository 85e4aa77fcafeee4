"""App Home as one person sees it: sections, what is most urgent first; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.request import Request
from bot.actions import Action
from bot.cards import waiting
from bot.cards.blocks import (
    Block,
    about,
    actions,
    between,
    bullets,
    button,
    clip_words,
    context,
    header,
    link,
    section,
    sections,
)
from bot.cards.decision import asked, because, changes, consequence, decide, instead, warnings
from bot.cards.handles import Handle
from bot.cards.scene import Scene, talk

NOBODY = "nobody"
"""What a button carries that was drawn while nobody stood in."""
ALL_AT_ONCE = 20
"""Requests that one form approves: each of its lines has to be read."""


@dataclass(frozen=True)
class May:
    """A button of a line; what it sends is the line's handle and, if that needs it, which `question`."""

    label: str
    action: str
    question: int | None = None


@dataclass(frozen=True)
class Line:
    """One request in a few words, and what the reader may do about it, or about its twin `on`."""

    of: Request
    text: str
    may: tuple[May, ...] = ()
    on: Request | None = None
    card: str = ""
    """The link of the reader's card, or ''."""

    def value(self, may: May) -> str:
        """What a button of it carries."""
        return Handle.of(self.on or self.of, may.question).value


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, rows, buttons and small print.

    `name`: what its paging buttons carry; `rows`: a request to decide, one in a line, a paragraph, or lines
    that stand together; `total`: how many rows there are in all, from which these begin at `start`; `size`:
    how many of them a page has.
    """

    name: str
    title: str = ""
    rows: tuple[Scene | Line | str | tuple[str, ...], ...] = ()
    buttons: tuple[Block, ...] = ()
    small: tuple[str, ...] = ()
    total: int = 0
    start: int = 0
    size: int = 1
    is_alone: bool = False  # it has the page for itself, and is paged through


def draw(parts: Sequence[Section], notice: str = "") -> Block:
    """The whole view; `notice` answers what the reader pressed last."""
    blocks = [section(notice)] if notice else []
    return _home(*blocks, *(block for part in parts for block in _drawn(part)))


def closed(sentence: str, may_ask: Sequence[type[Action]] = ()) -> Block:
    """One sentence, for people who can't be shown more."""
    return _home(section(sentence), *(_drawn(offers(may_ask)) if may_ask else ()))


def _home(*blocks: Block) -> Block:
    return {"type": "home", "blocks": list(blocks)}


def _drawn(part: Section) -> list[Block]:
    blocks = [header(f"{part.title}: {part.total}" if part.total else part.title)] if part.title else []
    rows = [_asked(row) if isinstance(row, Scene) else _row_of(row, part.name) for row in part.rows]
    pressed = [_row(part.name, *part.buttons)] if part.buttons else []
    if any(isinstance(row, Scene) for row in part.rows):
        blocks += [*pressed, *between(rows)]
    else:
        blocks += [*(block for row in rows for block in row), *pressed]
    if part.is_alone and not rows:
        blocks.append(section("Nothing is left here."))
    if pages := _pages(part):
        blocks.append(_row(f"page:{part.name}", *pages))
    return [*blocks, *([context(*part.small)] if part.small else [])]


def _row(name: str, *buttons: Block) -> Block:
    """Buttons under an id of their own: a view has many rows."""
    return actions(*buttons) | {"block_id": name}


def _pages(part: Section) -> list[Block]:
    """Buttons to the rest of a list and back."""
    if not part.is_alone:
        is_whole = part.total <= len(part.rows)
        return [] if is_whole else [button(f"Show All {part.total}", "page:all", f"{part.name}:0")]
    end = part.start + len(part.rows)
    previous = [button("Previous", "page:previous", f"{part.name}:{max(part.start - part.size, 0)}")]
    following = [button("Next", "page:next", f"{part.name}:{end}")]
    return [
        *(previous if part.start else []),
        *(following if end < part.total else []),
        button("Back to Home", "page:home", "home"),
    ]


def _asked(scene: Scene) -> list[Block]:
    """One request to decide: the question, what exactly will change, who asks and until when."""
    request = scene.request
    reason = f'"{clip_words(request.reason, 40)}"'
    return about(
        request.id,
        section(scene.question),
        asked(scene).drawn(),
        *sections(*warnings(scene)),
        changes(scene).drawn(),
        context(reason, f"{request.id}{because(scene)}", *_because(scene)),
        actions(*decide(scene)) | {"block_id": f"decide:{request.id}"},
    )


def asks(scene: Scene) -> str:
    """Who asks, and why."""
    return f'Requested by {scene.name(scene.request.requester)}: "{clip_words(scene.request.reason, 40)}"'


def _because(scene: Scene) -> tuple[str, ...]:
    """Who else was asked, how far it is, what was said, and what follows."""
    quotes = [f'{part.lead} "{clip_words(part.text, 40)}"' for part in talk(scene)]
    return (instead(scene), waiting.progress(scene), *quotes, consequence(scene), waiting.notes(scene))


def _row_of(row: Line | str | tuple[str, ...], name: str) -> list[Block]:
    """A paragraph, a list, or one request: a single button stands beside it, several stand under it."""
    if isinstance(row, str):
        return [section(row)]
    if isinstance(row, tuple):
        return [bullets(row)]
    buttons = [button(may.label, may.action, row.value(may)) for may in row.may]
    buttons += [link("Open Card", "visit", row.card)] if row.card else []
    text = section(row.text)
    if len(buttons) == 1 and text["type"] == "section":  # rich text has no place beside it
        return [text | {"accessory": buttons[0]}]
    return [text, *([_row(f"{name}:{row.of.id}", *buttons)] if buttons else [])]


def offers(offered: Sequence[type[Action]]) -> Section:
    """A button for everything the reader may ask for."""
    if not offered:
        return Section("ask", rows=("You can't request anything here yet. Ask your IT team.",))
    buttons = [
        button(action.TITLE, f"open:{action.NAME}", action.NAME, primary=action is offered[0])
        for action in offered[:25]
    ]
    return Section("ask", buttons=tuple(buttons), small=(f"Or write to me: “{offered[0].EXAMPLE}”",))


def approve_together(counts: Sequence[tuple[type[Action], int]]) -> tuple[Block, ...]:
    """A button for each kind of harmless requests of which several wait."""
    buttons = []
    for action, count in counts:
        many = f"All {count}" if count <= ALL_AT_ONCE else f"{ALL_AT_ONCE} of {count}"
        buttons.append(button(f"Approve {many}: {action.TITLE}", f"approve-all:{action.NAME}", action.NAME))
    return tuple(buttons)
