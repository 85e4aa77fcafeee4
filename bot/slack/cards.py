"""Every message about a request, drawn from its stored state; pure."""

from collections.abc import Callable
from dataclasses import replace

from approvals.states import State
from bot.slack.blocks import (
    MOST_WORDS,
    Block,
    Message,
    actions,
    button,
    clip_words,
    confirmation,
    context,
    count_words,
    header,
    message,
    numbered,
    section,
    sections,
)
from bot.slack.endings import operator, result
from bot.slack.notices import notice
from bot.slack.scene import Scene, again, foot, heading, where_it_stands

Draw = Callable[[Scene], Message]


def approver(scene: Scene) -> Message:
    """Asks for a decision; afterwards says who decided, without buttons."""
    request = scene.request
    if scene.round != request.round:
        text = f"{request.id}: what will change is different now. There is a newer card below."
        return message(text, section(text))
    if request.state is not State.WAITING:
        state = where_it_stands(scene)
        text = f"{scene.lead}{request.id}: {state}"
        return message(text, header(scene.question), section(state), foot(scene))
    note = f"{scene.question} {request.id}, asked by {scene.name(request.requester)}"
    return message(note, *_ask(scene))


def _ask(scene: Scene) -> list[Block]:
    """The whole card; the more there is to read in it, the less is said of who else is asked."""
    short = next((one for one in (0, 1, 2) if count_words(_asking(scene, one)) <= MOST_WORDS), 2)
    blocks = _asking(scene, short)
    # What still doesn't fit is cut from the changes, which stand in full under Details.
    for longest in range(20, 2, -1):
        if count_words(blocks) <= MOST_WORDS:
            break
        blocks = _asking(scene, short, longest)
    return blocks


def _asking(scene: Scene, short: int, longest: int = 100) -> list[Block]:
    request, plan = scene.request, scene.request.plan
    lines = [clip_words(step["text"], longest) for step in plan["steps"]]
    changes = "What will change is different now:" if plan.get("again") else "What will change"
    body = [*sections(changes, *numbered(lines)), context(*_why(scene, short)), _decide(scene)]
    warnings = [section(text) for text in plan.get("warnings", ())]
    head = header(clip_words(scene.question, 26))
    asks = f"{scene.name(request.requester)} asks"
    room = MOST_WORDS - count_words([head, *body, *warnings]) - len(asks.split())
    reason = clip_words(request.reason, room) if room > 2 else ""
    said = section(f'{asks}: "{reason}"' if reason else f"{asks}. The reason stands under Details.")
    return [head, said, *warnings, *body]


def _why(scene: Scene, short: int) -> tuple[str, ...]:
    """Why you, who else, until when and what then."""
    request = scene.request
    mine = [(id, why) for id, why in request.approvers if scene.viewer and scene.person(id).is_(scene.viewer)]
    others = tuple(id for id, _ in request.approvers if not mine or id != mine[0][0])
    because = f"because {clip_words(mine[0][1], 12)}" if mine and mine[0][1] and short < 2 else "to decide"
    named = scene.names(others, "or")
    if short and len(others) > 1 and (mine or short > 1):
        named = f"{len(others)} {'more' if mine else 'people'}"
    who = f"You're asked {because}" if mine else f"{named} can decide"
    also = "."
    if mine and others and short < 2:
        named = named if short else scene.names(others)
        also = f"; {named} {'is' if len(others) == 1 else 'are'} asked too."
    assert request.expires_at
    until, end = scene.at(request.expires_at), "; no answer means no change."
    votes = _votes(scene, short)
    lead = f"{request.id}. {who}{also}{votes} Open until"
    if scene.zone:
        return (f"{lead} {until}{end}",)
    return (lead, until, end.removeprefix("; ").capitalize())


def _votes(scene: Scene, short: int) -> str:
    request = scene.request
    if request.votes:
        names = str(len(request.votes)) if short else scene.names(tuple(vote.by for vote in request.votes))
        return f" {names} said yes; {request.agree - len(request.votes)} more needed."
    return f" {request.agree} must agree." if request.agree > 1 else ""


def _decide(scene: Scene) -> Block:
    request, command = scene.request, scene.command
    confirm = None
    if command.CONFIRM:
        title = "Are you sure?"
        confirm = confirmation(title, command.warning(scene.facts), command.CONFIRM)
    value = f"{request.id}:{request.revision}"
    return actions(
        button("Approve", "approve", value, primary=True, confirm=confirm),
        button("Deny", "deny", value),
        button("Details", "details", value),
    )


def requester(scene: Scene) -> Message:
    """Tells who asked where it stands."""
    request = scene.request
    if request.outcomes and request.round:
        line = f"{scene.lead}{request.id} · {request.state.value.capitalize()}: {scene.phrase}"
        return message(line, section(clip_words(line, 60)))
    if request.state is State.WAITING:
        return _waiting(scene)
    title, state = f"{scene.lead}{request.id} · {heading(scene)}", where_it_stands(scene)
    return message(f"{scene.lead}{request.id}: {state}", header(title), section(state), *again(scene))


def _waiting(scene: Scene) -> Message:
    request = scene.request
    assert request.expires_at
    names = scene.names(tuple(id for id, _ in request.approvers), "or")
    title = f"{scene.lead}{request.id} · Waiting for {names}"
    votes = f" {scene.names(tuple(vote.by for vote in request.votes))} said yes." if request.votes else ""
    text = (
        f"Asked {scene.at(request.asked_at)}.{votes} If nobody answers by {scene.at(request.expires_at)}, "
        "it ends and I'll tell you. You don't have to do anything."
    )
    missed = [context(text) for text in request.unreached[-1:]]
    line = scene.phrase[:1].upper() + scene.phrase[1:] + "."
    return message(title, header(title), section(line), section(text), *missed, _withdraw(scene))


def _withdraw(scene: Scene) -> Block:
    return actions(
        button("Withdraw", "withdraw", scene.request.id), button("Details", "details", scene.request.id)
    )


DRAWINGS: dict[str, Draw] = {
    "approver": approver,
    "channel": approver,
    "requester": requester,
    "result": result,
    "follower": result,
    "subject": result,
    "operator": operator,
    "notice": notice,
}
"""How each role sees a request."""


def draw(role: str, scene: Scene) -> Message:
    """The message for a role. A request this program can't fully read is shown, without buttons."""
    if scene.request.untouchable:
        text = f"{scene.request.id} was written by a newer version of me. I show it and leave it alone."
        return message(text, section(text))
    return DRAWINGS[role](scene if role != "channel" else replace(scene, viewer=None))
