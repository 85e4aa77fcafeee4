"""The one who acts: a person through a Slack account or from a shell, and whether it may act at all."""

from dataclasses import dataclass
from datetime import datetime

from approvals.people import Account, Person, Standing, key
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


def is_operator(policy: Policy, person: Person) -> bool:
    """Whether this person looks after the bot and its stopped requests."""
    return not person.today.isdisjoint(map(key, policy.operator_keys))
