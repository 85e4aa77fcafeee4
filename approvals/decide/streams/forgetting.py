"""Forgets people who are long gone, and texts of old requests: returns an entry, or raises Refused."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from approvals.decide.actor import Actor, is_operator
from approvals.ids import RequestId
from approvals.people import Person, Standing, key
from approvals.policy.model import Policy
from approvals.refusals import Refused
from approvals.request import Event

FORGOTTEN = "forgotten"
STRUCTURED = ("details", "case", "plan", "routing", "values", "lines", "gave", "teams", "unsure")
"""Words that this program wrote, mostly ids: by them a request stays readable."""

_TOKENS = re.compile(r"""[^\s"'\[\]{},=]+""")


def check_operator(actor: Actor, policy: Policy) -> None:
    """Raises Refused unless an operator forgets."""
    if not is_operator(policy, actor.person):
        raise Refused("Only an operator can forget somebody.")


def check(
    actor: Actor, rows: Sequence[Person], pending: Sequence[RequestId], policy: Policy, text: str
) -> None:
    """Raises Refused unless the human with these rows is long gone.

    `pending`: their requests that aren't over; `text`: of the policy.
    """
    check_operator(actor, policy)
    keys = {known for person in rows for known in person.keys}
    if not keys.isdisjoint(actor.person.keys):
        raise Refused("This is about you, so another operator has to do it.")
    active = [account for person in rows for account in person.accounts if account.standing != Standing.LEFT]
    if active:
        raise Refused(f"Slack account {active[0].slack_id} isn't deactivated. Deactivate it first.")
    if pending:
        raise Refused(f"{pending[0]} isn't over. Try again when it is.")
    if named := sorted(keys & set(map(key, _TOKENS.findall(text)))):
        raise Refused(f"The policy names {named[0]}. Take it out of the policy first.")


@dataclass
class Removed:
    """Words that were removed as the record says."""

    words: set[tuple[int, str]] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)

    @classmethod
    def by(cls, events: Iterable[Event]) -> "Removed":
        """What these entries removed; others among them say nothing."""
        removed = cls()
        for event in events:
            if event.type == FORGOTTEN:
                words = event.body.get("removed", {})
                removed.words |= {(seq, key) for key, seqs in words.items() for seq in seqs}
                removed.requests |= {*event.body.get("requests", ())}
        return removed

    def covers(self, seq: int, stream: str, key: str) -> bool:
        """Whether a word may be missing."""
        return (seq, key) in self.words or (stream in self.requests and key not in STRUCTURED)
