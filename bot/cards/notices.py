"""What is said in the thread of a card: reminders, questions and answers, progress, and that it ends soon."""

from approvals.states import State
from bot.cards import waiting
from bot.cards.blocks import Message, actions, button, clip_words, context, header, message, section, sections
from bot.cards.catalogue import texts
from bot.cards.handles import Handle
from bot.cards.scene import Scene, capital, emoji, foot, where_it_stands


def reminder(scene: Scene) -> Message:
    """To those who haven't decided yet."""
    return _prompt(scene, f"Reminder: {scene.question}", "")


def again_asked(scene: Scene) -> Message:
    """To those whose card asks something else now, or asks them only now."""
    is_new = scene.request.plan.again or scene.request.plan.anew
    why = "The changes are different now." if is_new else waiting.progress(scene, 1)
    return _prompt(scene, scene.question, f"Please decide. {why}")


def _prompt(scene: Scene, title: str, why: str) -> Message:
    """A line about a decision that is missing; the card has the changes and the buttons."""
    request, expires = scene.request, scene.request.deadlines.expires_at
    whom = "you" if scene.viewer else waiting.awaited(scene)
    ends = f" Expires {scene.at(expires)}." if expires else ""
    text = f"{why} Waiting for {whom}.{ends}".strip()
    return message(f"{title} {request.id}", header(f"⏳ {clip_words(title, 30)}"), section(text), foot(scene))


def progress(scene: Scene) -> Message:
    """What of several changes Miro has taken since they were approved or resumed."""
    request = scene.request
    accepted = request.progress.accepted
    done = texts(step.change.form("did") for step in request.plan.steps if step.key in accepted)
    title = f"{request.id} · Changes made so far"
    lines = [f"✓ {capital(text)}" for text in done]
    return message(title, header(f"{emoji(request)} {title}"), *sections(*lines))


def notice(scene: Scene) -> Message:
    """A day before the end, to who asked and to the person it is about."""
    request = scene.request
    if request.ending.ends_at is None:
        line = f"{request.id}: {'its end date has changed' if request.ending.is_moved else 'its time is up'}."
        return message(line, section(line))
    at = scene.at(request.ending.ends_at)
    title = f"Until {at}: {scene.outcome}".replace("you are", "you're")
    who = "you" if _may_extend(scene) else scene.name(request.requester)
    text = f"Then it's removed, and I'll tell you. Need it longer? {capital(who)} can ask for an extension."
    more = actions(button("Extend", "again", Handle.of(request).value)) if _may_extend(scene) else None
    return message(
        f"{title}. {request.id}", header(f"⏳ {title}"), section(text), *([more] if more else []), foot(scene)
    )


def _may_extend(scene: Scene) -> bool:
    """Only who asked may ask again; the form is theirs."""
    asker = scene.person(scene.request.requester)
    return bool(scene.viewer and scene.viewer.is_(asker))


def stuck(scene: Scene) -> Message:
    """To operators: what nobody can decide any more is theirs to mend; it is never approved."""
    request, asking = scene.request, scene.request.asking
    if request.state is not State.WAITING or not asking.is_stuck:
        line = f"{scene.lead}{request.id}: {where_it_stands(scene) or 'others were asked.'}"
        return message(line, section(line))
    title = f"{scene.lead}{scene.secret}No approver available for {request.id}"
    text = "Name an approver or a fallback in the policy, or have it requested again. Otherwise it expires."
    more = actions(button("Details", "details", Handle.of(request).value))
    return message(
        title, header(f"⚠️ {title}"), section(f"{capital(scene.phrase)}."), section(text), more, foot(scene)
    )


MOST_SAID = 25
"""Words of a question, and of an answer, on a card."""


def question(scene: Scene) -> Message:
    """Asks the requester; afterwards says what was answered, without a button."""
    request, one = scene.request, scene.request.asking.questions[scene.round - 1]
    asks = f"{scene.name(one.by)} asks"
    text = f"“{clip_words(one.text, MOST_SAID)}”"
    note = f"{scene.lead}{request.id}: {asks} {text}"
    head = header(f"{emoji(request)} {scene.lead}{request.id} · {asks}")
    if one.answer:
        return message(
            note, head, section(text), section(f"You answered: “{clip_words(one.answer, MOST_SAID)}”")
        )
    if request.state is not State.WAITING:
        return message(note, head, section(text), section(where_it_stands(scene)))
    expires = request.deadlines.expires_at
    ends = f" Expires {scene.at(expires)}." if expires else ""
    about = context(f"Reply here to answer. Request: {clip_words(scene.phrase, 20)}.{ends}")
    value = Handle.of(request, scene.round).value
    buttons = actions(button("Answer", "answer", value, primary=True), button("Details", "details", value))
    return message(note, head, section(text), about, buttons)


def answer(scene: Scene) -> Message:
    """Tells who asked what the answer is; their card has it too, and the buttons."""
    request, one = scene.request, scene.request.asking.questions[scene.round - 1]
    who = scene.name(request.requester)
    text = f"“{clip_words(one.answer, MOST_SAID)}”"
    head = header(f"{emoji(request)} {scene.lead}{request.id} · {who} answered")
    note = f"{scene.lead}{request.id}: {who} answered {text}"
    asked = context(f"You asked: “{clip_words(one.text, MOST_SAID)}”")
    return message(note, head, section(text), asked)
