"""Messages about what will happen by itself: something ends soon, or nobody is left to decide it."""

from approvals.states import State
from bot.cards.blocks import Message, actions, button, header, message, section
from bot.cards.handles import Handle
from bot.cards.scene import Scene, capital, foot, where_it_stands


def notice(scene: Scene) -> Message:
    """A day before the end, to who asked and to the person it is about."""
    request = scene.request
    if request.ending.ends_at is None:
        line = f"{request.id}: {'its end was moved' if request.ending.is_moved else 'its days are over'}."
        return message(line, section(line))
    at = scene.at(request.ending.ends_at)
    title = f"Until {at}: {scene.outcome}".replace("you are", "you're")
    text = "Then I take it back, and tell you. Do you need it longer? Whoever decides is asked again."
    more = actions(button("Extend", "again", Handle.of(request).value)) if _may_extend(scene) else None
    return message(
        f"{title}. {request.id}", header(title), section(text), *([more] if more else []), foot(scene)
    )


def _may_extend(scene: Scene) -> bool:
    """Only who asked may ask again; the form is theirs."""
    asker = scene.person(scene.request.requester)
    return bool(scene.viewer and scene.viewer.is_(asker))


def stuck(scene: Scene) -> Message:
    """To operators: what nobody can decide any more is theirs to mend; it is never approved."""
    request, asking = scene.request, scene.request.asking
    if request.state is not State.WAITING or not asking.is_stuck or scene.round != asking.asks:
        line = f"{scene.lead}{request.id}: {where_it_stands(scene) or 'others were asked.'}"
        return message(line, section(line))
    title = f"{scene.lead}{scene.secret}Nobody can decide {request.id} any more"
    text = (
        "Name an approver or a fallback in the policy, or have it asked anew. Otherwise it ends unanswered."
    )
    more = actions(button("Details", "details", Handle.of(request).value))
    return message(
        title, header(title), section(f"{capital(scene.phrase)}."), section(text), more, foot(scene)
    )
