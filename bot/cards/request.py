"""Every message about a request, drawn from its stored state: cards, and replies in their threads; pure."""

from collections.abc import Callable
from dataclasses import replace

from approvals.request import Request
from approvals.states import State
from bot.actions.many import Bulk
from bot.cards import waiting
from bot.cards.blocks import Block, Message, message, section
from bot.cards.bulk.progress import SHOWN, left_out
from bot.cards.bulk.progress import progress as progress_of_bulk
from bot.cards.catalogue import texts
from bot.cards.decision import approver, expires
from bot.cards.handles import press
from bot.cards.layout import Part, Worth, card
from bot.cards.scene import Scene, capital, fields, talk
from bot.cards.settled import conclusion, handed, notice, prompt, settled, sign, stopped

Draw = Callable[[Scene], Message]


def requester(scene: Scene) -> Message:
    """The requester's card: the current state."""
    request = scene.request
    if request.state is State.JOINED and scene.first:
        return _joined(scene, scene.first)
    if request.state is not State.WAITING:
        return settled(scene)
    whom = "No approver reached yet" if scene.unasked else f"Waiting for {waiting.awaited(scene)}"
    last = request.deadlines.asked_last_at if request.deadlines.reminded else None
    parts = [
        scene.about,
        fields(scene, ("Expires", expires(scene)), ("Reminded", scene.at(last) if last else "")),
        *talk(scene),
        Part(waiting.progress(scene), Worth.NOTE),
        left_out(scene),
        waiting.aside(scene),
    ]
    start = [press("start", request, "Change Start")] if request.is_scheduled else []
    others = press("remind", request), press("withdraw", request), *start, press("details", request)
    return card("⏳", f"{scene.title} · {whom}", parts, *_answering(request), *others)


def _answering(request: Request) -> list[Block]:
    """The button to answer an open question."""
    questions = request.asking.questions
    if not questions or questions[-1].answer:
        return []
    return [press("answer", request, question=len(questions), primary=True)]


def _joined(scene: Scene, first: Request) -> Message:
    """The card of a joined request: who asked first, who decides, and Remind."""
    of = replace(scene, request=first)
    if first.state is not State.WAITING:
        return settled(of, f"{scene.title} · Already requested as {first.id}")
    parts = [
        scene.about,
        Part(f"{capital(scene.brief(first.requester))} already asked for this: {first.id}."),
        fields(scene, ("Waiting for", waiting.awaited(of)), ("Expires", expires(of))),
        *talk(of),
        Part("I'll tell you when it's decided.", Worth.ASIDE),
    ]
    return card("⏳", f"{scene.title} · Already requested", parts, press("remind", first))


def operator(scene: Scene) -> Message:
    """What an operator can do about a request that stopped, or that nobody can decide."""
    if scene.request.state is State.WAITING:
        return stuck(scene)
    is_newest = scene.round == scene.request.progress.outcomes
    return stopped(scene) if scene.request.state is State.STOPPED and is_newest else settled(scene)


# -- replies in the thread of a card ---------------------------------------------------------------------


def reminder(scene: Scene) -> Message:
    """A reminder for approvers who haven't decided yet."""
    return _prompt(scene, "Reminder: ", "")


def again(scene: Scene) -> Message:
    """A reply for approvers whose card asks something new, or asks them only now."""
    plan = scene.request.plan
    why = "The changes are different now." if plan.again or plan.anew else waiting.progress(scene)
    return _prompt(scene, "", f"Please decide. {why}".strip())


def _prompt(scene: Scene, lead: str, why: str) -> Message:
    """A line about a missing decision; the card has the changes and the buttons."""
    whom = "you" if scene.viewer else waiting.awaited(scene)
    parts = [
        fields(scene, ("Waiting for", whom), ("Expires", expires(scene))),
        Part(why, Worth.NOTE),
        Part(scene.request.id, is_small=True),
        waiting.aside(scene),
    ]
    return card("⏳", f"{lead}{scene.question}", parts, note=f"{lead}{scene.question} {scene.request.id}")


def progress(scene: Scene) -> Message:
    """Which of several changes Miro has taken since they were approved or resumed."""
    request, accepted = scene.request, scene.request.progress.accepted
    made = texts(step.change.form("did") for step in request.plan.steps if step.key in accepted)
    lines = [Part(f"✓ {capital(text)}") for text in made]
    return card(sign(request), f"{scene.title} · Changes made so far", lines)


def question(scene: Scene) -> Message:
    """A question for the requester; after the answer, both without a button."""
    request, put = scene.request, scene.request.asking.questions[scene.round - 1]
    title = f"{scene.title} · {capital(scene.brief(put.by))} asks"
    parts = [Part(put.text, Worth.QUOTE, quoted=True, least=20)]
    buttons: list[Block] = []
    if put.answer:
        parts.append(Part(put.answer, Worth.QUOTE, "You answered:", quoted=True, least=20))
    elif request.state is not State.WAITING:
        return settled(scene, title)
    else:
        parts += [
            scene.about,
            fields(scene, ("Expires", expires(scene))),
            Part("Press Answer, or write it here.", Worth.ASIDE),
        ]
        buttons = [*_answering(request), press("details", request, question=scene.round)]
    return card(sign(request), title, parts, *buttons, note=f"{title}: “{put.text}”")


def answer(scene: Scene) -> Message:
    """The answer, for the approver who asked; their card also has it, with the buttons."""
    request, put = scene.request, scene.request.asking.questions[scene.round - 1]
    title = f"{scene.title} · {capital(scene.brief(request.requester))} answered"
    parts = [
        Part(put.answer, Worth.QUOTE, quoted=True, least=20),
        Part(put.text, Worth.QUOTE, "You asked:", quoted=True, least=20),
    ]
    return card(sign(request), title, parts, note=f"{title}: “{put.answer}”")


def stuck(scene: Scene) -> Message:
    """Tells operators that nobody can decide a request any more; it is never approved."""
    request = scene.request
    if request.state is not State.WAITING or not request.asking.is_stuck:
        return settled(scene)
    parts = [
        scene.about,
        fields(scene, ("Expires", expires(scene))),
        Part("Name an approver or a fallback in the policy, or have it requested again."),
    ]
    title = f"{scene.lead}{scene.secret}No approver available for {request.id}"
    return card("⚠️", title, parts, press("details", request))


CARDS: dict[str, Draw] = {
    "requester": requester,
    "approver": approver,
    "channel": approver,
    "operator": operator,
    "handed": handed,
    "subject": settled,
}
"""{role: function that draws its card}; everybody has one card."""
REPLIES: dict[str, Draw] = {
    "again": again,
    "channel-again": again,
    "reminder": reminder,
    "channel-reminder": reminder,
    "question": question,
    "answer": answer,
    "stuck": stuck,
    "by-hand": prompt,
    "progress": progress,
    "result": conclusion,
    "follower": conclusion,
    "notice": notice,
}
"""{role: function that draws its reply in the thread of a card}."""
REDRAWN = ("question", "notice")
"""Replies with buttons, which change with the request."""
DRAWINGS = CARDS | REPLIES
CHANNELS = ("channel", "channel-again", "channel-reminder")
"""Roles whose message is in a channel, for many readers."""


def draw(role: str, scene: Scene) -> Message:
    """The message for a role. A request this program can't fully read is shown, without buttons."""
    if scene.request.untouchable:
        text = f"{scene.request.id} was created by a newer version of me. I can show it but not change it."
        return message(text, section(text))
    has_begun = scene.lines or scene.request.state is not State.WITHDRAWN
    is_running = scene.request.state in SHOWN and not scene.request.is_scheduled
    if scene.request.action == Bulk.NAME and is_running and has_begun:
        return progress_of_bulk(scene, is_live=role in CARDS)
    return DRAWINGS[role](scene if role not in CHANNELS else replace(scene, viewer=None))
