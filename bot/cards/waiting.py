"""Sentences of cards while a request waits: progress, who decides now, who doesn't any more; pure."""

from approvals.ids import PersonId
from approvals.request import Request
from bot.cards.layout import Part, Worth
from bot.cards.scene import Scene, capital

STUCK = "No approver available. The operators have been notified."
CONFIRM = "The policy changed. The approvals so far are now enough. One more confirms it."


def turn(request: Request, who: PersonId | None) -> int:
    """The number, from 1, of the ask that asked a person; the newest for None."""
    if who is None:
        return max(request.asking.since.values(), default=request.asking.asks)
    return request.asking.since.get(who, 0)


def reminder(request: Request, who: PersonId | None) -> int:
    """The number, from 1, of the newest reminder of a person's ask; 0 for none."""
    sent = request.asking.reminders
    if who is not None and not turn(request, who):
        return 0
    return len(sent) if sent and sent[-1] >= turn(request, who) else 0


def progress(scene: Scene) -> str:
    """'Step 2 of 2. Priya Rao approved. Carol Diaz approved. 1 more needed.'"""
    asking = scene.request.asking
    if asking.confirms:
        return CONFIRM
    before = [vote.by for vote in asking.votes if vote.step < asking.step]
    now = [vote.by for vote in asking.votes if vote.step == asking.step]
    parts = []
    if asking.steps > 1:
        parts.append(f"Step {asking.step + 1} of {asking.steps}.")
        parts += [f"{capital(scene.names(before))} approved."] if before else []
    given = asking.agree - asking.missing
    if len(now) > given > 0:
        # A vote may no longer count: its voter left, or asked for the same.
        parts.append(f"{given} of {asking.agree} have approved.")
    elif now and len(now) > given:
        parts.append(f"Earlier approvals no longer count. {asking.missing} must approve.")
    elif now:
        more = f" {asking.missing} more needed." if asking.missing else ""
        parts.append(f"{capital(scene.names(now))} approved.{more}")
    elif asking.missing > 1:
        parts.append(f"{asking.missing} must approve.")
    return " ".join(parts)


def notes(scene: Scene) -> str:
    """Who was skipped, and who was asked instead."""
    request, asking = scene.request, scene.request.asking
    missed = [note for note in request.unreached[-1:] if note not in asking.notes]
    away = [
        f"{scene.name(id)} stands in for {'you' if scene.is_viewer(whose) else scene.name(whose)}."
        for id, whose in asking.stand_ins.items()
        if not scene.is_viewer(id)
    ]
    texts = [scene.says(note) for note in (*asking.notes, *missed)]
    return " ".join([*texts, *away, *([STUCK] if asking.is_stuck else [])])


def aside(scene: Scene) -> Part:
    """The same as small print of a card."""
    return Part(notes(scene), Worth.ASIDE, is_small=True)


def entitled(scene: Scene) -> tuple[PersonId, ...]:
    """Everybody who may decide and hasn't yet."""
    voted = _voted(scene.request)
    return tuple(id for id, _ in scene.request.asking.approvers if id not in voted)


def deciders(scene: Scene) -> tuple[PersonId, ...]:
    """Everybody who was asked and hasn't decided; if no message reached anybody, those who may decide."""
    voted = _voted(scene.request)
    return tuple(id for id in scene.request.asking.notified if id not in voted) or entitled(scene)


def awaited(scene: Scene) -> str:
    """The same by name: 'Carol Diaz or Sam Lee', 'Carol Diaz and Sam Lee' where both must agree."""
    return _enough(scene, deciders(scene)) if deciders(scene) else "an approver"


def _enough(scene: Scene, ids: tuple[PersonId, ...]) -> str:
    """The number of them needed, in words: 'A or B', 'A and B', '2 of A, B and C'."""
    need = scene.request.asking.missing
    if need < 2:
        return scene.names(ids, "or")
    return f"{f'{need} of ' if need < len(ids) else ''}{scene.names(ids)}"


def _voted(request: Request) -> set[PersonId]:
    """Everybody who has approved and wasn't asked to confirm since."""
    asked = {id for id, _ in request.asking.approvers}
    votes = enumerate(request.asking.votes)
    return {vote.by for number, vote in votes if number >= request.asking.counted or vote.by not in asked}


def has_voted(scene: Scene) -> bool:
    """Whether the reader has approved and wasn't asked to confirm since."""
    return any(map(scene.is_viewer, _voted(scene.request)))


def passed(scene: Scene) -> tuple[str, str]:
    """(first line, sentence) of a card whose reader isn't asked any more, or has a newer card."""
    request = scene.request
    if scene.viewer is None or turn(request, scene.viewer.id):
        why = "The changes are different now." if request.plan.again else progress(scene)
        return "Asked again", f"{why} There is a newer card below.".strip()
    stand_in = next((id for id, whose in request.asking.stand_ins.items() if scene.is_viewer(whose)), None)
    if stand_in:
        may = " You can still decide in App Home." if any(map(scene.is_viewer, entitled(scene))) else ""
        return "No longer with you", f"{scene.name(stand_in)} stands in for you.{may}"
    left = tuple(id for id in deciders(scene) if not scene.is_viewer(id))
    new = tuple(id for id in left if turn(request, id) == request.asking.asks)
    votes, text = request.asking.votes, "You're no longer asked to decide."
    if left and (votes or not new):
        agreed = f"{capital(scene.names(vote.by for vote in votes))} approved. Now" if votes else "Now"
        text = f"{agreed} {_enough(scene, left)} {'decides' if request.asking.missing < 2 else 'decide'}."
    elif left:
        text = f"{capital(scene.names(new))} {'was' if len(new) == 1 else 'were'} asked instead."
    return "No longer with you", text
