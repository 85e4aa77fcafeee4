"""Every message about a request, drawn from its stored state; pure."""

from collections.abc import Callable
from dataclasses import replace

from approvals.request import Request
from approvals.states import State
from bot.cards import waiting
from bot.cards.blocks import (
    MOST_WORDS,
    Block,
    Message,
    actions,
    button,
    clip_words,
    context,
    count_words,
    header,
    message,
    section,
    sections,
)
from bot.cards.decision import approver
from bot.cards.endings import conclusion, operator, result
from bot.cards.handles import Handle
from bot.cards.named import words_in
from bot.cards.notices import again_asked, answer, notice, progress, question, reminder, stuck
from bot.cards.scene import Scene, again, capital, emoji, heading, where_it_stands

Draw = Callable[[Scene], Message]
LEAST_TALK = 6
"""Words that it takes at least to say that there is a question."""


def requester(scene: Scene) -> Message:
    """Tells who asked where it stands."""
    request = scene.request
    if request.outcome and request.plan.round:
        return result(scene)
    if request.state is State.WAITING:
        return _waiting(scene)
    if request.state is State.JOINED and scene.first:
        return _joined(scene, scene.first)
    title, state = _titled(scene, 24), where_it_stands(scene)
    return message(
        f"{scene.lead}{request.id}: {state}", _header(request, title), section(state), *again(scene)
    )


def _header(request: Request, title: str) -> Block:
    return header(f"{emoji(request)} {title}")


def _titled(scene: Scene, words: int) -> str:
    """How it stands, and what was asked for."""
    return (
        f"{scene.lead}{scene.secret}{scene.request.id} · {heading(scene)}: {clip_words(scene.phrase, words)}"
    )


def _waiting(scene: Scene) -> Message:
    request = scene.request
    whom = "No approver reached yet" if scene.unasked else f"Waiting for {waiting.awaited(scene)}"
    title = f"{scene.lead}{scene.secret}{request.id} · {whom}"
    line = clip_words(f"{capital(scene.phrase)}.", 26)
    blocks = [_header(request, title), section(line), *_how_far(scene, 0)]
    if count_words(blocks) > MOST_WORDS:
        blocks = [_header(request, title), section(line), *_how_far(scene, 1)]
    notes = waiting.notes(scene)
    # What was asked and answered comes before the notes, and leaves them some room.
    blocks += _talk(scene, MOST_WORDS - count_words(blocks) - min(words_in(notes), 15), waiting.NO_ANSWER)
    room = MOST_WORDS - count_words(blocks)
    small = [context(clip_words(notes, room))] if notes and room else []
    return message(title, *blocks, *small, _buttons(scene))


def _talk(scene: Scene, room: int, but: str = "") -> list[Block]:
    """The newest question and its answer, without an end that is said elsewhere."""
    return sections(waiting.talk(scene, room).removesuffix(but).rstrip()) if room >= LEAST_TALK else []


def _how_far(scene: Scene, short: int) -> list[Block]:
    """Since when, which step, and what happens if nobody answers."""
    request = scene.request
    assert request.deadlines.expires_at
    last = request.deadlines.asked_last_at if request.deadlines.reminded else None
    reminded = f", reminded {scene.at(last)}" if last else ""
    steps = waiting.progress(scene, short)
    end = f"Expires {scene.at(request.deadlines.expires_at)}."
    rest = "" if short else "I'll tell you when it's decided."
    if request.asking.questions and not request.asking.questions[-1].answer:
        rest = f"{scene.name(request.asking.questions[-1].by)} is waiting for your answer."
    text = " ".join(filter(None, (f"Requested {scene.at(request.asked_at)}{reminded}.", steps, end, rest)))
    return [section(text)]


def _buttons(scene: Scene) -> Block:
    request, value = scene.request, Handle.of(scene.request).value
    asked = request.asking.questions
    open_ = asked and not asked[-1].answer
    reply = [button("Answer", "answer", Handle.of(request, len(asked)).value, primary=True)] if open_ else []
    return actions(
        *reply,
        button("Remind", "remind", value),
        button("Withdraw", "withdraw", value),
        button("Details", "details", value),
    )


def _joined(scene: Scene, first: Request) -> Message:
    """The same was asked for before: who did, who decides, and a way to remind them."""
    request, of = scene.request, replace(scene, request=first)
    title = _titled(scene, 16)
    said = clip_words(where_it_stands(scene), 20)
    if first.state is not State.WAITING or first.deadlines.expires_at is None:
        text = clip_words(f"{said} {where_it_stands(of)}", 60)
        return message(f"{scene.lead}{request.id}: {text}", _header(first, title), section(text))
    since, until = scene.at(first.asked_at), scene.at(first.deadlines.expires_at)
    text = (
        f"{said} Waiting for {waiting.awaited(of)} since {since}. Expires {until}. "
        "I'll tell you when it's decided."
    )
    blocks = [_header(first, title), section(text)]
    blocks += _talk(of, MOST_WORDS - count_words(blocks))
    remind = actions(button("Remind", "remind", Handle.of(first).value))
    return message(f"{scene.lead}{request.id}: {text}", *blocks, remind)


CARDS: dict[str, Draw] = {
    "requester": requester,
    "approver": approver,
    "channel": approver,
    "operator": operator,
    "subject": result,
}
"""How each role sees a request on its card, of which everybody has one."""
REPLIES: dict[str, Draw] = {
    "again": again_asked,
    "channel-again": again_asked,
    "reminder": reminder,
    "channel-reminder": reminder,
    "question": question,
    "answer": answer,
    "stuck": stuck,
    "progress": progress,
    "result": conclusion,
    "follower": conclusion,
    "notice": notice,
}
"""What is said in the thread of a card."""
REDRAWN = ("question", "notice")
"""Replies with buttons, which change with the request."""
DRAWINGS = CARDS | REPLIES
CHANNELS = ("channel", "channel-again", "channel-reminder")
"""Roles whose message stands in a channel, for many readers."""


def draw(role: str, scene: Scene) -> Message:
    """The message for a role. A request this program can't fully read is shown, without buttons."""
    if scene.request.untouchable:
        text = f"{scene.request.id} was created by a newer version of me. I can show it but not change it."
        return message(text, section(text))
    return DRAWINGS[role](scene if role not in CHANNELS else replace(scene, viewer=None))
