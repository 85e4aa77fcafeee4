"""The content of Details: everything that doesn't fit on a card, with steps and questions; pure."""

from collections.abc import Iterator

from approvals.people import listed
from approvals.request import Vote
from approvals.states import State
from bot.actions.form import Input
from bot.cards.blocks import Block, bullets, header, section, sections, small_print
from bot.cards.catalogue import line, texts
from bot.cards.named import bold
from bot.cards.scene import Scene, unasked
from bot.cards.settled import progress
from bot.cards.waiting import entitled, notes

MOST, SAID = 59, 40
"""The most blocks for changes and approvers, and for the conversation; a modal holds 100."""


def particulars(scene: Scene) -> list[Block]:
    """The blocks of Details, for readers who have the card."""
    request = scene.request
    details = texts(step.change.form("detail") for step in scene.steps)
    lines = [line(step, is_later=bool(scene.starts)) for step in scene.steps]
    steps = [" · ".join(filter(None, pair)) for pair in zip(lines, details, strict=True)]
    blocks = [header(scene.question), section(f"Reason: {request.reason}")]
    if steps:
        blocks.append(bullets(steps, "ordered", bold("Changes in Miro")))
    if request.state is State.STOPPED:
        blocks += sections(*(f"{part.lead} {part.text}" for part in progress(scene) if part))
    account, change = request.plan.miro_id or "none yet", request.plan.revision or "not known yet"
    record = f"For the record: Miro account {account}, change {change}, policy {request.policy[:12]}."
    lines = [*_facts(scene), *_asking(scene), *(_vote(scene, vote) for vote in request.asking.votes)]
    talk = sections(*_talk(scene))[-SAID:]
    return [*blocks, *sections(*lines)][:MOST] + talk + [small_print(record)]


def _facts(scene: Scene) -> Iterator[str]:
    request = scene.request
    yield f"Requested by {scene.name(request.requester)}, {scene.at(request.asked_at)}"
    yield f"Start: {scene.at(request.starts_at)}" if request.starts_at else ""
    if request.subject:
        yield f"For {scene.name(request.subject)}"
    yield from texts(request.plan.known)
    yield from (f"{name.replace('_', ' ')}: {value}" for name, value in _filled_in(scene))
    yield scene.undo if request.state is State.WAITING else ""


def _asking(scene: Scene) -> Iterator[str]:
    """The progress of the votes, who was notified, and who was skipped."""
    request = scene.request
    if request.is_unasked:
        yield unasked(request)
    elif request.plan.round and (request.asking.steps, request.asking.agree) != (1, 1):
        yield f"Step {request.asking.step + 1} of {request.asking.steps}: {request.asking.agree} must approve"
    if request.state is State.WAITING:
        for label, ids in (("Notified", request.asking.notified), ("Can decide", entitled(scene))):
            yield f"{label}: {listed(list(map(scene.name, ids))) or 'nobody'}"
    if request.asking.reminders:
        times = len(request.asking.reminders)
        yield f"Reminded {'once' if times == 1 else f'{times} times'}"
    yield notes(scene)


def _vote(scene: Scene, vote: Vote) -> str:
    """'Sam Lee approved for Carol Diaz in step 2, Dec 4, 09:00'"""
    whose = f" for {scene.name(vote.stands_for)}" if vote.stands_for else ""
    step = f" in step {vote.step + 1}" if scene.request.asking.steps > 1 else ""
    shell = f" (typed in a shell: {vote.shell})" if vote.shell else ""
    return f"{scene.name(vote.by)} approved{whose}{step}, {scene.at(vote.at)}{shell}"


def _talk(scene: Scene) -> Iterator[str]:
    who = scene.name(scene.request.requester)
    for question in scene.request.asking.questions:
        yield f"{scene.name(question.by)} asked, {scene.at(question.at)}: “{question.text}”"
        yield f"{who} answered: “{question.answer}”" if question.answer else "No answer yet."


def _filled_in(scene: Scene) -> list[tuple[str, str]]:
    """[(label, value)] of the filled fields; teams with both names."""
    pairs = []
    for name, field in scene.command.form().items():
        value = getattr(scene.command, name)
        if field.kind in (Input.TEXT, Input.CHOICE) and value:
            pairs.append((field.label, str(value)))
    for name, id in scene.command.teams_named:
        try:
            team = scene.facts.team(id)
            other = f" (security name {team.security_name})" if team.security_name != team.label else ""
            pairs.append((scene.command.form()[name].label, f"{team.label}{other}"))
        except KeyError:
            pairs.append((scene.command.form()[name].label, f"{id}, no longer in Miro"))
    return pairs
