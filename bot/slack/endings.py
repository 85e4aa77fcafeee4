"""Cards of requests that ended or stopped: done, stopped with a way out, and what the requester hears."""

from approvals.people import listed
from approvals.states import State
from bot.slack.blocks import (
    Message,
    actions,
    button,
    clip_words,
    context,
    header,
    link,
    message,
    numbered,
    section,
    sections,
)
from bot.slack.scene import Scene, again, by_shell, foot, heading, where_it_stands


def result(scene: Scene) -> Message:
    """A new message when it ended or stopped, so that the requester hears of it."""
    request, said = scene.request, scene.request.outcome
    if said is None or scene.round != request.outcomes:
        return message(f"{request.id} goes on", section(f"{request.id} goes on: {where_it_stands(scene)}"))
    if request.state is State.STOPPED:
        return _stopped(scene, False)
    if request.state is State.DONE:
        return done(scene)
    title = f"{request.id} · {heading(scene)}: {scene.phrase}"
    return message(
        f"{title}. {where_it_stands(scene)}", header(title), section(where_it_stands(scene)), *again(scene)
    )


def done(scene: Scene) -> Message:
    """Every change was seen to hold; to the person changed in the second person."""
    request, said = scene.request, scene.request.outcome
    assert said
    title = f"Done: {scene.outcome}".replace("you are", "you're")
    asked = scene.name(request.requester)
    by = scene.names(request.decided_by)
    count = len(said.done)
    changes = {1: "the change", 2: "both changes"}.get(count, f"all {count} changes")
    text = f"{asked} asked, {by} approved{by_shell(scene)}. Then I looked again and saw {changes} in Miro."
    what = sections(*numbered([line[:1].upper() + line[1:] for line in said.done]))
    parts = [header(title), section(text), *what, foot(scene)]
    if scene.is_mine:
        parts.append(actions(link("Open Miro", "visit", "https://miro.com/app/")))
    return message(f"{title}. {request.id}", *parts)


def _stopped(scene: Scene, operator: bool) -> Message:
    request, said = scene.request, scene.request.outcome
    assert said
    half = "halfway" if said.done else "before anything changed"
    title = f"{request.id} stopped {half}: {scene.phrase}"
    lines = sections(
        f"Done: {listed(said.done)}." if said.done else "",
        f"Not done: {clip_words(', '.join(said.left), 25)}.",
        clip_words(said.text, 25),
    )
    if not operator:
        return message(title, header(title), *lines, context("The operators have been told."))
    buttons = actions(
        button("Resume", "resume", request.id, primary=True),
        button("Leave as It Is", "withdraw", request.id),
        button("Details", "details", request.id),
    )
    helps = section(f"What helps: {clip_words(said.remedy, 25)}")
    return message(title, header(title), *lines, helps, buttons)


def operator(scene: Scene) -> Message:
    """A stopped request, with its way out."""
    request = scene.request
    if request.state is State.STOPPED and scene.round == request.outcomes:
        return _stopped(scene, True)
    line = f"{request.id}: {where_it_stands(scene)}"
    return message(line, section(f"{scene.phrase[:1].upper()}{scene.phrase[1:]}. {line}"))
