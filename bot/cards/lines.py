"""One request in a sentence or two, for lists: its state, why it stopped, who is missing; pure."""

from approvals.states import State
from bot.cards import waiting
from bot.cards.blocks import clip_words
from bot.cards.catalogue import texts
from bot.cards.scene import Scene, unasked
from bot.cards.settled import how_it_stopped, state_name


def stands(scene: Scene) -> str:
    """What a request is about, its state, and why."""
    request, outcome = scene.request, scene.request.outcome
    parts = [f"{scene.lead}{request.id} · {state_name(request)}: {scene.phrase}.", how_far(scene)]
    parts += [f"Starts {scene.starts}."] if scene.starts else []
    if request.ending.ends_at:
        parts.append(f"Ends {scene.at(request.ending.ends_at)}.")
    if outcome and request.state is not State.DONE:
        parts.append(clip_words(scene.says(outcome.text), 60))
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
    outcome = scene.request.outcome
    text = f"{how_it_stopped(scene.request)}: {scene.phrase}."
    text += f" {clip_words(scene.says(outcome.text), 40)}" if outcome else ""
    helps = scene.says(outcome.remedy) if outcome else ""
    return f"{text} To fix: {clip_words(helps, 25)}" if helps else text


def handed(scene: Scene) -> str:
    """What a person finishes by hand; the card says where."""
    left = scene.request.outcome.left if scene.request.outcome else ()
    return f"{how_it_stopped(scene.request)}: {scene.phrase}. Left: {', '.join(texts(left))}."


def stuck(scene: Scene) -> str:
    """A request that nobody can decide, when it expires, and the remedy."""
    ends = scene.request.deadlines.expires_at
    until = f" Expires {scene.at(ends)}." if ends else ""
    helps = "To fix: name an approver or a fallback in the policy, or withdraw it and request it again."
    return f"{scene.request.id}: {scene.phrase}.{until} {helps}"
