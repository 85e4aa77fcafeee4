"""Says what is right by the text of the policy and what is true of people, without the engine."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import combinations
from typing import Any

from approvals.ids import PersonId
from tests.campaigns.company import Truth

HOURS = {"h": 1, "d": 24}


@lru_cache(maxsize=4096)
def _read(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def hours(text: str) -> timedelta:
    """'12h' or '3d'."""
    return timedelta(hours=int(text[:-1]) * HOURS[text[-1]])


@dataclass(frozen=True)
class Ask:
    """What was asked for, by whom, about whom."""

    action: str
    requester: PersonId
    subject: PersonId
    team: str = ""


@dataclass(frozen=True)
class Ballot:
    """A yes, as the record has it."""

    by: PersonId
    shell: bool = False
    whose: PersonId | None = None
    """The one who was away, where a delegate said it."""
    level: int = 0
    fallback: bool = False
    step: int = 0


@dataclass(frozen=True)
class Seats:
    """Who may decide next, and how many of them it takes."""

    step: int
    need: int
    own: frozenset[str]
    away: Mapping[str, str]
    """Whose place is taken by each stand-in."""
    spare: frozenset[str]
    is_short: bool
    """Whether the step's own people aren't enough, so that the fallback is asked."""
    is_stuck: bool

    @property
    def everybody(self) -> set[str]:
        """Whoever may decide."""
        return {*self.own, *self.away, *self.spare}


@dataclass(frozen=True)
class Judge:
    """One policy's text, read by somebody who knows nothing of the engine."""

    text: str
    truth: Truth

    # -- what the text says --------------------------------------------------------------------------------

    def rule(self, ask: Ask) -> Mapping[str, Any] | None:
        """What holds for an ask; None where the text doesn't mention it."""
        base: dict[str, Any] | None = _read(self.text)["actions"].get(ask.action)
        for rule, met in self._tried(ask):
            if None in met:
                return None  # which rule holds can't be told, so nobody may do anything by this text
            if all(met):
                return _on(base or {}, rule)
        return base

    def is_unsure(self, ask: Ask) -> bool:
        """Whether it can't be told which rule holds: nothing is known of who is in a group it names."""
        return next((None in met for _, met in self._tried(ask) if None in met or all(met)), False)

    def _tried(self, ask: Ask) -> Iterator[tuple[Mapping[str, Any], list[bool | None]]]:
        """Each rule in order, and whether its conditions are met; None where that can't be told."""
        for rule in _read(self.text)["actions"].get(ask.action, {}).get("rules", ()):
            yield rule, [self._meets(ask, key, value) for key, value in rule["when"].items()]

    def _meets(self, ask: Ask, key: str, value: Any) -> bool | None:
        if key == "for":
            return bool((value == "others") == self._is_for_others(ask))
        if key == "requester_group":
            is_in = self.truth.human(ask.requester) in self.truth.group(value)
            return is_in or (False if self.truth.knows(value) else None)
        return ask.team in list(value)

    def _is_for_others(self, ask: Ask) -> bool:
        return self.truth.human(ask.requester) != self.truth.human(ask.subject)

    def may_ask(self, ask: Ask) -> bool:
        """Whether the requester may ask for this."""
        rule, asker = self.rule(ask), self.truth.human(ask.requester)
        if rule is None:
            return False
        named = {"anyone", asker}
        mine, others = bool(named & {*rule.get("ask", ())}), bool(named & {*rule.get("for_others", ())})
        return others if self._is_for_others(ask) else mine

    def steps(self, ask: Ask) -> Sequence[Mapping[str, Any]] | None:
        """The steps in order; none where no approval is needed, None where nobody can ask for it."""
        rule = self.rule(ask)
        if rule is None:
            return None
        if rule.get("approval") is False:
            return ()
        whole = {"agree": 1, "escalate": (), **rule}
        steps = rule.get("steps") or [{key: whole[key] for key in ("approvers", "agree")}]
        return [{"agree": 1, "escalate": whole["escalate"]} | step for step in steps]

    def escalations(self, step: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """What time adds to a step, the soonest first."""
        found = step["escalate"]
        return sorted([found] if isinstance(found, dict) else found, key=lambda one: hours(one["after"]))

    def named(self, entries: Iterable[str], ask: Ask) -> set[str]:
        """The humans whom entries mean, as far as they may decide anything here."""
        found: set[str] = set()
        for entry in entries:
            group = _read(self.text)["groups"].get(entry)
            if group:
                found |= self.named([*group["people"], *([group["slack"]] if "slack" in group else ())], ask)
            elif entry.startswith("@"):
                found |= self.truth.group(entry)
            elif entry in ("manager", "requester-manager"):
                found |= self._manager(ask.subject if entry == "manager" else ask.requester)
            else:
                found |= {entry} & {*self.truth.address.values()}
        barred = {self.truth.human(ask.requester), self.truth.human(ask.subject)}
        return {one for one in found if self.truth.is_colleague(one)} - barred

    def _manager(self, whom: PersonId) -> set[str]:
        human = self.truth.human(whom)
        table = _read(self.text).get("managers", {})
        boss = table.get(human) or self.truth.manager(human)
        return {boss} if boss else set()

    def of_step(self, step: Mapping[str, Any], level: int, ask: Ask) -> set[str]:
        """Whoever a step names, once it was escalated so often."""
        later = [entry for one in self.escalations(step)[:level] for entry in one["to"]]
        return self.named([*step["approvers"], *later], ask)

    def fallback(self, ask: Ask) -> set[str]:
        """Who decides what nobody else can."""
        rule = self.rule(ask) or {}
        return self.named(rule.get("fallback") or _read(self.text).get("fallback", ()), ask)

    # -- whose yes counts ----------------------------------------------------------------------------------

    def counts(self, ballot: Ballot, step: Mapping[str, Any], ask: Ask) -> bool:
        """Whether a yes counts for a step now: whoever gave it may decide it today as well."""
        if ballot.shell and not _read(self.text).get("command_line_decides"):
            return False
        voter = self.truth.human(ballot.by)
        if not self.truth.is_colleague(voter) or voter in self._barred(ask):
            return False
        entitled = self.of_step(step, ballot.level, ask)
        entitled |= self.fallback(ask) if ballot.fallback else set()
        return self.truth.human(ballot.whose or ballot.by) in entitled and not (
            self._behind(ballot) & self._barred(ask)
        )

    def _barred(self, ask: Ask) -> set[str]:
        return {self.truth.human(ask.requester), self.truth.human(ask.subject)}

    def _behind(self, ballot: Ballot) -> set[str]:
        """The one who said yes, and the one it was said for."""
        return {self.truth.human(id) for id in (ballot.by, ballot.whose) if id}

    def is_enough(self, ask: Ask, ballots: Sequence[Ballot]) -> bool:
        """Whether there is any way to read the votes by which every step has enough of them."""
        steps = self.steps(ask)
        return steps is not None and self._fill(ask, list(enumerate(steps)), ballots, set())

    def _fill(
        self,
        ask: Ask,
        steps: Sequence[tuple[int, Mapping[str, Any]]],
        ballots: Sequence[Ballot],
        used: set[str],
    ) -> bool:
        if not steps:
            return True
        (number, step), *rest = steps
        able = [
            one
            for one in ballots
            if one.step == number and self.counts(one, step, ask) and not self._behind(one) & used
        ]
        twice = (self.rule(ask) or {}).get("same_person_twice", False)
        for chosen in combinations(able, step["agree"]):
            people = [human for one in chosen for human in self._behind(one)]
            if len(people) == len(set(people)) and self._fill(
                ask, rest, ballots, set() if twice else used | set(people)
            ):
                return True
        return False

    # -- who may decide next -------------------------------------------------------------------------------

    def seats(
        self, ask: Ask, ballots: Sequence[Ballot], at: tuple[int, int] = (0, 0), lost: Iterable[str] = ()
    ) -> Seats | None:
        """Who may decide next, by the first step that lacks votes of its own, taken as they came; None where
        none does.

        `at` is the step that the record has, and how often that was escalated.
        """
        twice = (self.rule(ask) or {}).get("same_person_twice", False)
        earlier = set[str]()
        for number, step in enumerate(self.steps(ask) or ()):
            missing, gone = step["agree"], set[str]()
            for one in ballots:
                is_free = missing and one.step == number and not self._behind(one) & (gone | earlier)
                if is_free and self.counts(one, step, ask):
                    missing, gone = missing - 1, gone | self._behind(one)
            if missing:
                level = at[1] if number == at[0] else 0
                return self._seats(ask, step, number, level, missing, gone | earlier, set(lost))
            earlier = set() if twice else earlier | gone
        return None

    def confirming(
        self,
        ask: Ask,
        ballots: Sequence[Ballot],
        asked: Iterable[str],
        at: tuple[int, int],
        lost: Iterable[str] = (),
    ) -> Seats:
        """Who may say the one yes that is asked for where no vote is missing: nobody's seat is taken.

        Where nobody's yes is needed at all, those who were asked say it, and those who had said it.
        """
        steps = self.steps(ask) or ()
        if steps:
            last = len(steps) - 1
            return self._seats(ask, steps[last], last, at[1] if last == at[0] else 0, 1, set(), set(lost))
        humans = {*asked, *(self.truth.human(one.by) for one in ballots)}
        own = {one for one in humans if self.truth.is_colleague(one)} - self._barred(ask)
        away, short = dict[str, str](), not own - set(lost)
        spare = self.fallback(ask) - own if short else set[str]()
        away = {other: human for human, other in self._stand_ins(spare, own, self._barred(ask))}
        reached = {one for one in spare if one not in lost} | {one for one in away if one not in lost}
        return Seats(at[0], 1, frozenset(own), away, frozenset(spare), short, short and not reached)

    def _seats(
        self,
        ask: Ask,
        step: Mapping[str, Any],
        number: int,
        level: int,
        need: int,
        gone: set[str],
        lost: set[str],
    ) -> Seats:
        own = self.of_step(step, level, ask) - gone
        pairs = dict(self._stand_ins(own, gone, self._barred(ask)))
        reached = {one for one in own if one not in lost or pairs.get(one, one) not in lost}
        spare, short = set[str](), len(reached) < need
        if short:
            spare = self.fallback(ask) - gone - own - {*pairs.values()}
            pairs |= dict(self._stand_ins(spare, gone | own | {*pairs.values()}, self._barred(ask)))
            reached |= {one for one in spare if one not in lost or pairs.get(one, one) not in lost}
        stuck = len(reached) < need
        away = {other: human for human, other in pairs.items()}
        return Seats(number, need, frozenset(own), away, frozenset(spare), short, stuck)

    def anybody(self, ask: Ask) -> set[str]:
        """Whoever the text names for this, at any step and time, and those who stand in for them now."""
        levels = [self.of_step(step, len(self.escalations(step)), ask) for step in self.steps(ask) or ()]
        found = set[str]().union(self.fallback(ask), *levels)
        return found | {other for _, other in self._stand_ins(found, set(), self._barred(ask))}

    def _stand_ins(self, of: set[str], gone: set[str], barred: set[str]) -> Iterator[tuple[str, str]]:
        taken = {*of, *gone, *barred}
        for human in sorted(of):
            other = self.truth.stand_in(human)
            if other and other not in taken and self.truth.is_colleague(other):
                taken.add(other)
                yield human, other


def _on(base: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule on top of the action's own table."""
    kept = {key: value for key, value in base.items() if key not in ("rules", "when")}
    if "approvers" in rule:
        kept.pop("steps", None)
    if "steps" in rule:
        kept.pop("approvers", None), kept.pop("agree", None)
    if {"approvers", "steps"} & rule.keys():
        kept.pop("approval", None)
    return kept | {key: value for key, value in rule.items() if key != "when"}
