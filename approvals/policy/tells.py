"""How many people get a message when somebody asks: for each rule and step, by the policy alone."""

from approvals.people import canonical
from approvals.policy.model import ASKERS_MANAGER, MANAGER, OWNERS, Policy, Step, is_person


def tells(policy: Policy) -> list[str]:
    """For each rule and step, how many people get a message when somebody asks."""
    lines = []
    for name, base in policy.actions.items():
        for number, rule in enumerate((*(one.on(base) for one in base.rules), base), 1):
            label = name if number > len(base.rules) else f"{name}, rule {number}"
            for level, step in enumerate(rule.ladder, 1):
                place = f"{label}, step {level}" if len(rule.ladder) > 1 else label
                lines.append(f"{place}: {_tells(policy, step)}")
            if not rule.ladder:
                lines.append(f"{label}: needs no approval, so nobody is asked")
    return lines


def _tells(policy: Policy, step: Step) -> str:
    if policy.tell:
        return f"one card in {policy.tell} (offboardings: a message to each)"
    told: set[str] = set()
    more: list[str] = []
    for entry in step.approvers:
        group = policy.groups.get(entry)
        named = (group.told or group.entries) if group else (entry,)
        told |= {canonical(one) for one in named if is_person(one)}
        more += [_dynamic(one) for one in named if not is_person(one)]
    count = [f"{len(told)} {'person' if len(told) == 1 else 'people'}"] if told or not more else []
    return f"tells {' and '.join([*count, *dict.fromkeys(more)])}"


def _dynamic(entry: str) -> str:
    names = {MANAGER: "the manager", ASKERS_MANAGER: "the requester's manager", OWNERS: "the team's owners"}
    return names.get(entry, f"the members of {entry}")
