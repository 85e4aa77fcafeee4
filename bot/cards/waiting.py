"""What cards say while a request waits: how far it is, who decides now, and who isn't asked any more."""

from collections.abc import Sequence

from approvals.ids import PersonId
from approvals.request import Request, Vote
from bot.actions.sentences import clip, first
from bot.cards.blocks import clip_words
from bot.cards.named import words_in
from bot.cards.scene import Scene, capital

STUCK = "No approver available. The operators have been told."
CONFIRM = "One approval confirms it."
NO_ANSWER = "No answer yet."


def turn(request: Request, who: PersonId | None) -> int:
    """With which asking somebody was asked who still is; without anybody, whoever was asked last."""
    if who is None:
        return max(request.asking.since.values(), default=request.asking.asks)
    return request.asking.since.get(who, 0)


def reminder(request: Request, who: PersonId | None) -> int:
    """Which reminder is the newest about what somebody is asked now; 0 for none."""
    sent = request.asking.reminders
    if who is not None and not turn(request, who):
        return 0
    return len(sent) if sent and sent[-1] >= turn(request, who) else 0


def progress(scene: Scene, short: int = 0) -> str:
    """'Step 2 of 2. Priya Rao approved. Carol Diaz approved. 1 more needed.'"""
    asking = scene.request.asking
    if asking.confirms:
        return CONFIRM if short > 3 else f"The rules changed. The approvals so far are enough now. {CONFIRM}"
    if short > 4:
        step = f"Step {asking.step + 1} of {asking.steps}. " if asking.steps > 1 else ""
        return f"{step}{asking.missing} more needed." if step or asking.missing > 1 else ""
    before = [vote for vote in asking.votes if vote.step < asking.step]
    now = [vote for vote in asking.votes if vote.step == asking.step]
    parts = []
    if asking.steps > 1:
        agreed = f". {capital(_voters(scene, before, short))} approved" if before else ""
        parts.append(f"Step {asking.step + 1} of {asking.steps}{agreed}.")
    if len(now) > asking.agree - asking.missing > 0:
        # A yes may count no more: who gave it left, say, or asked for the same.
        parts.append(f"{asking.agree - asking.missing} of {asking.agree} have approved.")
    elif now and len(now) > asking.agree - asking.missing:
        parts.append(f"Earlier approvals no longer count. {asking.missing} must approve.")
    elif now:
        more = f" {asking.missing} more needed." if asking.missing else ""
        parts.append(f"{capital(_voters(scene, now, short))} approved.{more}")
    elif asking.missing > 1:
        parts.append(f"{asking.missing} must approve.")
    return " ".join(parts)


def _voters(scene: Scene, votes: Sequence[Vote], short: int) -> str:
    """Who they are; `short` leaves all names but one out."""
    mine = any(scene.is_viewer(vote.by) for vote in votes)
    if not short or (mine and len(votes) == 1):
        return scene.voters(votes)
    # One name of one word takes no more room than the number.
    return clip(first(scene.person(votes[0].by)), 40, 1) if len(votes) == 1 else str(len(votes))


def notes(scene: Scene) -> str:
    """Who was stepped over, and who was asked instead."""
    request, asking = scene.request, scene.request.asking
    missed = [said for said in request.unreached[-1:] if said not in asking.notes]
    away = [
        f"{scene.name(id)} stands in for {'you' if scene.is_viewer(whose) else scene.name(whose)}."
        for id, whose in asking.stand_ins.items()
        if not scene.is_viewer(id)
    ]
    said = [scene.says(note) for note in (*asking.notes, *missed)]
    return " ".join([*said, *away, *([STUCK] if asking.is_stuck else [])])


def entitled(scene: Scene) -> tuple[PersonId, ...]:
    """Whoever may decide and hasn't yet."""
    voted = _voted(scene.request)
    return tuple(id for id, _ in scene.request.asking.approvers if id not in voted)


def deciders(scene: Scene) -> tuple[PersonId, ...]:
    """Whoever was asked and hasn't decided; where no message reached anybody, whoever may decide."""
    voted = _voted(scene.request)
    return tuple(id for id in scene.request.asking.notified if id not in voted) or entitled(scene)


def awaited(scene: Scene) -> str:
    """The same by name: 'Carol Diaz or Sam Lee', 'Carol Diaz and Sam Lee' where both must agree."""
    return _enough(scene, deciders(scene)) if deciders(scene) else "an approver"


def _enough(scene: Scene, ids: tuple[PersonId, ...]) -> str:
    """As many of them as are needed: 'A or B', 'A and B', '2 of A, B and C'."""
    need = scene.request.asking.missing
    if need < 2:
        return scene.names(ids, "or")
    return f"{f'{need} of ' if need < len(ids) else ''}{scene.names(ids)}"


def _voted(request: Request) -> set[PersonId]:
    """Whoever said yes already, and isn't asked since then to say so (once more)."""
    asked = {id for id, _ in request.asking.approvers}
    since = enumerate(request.asking.votes)
    return {vote.by for number, vote in since if number >= request.asking.counted or vote.by not in asked}


def has_voted(scene: Scene) -> bool:
    """Whether the reader said yes already, and isn't asked to say so (once more)."""
    return any(scene.is_viewer(id) for id in _voted(scene.request))


def _has_newer(scene: Scene) -> bool:
    return scene.viewer is None or turn(scene.request, scene.viewer.id) > 0


def why_passed(scene: Scene) -> str:
    """The headline of a copy whose reader isn't asked any more, or has a newer one."""
    return "Asked again" if _has_newer(scene) else "No longer with you"


def passed(scene: Scene) -> str:
    """What such a copy says."""
    request = scene.request
    if _has_newer(scene):
        why = "The changes are different now." if request.plan.again else progress(scene)
        return f"{why} There is a newer card below.".strip()
    stand_in = next((id for id, whose in request.asking.stand_ins.items() if scene.is_viewer(whose)), None)
    if stand_in:
        may = " You can still decide in App Home." if any(map(scene.is_viewer, entitled(scene))) else ""
        return f"{scene.name(stand_in)} stands in for you.{may}"
    return _others(scene)


def _others(scene: Scene) -> str:
    request = scene.request
    left = tuple(id for id in deciders(scene) if not scene.is_viewer(id))
    if not left:
        return "You're no longer asked to decide."
    new = tuple(id for id in left if turn(request, id) == request.asking.asks)
    votes = request.asking.votes
    if votes or not new:
        agreed = f"{capital(scene.voters(votes))} approved. Now" if votes else "Now"
        return f"{agreed} {_enough(scene, left)} {'decides' if request.asking.missing < 2 else 'decide'}."
    return f"{scene.names(new)} {'was' if len(new) == 1 else 'were'} asked instead."


def talk(scene: Scene, room: int) -> str:
    """The newest question and what was answered, within so many words."""
    request = scene.request
    if not request.asking.questions:
        return ""
    last = request.asking.questions[-1]
    asks = f"{scene.brief(last.by)} asked:"
    answers = "You:" if scene.is_viewer(request.requester) else f"{scene.brief(request.requester)}:"
    left = room - words_in(asks) - (words_in(answers) if last.answer else 3)
    if left < 6:
        return "There's a question under Details."
    most = left - min(len(last.answer.split()), left // 2)
    text = clip_words(last.text, most)
    said = clip_words(last.answer, left - len(text.split()))
    return f'{asks} "{text}" ' + (f'{answers} "{said}"' if last.answer else NO_ANSWER)
