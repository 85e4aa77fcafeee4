"""A policy applied to one request: which rule holds, who may ask, and for how long; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from approvals.people import Person, listed
from approvals.policy.conditions import OTHERS, SELF, accepted, several
from approvals.policy.entries import Manager, Source, View
from approvals.policy.rules import GROUP_CONDITIONS, TEAMS, Rule, strictest
from approvals.refusals import Held, Refused, UnknownManager, Unsure

_UNCLEAR = (
    "I can't tell whether {who} is you or someone else, and the policy treats the two differently. "
    "Request it for yourself without naming anyone, or ask someone else to request it."
)


@dataclass(frozen=True)
class Reading(View):
    """The policy applied to one request."""

    given: Rule | None = None
    """A rule to use instead of finding the one that holds."""

    @cached_property
    def rule(self) -> Rule:
        """The first rule whose conditions are all met, else the action's own table.

        Checks every team that is joined or left. Raises Refused for an action that isn't in the policy, and
        for teams with different rules: a mild rule must not cover a strict rule's team. Raises Held if a team
        name in the policy matches no group.
        """
        if self.given:
            return self.given
        case, rules = self.case, self.rules
        if case.requester.source and rules:
            return rules[0]
        if not rules:
            raise Refused(f"{case.action} isn't available here. Ask your IT team to add it to the policy.")
        teams, left = case.scope.teams, case.scope.left
        both = (*teams, *left)
        if both and (names := self.policy.holding(case.action)):
            raise Held(names, self.policy.is_listed)
        pairs = [*product(teams or ((),), left or ((),))]
        each = [{self._first(rules, team, old, whom) for team, old in pairs} for whom in self.for_whom]
        if any(len(numbers) > 1 for numbers in each):
            different = listed(team[0] for team in both)
            raise Refused(f"{different} need different approvals. Send a request for each.")
        if any(numbers != each[0] for numbers in each):
            raise Refused(_UNCLEAR.format(who=case.concerned.email or case.concerned.called))
        return self._managed(rules[each[0].pop()])

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the action in order; for a directory's request its own."""
        source, how = self.case.requester.source, self.case.scope.facts.get("how", ())
        if source:
            return self.policy.pushed(source, self.case.action, how)
        return self.policy.rules(self.case.action)

    def _managed(self, rule: Rule) -> Rule:
        """The rule; for teams that a directory manages, with the approvers named by `asked_in_slack`."""
        for team, (source, _) in self.policy.mapped.items():
            deciders = self.policy.directory[source].asked_in_slack
            if any(
                self.policy.means(team, names) for names in (*self.case.scope.teams, *self.case.scope.left)
            ):
                return Rule(approvers=deciders).on(rule) if deciders else rule
        return rule

    @cached_property
    def for_whom(self) -> tuple[str, ...]:
        """SELF, OTHERS, or both if the subject is linked to the requester by an earlier address.

        That address may belong to somebody else by now: the request has to be allowed both ways.
        """
        asker, subject = self.case.requester, self.case.subject
        if subject is None or asker.is_(subject):
            return (SELF,)
        return (SELF, OTHERS) if self.policy.is_same(asker, subject) else (OTHERS,)

    def _first(self, rules: Sequence[Rule], team: Sequence[str], left: Sequence[str], whom: str) -> int:
        """The index of the first rule that holds.

        If a team only looks like one in a rule, the strictest rule that may hold is used. Raises Refused if
        none is the strictest.
        """
        known = {**self.case.scope.facts, "team": team, "leaving": left, "for": (whom,)}
        may = list[int]()
        for number, rule in enumerate(rules):
            met = rule is rules[-1] or self._meets(rule, known)
            if met is not False:
                may.append(number)
            if met:
                break
        best = strictest([rules[number] for number in may])
        if best is None:
            names = listed(names[0] for names in (team, left) if names)
            raise Refused(
                f"The policy names a team that looks like {names}, and I can't tell which one it means. "
                "Ask your IT team to write the team's id in the policy."
            )
        return next(number for number in may if rules[number] is best)

    def _meets(self, rule: Rule, known: Mapping[str, Sequence[str]]) -> bool | None:
        """Whether all conditions of a rule are met; None if that depends on an ambiguous name."""
        met: bool | None = bool(rule.when)
        for key, value in rule.when.items() if rule.when else ():
            holds = self._names(value, known[key]) if key in TEAMS else self._holds(key, value, known)
            if holds is False:
                return False
            met = met and holds
        return met

    def _names(self, value: object, team: Sequence[str]) -> bool | None:
        """Whether a condition names a team; None if ambiguous."""
        matches = [self.policy.means(name, team) for name in several(value)] if team else [False]
        return True if True in matches else None if None in matches else False

    def _holds(self, key: str, value: object, known: Mapping[str, Sequence[str]]) -> bool:
        if key in GROUP_CONDITIONS:
            person = self.case.requester if key == "requester_group" else self.case.concerned
            return self._is_surely_in(str(value), person)
        if key == "max_days":
            days = self.case.scope.days
            return days is not None and isinstance(value, int) and days <= value
        return bool(accepted(value) & {name.casefold() for name in known.get(key, ())})

    def _is_surely_in(self, entry: str, person: Person) -> bool:
        """Whether a person is in the group of a condition. Raises Unsure if Slack's members aren't known.

        Otherwise renaming or disabling a group in Slack would make a milder rule hold.
        """
        if self.includes([entry], person):
            return True
        for source, handle in sorted(self.needs([entry])):
            if source is Source.USER_GROUP and not self.directory.knows(handle, self.now):
                raise Unsure(handle)
        return False

    def may_ask(self) -> None:
        """Raises Refused if the requester may not ask for this, or not for somebody else.

        Raises UnknownManager if it depends on a manager whom Slack or Miro didn't name within a day.
        """
        rule, asker, name = self.rule, self.case.requester, self.case.concerned.addressed
        if asker.source:
            return
        is_for_others, boss = OTHERS in self.for_whom, ""
        if is_for_others and self.includes(rule.for_others, asker):
            return
        if is_for_others and Manager.word in rule.for_others:
            named = (each.person for each in self.named([Manager.word]))
            boss = listed((person.addressed for person in named if person), "or")
            if not boss and self.policy.looks_up_managers:
                raise UnknownManager(name)
        if not self.includes(rule.ask, asker):
            raise Refused("You can't request this. Ask your manager or your IT team to request it for you.")
        # If it may be somebody else's account, somebody else has to check it.
        if SELF not in self.for_whom or (is_for_others and not rule.ladder):
            others = f"their manager, {boss}" if boss else "them or your IT team"
            raise Refused(f"You can request this for yourself. For {name}, ask {others}.")

    def check_length(self, *, is_asked: bool = False, in_list: bool = False) -> None:
        """Raises Refused if it is asked for longer than allowed; `is_asked`: the form was already sent;
        `in_list`: it is a row of a list."""
        longest, days = self.rule.longest, self.case.scope.days
        counted = "1 day" if longest == 1 else f"{longest} days"
        if longest and days is None:
            asked = f"This now needs an end date, {counted} at most. Send it again with one."
            if in_list:
                asked = f"This needs an end date, {counted} at most. Fill in “until” or “for days”."
            raise Refused(
                asked if is_asked or in_list else f"Choose an end date, at most {counted} from now."
            )
        if longest and days and days > longest:
            raise Refused(f"The limit is {counted}. You can ask to extend it before it ends.")
