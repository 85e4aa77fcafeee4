"""Why entries of a policy name nobody who could decide an ask: what the fallback stands in for."""

from collections.abc import Iterator

from approvals.decide.case import Named
from approvals.decide.seats import Ground
from approvals.people import listed
from approvals.policy.model import ASKERS_MANAGER, MANAGER, OWNERS, is_slack_group


def missing(ground: Ground) -> tuple[str, ...]:
    """A sentence for each entry of any step behind which somebody is missing, each once."""
    entries = [
        entry
        for step in ground.rule.ladder
        for entry in (*step.approvers, *(one for later in step.escalate for one in later.to))
    ]
    return tuple(dict.fromkeys(said for entry in entries for said in _entry(ground, entry)))


def _entry(ground: Ground, entry: str) -> Iterator[str]:
    group = ground.policy.groups.get(entry)
    if group:
        for one in group.entries:
            yield from _entry(ground, one)
    elif named := list(ground.named([entry])):
        yield from (said for one in named if (said := _person(ground, one)))
    else:
        yield from _nobody(ground, entry)


def _person(ground: Ground, named: Named) -> str:
    called = named.person.addressed if named.person else named.entry
    if named.person is None or not named.person.is_colleague:
        return f"{called} can't decide any more."
    barred = ground.bars(named.person)
    return f"{called} asks for it or is concerned, so can't decide it." if barred else ""


def _nobody(ground: Ground, entry: str) -> Iterator[str]:
    case = ground.case
    if entry in (MANAGER, ASKERS_MANAGER):
        whom = case.concerned if entry == MANAGER else case.requester
        yield f"I know no manager of {whom.addressed}."
    elif entry == OWNERS:
        yield from _owners(ground)
    elif is_slack_group(entry):
        yield f"The record knows nobody in {entry}."


def _owners(ground: Ground) -> Iterator[str]:
    teams, policy = ground.case.owned, ground.policy
    without = [team[0] for team in teams if not policy.owners_of(team)]
    if without:
        yield f"The policy names no owner of {listed(without, 'or')}."
    elif len(teams) > 1:
        yield f"Nobody owns all of {listed([team[0] for team in teams])}."
    for entry in [one for team in teams for one in policy.owners_of(team)]:
        yield from _entry(ground, entry)
