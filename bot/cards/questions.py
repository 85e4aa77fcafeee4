"""What an approver asks first, to the requester; and the answer, to who asked; pure."""

from approvals.states import State
from bot.cards.blocks import Message, actions, button, clip_words, context, header, message, section
from bot.cards.handles import Handle
from bot.cards.scene import Scene, where_it_stands

MOST = 25
"""Words of a question, and of an answer, on a card."""


def question(scene: Scene) -> Message:
    """Asks the requester; afterwards says what was answered, without a button."""
    request, one = scene.request, scene.request.asking.questions[scene.round - 1]
    asks = f"{scene.name(one.by)} asks"
    text = f"“{clip_words(one.text, MOST)}”"
    note = f"{scene.lead}{request.id}: {asks} {text}"
    head = header(f"{scene.lead}{request.id} · {asks}")
    if one.answer:
        return message(note, head, section(text), section(f"You answered: “{clip_words(one.answer, MOST)}”"))
    if request.state is not State.WAITING:
        return message(note, head, section(text), section(where_it_stands(scene)))
    expires = request.deadlines.expires_at
    ends = f" The request is open until {scene.at(expires)}." if expires else ""
    about = context(f"It's about: {clip_words(scene.phrase, 20)}.{ends}")
    value = Handle.of(request, scene.round).value
    buttons = actions(button("Answer", "answer", value, primary=True), button("Details", "details", value))
    return message(note, head, section(text), about, buttons)


def answer(scene: Scene) -> Message:
    """Tells who asked what the answer is; the card they asked from has it too, and the buttons."""
    request, one = scene.request, scene.request.asking.questions[scene.round - 1]
    who = scene.name(request.requester)
    text = f"“{clip_words(one.answer, MOST)}”"
    head = header(f"{scene.lead}{request.id} · {who} answered")
    note = f"{scene.lead}{request.id}: {who} answered {text}"
    asked = context(f"You asked: “{clip_words(one.text, MOST)}”")
    return message(note, head, section(text), asked)
