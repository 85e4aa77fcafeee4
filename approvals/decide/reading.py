"""One policy as it reads for one ask: which rule holds, who may ask, and whom its lists mean; pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property

from approvals.decide.case import Case, Named
from approvals.ids import SlackId
from approvals.people import Directory, Person, canonical, listed
from approvals.policy.conditions import TEAMS, accepted, several
from approvals.policy.model import ANYONE, ASKERS_MANAGER, MANAGER, OWNERS, Policy, Rule, is_slack_group
from approvals.policy.stricter import strictest
from approvals.refusals import Held, Refused, Unsure

SELF, OTHERS = "self", "others"
"""For whom somebody asks, as a condition of a rule says it."""

_UNCLEAR = (
    "{who} was seen with you, and I can't tell whether that is you or somebody else, which the policy "
    "decides in different ways. Ask for yourself without naming it, or let somebody else ask."
)


@dataclass(frozen=True)
class Reading:
    """One policy, one case, and the people as they are known now."""

    policy: Policy
    case: Case
    directory: Directory
    now: datetime

    # -- which rule --------------------------------------------------------------------------------------

    @cached_property
    def rule(self) -> Rule:
        """What holds for this ask: the first rule whose conditions are all met, else the action's own.

        Raises Refused for an action the policy doesn't mention, and for teams with different rules: a mild
        one mustn't let a strict one's team slip through. Each team is looked at, joined and left. Raises
        Held where a name of a team in the policy means none.
        """
        base = self.policy.rule(self.case.action)
        if base is None:
            raise Refused(
                f"Nobody can ask for {self.case.action} here: the policy doesn't mention it. "
                "Ask your IT team."
            )
        self._check_named()
        teams, left = self.case.teams or ((),), self.case.left or ((),)
        each = [
            {self._first(base, team, old, whom) for team in teams for old in left} for whom in self.for_whom
        ]
        if any(len(found) > 1 for found in each):
            names = listed([team[0] for team in (*self.case.teams, *self.case.left)])
            raise Refused(f"{names} are decided in different ways. Ask for each by itself.")
        if any(found != each[0] for found in each):
            raise Refused(_UNCLEAR.format(who=self.case.concerned.email or self.case.concerned.called))
        [number] = each[0]
        return base if number is None else base.rules[number].on(base)

    @cached_property
    def for_whom(self) -> tuple[str, ...]:
        """Whether somebody asks for themselves or for others; both, where it is another address of theirs.

        One that was theirs once may have been given to somebody else: each reading has to let them.
        """
        asker, subject = self.case.requester, self.case.subject
        if subject is None or asker.is_(subject):
            return (SELF,)
        return (SELF, OTHERS) if self.policy.is_same(asker, subject) else (OTHERS,)

    def _check_named(self) -> None:
        about = self.case.teams or self.case.left
        names = self.policy.holding(self.case.action) if about else ()
        if names:
            raise Held(names, self.policy.is_listed)

    def _first(self, base: Rule, team: Sequence[str], left: Sequence[str], whom: str) -> int | None:
        """The number of the first rule that holds, None for the action's own table.

        Where a team may only look like one that a rule names, the strictest holds of what may. Raises
        Refused where none is.
        """
        known = {**self.case.details, "team": team, "leaving": left, "for": (whom,)}
        may: list[int | None] = []
        for number, rule in enumerate(base.rules):
            met = self._meets(rule, known)
            if met is not False:
                may.append(number)
            if met:
                break
        else:
            may.append(None)
        rules = [base if number is None else base.rules[number].on(base) for number in may]
        best = strictest(rules)
        if best is None:
            raise Refused(
                f"The policy names a team that looks like {listed([one[0] for one in (team, left) if one])}, "
                "and I can't tell which is meant. Ask your IT team to write its id into the policy."
            )
        return may[rules.index(best)]

    def _meets(self, rule: Rule, known: Mapping[str, Sequence[str]]) -> bool | None:
        """Whether a rule's conditions are all met; None where that hangs on a name in doubt."""
        met: bool | None = bool(rule.when)
        for key, value in rule.when.items() if rule.when else ():
            holds = self._names(value, known[key]) if key in TEAMS else self._holds(key, value, known)
            if holds is False:
                return False
            met = met and holds
        return met

    def _names(self, value: object, team: Sequence[str]) -> bool | None:
        """Whether a condition names a team; None where that is in doubt."""
        found = [self.policy.means(name, team) for name in several(value)] if team else [False]
        return True if True in found else None if None in found else False

    def _holds(self, key: str, value: object, known: Mapping[str, Sequence[str]]) -> bool:
        if key == "requester_group":
            return self._is_surely_in(str(value), self.case.requester)
        if key == "subject_group":
            return self._is_surely_in(str(value), self.case.concerned)
        if key == "max_days":
            return self.case.days is not None and isinstance(value, int) and self.case.days <= value
        return bool(accepted(value) & {name.casefold() for name in known.get(key, ())})

    def _is_surely_in(self, entry: str, who: Person) -> bool:
        """Whether somebody is in the group of a condition. Raises Unsure where Slack hasn't told of it.

        A group that is renamed or switched off in Slack would else let a milder rule hold.
        """
        if self.includes([entry], who):
            return True
        handles = [one for one, _ in self.policy.members([entry]) if is_slack_group(one)]
        for handle in handles:
            if not self.directory.knows(handle, self.now):
                raise Unsure(handle)
        return False

    def may_ask(self) -> None:
        """Refuses whoever may not ask for this, or not for somebody else."""
        rule, asker = self.rule, self.case.requester
        if OTHERS in self.for_whom and self.includes(rule.for_others, asker):
            return
        if not self.includes(rule.ask, asker):
            raise Refused("You can't ask for this. Ask your manager or your IT team to ask for you.")
        # Where it may be somebody else's account, somebody else has to look at it.
        if SELF not in self.for_whom or (OTHERS in self.for_whom and not rule.ladder):
            raise Refused("You can ask for this for yourself only. Let the person ask, or your IT team.")

    def check_length(self, *, is_asked: bool = False) -> None:
        """Refuses what is asked for longer than the policy lets it be; `is_asked`: the form is gone."""
        longest, days = self.rule.longest, self.case.days
        if longest and days is None:
            asked = f"This needs an end now, after {longest} days at most. Ask again with one."
            raise Refused(asked if is_asked else f"Say for how many days: {longest} at most.")
        if longest and days and days > longest:
            raise Refused(f"This can be had for {longest} days at most. Ask again before they are over.")

    # -- whom a list means -------------------------------------------------------------------------------

    def includes(self, entries: Collection[str], who: Person) -> bool:
        """Whether a list of people and groups names this person, or everybody."""
        if ANYONE in entries:
            return True
        named = {entry for entry, _ in self.policy.members(entries)}
        mine: set[str] = {account.slack_id for account in who.accounts}
        if who.email and who.email in {canonical(entry) for entry in named}:
            return True
        members = (self.directory.members(one, self.now) for one in named if is_slack_group(one))
        return bool(mine & named) or any(mine & set(one) for one in members)

    def named(self, entries: Iterable[str]) -> Iterator[Named]:
        """Everybody whom a list of approvers means, with why and whether they get a message."""
        for entry in entries:
            group = self.policy.groups.get(entry)
            if group:
                for one in self.named(group.entries):
                    told = not group.told or self._is_among(one, group.told)
                    yield replace(one, because=group.because or one.because, told=told)
            elif entry in (MANAGER, ASKERS_MANAGER):
                yield from self._manager(entry)
            elif entry == OWNERS:
                yield from self._owners()
            elif is_slack_group(entry):
                for slack_id in self.directory.members(entry, self.now):
                    yield Named(slack_id, self._find(slack_id), f"you're in {entry}")
            else:
                yield Named(entry, self._find(entry))

    def _is_among(self, one: Named, entries: Collection[str]) -> bool:
        return bool(one.person and self.includes(entries, one.person)) or one.entry in entries

    @cached_property
    def _find(self) -> Callable[[str], Person | None]:
        """The person of an address or account; each is looked up once, however many lists have it."""
        people = self.directory
        return cache(lambda one: people.by_email(one) if "@" in one else people.by_slack(SlackId(one)))

    def _manager(self, entry: str) -> Iterator[Named]:
        whom = self.case.concerned if entry == MANAGER else self.case.requester
        called = whom.given or whom.called.partition("@")[0]
        boss = self.policy.manager_of(whom.email)
        if boss:
            yield Named(boss, self._find(boss), f"you manage {called}")
        elif found := self.directory.manager(whom.id, self.now):
            yield Named(found.email or str(found.id), found, f"you manage {called}")

    def _owners(self) -> Iterator[Named]:
        """Whoever owns every one of the teams: owning one of them gives no say about another."""
        each = [list(self.named(self.policy.owners_of(team))) for team in self.case.owned]
        for one in each[0] if each else ():
            others = all(any(_same(one, other) for other in owners) for owners in each[1:])
            if others:
                yield replace(one, because=f"you own {listed([team[0] for team in self.case.owned])}")

    def bars(self, person: Person) -> bool:
        """Whether somebody may never decide it, also by what the policy says of who is the same person."""
        return any(self.policy.is_same(person, one) for one in self.case.barred)


def _same(one: Named, other: Named) -> bool:
    if one.person and other.person:
        return one.person.is_(other.person)
    return canonical(one.entry) == canonical(other.entry)
