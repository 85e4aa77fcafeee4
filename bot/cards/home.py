"""App Home as one person sees it: sections, what is most urgent first; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from approvals.ids import RequestId
from approvals.people import Delegation, Person
from approvals.states import State
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
    header,
    link,
    section,
    sections,
    small_print,
)
from bot.cards.catalogue import texts
from bot.cards.decision import asked, because, changes, consequence, decide, instead, warnings
from bot.cards.scene import Scene, asides, talk, unasked
from bot.cards.settled import how_it_stopped, state_name

NOBODY = "nobody"
"""What a button carries that was drawn while nobody stood in."""
ALL_AT_ONCE = 20
"""Requests that one form approves: each of its lines has to be read."""


def span(delegation: Delegation, whose: Person) -> str:
    """'from Tuesday, 1 December until Friday, 4 December 2026': days in the absent person's time zone."""
    first = delegation.since.astimezone(whose.zone)
    last = (delegation.until - timedelta(minutes=1)).astimezone(whose.zone)
    return f"from {first:%A}, {first.day} {first:%B} until {last:%A}, {last.day} {last:%B %Y}"


@dataclass(frozen=True)
class Line:
    """One request in a few words, and what the reader may do about it; `card`: the link of their card."""

    id: RequestId
    text: str
    buttons: tuple[Block, ...] = ()
    card: str = ""


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
    return _home(*sections(notice), *(block for part in parts for block in _drawn(part)))


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
    return [*blocks, *([small_print(*part.small)] if part.small else [])]


def _row(name: str, *buttons: Block) -> Block:
    """Buttons under an id of their own: a view has many rows."""
    return actions(*buttons) | {"block_id": name}


def _pages(part: Section) -> list[Block]:
    """Buttons to the rest of a list and back."""
    if not part.is_alone:
        is_whole = part.total <= len(part.rows)
        return [] if is_whole else [button(f"Show All {part.total}", "page:all", f"{part.name}:0")]
    end = part.start + len(part.rows)
    before = f"{part.name}:{max(part.start - part.size, 0)}"
    pages = [button("Previous", "page:previous", before)] if part.start else []
    pages += [button("Next", "page:next", f"{part.name}:{end}")] if end < part.total else []
    return [*pages, button("Back to Home", "page:home", "home")]


def _asked(scene: Scene) -> list[Block]:
    """One request to decide: the question, what exactly will change, who asks and until when."""
    request, reason = scene.request, f'"{clip_words(scene.request.reason, 40)}"'
    # Who else was asked, how far it is, what was said, and what follows.
    quotes = [f'{part.lead} "{clip_words(part.text, 40)}"' for part in talk(scene)]
    more = waiting.progress(scene), *quotes, consequence(scene), waiting.notes(scene)
    return about(
        request.id,
        section(scene.question),
        asked(scene).drawn(),
        *sections(*warnings(scene)),
        changes(scene).drawn(),
        small_print(reason, f"{request.id}{because(scene)}", asides(scene), instead(scene), *more),
        actions(*decide(scene)) | {"block_id": f"decide:{request.id}"},
    )


def asks(scene: Scene) -> str:
    """Who asks, and why."""
    return f'Requested by {scene.name(scene.request.requester)}: "{clip_words(scene.request.reason, 40)}"'


def _row_of(row: Line | str | tuple[str, ...], name: str) -> list[Block]:
    """A paragraph, a list, or one request: a single button stands beside it, several stand under it."""
    if isinstance(row, str):
        return [section(row)]
    if isinstance(row, tuple):
        return [bullets(row)]
    text, buttons = section(row.text), [*row.buttons]
    buttons += [link("Open Card", "visit", row.card)] if row.card else []
    if len(buttons) == 1 and text["type"] == "section":  # rich text has no place beside it
        return [text | {"accessory": buttons[0]}]
    return [text, *([_row(f"{name}:{row.id}", *buttons)] if buttons else [])]


# -- one request in a sentence or two ------------------------------------------------------------------------


def stands(scene: Scene) -> str:
    """What a request is about, its state, and why."""
    request = scene.request
    parts = [f"{scene.lead}{request.id} · {state_name(request)}: {scene.phrase}.", how_far(scene)]
    parts += [f"Starts {scene.starts}."] if scene.starts else []
    if request.ending.ends_at:
        parts.append(f"Ends {scene.at(request.ending.ends_at)}.")
    if request.state is not State.DONE:
        parts.append(clip_words(scene.says(scene.end.text), 60))
    return " ".join(filter(None, (*parts, scene.says(request.progress.held))))


def how_far(scene: Scene) -> str:
    """Who decides now, until when, in which step, who was skipped, and the open question."""
    request = scene.request
    if request.is_unasked and request.asking.approved_at:
        return unasked(request)
    if request.state is not State.WAITING or request.deadlines.expires_at is None:
        return ""
    waits = f"Waiting for {waiting.awaited(scene)}. Expires {scene.at(request.deadlines.expires_at)}."
    last = request.asking.questions[-1] if request.asking.questions else None
    asks = f'{scene.name(last.by)} asked: "{clip_words(last.text, 40)}"' if last and not last.answer else ""
    return " ".join(filter(None, (waits, waiting.progress(scene), waiting.notes(scene), asks)))


def stopped(scene: Scene) -> str:
    """What a stopped request did, Miro's message, and the remedy."""
    text = f"{how_it_stopped(scene)}: {scene.phrase}. {clip_words(scene.says(scene.end.text), 40)}".strip()
    helps = scene.says(scene.end.remedy)
    return f"{text} To fix: {clip_words(helps, 25)}" if helps else text


def handed(scene: Scene) -> str:
    """What a person finishes by hand; the card says where."""
    return f"{how_it_stopped(scene)}: {scene.phrase}. Left: {', '.join(texts(scene.end.left))}."


def stuck(scene: Scene) -> str:
    """A request that nobody can decide, when it expires, and the remedy."""
    ends = scene.request.deadlines.expires_at
    until = f" Expires {scene.at(ends)}." if ends else ""
    helps = "To fix: name an approver or a fallback in the policy, or withdraw it and request it again."
    return f"{scene.request.id}: {scene.phrase}.{until} {helps}"


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
