"""Whether the lists of a policy name people and groups that there are; pure."""

from collections.abc import Collection

from approvals.policy.line_numbers import Place, Told
from approvals.policy.model import ANYONE, ASKERS_MANAGER, MANAGER, OWNERS, Policy, is_person, is_slack_group


def check_names(policy: Policy, place: Place, entries: Collection[str], asking: bool = False) -> Told:
    """Entries of a list that mean nobody; `asking`: it says who may ask, and not who decides."""
    special = {ANYONE} if asking else {MANAGER, ASKERS_MANAGER, OWNERS}
    for entry in entries:
        known = is_person(entry) or is_slack_group(entry) or entry in policy.groups or entry in special
        if not known:
            yield place, f"{entry!r} is no e-mail, Slack id or group; add [groups.{entry}]"
        elif entry == OWNERS and not policy.owners and OWNERS not in policy.groups:
            yield place, '\'owners\' needs a table [owners]: "Design" = ["lena@example.com"]'
