"""App Home as one person sees it, what is most urgent first; pure."""

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
    numbered,
    section,
)
from bot.cards.catalogue import line, texts
from bot.cards.decision import address, decide, secrecy, whom
from bot.cards.handles import Handle
from bot.cards.scene import Scene

SHOWN_BY = "Use /miro status R-42 to see one."
NOBODY = "nobody"
"""What a button carries that was drawn while nobody stood in."""
NOBODY_STANDS_IN = "No delegate set. Before you're away, choose who decides for you."
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

    def value(self, may: May) -> str:
        """What a button of it carries."""
        return Handle.of(self.on or self.of, may.question).value


@dataclass(frozen=True)
class Listed:
    """The first lines of a list, and how many more there are."""

    lines: tuple[Line, ...] = ()
    left: int = 0


@dataclass(frozen=True)
class Kind:
    """Harmless requests of one kind that wait for the reader: they may be approved together."""

    action: type[Action]
    count: int


@dataclass(frozen=True)
class Admins:
    """Who has admin rights in Miro, each on one line; `seen` says when that was looked at."""

    lines: tuple[str, ...]
    seen: str
    left: int = 0


@dataclass(frozen=True)
class StandIn:
    """Who stands in for the reader, and until when; `key` tells this delegation apart (`Delegation.key`)."""

    text: str
    key: str


@dataclass(frozen=True)
class Page:
    """Everything one person's App Home is drawn from."""

    waiting: tuple[Scene | Line, ...] = ()
    waiting_left: int = 0
    kinds: tuple[Kind, ...] = ()
    mine: Listed = Listed()
    ended: tuple[Line, ...] = ()
    stopped: Listed = Listed()
    stuck: Listed = Listed()
    teams: Listed = Listed()
    admins: Admins | None = None
    delegate: StandIn | None = None
    known: tuple[str, ...] = ()
    offers: tuple[type[Action], ...] = ()
    notice: str = ""
    """The answer to what the reader pressed last."""


def draw(page: Page) -> Block:
    """The whole view."""
    blocks = [section(page.notice)] if page.notice else []
    blocks += [*_waiting(page), *_mine(page), *_looked_after(page), *_delegate(page), *_known(page)]
    return _home(*blocks, *offers(page.offers))


def closed(sentence: str, may_ask: Sequence[type[Action]] = ()) -> Block:
    """One sentence, for whoever can't be shown more."""
    return _home(section(sentence), *(offers(may_ask) if may_ask else ()))


def _home(*blocks: Block) -> Block:
    return {"type": "home", "blocks": list(blocks)}


def _row(name: str, *buttons: Block) -> Block:
    """Buttons under an id of their own: a view has many rows."""
    return actions(*buttons) | {"block_id": name}


def _more(count: int, then: str) -> list[Block]:
    return [context(f"{count} more. {then}")] if count > 0 else []


# -- waiting for me --------------------------------------------------------------------------------------


def _waiting(page: Page) -> list[Block]:
    if not page.waiting:
        return [header("You're all caught up")]
    count = len(page.waiting) + page.waiting_left
    blocks = [header(f"Waiting for you: {count}")]
    if page.kinds:
        blocks.append(_row("all", *map(_all_of, page.kinds)))
    each = [_line(one, "waiting") if isinstance(one, Line) else _asked(one) for one in page.waiting]
    left = _more(page.waiting_left, "They appear here once these are decided.")
    return [*blocks, *between(each), *left]


def _all_of(kind: Kind) -> Block:
    label = f"Approve All {kind.count}"
    if kind.count > ALL_AT_ONCE:
        label = f"Approve {ALL_AT_ONCE} of {kind.count}"
    return button(f"{label}: {kind.action.TITLE}", f"approve-all:{kind.action.NAME}", kind.action.NAME)


def _asked(scene: Scene) -> list[Block]:
    """One request to decide: the question, what exactly will change, who asks and until when."""
    request = scene.request
    return about(
        request.id,
        section(scene.question),
        section(changes(scene)),
        context(f"{asks(scene)} {request.id}. {_until(scene)} {_because(scene)}"),
        decide(scene) | {"block_id": f"decide:{request.id}"},
    )


def changes(scene: Scene) -> str:
    """Every step, after what has to be known before."""
    plan = scene.request.plan
    steps = numbered([line(step) for step in plan.steps])
    whose = address(scene)
    lead = f"Updated changes in Miro{whose}:" if plan.again else f"Changes in Miro{whose}" if whose else ""
    return "\n".join([*texts(plan.warnings), *([lead] if lead else []), *steps])


def asks(scene: Scene) -> str:
    """Who asks, and why."""
    return f'Requested by {scene.name(scene.request.requester)}: "{clip_words(scene.request.reason, 40)}"'


def _until(scene: Scene) -> str:
    ends = scene.request.deadlines.expires_at
    return f"Expires {scene.at(ends)}." if ends else ""


def _because(scene: Scene) -> str:
    """How far it is, why the reader is asked and who else, what was said, and how it is undone."""
    parts = (
        waiting.progress(scene),
        whom(scene, 0),
        secrecy(scene, 0),
        waiting.talk(scene, 40),
        waiting.notes(scene),
        scene.undo,
    )
    return " ".join(filter(None, parts))


# -- lists -----------------------------------------------------------------------------------------------


def _line(line: Line, name: str) -> list[Block]:
    """One request; a single button stands beside it, several stand under it."""
    buttons = [button(one.label, one.action, line.value(one)) for one in line.may]
    text = section(line.text)
    if len(buttons) == 1 and text["type"] == "section":  # rich text has no place beside it
        return [text | {"accessory": buttons[0]}]
    return [text, *([_row(f"{name}:{line.of.id}", *buttons)] if buttons else [])]


def _list(title: str, listed: Listed, name: str, then: str) -> list[Block]:
    if not listed.lines:
        return []
    lines = [block for one in listed.lines for block in _line(one, name)]
    return [section(title), *lines, *_more(listed.left, then)]


def _mine(page: Page) -> list[Block]:
    blocks = [header("Your requests")]
    blocks += [block for one in page.mine.lines for block in _line(one, "mine")] or [
        section("You have no open requests.")
    ]
    blocks += _more(page.mine.left, SHOWN_BY)
    ended = [block for one in page.ended for block in _line(one, "ended")]
    return [*blocks, *([context("Recently closed:"), *ended] if ended else [])]


def _looked_after(page: Page) -> list[Block]:
    then = "They appear here once these are closed."
    parts = [
        *_list("Needs your attention:", page.stopped, "stopped", then),
        *_list("No approver available:", page.stuck, "stuck", then),
        *_list("Open requests about your teams:", page.teams, "teams", SHOWN_BY),
        *(_admins(page.admins) if page.admins else []),
    ]
    return [header("What you manage"), *parts] if parts else []


def _admins(admins: Admins) -> list[Block]:
    rows = [bullets(admins.lines)] if admins.lines else []
    more = f" {admins.left} more are listed in Miro's company settings." if admins.left else ""
    return [section("Admin rights in Miro:"), *rows, context(f"{admins.seen}{more}")]


# -- about the reader ------------------------------------------------------------------------------------


def _delegate(page: Page) -> list[Block]:
    if page.delegate is None:
        text, buttons = NOBODY_STANDS_IN, [button("Name a Delegate", "away", NOBODY)]
    else:
        text, key = page.delegate.text, page.delegate.key
        buttons = [button("Change", "away", key), button("I'm Back", "away-off", key)]
    return [header("Your delegate"), section(text), _row("away", *buttons)]


def _known(page: Page) -> list[Block]:
    return [header("How I know you"), context(*page.known)] if page.known else []


def offers(found: Sequence[type[Action]]) -> list[Block]:
    """A button for everything the reader may ask for."""
    title = header("What do you need in Miro?")
    if not found:
        return [title, section("You can't request anything here yet. Ask your IT team.")]
    buttons = [button(action.TITLE, f"open:{action.NAME}", action.NAME) for action in found]
    return [title, _row("ask", *buttons[:25]), context(f"Or write to me: “{found[0].EXAMPLE}”")]
