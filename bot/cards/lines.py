"""One request in a sentence or two, for lists: how far it is, what stopped it, who is missing; pure."""

from approvals.states import State
from bot.cards import waiting
from bot.cards.blocks import clip_words
from bot.cards.scene import Scene, unasked
from bot.cards.settled import how_it_stopped


def stands(scene: Scene) -> str:
    """What it is about, how far it has come, and why."""
    request, said = scene.request, scene.request.outcome
    parts = [f"{scene.lead}{request.id} · {request.state.value}: {scene.phrase}.", how_far(scene)]
    if request.ending.ends_at:
        parts.append(f"Ends {scene.at(request.ending.ends_at)}.")
    if said and request.state is not State.DONE:
        parts.append(clip_words(scene.says(said.text), 60))
    return " ".join(filter(None, (*parts, scene.says(request.progress.held))))


def how_far(scene: Scene) -> str:
    """Who decides now, by when, in which step, who was stepped over, and what somebody wants to know."""
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
    """What a stopped request did, what Miro said, and what helps."""
    said = scene.request.outcome
    text = f"{how_it_stopped(scene.request)}: {scene.phrase}."
    text += f" {clip_words(scene.says(said.text), 40)}" if said else ""
    helps = scene.says(said.remedy) if said else ""
    return f"{text} To fix: {clip_words(helps, 25)}" if helps else text


def stuck(scene: Scene) -> str:
    """A request that nobody can decide, when it ends, and what helps."""
    ends = scene.request.deadlines.expires_at
    until = f" Expires {scene.at(ends)}." if ends else ""
    helps = "To fix: name an approver or a fallback in the policy, or withdraw it and request it again."
    return f"{scene.request.id}: {scene.phrase}.{until} {helps}"
