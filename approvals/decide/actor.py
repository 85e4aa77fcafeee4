"""The one who acts: a person through a Slack account or from a shell, and whether it may act at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.people import Account, Person, Standing, canonical
from approvals.policy.model import Policy
from approvals.refusals import Refused


@dataclass(frozen=True)
class Who:
    """The one who acts: a person through a Slack account, or from a shell (`shell` says which)."""

    person: Person
    account: Account | None = None
    shell: str = ""

    @property
    def signed(self) -> dict[str, str]:
        """What the record keeps of the one who acted, beside the opaque id."""
        return {"who": self.person.sealed(self.account), "shell": self.shell}


_STANDING = {
    Standing.GUEST: "Guests can't ask or decide here. Ask a colleague with a full Slack account.",
    Standing.STRANGER: "You belong to another organization, so I can't take this from you.",
    Standing.BOT: "Bots can't ask or decide here.",
    Standing.LEFT: "This Slack account is deactivated, so it can't ask or decide.",
}


def check_standing(who: Who, now: datetime) -> None:
    """Refuses guests, strangers, bots, deactivated accounts, and accounts not looked at for a day."""
    if who.account is None:
        return
    if who.account.standing in _STANDING:
        raise Refused(_STANDING[who.account.standing])
    if who.account.standing is Standing.UNKNOWN or not who.account.fresh(now):
        raise Refused(
            "I haven't been able to check your Slack account today, so nothing was done. "
            "I'm looking again; press once more in a minute."
        )


def _names(policy: Policy, entries: Sequence[str], who: Person) -> bool:
    """Whether a list of people and groups of people names this person."""
    slack_ids = {account.slack_id for account in who.accounts}
    people = {entry for entry, _ in policy.members(entries)}
    by_email = bool(who.email) and who.email in {canonical(entry) for entry in people}
    return by_email or bool(slack_ids & people)


def is_operator(policy: Policy, who: Person) -> bool:
    """Whether this person looks after the bot and its stopped requests."""
    return _names(policy, policy.operators, who)
