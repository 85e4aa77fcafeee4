"""The acting person, through a Slack account or from a shell, and whether they may act at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.people import Account, Person, Standing, key
from approvals.policy.model import Policy
from approvals.refusals import Refused
from approvals.request import Draft
from approvals.states import EventType


@dataclass(frozen=True)
class Reading:
    """The text that a person read when they decided; `catalogue`: the version of its sentences."""

    text: str
    catalogue: int


@dataclass(frozen=True)
class Actor:
    """The acting person, through a Slack account or from a shell (`shell` names it)."""

    person: Person
    account: Account | None = None
    shell: str = ""
    reading: Reading | None = None

    @property
    def signed(self) -> dict[str, str]:
        """The personal words of the acting person for the record, besides the opaque id."""
        return {"who": self.person.sealed(self.account), "shell": self.shell}

    def decision(self, what: EventType, body: Mapping[str, Any], **words: str) -> Draft:
        """The event of a decision, with the text that was read; the chain holds only its digest."""
        read = self.reading
        more = {"catalogue": read.catalogue} if read else {}
        card = {"card": read.text} if read else {}
        return Draft(what, self.person.id, {**body, **more}, {**words, **self.signed, **card})


_STANDING = {
    Standing.GUEST: "Guests can't request or decide here. Ask a colleague with a full Slack account.",
    Standing.STRANGER: "You belong to another organization, so I can't accept this from you.",
    Standing.BOT: "Bots can't request or decide here.",
    Standing.LEFT: "This Slack account is deactivated, so it can't request or decide.",
}


def check_standing(actor: Actor, now: datetime) -> None:
    """Raises Refused for guests, strangers, bots, deactivated accounts, and data older than a day."""
    if actor.account is None:
        return
    if actor.account.standing in _STANDING:
        raise Refused(_STANDING[actor.account.standing])
    if actor.account.standing is Standing.UNKNOWN or not actor.account.fresh(now):
        raise Refused(
            "I haven't been able to check your Slack account today, so nothing was done. "
            "I'm checking it now: try again in a minute."
        )


def is_operator(policy: Policy, person: Person) -> bool:
    """Whether this person is an operator."""
    return not person.today.isdisjoint(map(key, policy.operator_keys))
