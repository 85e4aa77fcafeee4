"""Who may decide a request now, under one policy: steps, people away or gone, the fallback; pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import combinations

from approvals.cases import Approver, Case, Named, Route, reached
from approvals.ids import PersonId, SlackId
from approvals.people import Directory, Person, canonical, listed
from approvals.policy import ANYONE, ASKERS_MANAGER, MANAGER, OWNERS, Policy, Rule, Step, is_slack_group
from approvals.policy_conditions import accepted
from approvals.refusals import Refused, Unsure
from approvals.request import Request, Vote


@dataclass(frozen=True)
class Ground:
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
        one mustn't let a strict one's team slip through.
        """
        base = self.policy.rule(self.case.action)
        if base is None:
            raise Refused(
                f"Nobody can ask for {self.case.action} here: the policy doesn't mention it. "
                "Ask your IT team."
            )
        found = {self._first(base, team) for team in self.case.teams or ((),)}
        if len(found) > 1:
            names = listed([team[0] for team in self.case.teams])
            raise Refused(f"{names} are decided in different ways. Ask for each by itself.")
        [number] = found
        return base if number is None else base.rules[number].on(base)

    def _first(self, base: Rule, team: Sequence[str]) -> int | None:
        hits = (number for number, rule in enumerate(base.rules) if self._meets(rule, team))
        return next(hits, None)

    def _meets(self, rule: Rule, team: Sequence[str]) -> bool:
        return bool(rule.when) and all(self._holds(key, value, team) for key, value in rule.when.items())

    def _holds(self, key: str, value: object, team: Sequence[str]) -> bool:
        if key == "for":
            return (value == "others") is self.case.is_for_others
        if key == "requester_group":
            return self._is_surely_in(str(value), self.case.requester)
        if key == "subject_group":
            return self._is_surely_in(str(value), self.case.concerned)
        if key == "max_days":
            return self.case.days is not None and isinstance(value, int) and self.case.days <= value
        known = team if key == "team" else self.case.details.get(key, ())
        return bool(accepted(value) & {name.casefold() for name in known})

    def _is_surely_in(self, entry: str, who: Person) -> bool:
        """Whether somebody is in the group of a condition. Raises Unsure where Slack hasn't told of it.

        A group that is renamed or switched off in Slack would else let a milder rule hold.
        """
        if self.includes([entry], who):
            return True
        handles = [one for one, _ in self.policy.members([entry]) if is_slack_group(one)]
        for handle in handles:
            if not self.directory.knows(handle, self.now):
                raise Unsure(
                    f"I can't tell who is in {handle}, so I don't know who decides this. "
                    "Try again in some minutes; if it stays so, ask your IT team."
                )
        return False

    def may_ask(self) -> None:
        """Refuses whoever may not ask for this, or not for somebody else."""
        rule, asker = self.rule, self.case.requester
        if self.case.is_for_others and self.includes(rule.for_others, asker):
            return
        if not self.includes(rule.ask, asker):
            raise Refused("You can't ask for this. Ask your manager or your IT team to ask for you.")
        if self.case.is_for_others:
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

    def _find(self, entry: str) -> Person | None:
        people = self.directory
        return people.by_email(entry) if "@" in entry else people.by_slack(SlackId(entry))

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
        each = [list(self.named(self.policy.owners_of(team))) for team in self.case.teams]
        for one in each[0] if each else ():
            others = all(any(_same(one, other) for other in owners) for owners in each[1:])
            if others:
                yield replace(one, because=f"you own {listed([team[0] for team in self.case.teams])}")

    # -- who may decide ----------------------------------------------------------------------------------

    def tally(self, request: Request) -> Route:
        """How far the votes reach, and who may decide the step that is next."""
        ladder, step, seated = self.rule.ladder, 0, list[Vote]()
        before: list[Vote] = []
        for vote in request.votes:
            if step < len(ladder) and self._counts(vote, ladder[step], seated, before):
                seated.append(vote)
                if len(seated) == ladder[step].agree:
                    before, seated, step = [*before, *seated], [], step + 1
        if step == len(ladder):
            return Route(step, step, 0, is_settled=True)
        level = request.level if step == request.step else 0
        voted = [*seated, *([] if self.rule.same_person_twice else before)]
        need = ladder[step].agree - len(seated)
        found, notes = self._seats(ladder[step], level, need, request.lost, voted)
        return Route(step, len(ladder), ladder[step].agree, need, found, notes)

    def _counts(self, vote: Vote, step: Step, seated: Sequence[Vote], before: Sequence[Vote]) -> bool:
        """Whether a vote still counts: whoever gave it may decide today as well, and has no other vote."""
        if vote.shell and not self.policy.command_line_decides:
            return False
        voter, principal = self._person(vote.by), self._person(vote.principal)
        if voter is None or principal is None:
            return False
        if any(self.bars(one) or not one.is_colleague for one in (voter, principal)):
            return False
        twice = [] if self.rule.same_person_twice else before
        if any(self._overlap(vote, other) for other in (*seated, *twice)):
            return False
        entries = [*_entries(step, vote.level), *(self.fallback if vote.is_fallback else ())]
        named = [one.person for one in self.named(entries) if one.person]
        return any(one.is_(voter) or one.is_(principal) for one in named)

    def _seats(
        self, step: Step, level: int, need: int, lost: Collection[PersonId], voted: Sequence[Vote]
    ) -> tuple[tuple[Approver, ...], tuple[str, ...]]:
        """Who may decide a step now; the fallback group as well, where those can't be enough."""
        found, notes = self._seated(_entries(step, level), lost, voted)
        notes = (*notes, *self._asked_later(found, step, level))
        if reached(found) >= need:
            return found, notes
        more, _ = self._seated(self.fallback, lost, voted)
        spare = [one for one in more if not any(one.person.is_(other.person) for other in found)]
        spare = [replace(one, is_fallback=True, because=_because(one)) for one in spare]
        if spare:
            names = listed([one.person.called for one in spare][:3])
            notes = (*notes, f"{names} {'was' if len(spare) == 1 else 'were'} asked instead.")
        return (*found, *spare), notes

    def _asked_later(self, found: Sequence[Approver], step: Step, level: int) -> Iterator[str]:
        """Who may decide only because nobody had answered."""
        first = [one.person for one in self.named(step.approvers) if one.person] if level else []
        more = [one for one in found if not any(one.person.is_(other) for other in first)] if level else []
        names = listed([one.person.called for one in more if not one.stands_for][:3])
        if names:
            yield f"Nobody answered in time, so I asked {names} as well."

    @property
    def fallback(self) -> tuple[str, ...]:
        """Who decides what nobody else can."""
        return self.rule.fallback or self.policy.fallback

    def _seated(
        self, entries: Iterable[str], lost: Collection[PersonId] = (), voted: Sequence[Vote] = ()
    ) -> tuple[tuple[Approver, ...], tuple[str, ...]]:
        """Whoever of a list may decide, those who stand in for them, and why others were stepped over."""
        found: list[Approver] = []
        notes: list[str] = []
        for named in self.named(entries):
            person = named.person
            if person is None or not person.is_colleague:
                notes.append(f"{person.called if person else named.entry} can't decide any more.")
            elif not self._is_out(person, voted, found):
                is_lost = person.id in lost
                if is_lost:
                    notes.append(f"I can't reach {person.called} in Slack.")
                told = named.told and not is_lost
                found.append(Approver(person, named.because, told, is_lost=is_lost))
            elif named.told:
                # Who stands in two entries is told, if one of them says so.
                found = [
                    replace(one, told=not one.is_lost) if one.person.is_(person) else one for one in found
                ]
        for one in tuple(found):
            stand_in = self._stand_in(one.person, voted, found)
            if stand_in:
                is_lost = stand_in.person.id in lost
                # A delegate who can't be reached leaves it with the one who is away.
                found[found.index(one)] = replace(one, told=one.told and is_lost)
                told = (one.told or one.is_lost) and not is_lost
                found.append(replace(stand_in, told=told, is_lost=is_lost))
        return tuple(found), tuple(dict.fromkeys(notes))

    def bars(self, person: Person) -> bool:
        """Whether somebody may never decide it, also by what the policy says of who is the same person."""
        concerned = [one for one in (self.case.requester, self.case.subject) if one and one.email]
        names = {self.policy.known_as(one.email) for one in concerned} - {""}
        return self.case.bars(person) or person.email in names

    def _is_out(self, person: Person, voted: Sequence[Vote], found: Sequence[Approver]) -> bool:
        """Whether somebody has no seat: barred, seated already, or with a vote already."""
        taken = any(person.is_(one.person) for one in found)
        return taken or self.bars(person) or any(self._is_by(vote, person) for vote in voted)

    def _stand_in(self, person: Person, voted: Sequence[Vote], found: Sequence[Approver]) -> Approver | None:
        """The delegate of somebody who is away; never a delegate's delegate."""
        away = self.directory.delegation(person.id, self.now)
        other = self._person(away.delegate) if away else None
        if other is None or not other.is_colleague or self._is_out(other, voted, found):
            return None
        return Approver(other, f"{person.called} is away and you stand in", stands_for=person.id)

    def _is_by(self, vote: Vote, person: Person) -> bool:
        """Whether a vote is somebody's own, or was given in their place."""
        return any(one.is_(person) for one in self._behind(vote))

    def _overlap(self, vote: Vote, other: Vote) -> bool:
        """Whether two votes are one human's, who may have been two rows when they were given."""
        return any(self._is_by(other, one) for one in self._behind(vote))

    def _behind(self, vote: Vote) -> list[Person]:
        """Who gave a vote, and in whose place."""
        return [one for one in (self._person(vote.by), self._person(vote.principal)) if one]

    def _person(self, id: PersonId) -> Person | None:
        try:
            return self.directory.person(id)
        except KeyError:
            return None

    def unfillable(self) -> str:
        """Why this could never be decided, or '': every step, and all together, need people enough.

        Whoever isn't there any more once it comes to a later step is stood in for by the fallback group.
        """
        ladder, spare = self.rule.ladder, _humans(self.backup())
        people = [_humans(self.seats(step)) | spare for step in ladder]
        for count in range(1, 2 if self.rule.same_person_twice else len(ladder) + 1):
            for chosen in combinations(range(len(ladder)), count):
                wanted = sum(ladder[number].agree for number in chosen)
                can = len(set().union(*(people[number] for number in chosen)))
                if can < wanted:
                    return f"{wanted} must agree and {can} can"
        return ""

    def check_fillable(self) -> None:
        """Refuses what nobody could decide, now or in a later step."""
        problem = self.unfillable()
        if problem:
            raise Refused(
                f"Nobody can decide this: {problem}. Ask your IT team to add an approver to the policy."
            )

    def seats(self, step: Step) -> tuple[Approver, ...]:
        """Who may decide a step, when nobody has voted yet."""
        return self._seats(step, 0, step.agree, (), ())[0]

    def everybody(self) -> tuple[Approver, ...]:
        """Everybody who could decide any step, whenever that is."""
        return self._seated(self.rule.everybody())[0]

    def backup(self, lost: Collection[PersonId] = ()) -> tuple[Approver, ...]:
        """Who decides what nobody else can any more."""
        found = self._seated(self.fallback, lost)[0]
        return tuple(replace(one, is_fallback=True, because=_because(one)) for one in found)


def _entries(step: Step, level: int) -> tuple[str, ...]:
    return (*step.approvers, *(entry for one in step.escalate[:level] for entry in one.to))


def _humans(some: Iterable[Approver]) -> set[str]:
    """Who has a vote of their own, and each human once, however many rows there are of them."""
    return {one.person.email or one.person.id for one in some if not one.stands_for}


def _because(one: Approver) -> str:
    return one.because or "nobody else can decide it"


def _same(one: Named, other: Named) -> bool:
    if one.person and other.person:
        return one.person.is_(other.person)
    return canonical(one.entry) == canonical(other.entry)
