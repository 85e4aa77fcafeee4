"""Many people of one push at once: a bulk of the directory, whose lines share looks and calls for a group.

Only of changes that nobody decides and that wait for nothing. Everything else is asked one by one.
"""

from collections.abc import Sequence

from approvals.ids import PersonId, stamp
from approvals.policy.directories import CHANGES
from approvals.states import State
from bot.actions import Action
from bot.actions.many import MOST_LINES, Bulk, Line
from bot.directory.asking.mapping import TAKES, Standing
from bot.directory.asking.requests import Push, asked_word, request_by
from bot.directory.asking.under_way import bulks
from bot.directory.asking.words import Word, Words
from bot.directory.store import EntryId
from bot.work.ask import asked_event
from bot.work.bulk.plans import left_out

FEWEST = 10
"""People from which on a push is asked together."""


def suited(push: Push, ids: Sequence[EntryId]) -> list[EntryId]:
    """Those who are asked for together, if there are enough of them."""
    # Of those who lose admin rights it is looked at for each who else does.
    can = {each for each, change in CHANGES.items() if change in push.rules.unattended} - TAKES
    free = [
        id
        for id in ids
        if push.words[id].standing is Standing.OPEN
        and push.pending[id]
        and push.row(id).person not in push.busy
        and not any(each.wait or each.action not in can for each in push.pending[id])
    ]
    return free if len(free) >= FEWEST else []


def ask(push: Push, ids: Sequence[EntryId]) -> None:
    """Makes a bulk of what these people's new words change, and marks the words as asked for."""
    context, people, commands = push.context, dict[EntryId, PersonId](), dict[EntryId, list[Action]]()
    for id in ids:  # new people are stored one at a time: others write in between
        with context.store.unit(own=True):
            person = push.row(id).person or context.store.people.meet(email=push.words[id].email).id
        commands[id] = [change.about(person) for change in push.pending[id]]
        people[id] = person
    words = Words(context.store.database)
    with context.store.writing():
        rows = words.of(push.name)
        taken = [id for id in commands if rows.get(id, Word(push.name, id)) == push.row(id)]
        lines = list[Line]()
        for id in taken:
            if len(lines) + len(commands[id]) > MOST_LINES:
                taken = taken[: taken.index(id)]
                break
            lines += [
                Line(number=len(lines) + number, action=each.NAME, details=each.model_dump(mode="json"))
                for number, each in enumerate(commands[id], 1)
            ]
        if lines:
            reason = f"{push.title}: {len(taken):,} people of one push."
            signed = {"reason": reason, "who": push.source.called}
            context.store.ask(asked_event(context, Bulk(lines=tuple(lines)), push.source.id, signed))
            words.keep([asked_word(push, id, people[id], stamp(context.now())) for id in taken])


def ask_left_out(push: Push) -> None:
    """Asks one by one for what a bulk couldn't do together: each then says why, or finds a way."""
    context = push.context
    for request in bulks(context, push.source.id):
        if request.state is State.CHECKING or context.store.has(f"left out {request.id}"):
            continue
        first = next(iter(context.store.events(request.id)))
        asked = Bulk.model_validate_json(first.words.get("details") or "{}")
        out = left_out(event.words for event in context.store.events(request.id))
        wanted = {*out} if request.state is not State.REFUSED else {line.number for line in asked.lines}
        with context.store.writing():
            if context.store.once(f"left out {request.id}"):
                for line in asked.lines:
                    if line.number in wanted:
                        request_by(push, line.command, request.reason)
