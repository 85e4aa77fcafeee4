"""The card that asks for a decision, from its first drawing to the last; pure."""

from dataclasses import dataclass

from approvals.people import listed
from approvals.states import State
from bot.actions.sentences import first
from bot.cards import waiting
from bot.cards.blocks import (
    LONGEST_TITLE,
    MOST_WORDS,
    Block,
    Message,
    actions,
    button,
    clip_words,
    confirmation,
    context,
    count_words,
    header,
    message,
    numbered,
    section,
    sections,
)
from bot.cards.catalogue import line, texts
from bot.cards.handles import Handle
from bot.cards.named import plainly, words_in
from bot.cards.scene import Scene, capital, emoji, foot, heading, where_it_stands


def approver(scene: Scene) -> Message:
    """Asks for a decision; afterwards says who decided, without buttons."""
    request = scene.request
    if request.state is not State.WAITING:
        return _over(scene, heading(scene), where_it_stands(scene), foot(scene))
    if scene.round != waiting.turn(request, scene.viewer.id if scene.viewer else None):
        return _over(scene, waiting.why_passed(scene), waiting.passed(scene), context(request.id))
    note = f"{scene.question} {request.id} from {scene.name(request.requester)}"
    return message(note, *_fitting(scene))


def _over(scene: Scene, how: str, text: str, small: Block) -> Message:
    """A copy without buttons: nobody should read a question in it."""
    words = clip_words(f"{scene.lead}{scene.secret}{how}: {scene.phrase}", 26)
    title = header(f"{emoji(scene.request)} {words}")
    return message(f"{scene.lead}{scene.request.id}: {text}", title, section(text), small)


@dataclass(frozen=True)
class _Size:
    """How much a card says: `short` drops names and reasons, `longest` cuts each line of what will change."""

    short: int = 0
    longest: int = 100
    notes: int = 30
    question: int = 26


_SIZES = (
    _Size(), _Size(1, notes=20), _Size(2, notes=17), _Size(3, notes=10),
    *(_Size(4, longest, 7, 20) for longest in range(20, 8, -1)),
    *(_Size(5, longest, 0, 15) for longest in range(8, 2, -1)),
    _Size(5, 3, 0, 12),
)  # fmt: skip
STAYS = ("The account stays", "Teams stay")
"""How the end of a sentence begins that can be left out."""
_CUTS = 4
"""From which size on what will change is cut: it stands in full under Details."""
_MORE = ". More under Details."


def _fitting(scene: Scene) -> list[Block]:
    """The whole card; the more there is to read in it, the less is said of who else is asked."""
    least = _least(scene)
    # First with room for the reason and the newest question; what will change is cut for neither of them.
    for size, need in [*((one, least) for one in _SIZES[:_CUTS]), *((one, 0) for one in _SIZES[_CUTS - 1 :])]:
        head, body = _frame(scene, size)
        room = MOST_WORDS - count_words([head, *body])
        blocks = [head, *_said(scene, room), *body]
        if room >= need and count_words(blocks) <= MOST_WORDS:
            return blocks
    return [head, section(_asker(scene) + _MORE), *body]


def _frame(scene: Scene, size: _Size) -> tuple[Block, list[Block]]:
    """The question; and what stands behind the reason it was asked for."""
    plan = scene.request.plan
    lines = [clip_words(line(step), size.longest) for step in plan.steps]
    # The question says the address already.
    changes = f"Changes in Miro{'' if size.short else address(scene)}"
    if plan.again:
        changes = "Updated changes in Miro:"
    elif plan.anew:
        why = "Asked again." if size.short else "The earlier approval no longer counts."
        changes = f"{why} {changes}"
    notes = clip_words(waiting.notes(scene), size.notes) if size.notes else ""
    body = [
        *sections(*texts(plan.warnings), changes, *numbered(lines)),
        *([context(notes)] if notes else []),
        context(*_why(scene, size.short)),
        decide(scene),
    ]
    return header(f"{emoji(scene.request)} {clip_words(scene.question, size.question)}"), body


def address(scene: Scene) -> str:
    """For which address, where much hangs on the person: a name in Slack may be anybody's own choice."""
    return f" for {scene.address}" if scene.address and scene.command.CONFIRM else ""


def _least(scene: Scene) -> int:
    """Words that the reason and the newest question should have at least."""
    request = scene.request
    last = request.asking.questions[-1] if request.asking.questions else None
    # What was answered is cut only where it is long: the half of it may say the opposite.
    talk = min(max(words_in(f"{last.text} {last.answer}") + 8, 18), 34) if last else 0
    return talk + words_in(_asker(scene)) + min(len(request.reason.split()), 8)


def _said(scene: Scene, room: int) -> list[Block]:
    """Why it was asked for, and the newest question with its answer; they share what room there is."""
    asks, reason = _asker(scene), scene.request.reason
    left = room - words_in(asks)
    if not scene.request.asking.questions:
        return sections(_reason(asks, reason, left))
    if left < 16:
        return [section(asks + _MORE)]
    first = _reason(asks, reason, max(left // 3, left - words_in(waiting.talk(scene, left))))
    return sections(first, waiting.talk(scene, room - words_in(first)))


def _asker(scene: Scene) -> str:
    return f"Requested by {scene.name(scene.request.requester)}"


def _reason(asks: str, reason: str, room: int) -> str:
    text = clip_words(reason, room) if room >= min(len(reason.split()), 3) else ""
    return f'{asks}: "{text}"' if text else f"{asks}. The reason is under Details."


def _why(scene: Scene, short: int) -> tuple[str, ...]:
    """Why you, who else, how far it is, until when and what then, and how it is undone."""
    request = scene.request
    assert request.deadlines.expires_at
    steps = waiting.progress(scene, short)
    parts = (f"{request.id}.", whom(scene, short), secrecy(scene, short), steps, "Expires")
    lead = " ".join(filter(None, parts))
    until = scene.at(request.deadlines.expires_at)
    undo = _undo(scene, short)
    if scene.zone:
        return (f"{lead} {until}. {undo}".strip(),)
    return (lead, f"{until}.", undo)


def _undo(scene: Scene, short: int) -> str:
    """How it is undone; what stays all the same is said where there is room for it."""
    first, mark, rest = scene.undo.partition(". ")
    return f"{first}." if short > 4 and mark and rest.startswith(STAYS) else scene.undo


def secrecy(scene: Scene, short: int) -> str:
    """That the person concerned hears nothing, where there is room for it."""
    if short > 3 or not scene.command.CONFIDENTIAL or scene.request.subject is None:
        return ""
    return f"{first(scene.person(scene.request.subject))} won't be notified."


def whom(scene: Scene, short: int) -> str:
    """'You own Miro. Sam Lee can approve instead.'"""
    request = scene.request
    mine = [(id, why) for id, why in request.asking.approvers if scene.is_viewer(id)]
    if short > 4 or (mine and (short > 3 or waiting.has_voted(scene))):
        return ""
    if not mine:
        everybody = waiting.entitled(scene)
        many = f"{len(everybody)} people"
        return f"{scene.names(everybody, 'or') if everybody and short < 2 else many} can decide."
    reason = scene.says(mine[0][1]) if short < 2 else ""
    because = f"{capital(clip_words(reason, 12))}." if reason else "You're asked to decide."
    asked = waiting.deciders(scene)
    others = tuple(id for id in request.asking.notified if id in asked and not scene.is_viewer(id))
    if not others or short > 1:
        return because
    named = f"{len(others)} more" if short and len(others) > 1 else scene.names(others)
    return f"{because} {capital(named)} can approve {'instead' if request.asking.missing < 2 else 'too'}."


def _sure(scene: Scene, warning: str, yes: str) -> Block:
    """The question before Approve: who it is about is read once more, by the address that Miro has."""
    title = plainly(f"{capital(scene.phrase)}?")
    account = f" Miro account: {scene.address}." if scene.address and len(title) > LONGEST_TITLE else ""
    return confirmation(title, f"{warning}{account}", yes)


def decide(scene: Scene) -> Block:
    """The buttons; whoever said yes can't do so twice, but may still deny or ask."""
    request, command = scene.request, scene.command
    confirm, rights = None, request.plan.rights
    if command.CONFIRM:
        confirm = _sure(scene, command.warning(scene.facts), command.confirm)
    elif rights:
        confirm = _sure(scene, f"{listed(rights)} rights come back with the account.", "Approve")
    value = Handle.of(request).value
    yes = button("Approve", "approve", value, primary=True, confirm=confirm)
    return actions(
        *([] if waiting.has_voted(scene) else [yes]),
        button("Deny", "deny", value),
        button("Ask a Question", "question", value),
        button("Details", "details", value),
    )
