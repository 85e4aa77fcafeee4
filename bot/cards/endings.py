"""Cards of requests that ended or stopped: done, stopped with a way out, and what the requester hears."""

from collections.abc import Sequence

from approvals.people import listed
from approvals.sentence import Sentence
from approvals.states import State
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
    link,
    message,
    numbered,
    section,
    sections,
)
from bot.cards.catalogue import texts, written
from bot.cards.handles import Handle
from bot.cards.named import words_in
from bot.cards.notices import stuck
from bot.cards.scene import (
    Scene,
    again,
    by_shell,
    capital,
    emoji,
    foot,
    heading,
    not_done,
    stopped,
    unasked,
    where_it_stands,
    without_me,
)


def result(scene: Scene) -> Message:
    """How it ended or stopped, for who asked and for the person changed."""
    request, said = scene.request, scene.request.outcome
    if said is None or scene.round != request.progress.outcomes:
        line = f"{scene.lead}{request.id}: {where_it_stands(scene)}"
        return message(line, section(line))
    if request.state is State.STOPPED:
        return _stopped(scene, [context(f"{_asker(scene)}{scene.help}")])
    if request.state is State.DONE:
        return done(scene)
    title = f"{scene.lead}{scene.secret}{request.id} · {heading(scene)}: {scene.phrase}"
    return message(
        f"{title}. {where_it_stands(scene)}",
        header(f"{emoji(request)} {title}"),
        section(where_it_stands(scene)),
        *again(scene),
    )


def done(scene: Scene) -> Message:
    """Every change was seen to hold; to the person changed in the second person."""
    request, said = scene.request, scene.request.outcome
    assert said
    title = f"{scene.secret}{capital(scene.outcome)}".replace("ou are", "ou're", 1)
    count = len(said.done)
    changes = {1: "The change is", 2: "Both changes are"}.get(count, f"All {count} changes are")
    saw = f"{changes} verified in Miro."
    if not count:
        saw = "" if said.others else "Everything was already in place. Nothing was changed."
    text = " ".join(filter(None, (_approved(scene), saw, without_me(request, 20))))
    what = _what(said.done)
    head = header(f"{emoji(request)} {title}")
    least = [head, section(f"{text} {_end(scene, 0)}"), foot(scene)]
    if count_words([*least, *what]) > MOST_WORDS:
        what = _what(said.done, boards="")
    room = MOST_WORDS - count_words([head, section(text), *what, foot(scene)])
    parts = [head, section(f"{text} {_end(scene, room)}".strip()), *what, foot(scene)]
    if scene.is_mine:
        parts.append(actions(link("Open Miro", "visit", "https://miro.com/app/")))
    return message(f"{title}. {request.id}", *parts)


def _what(done: Sequence[Sentence], boards: str = " (boards there went to a team admin)") -> list[Block]:
    """What was done, line by line; of a team that was left, where its boards are now."""
    lines = [f"{written(one, str)}{boards if one.code == 'leave-boards.did' else ''}" for one in done]
    return sections(*numbered([capital(line) for line in lines]))


def _end(scene: Scene, room: int) -> str:
    """When it ends, and what is taken back then, if there is room for it."""
    if scene.request.ending.ends_at is None:
        return ""
    ends = f"Ends {scene.at(scene.request.ending.ends_at)}"
    whole = f"{ends}. Then {scene.back}." if scene.back else f"{ends}."
    return whole if words_in(whole) <= room else f"{ends}."


def _approved(scene: Scene) -> str:
    """Who asked and who said yes; or why nobody had to."""
    request = scene.request
    if request.is_end:
        return unasked(request)
    asked = f"Requested by {'you' if scene.is_viewer(request.requester) else scene.name(request.requester)}"
    if request.is_unasked:
        return f"{asked}. The policy requires no approval."
    return f"{asked}, approved by {scene.names(request.asking.decided_by)}{by_shell(scene)}."


def conclusion(scene: Scene) -> Message:
    """The same as one reply in the thread: it stays as it is, so it has nothing that may change yet."""
    if scene.request.state is State.STOPPED:
        return _stopped(scene, [])
    return result(scene)


def _stopped(scene: Scene, rest: list[Block]) -> Message:
    request, said = scene.request, scene.request.outcome
    assert said
    title = f"{scene.secret}{stopped(scene)}"
    lines = sections(
        f"Done: {listed(texts(said.done))}." if said.done else "",
        without_me(request, 20),
        not_done(request, 25),
    )
    head = header(f"{emoji(request)} {title}")
    room = MOST_WORDS - count_words([head, *lines, *rest])
    return message(title, head, *lines, section(clip_words(scene.says(said.text), room)), *rest)


def _asker(scene: Scene) -> str:
    """Who asked, for somebody else who is told."""
    asker = scene.person(scene.request.requester)
    return "" if scene.viewer and scene.viewer.is_(asker) else f"Requested by {scene.name(asker.id)}. "


def _way_out(scene: Scene) -> list[Block]:
    said, value = scene.request.outcome, Handle.of(scene.request).value
    assert said
    buttons = actions(
        button("Resume", "resume", value, primary=True),
        button("Close as Incomplete", "withdraw", value),
        button("Details", "details", value),
    )
    return [section(f"To fix: {clip_words(scene.says(said.remedy), 25)}"), buttons]


def operator(scene: Scene) -> Message:
    """A stopped request, with its way out."""
    request = scene.request
    if request.state is State.STOPPED and scene.round == request.progress.outcomes:
        return _stopped(scene, _way_out(scene))
    if request.state is State.WAITING:
        return stuck(scene)
    line = f"{request.id}: {where_it_stands(scene)}"
    return message(line, section(f"{capital(scene.phrase)}. {line}"))
