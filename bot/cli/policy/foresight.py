"""What a policy would do with an ask that nobody has made: who decides, who is told, and when what ends."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from approvals.decide.actor import is_operator
from approvals.decide.case import Approver, Case
from approvals.decide.deadlines import later, reminder
from approvals.decide.seats import Ground
from approvals.people import Person, listed
from approvals.policy.model import Policy, Step
from approvals.record.database import Location
from approvals.record.store import reading
from approvals.refusals import Held, Refused, Unsure
from bot.actions import Action
from bot.actions.fill import check_shown, fill_partly
from bot.actions.form import Input
from bot.actions.tables import Tables
from bot.cards.blocks import span
from bot.cli.common import is_there
from bot.cli.policy.assumed import Everybody, assumed
from bot.cli.policy.climbing import climbed, met_again
from bot.cli.policy.missing import missing
from bot.policies import by_record


@dataclass(frozen=True)
class Foresight:
    """One ask, thought through to its end."""

    ground: Ground
    steps: tuple[tuple[Step, tuple[Approver, ...]], ...]
    notes: tuple[str, ...]

    @property
    def times(self) -> list[tuple[datetime, str]]:
        """What happens when, if nobody answers."""
        rule, now, policy = self.ground.rule, self.ground.now, self.ground.policy
        expires = later(now, rule.expires, policy)
        found = [(expires, "the request ends; that isn't a no")]
        if rule.first_reminder:
            found.append((reminder(now, rule.first_reminder, 0, policy), "they are reminded"))
        for step, _ in self.steps[:1]:
            for one in step.escalate:
                names = listed(f'"{name}"' for name in one.to)
                found.append((later(now, one.after, policy), f"{names} may decide as well"))
        return sorted(one for one in found if one[0] <= expires)

    def lines(self) -> list[str]:
        """For a terminal."""
        if not self.steps:
            return ["No approval is needed: it is done at once, and written down."]
        lines = []
        for number, (step, seats) in enumerate(self.steps, 1):
            if len(self.steps) > 1:
                lines.append(f"Step {number}:")
            for one in seats:
                lines.append(_line(one, not any(other.told for other in seats)))
            if len(self.steps) > 1:
                lines.append(f"{step.agree} of them must agree.")
        zone = ZoneInfo(self.ground.policy.zone)
        lines += self.notes
        lines += [f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}: {what}" for at, what in self.times]
        agree = f"{self.steps[0][0].agree} of them must agree" if len(self.steps) == 1 else "All steps"
        return [*lines, f"{agree}, within {span(self.ground.rule.expires)}; no answer means no change."]

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        steps = [
            {
                "agree": step.agree,
                "approvers": [
                    {
                        "who": one.person.addressed,
                        "because": one.because,
                        "told": one.told,
                        "fallback": one.is_fallback,
                    }
                    for one in seats
                ],
            }
            for step, seats in self.steps
        ]
        times = [{"at": at.isoformat(), "what": what} for at, what in self.times] if steps else []
        return {"steps": steps, "notes": list(self.notes), "if_nobody_answers": times}


def _line(one: Approver, is_quiet: bool) -> str:
    spare = " (fallback)" if one.is_fallback else ""
    quiet = "" if one.told or is_quiet else " (isn't told, may decide)"
    return f"{one.person.addressed}: {one.because or 'named in the policy'}{spare}{quiet}"


def foresee(
    policy: Policy, action: type[Action], raw: Mapping[str, str], email: str, now: datetime, record: Location
) -> Foresight:
    """Thinks an ask through. Raises Refused and Problems for what can't be asked for or decided."""
    with ExitStack() as open_:
        store = open_.enter_context(reading(record)) if is_there(record) else None
        if store:
            policy = by_record(store, policy)
        people = Everybody(store.people if store else None)
        tables = assumed(policy, store, people)
        ground = Ground(policy, _case(action, raw, people.by_email(email), tables), people, now)
        _check_asker(ground)
        ground.check_length()
        notes = (*missing(ground), *_unsure(tables, action, raw))
        if problem := ground.unfillable():
            why = " ".join([f"Nobody can decide this: {problem}.", *notes])
            raise Refused(f"{why} Add an approver or a fallback to the policy.")
        is_quiet = _is_quiet(policy, action)
        rungs = list(climbed(ground))
        steps = tuple((rung.step, _as_told(rung.seats, is_quiet)) for rung in rungs)
        notes = (*notes, *met_again(ground, rungs))
    return Foresight(ground, steps, (*notes, *_also(ground, action)))


def _check_asker(ground: Ground) -> None:
    try:
        ground.may_ask()
    except Held:
        raise
    except Unsure as error:
        raise Refused(
            f"The record doesn't say who is in {error.handle}, and which rule holds hangs on that. "
            "Run the bot on this policy for a minute, or name its record in MIRO_BOT_DATABASE."
        ) from error


def _is_quiet(policy: Policy, action: type[Action]) -> bool:
    """Whether one card in a channel stands for all messages."""
    return bool(policy.tell) and not action.CONFIDENTIAL


def _as_told(seats: tuple[Approver, ...], is_quiet: bool) -> tuple[Approver, ...]:
    """Who gets a message: nobody beside a channel's card, and everybody where nobody told is left."""
    everybody = not any(one.told for one in seats)
    return tuple(replace(one, told=not is_quiet and (one.told or everybody)) for one in seats)


def _also(ground: Ground, action: type[Action]) -> Iterator[str]:
    ladder = ground.rule.ladder
    if ladder and _is_quiet(ground.policy, action):
        channel = ground.policy.tell
        yield f"One card goes to the channel {channel}; who decides and isn't in it gets a message."
    if len(ladder) > 1:
        yield "Each later step has such times of its own, from when it begins; only the end is the same."


def _unsure(tables: Tables, action: type[Action], raw: Mapping[str, str]) -> Iterator[str]:
    """What the answer leaves open about teams."""
    fields = [name for name, asked in action.form().items() if asked.is_team]
    if any(raw.get(name) for name in fields) and not tables.groups:
        yield "Which teams Miro has isn't in this record yet, so I take their names as you wrote them."
    if fields and not any(raw.get(name) for name in fields):
        yield "No team was named, so no rule about teams is looked at, and nobody as owner of one."
    for name, asked in action.form().items():
        if asked.grave and not raw.get(name):
            yield f"{name} wasn't chosen, so no rule about it is looked at."


def _case(action: type[Action], raw: Mapping[str, str], asker: Person, tables: Tables) -> Case:
    """The ask as a request would have it, by the same checks."""
    check_shown(action, raw, is_operator(tables.policy, asker))
    _check_subject(action, raw)
    command = fill_partly(action, raw, asker, tables)
    subject = tables.people.person(command.subject) if command.subject else None
    seen = command.looked_at(tables.facts)
    return Case(action.NAME, asker, subject, seen.teams, command.days, seen.details, seen.left)


def _check_subject(action: type[Action], raw: Mapping[str, str]) -> None:
    about = [name for name, asked in action.form().items() if asked.kind is Input.PERSON and not asked.own]
    for name in about:
        if not raw.get(name):
            raise Refused(f"Whom is it about? Add {name}=EMAIL.")
