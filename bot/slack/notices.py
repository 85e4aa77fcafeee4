"""The message that something given for some days ends soon, with a way to ask for more."""

from bot.slack.blocks import Message, actions, button, header, message, section
from bot.slack.scene import Scene, foot


def notice(scene: Scene) -> Message:
    """A day before the end, to who asked and to the person it is about."""
    request = scene.request
    if request.ends_at is None:
        line = f"{request.id}: its days are over."
        return message(line, section(line))
    at = scene.at(request.ends_at)
    title = f"Until {at}: {scene.outcome}".replace("you are", "you're")
    text = "Then I take it back, and tell you. Do you need it longer? Whoever decides is asked again."
    more = actions(button("Extend", "again", request.id)) if _may_extend(scene) else None
    return message(
        f"{title}. {request.id}", header(title), section(text), *([more] if more else []), foot(scene)
    )


def _may_extend(scene: Scene) -> bool:
    """Only who asked may ask again; the form is theirs."""
    asker = scene.person(scene.request.requester)
    return bool(scene.viewer and scene.viewer.is_(asker))
