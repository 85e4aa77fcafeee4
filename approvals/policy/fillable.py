"""Whether anybody could ever decide what a rule is about, as far as the file says who people are; pure."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, takewhile

from approvals.people import listed
from approvals.policy.line_numbers import Place, Told
from approvals.policy.model import ASKERS_MANAGER, MANAGER, OWNERS, Policy, Rule, is_person

_BOSSES = frozenset({MANAGER, ASKERS_MANAGER})

Steps = tuple[int, ...]
"""Some steps of a rule, by their place among them."""


@dataclass(frozen=True)
class Ask:
    """One way to ask: who does, if that matters, and about which team, if its owners decide."""

    policy: Policy
    rule: Rule
    asker: str = ""
    team: str = ""

    def short(self, steps: Steps) -> int | None:
        """How many there are for some steps, if they are too few; None also where the file can't say.

        Who is asked only when nobody answers doesn't count: what they were needed for is refused when it is
        asked for.
        """
        entries = [entry for number in steps for entry in self.rule.ladder[number].approvers]
        found = self.people((*entries, *(self.rule.fallback or self.policy.fallback)))
        can = None if found is None else self._at_most(found)
        return can if can is not None and can < wanted(self.rule, steps) else None

    def people(self, entries: Iterable[str]) -> frozenset[str] | None:
        """Whom a list means, a manager as what they are; None where the file can't say, or that is told."""
        found: set[str] = set()
        for entry in entries:
            some = self._meant(entry)
            if some is None:
                return None
            found |= some
        return frozenset(found)

    def _meant(self, entry: str) -> Set[str] | None:
        if entry in self.policy.groups:
            members = self.policy.groups[entry].entries
            known = members and all(map(is_person, members))
            return set(map(self.policy.human, members)) if known else None
        if entry in _BOSSES:
            bosses = self._bosses
            return {entry} if bosses is None or bosses else set()
        if entry == OWNERS:
            owners = self.policy.owners_of([self.team])
            return self.people(owners) if owners and OWNERS not in owners else None
        return {self.policy.human(entry)} if is_person(entry) else None

    @property
    def _bosses(self) -> frozenset[str] | None:
        """Everybody who manages somebody, and may decide; None where others know more of them."""
        if self.policy.manager_field or self.policy.manager_from_miro:
            return None
        return frozenset(map(self.policy.human, self.policy.managers.values())) - {self.asker}

    def _at_most(self, some: frozenset[str]) -> int:
        """How many of them can agree: one manager of each kind, however many there are in the company."""
        named, kinds, bosses = some - _BOSSES - {self.asker}, some & _BOSSES, self._bosses
        most = len(named) + len(kinds)
        return most if bosses is None or not kinds else min(most, len(named | bosses))


def wanted(rule: Rule, steps: Steps) -> int:
    """How many must agree in some steps together."""
    return sum(rule.ladder[number].agree for number in steps)


def check_fillable(policy: Policy, place: Place, said: Rule, whole: Rule) -> Told:
    """More votes wanted than there are people, or nobody left once the requester is taken out."""
    by_team = policy.owners and OWNERS in (*whole.everybody(), *policy.fallback)
    teams = list(policy.owners) if by_team else [""]
    some = [Ask(policy, whole, team=team) for team in teams]
    found = _short(whole, some)
    for steps in found:
        yield _at(place, said, steps), _too_few(some, str(place[1]), steps)
    askers = Ask(policy, whole).people([*whole.ask, *whole.for_others])
    if found or not askers:
        return
    each = [Ask(policy, whole, asker, team) for asker in sorted(askers) for team in teams]
    for steps in _short(whole, each):
        told = f"nobody but who asks for {place[1]} could decide it; name one more person"
        yield _at(place, said, steps), told


def _short(rule: Rule, asks: Sequence[Ask]) -> list[Steps]:
    """Each step for which there are too few in any case; else the first steps that are so together.

    One person counts once over all steps, so every choice of them needs people enough.
    """
    numbers = range(len(rule.ladder))
    single = [(one,) for one in numbers if all(ask.short((one,)) is not None for ask in asks)]
    most = 1 if rule.same_person_twice else len(numbers)
    choices = [steps for count in range(1, most + 1) for steps in combinations(numbers, count)]
    firsts = (next((one for one in choices if ask.short(one) is not None), ()) for ask in asks)
    found = [] if single else list(takewhile(bool, firsts))
    return [max(found, key=len)] if len(found) == len(asks) else list(single)


def _too_few(asks: Sequence[Ask], name: str, steps: Steps) -> str:
    can, rule = max(ask.short(steps) or 0 for ask in asks), asks[0].rule
    if len(steps) > 1:
        which = "all steps" if len(steps) == len(rule.ladder) else f"steps {_numbers(steps)}"
        return f"{wanted(rule, steps)} different people must agree over {which}, but only {can} can"
    if can:
        late = "; who comes by escalate doesn't count" if rule.ladder[steps[0]].escalate else ""
        return f"{name} wants {wanted(rule, steps)} to agree, but only {can} can{late}"
    return "nobody has a manager here; fill [managers], or write manager_field or manager_from_miro"


def _numbers(steps: Steps) -> str:
    return listed([str(number + 1) for number in steps])


def _at(place: Place, said: Rule, steps: Steps) -> Place:
    if len(steps) > 1:
        return (*place, "steps")
    return (*place, "steps", *steps) if said.steps else (*place, "agree")
