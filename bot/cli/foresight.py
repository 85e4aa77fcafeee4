"""What a policy would do with an ask that nobody has made: who decides, who is told, and when what ends."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from approvals.cases import Approver, Case
from approvals.deadlines import later, reminder
from approvals.ids import PersonId, RequestId, SlackId
from approvals.people import Account, Delegation, Directory, Person, Standing, canonical
from approvals.policy import Policy, Step
from approvals.refusals import Refused
from approvals.request import Request
from approvals.routing import Ground
from approvals.sqlite import SqliteStore
from approvals.states import State
from bot.lifecycle import Action
from bot.lifecycle.action import Kind
from bot.lifecycle.fill import Tables, elsewhere, team_id
from bot.slack.blocks import span


class Everybody:
    """Whom the policy names counts as a colleague: Slack isn't asked. What the record knows is used."""

    def __init__(self, record: Directory | None) -> None:
        self._record = record

    def person(self, id: PersonId) -> Person:
        """Somebody of the record, or somebody who has nothing but this name."""
        if self._record and id.startswith("P-"):
            return self._as_colleague(self._record.person(id))
        return self.by_email(id) if "@" in id else self.by_slack(SlackId(id))

    @staticmethod
    def _as_colleague(person: Person) -> Person:
        if person.accounts:
            return person
        return replace(person, accounts=(Account(SlackId(""), Standing.COLLEAGUE),))

    def by_email(self, email: str) -> Person:
        """The person of this address."""
        known = self._record.by_email(email) if self._record else None
        return self._as_colleague(known or Person(PersonId(canonical(email)), canonical(email)))

    def by_slack(self, slack_id: SlackId) -> Person:
        """The person of this account."""
        known = self._record.by_slack(slack_id) if self._record else None
        account = Account(slack_id, Standing.COLLEAGUE)
        return known or Person(PersonId(slack_id), name=slack_id, accounts=(account,))

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """Who is in a Slack user group, as the record knows it."""
        return self._record.members(handle, now) if self._record else ()

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether the record knows who is in a Slack user group."""
        return bool(self._record and self._record.knows(handle, now))

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """Who manages somebody, as the record knows it."""
        return self._record.manager(id, now) if self._record and id.startswith("P-") else None

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """Who stands in for somebody, as the record knows it."""
        return self._record.delegation(id, now) if self._record and id.startswith("P-") else None


class Teams:
    """The teams as the record saw them in Miro; before it has seen any, as the policy names them."""

    def __init__(self, policy: Policy, store: SqliteStore | None) -> None:
        self.policy = policy
        self._tables = (
            Tables(policy, store.groups.all, store.people.meet, store.people, store.groups.get)
            if store
            else None
        )

    @property
    def are_known(self) -> bool:
        """Whether the record has seen any."""
        return bool(self._tables and self._tables.groups)

    def names(self, given: str) -> tuple[str, ...]:
        """All names of a team. Raises Refused for one that Miro hasn't, or that is managed elsewhere."""
        if self._tables and self.are_known:
            try:
                team = self._tables.team(team_id(given, self._tables))
            except ValueError as error:
                raise Refused(str(error)) from error
            return tuple(dict.fromkeys((team.name, team.security_name, team.id)))
        pairs = self.policy.teams.items()
        found = next((one for one in pairs if given.casefold() in map(str.casefold, one)), (given,))
        if problem := elsewhere(self.policy, found[0], found):
            raise Refused(problem)
        return tuple(dict.fromkeys(found))


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
        found = [(expires, "it ends; that isn't a no")]
        if rule.first_reminder:
            found.append((reminder(now, rule.first_reminder, 0, policy), "they are reminded"))
        for step, _ in self.steps[:1]:
            for one in step.escalate:
                found.append((later(now, one.after, policy), f"{', '.join(one.to)} may decide as well"))
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
                quiet = "" if one.told else " (isn't told, may decide)"
                lines.append(f"{one.person.called}: {one.because or 'named in the policy'}{quiet}")
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
                    {"who": one.person.called, "because": one.because, "told": one.told} for one in seats
                ],
            }
            for step, seats in self.steps
        ]
        times = [{"at": at.isoformat(), "what": what} for at, what in self.times] if steps else []
        return {"steps": steps, "notes": list(self.notes), "if_nobody_answers": times}


def foresee(
    policy: Policy, action: type[Action], raw: Mapping[str, str], email: str, now: datetime, record: Path
) -> Foresight:
    """Thinks an ask through. Raises Refused where it can't be asked for, or nobody could decide it."""
    with ExitStack() as open_:
        store = SqliteStore(record) if record.exists() else None
        if store:
            open_.callback(store.close)
        people, teams = Everybody(store.people if store else None), Teams(policy, store)
        ground = Ground(policy, _case(teams, action, raw, email, people), people, now)
        ground.may_ask()
        ground.check_length()
        problem = ground.unfillable()
        if problem:
            raise Refused(f"Nobody can decide this: {problem}. Add an approver or a fallback to the policy.")
        route = ground.tally(_unasked(ground))
        ladder = ground.rule.ladder
        steps = tuple((step, ground.seats(step)) for step in ladder)
    return Foresight(ground, steps, (*route.notes, *_unsure(teams, action, raw)))


def _unasked(ground: Ground) -> Request:
    case = ground.case
    return Request(
        RequestId("R-0"), 0, State.CHECKING, case.action, case.requester.id, ground.now, {}
    )  # fmt: skip


def _unsure(teams: Teams, action: type[Action], raw: Mapping[str, str]) -> Iterator[str]:
    """What the answer leaves open about teams."""
    fields = [name for name, asked in action.form().items() if asked.kind in (Kind.TEAM, Kind.TEAMS)]
    if any(raw.get(name) for name in fields) and not teams.are_known:
        yield "Which teams Miro has isn't in this record yet, so I take their names as you wrote them."
    if fields and not any(raw.get(name) for name in fields):
        yield "No team was named, so no rule about teams is looked at, and nobody as owner of one."


def _case(teams: Teams, action: type[Action], raw: Mapping[str, str], email: str, people: Everybody) -> Case:
    asker, form = people.by_email(email), action.form()
    subject = None
    joined: list[tuple[str, ...]] = []
    more: dict[str, tuple[str, ...]] = {}
    for name, asked in form.items():
        given = raw.get(name, "")
        if asked.kind is Kind.PERSON:
            subject = _person(teams.policy, given, people) if given else asker
        elif asked.kind in (Kind.TEAM, Kind.TEAMS) and given:
            named = [teams.names(one.strip()) for one in given.split(",")]
            if asked.leaves:
                more["leaving"] = named[0]
            else:
                joined += named
        elif asked.kind is Kind.CHOICE:
            more[name] = (given or str(action.model_fields[name].default),)
    return Case(action.NAME, asker, subject, tuple(joined), _days(raw), more)


def _days(raw: Mapping[str, str]) -> int | None:
    given = raw.get("for_days", "")
    if given and not (given.isascii() and given.isdigit() and 1 <= int(given[:4]) <= 366):
        raise Refused(f"for_days={given}: write a whole number of days from 1 to 366, like 7.")
    return int(given) if given else None


def _person(policy: Policy, given: str, people: Everybody) -> Person:
    if not policy.allows(given):
        raise Refused(f"{given!r} isn't an address of {', '.join(policy.domains)}.")
    return people.by_email(given)
