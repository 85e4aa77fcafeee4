"""A company with many people, and a list sent, approved and carried out."""

from collections.abc import Sequence

from approvals.decide.actor import Actor
from approvals.ids import RequestId
from approvals.request import Request
from bot.actions.many import Line
from bot.context import Context
from bot.sandbox.stage import Stage
from bot.work.bulk.check import judged
from bot.work.bulk.reading import Reading, prepared, read


def save(context: Context, actor: Actor, lines: Sequence[Line], reason: str, **more: str) -> Request:
    """Saves a list for the worker."""
    return context.store.ask(*prepared(context, actor, lines, reason, **more))


def listed(s: Stage, text: str, by: str = "carol@example.com") -> Reading:
    """A list as `miro-bot bulk` checks it."""
    who = person(s, by)
    reading = read(s.bot.context, who, text.encode())
    reading.plans, problems = judged(s.bot.context, s.bot.miro, who.person, reading.lines, s.bot.people)
    reading.leave_out(problems)
    return reading


def person(s: Stage, email: str) -> Actor:
    """Somebody with their Slack account."""
    known = s.bot.people.find(email)
    assert known and known.account
    return Actor(known, known.account)


def sent(s: Stage, text: str, by: str = "carol@example.com") -> RequestId:
    """A list that was sent, and checked by the worker."""
    reading = listed(s, text, by)
    assert not reading.problems
    id = save(s.bot.context, person(s, by), reading.lines, "The quarter ends.").id
    s.settle()
    return id


def lines(s: Stage, id: RequestId) -> list[Request]:
    """The lines of a bulk, in order."""
    return [one for one in s.bot.store.requests(limit=10_000)[::-1] if one.because_of == id and one.line]


def joiners(count: int) -> list[str]:
    """Invented addresses."""
    return [f"person.{number}@example.com" for number in range(count)]
