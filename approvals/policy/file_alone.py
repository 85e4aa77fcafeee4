"""What follows from a policy file alone: whether each rule can be decided, and how many are notified."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice, product

from approvals.case import Case
from approvals.ids import PersonId, SlackId
from approvals.people import Account, Delegation, Directory, Person, Standing, canonical, listed
from approvals.policy.entries import NO_CASE, Need, OnePerson, Source, View
from approvals.policy.line_numbers import Place, Problems
from approvals.policy.model import Policy
from approvals.policy.rules import Rule, Step
from approvals.policy.seats import Seats, Shortage, Steps
from approvals.request import Scope

REQUESTER, SUBJECT = PersonId("requester"), PersonId("subject")
_ANY_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Assumed:
    """A directory, without Slack, in which everybody named in the policy is a colleague.

    Uses data of the `record`. Without one a user group has `room` members, and `managers` are the managers.
    """

    record: Directory | None = None
    room: int = 0
    managers: Mapping[PersonId, Person] = field(default_factory=dict)

    def person(self, id: PersonId) -> Person:
        """The person of the record, or one with only this id."""
        if known := self._kept(id):
            return self._as_colleague(known.person(id))
        return self.by_email(id) if "@" in id[1:] else self.by_slack(SlackId(id))

    def _kept(self, id: PersonId) -> Directory | None:
        return self.record if id.startswith("P-") else None

    @staticmethod
    def _as_colleague(person: Person) -> Person:
        return (
            person
            if person.accounts
            else replace(person, accounts=(Account(SlackId(""), Standing.COLLEAGUE),))
        )

    def by_email(self, email: str) -> Person:
        """The person with this address."""
        known = self.record.by_email(email) if self.record else None
        return self._as_colleague(known or Person(PersonId(canonical(email)), canonical(email)))

    def by_slack(self, slack_id: SlackId) -> Person:
        """The person with this account."""
        known = self.record.by_slack(slack_id) if self.record else None
        account = Account(slack_id, Standing.COLLEAGUE)
        return known or Person(PersonId(slack_id), name=slack_id, accounts=(account,))

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """The members of a Slack user group, by the record."""
        if self.record:
            return self.record.members(handle, now)
        return [SlackId(f"{handle}#{number}") for number in range(self.room)]

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether the record knows the members of a Slack user group."""
        return bool(self.record and self.record.knows(handle, now))

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """A person's manager, by the record."""
        known = self._kept(id)
        return known.manager(id, now) if known else self.managers.get(id)

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """A person's delegation, by the record."""
        known = self._kept(id)
        return known.delegation(id, now) if known else None

    def meet(self, *, email: str = "", slack_id: str = "") -> Person:
        """The person named in a form; nothing is stored."""
        return self.by_email(email) if email else self.by_slack(SlackId(slack_id))


# -- can it be decided? ------------------------------------------------------------------------------------


def check_fillable(policy: Policy, place: Place, own: Rule, rule: Rule) -> Problems:
    """Steps with fewer people than votes, or with nobody left without the requester.

    `rule` includes inherited values, `own` doesn't. Invalid lists are reported elsewhere.
    """
    if not all(_is_sound(policy, text) for text in (*rule.everybody(), *policy.fallback)):
        return
    shortages = _in_every_case(_asks(policy, rule, [""]))
    for shortage in shortages:
        yield _place(place, own, shortage), _too_few(policy, str(place[1]), rule, shortage)
    for shortage in _in_every_case(_asks(policy, rule, _askers(policy, rule))) if not shortages else ():
        yield (
            _place(place, own, shortage),
            f"only the requester could decide {place[1]}; name one more person",
        )


def _is_sound(policy: Policy, text: str, *, asking: bool = False) -> bool:
    """Whether an entry is valid, and a group of the policy has valid members."""
    entry = policy.entry(text)
    is_whole = text not in policy.groups or 0 < len(policy.groups[text].entries) == len([*entry.parts()])
    return is_whole and not entry.problem(asking=asking)


def _askers(policy: Policy, rule: Rule) -> list[str]:
    """Everybody who may ask, where the file names them all."""
    view, texts = View(policy, NO_CASE, Assumed(), _ANY_TIME), rule.askers()
    needs, is_sound = view.needs(texts), all(_is_sound(policy, text, asking=True) for text in texts)
    is_open = view.includes(texts, NO_CASE.requester) or {need.source for need in needs} != {Source.ACCOUNT}
    return [] if is_open or not is_sound else sorted({policy.human(need.key) for need in needs})


def _asks(policy: Policy, rule: Rule, askers: Collection[str]) -> Iterator[Seats]:
    """Every case that makes a difference: who asks, which team, and who manages whom."""
    texts, people = (*rule.everybody(), *policy.fallback), Assumed()
    room = sum(step.agree for step in rule.ladder)
    teams = list(policy.owners) if any(policy.entry(text).depends_on_teams for text in texts) else [""]
    for asker, team in product(askers, teams):
        requester = Person(REQUESTER, known=frozenset({REQUESTER, asker}))
        case = Case("", requester, Person(SUBJECT), Scope(((team,),)))
        needs = View(policy, case, people, _ANY_TIME).needs(texts)
        managed = [PersonId(need.key) for need in needs if need.source is Source.MANAGER]
        for bosses in product(_bosses(policy, needs), repeat=len(managed)):
            managers = {
                id: people.person(PersonId(boss)) for id, boss in zip(managed, bosses, strict=True) if boss
            }
            yield Seats(policy, case, Assumed(None, room, managers), _ANY_TIME, rule)


def _bosses(policy: Policy, needs: Collection[Need]) -> list[str]:
    """The possible managers of a person, as far as they make a difference; '' for none.

    All that the lists name; of the others, who are interchangeable, as many as can count.
    """
    if policy.looks_up_managers:
        return ["a manager", "another manager"]
    named = {policy.human(need.key) for need in needs if need.source is Source.ACCOUNT}
    others = islice((boss for boss in policy.bosses if boss not in named), 3)
    return [*others, *(boss for boss in sorted(named) if boss in policy.bosses)] or [""]


def _in_every_case(asks: Iterator[Seats]) -> list[Shortage]:
    """The steps with too few people in every case; else the first steps with too few together.

    Each has the highest number of people over all cases.
    """
    cases: list[dict[Steps, Shortage]] = []
    for ask in asks:
        cases.append({shortage.steps: shortage for shortage in ask.shortages()})
        if not cases[-1]:
            return []
    if not cases:
        return []
    common: list[Steps] = [steps for steps in cases[0] if all(steps in case for case in cases)]
    singles = [steps for steps in common if len(steps) == 1]
    firsts = [next(iter(case)) for case in cases]
    return [
        max((case[steps] for case in cases if steps in case), key=lambda shortage: shortage.can)
        for steps in singles or (max(firsts, key=len),)
    ]


def _too_few(policy: Policy, name: str, rule: Rule, shortage: Shortage) -> str:
    steps, wanted, can = shortage
    if len(steps) > 1:
        numbers = listed(str(number + 1) for number in steps)
        which = "all steps" if len(steps) == len(rule.ladder) else f"steps {numbers}"
        return f"{which} need {wanted} different people, but only {can} can decide"
    step = rule.ladder[steps[0]]
    unfilled = "" if can else next(filter(None, (policy.entry(text).unfilled for text in step.approvers)), "")
    late = "; people in escalate don't count" if step.escalate else ""
    return unfilled or f"{name} needs {wanted} approvals, but only {can} can decide{late}"


def _place(place: Place, own: Rule, shortage: Shortage) -> Place:
    if len(shortage.steps) > 1:
        return (*place, "steps")
    return (*place, "steps", *shortage.steps) if own.steps else (*place, "agree")


# -- who gets a message? -----------------------------------------------------------------------------------


def notifies(policy: Policy, private: Collection[str] = ()) -> list[str]:
    """A sentence for each rule and step: how many people are notified of a request.

    `private`: actions whose requests no channel may see.
    """
    lines = []
    for name in policy.actions:
        *_, base = rules = policy.rules(name)
        for number, rule in enumerate(rules, 1):
            label = name if rule is base else f"{name}, rule {number}"
            for level, step in enumerate(rule.ladder, 1):
                place = f"{label}, step {level}" if len(rule.ladder) > 1 else label
                lines.append(f"{place}: {_notifies(policy, step, name in private)}")
            if not rule.ladder:
                lines.append(f"{label}: needs no approval, so nobody is asked")
    return lines


def _notifies(policy: Policy, step: Step, is_private: bool) -> str:
    if policy.tell and not is_private:
        return f"one card in {policy.tell}"
    entries = [policy.entry(text) for text in step.approvers]
    parts = [part for entry in entries for part in entry.parts(notified=True)]
    people = {canonical(part.text) for part in parts if isinstance(part, OnePerson)}
    others = [part.label for part in parts if not isinstance(part, OnePerson)]
    count = [f"{len(people)} {'person' if len(people) == 1 else 'people'}"] if people or not others else []
    unfilled = {f"; {entry.unfilled}": None for entry in entries if not entry.parts()}
    return f"notifies {' and '.join([*count, *dict.fromkeys(others)])}{''.join(unfilled)}"
