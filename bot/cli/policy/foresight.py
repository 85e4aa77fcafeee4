"""What a policy would do with a hypothetical request: who decides, who is notified, the deadlines."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from approvals.case import Case
from approvals.decide.actor import is_operator
from approvals.decide.deadlines import later, reminder
from approvals.ids import GroupId
from approvals.people import Group, Person, listed
from approvals.policy.file_alone import Assumed
from approvals.policy.model import Policy
from approvals.policy.rules import Step
from approvals.policy.seats import Approver, Seats
from approvals.policy.team_names import narrow
from approvals.record.database import Location
from approvals.record.store import Store, reading
from approvals.refusals import Held, Refused, UnknownManager, Unsure
from approvals.request import Vote
from bot.actions import Action
from bot.actions.fill import check_shown, fill_partly
from bot.actions.form import Input
from bot.actions.tables import Tables
from bot.cards.blocks import span
from bot.cards.catalogue import written
from bot.cli.common import is_there
from bot.policies import by_record

Steps = list[tuple[Step, tuple[Approver, ...]]]
"""[(step, its approvers)]."""


@dataclass(frozen=True)
class Foresight:
    """The course of one hypothetical request."""

    ground: Seats
    steps: Steps
    notes: tuple[str, ...]

    @property
    def times(self) -> list[tuple[datetime, str]]:
        """[(time, what happens)] if nobody answers."""
        rule, now, policy = self.ground.rule, self.ground.now, self.ground.policy
        expires = later(now, rule.expires, policy)
        times = [(expires, "the request expires")]
        if rule.first_reminder:
            times.append((reminder(now, rule.first_reminder, 0, policy), "they get a reminder"))
        for escalation in self.steps[0][0].escalate:
            names = listed(f'"{name}"' for name in escalation.to)
            times.append((later(now, escalation.after, policy), f"{names} can decide too"))
        return sorted((at, what) for at, what in times if at <= expires)

    def lines(self) -> list[str]:
        """For a terminal."""
        if not self.steps:
            return ["No approval needed: it's done right away and recorded."]
        lines = []
        for number, (step, seats) in enumerate(self.steps, 1):
            is_quiet = not any(seat.notified for seat in seats)
            several = len(self.steps) > 1
            lines += [f"Step {number}:"] if several else []
            lines += [_line(seat, is_quiet) for seat in seats]
            lines += [f"{step.agree} of them must approve."] if several else []
        zone = ZoneInfo(self.ground.policy.zone)
        length = span(self.ground.rule.expires).replace("day", "working day")
        lines += self.notes
        lines += [f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}: {what}" for at, what in self.times]
        wanted = (
            f"{self.steps[0][0].agree} of them must approve"
            if len(self.steps) == 1
            else "All steps are needed"
        )
        return [*lines, f"{wanted} within {length}. Without an answer nothing changes."]

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        steps = [{"agree": step.agree, "approvers": list(map(_as_json, seats))} for step, seats in self.steps]
        times = [{"at": at.isoformat(), "what": what} for at, what in self.times] if steps else []
        return {"steps": steps, "notes": list(self.notes), "if_nobody_answers": times}


def _as_json(seat: Approver) -> dict[str, object]:
    return {
        "who": seat.person.addressed,
        "because": written(seat.because, str),
        "told": seat.notified,
        "fallback": seat.is_fallback,
    }


def _line(seat: Approver, is_quiet: bool) -> str:
    spare = " (fallback)" if seat.is_fallback else ""
    quiet = "" if seat.notified or is_quiet else " (can decide, gets no message)"
    return f"{seat.person.addressed}: {written(seat.because, str) or 'named in the policy'}{spare}{quiet}"


def foresee(
    policy: Policy, action: type[Action], raw: Mapping[str, str], email: str, now: datetime, record: Location
) -> Foresight:
    """The course of a request. Raises Refused and Problems if it can't be asked for or decided."""
    with ExitStack() as open_:
        store = open_.enter_context(reading(record)) if is_there(record) else None
        if store:
            policy = by_record(store, policy)
        people = Assumed(store.people if store else None)
        tables = _tables(policy, store, people, now)
        ground = Seats(policy, _case(action, raw, people.by_email(email), tables), people, now)
        _check_asker(ground)
        ground.check_length()
        entries = [entry for step in ground.rule.ladder for entry in step.entries()]
        missing = [text for entry in entries for text in policy.entry(entry).missing(ground)]
        lack = "This record has no list of Miro's teams" if store else "There is no record"
        notes = [*dict.fromkeys(missing), *_unsure(tables, action, raw, lack)]
        if problem := ground.unfillable():
            why = " ".join([f"Nobody can decide this: {problem}.", *notes])
            raise Refused(f"{why} Add an approver or a fallback to the policy.")
        steps, again = _climbed(ground)
        is_quiet = bool(policy.tell) and not action.CONFIDENTIAL
        if steps and is_quiet:
            again.append(f"One card goes to the channel {policy.tell}. Approvers outside it get a message.")
        if len(steps) > 1:
            again.append(
                "Reminders and escalation start anew with each step. The expiry is the same for all."
            )
    return Foresight(ground, [(step, _notified(seats, is_quiet)) for step, seats in steps], (*notes, *again))


def _check_asker(ground: Seats) -> None:
    try:
        ground.may_ask()
    except (Held, UnknownManager):
        raise
    except Unsure as error:
        raise Refused(
            f"Which rule applies depends on who is in {error.handle}, and the record doesn't know. "
            "Run the bot with this policy for a minute, or set MIRO_BOT_DATABASE to its record."
        ) from error
    except Refused as error:
        case = ground.case
        whom = "" if case.concerned.id == case.requester.id else f" for {case.concerned.addressed}"
        raise Refused(f"{case.requester.addressed} can't request {case.action}{whom}.") from error


def _notified(seats: tuple[Approver, ...], is_quiet: bool) -> tuple[Approver, ...]:
    """The approvers who get a message: none if a channel has the card; all if nobody else is notified."""
    everybody = not any(seat.notified for seat in seats)
    return tuple(replace(seat, notified=not is_quiet and (seat.notified or everybody)) for seat in seats)


def _climbed(ground: Seats) -> tuple[Steps, list[str]]:
    """(the steps with their approvers, without people whose votes earlier steps need; notes on such people).

    One person counts only once over all steps.
    """
    steps, notes, votes, earlier, depends = Steps(), list[str](), list[Vote](), list[Person](), False
    for number, step in enumerate(ground.rule.ladder, 1):
        seats = ground.seats(step, votes)
        notes += _gone(number, seats, ground.seats(step))
        # Including those who are added by escalation.
        levels = range(len(step.escalate) + 1)
        anybody = [seat for level in levels for seat in ground.seats(step, votes, level)]
        depends |= any(ground.policy.is_same(seat.person, other) for seat in anybody for other in earlier)
        earlier += [seat.person for seat in anybody]
        principals = {seat.principal for seat in anybody}
        if len(principals) == step.agree:
            ids = [seat.person.id for seat in anybody if seat.person.id in principals]
            votes += [Vote(id, ground.now, "") for id in ids]
        steps.append((step, seats))
    if depends and not ground.rule.same_person_twice:
        notes.append("People who approved an earlier step aren't asked again in a later one.")
    return steps, notes


def _gone(number: int, seats: tuple[Approver, ...], at_first: tuple[Approver, ...]) -> Iterator[str]:
    """Why people named for a step can't decide it: they have already voted."""
    left = {seat.person.id for seat in seats}
    gone = [seat for seat in at_first if not seat.stands_for and seat.person.id not in left]
    if gone:
        isnt = "isn't" if len(gone) == 1 else "aren't"
        names, spare = listed(seat.person.addressed for seat in gone), ""
        if any(seat.is_fallback for seat in seats):
            spare = f" The fallback decides{'' if all(seat.is_fallback for seat in seats) else ' too'}."
        yield f"{names} {isnt} asked in step {number}, having approved an earlier step.{spare}"


def _unsure(tables: Tables, action: type[Action], raw: Mapping[str, str], lack: str) -> Iterator[str]:
    """Sentences on what isn't known about the teams; `lack`: why none is."""
    fields = [name for name, asked in action.form().items() if asked.is_team]
    if any(raw.get(name) for name in fields) and not tables.groups:
        yield f"{lack} yet, so team names are taken as typed."
    if fields and not any(raw.get(name) for name in fields):
        yield "No team given, so rules about teams and team owners aren't considered."
    for name, asked in action.form().items():
        if asked.grave and not raw.get(name):
            yield f"No {name}=… given, so rules about it aren't considered."


def _case(action: type[Action], raw: Mapping[str, str], asker: Person, tables: Tables) -> Case:
    """The Case of the request, with the same checks."""
    check_shown(action, raw, is_operator(tables.policy, asker))
    _check_subject(action, raw)
    command = fill_partly(action, raw, asker, tables)
    subject = tables.people.person(command.subject) if command.subject else None
    return Case(action.NAME, asker, subject, command.scope(tables.facts))


def _check_subject(action: type[Action], raw: Mapping[str, str]) -> None:
    about = [name for name, asked in action.form().items() if asked.kind is Input.PERSON and not asked.own]
    for name in about:
        if not raw.get(name):
            raise Refused(f"Who is it for? Add {name}=EMAIL.")


def _tables(policy: Policy, store: Store | None, people: Assumed, now: datetime) -> Tables:
    """The tables for the form: teams by the record, or without a list of groups as written."""
    groups = store.groups.all() if store else ()
    if store and groups:
        return Tables(policy, lambda: groups, people.meet, people, store.groups.get, now)
    return Tables(policy, lambda: (), people.meet, people, _Written(policy).get, now)


class _Written:
    """Teams without a list of Miro's groups: as named in the policy, else as written."""

    def __init__(self, policy: Policy) -> None:
        self._pairs = policy.teams.items()
        self._met: dict[str, Group] = {}

    def get(self, given: str) -> Group | None:
        """The team with a name; None if there are several."""
        wanted = narrow(given)
        pair = next((names for names in self._pairs if wanted in map(narrow, names)), None)
        if pair is None and "," in given:
            return None
        known, security = pair or (given.strip(), given.strip())
        group = Group(GroupId(narrow(security)), security, known)
        return self._met.setdefault(group.id, group)
