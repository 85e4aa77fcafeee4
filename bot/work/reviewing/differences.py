"""Finds where Miro differs from the record; pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from approvals.decide.streams.reviews import ACCOUNT, LEAVER, LEFT_SLACK, OVERDUE, OWNERLESS, UNGRANTED
from approvals.ids import RequestId, stamp
from approvals.people import Group, addressed, miro_key


@dataclass(frozen=True)
class Holding:
    """One fact about an active person in Miro."""

    miro_id: str
    email: str
    name: str
    fact: str
    label: str  # 'access to Design', 'Company Admin'
    is_right: bool = False

    @property
    def keys(self) -> tuple[str, str]:
        """By which the person is known; the address may have changed."""
        return miro_key(self.miro_id), self.email


@dataclass(frozen=True)
class Change:
    """A fact that a request gave or ended; `keys`: everything by which its person is known."""

    keys: frozenset[str]
    fact: str
    is_given: bool
    at: datetime
    request: RequestId


@dataclass(frozen=True)
class Difference:
    """One difference between Miro and the record."""

    code: str
    fact: str
    email: str  # '' for a team
    text: str
    keys: tuple[str, ...] = ()
    cause: Change | None = None  # after which it shouldn't be so

    @property
    def right(self) -> str:
        """The code with the fact, as a review stores it."""
        return f"{self.code}:{self.fact}"

    @property
    def id(self) -> str:
        """Six hex digits that stay the same from one comparison to the next."""
        return sha256(f"{self.email} {self.right}".encode()).hexdigest()[:6]

    @property
    def as_row(self) -> dict[str, str]:
        """For programs; "since" and "request" are empty if the record doesn't say."""
        since, request = (stamp(self.cause.at), self.cause.request) if self.cause else ("", "")
        return {
            "id": self.id, "code": self.code, "email": self.email, "fact": self.fact,
            "text": self.text, "since": since, "request": request,
        }  # fmt: skip


def differences(
    holdings: Iterable[Holding], changes: Iterable[Change], left: Collection[str], ownerless: Iterable[Group]
) -> Iterator[Difference]:
    """`left`: addresses of people who left Slack; `ownerless`: teams without owners.

    Of a person whose account should be closed, nothing else is reported: closing it ends the rest.
    """
    last = dict[tuple[str, str], Change]()
    for made in sorted(changes, key=lambda change: change.at):
        last |= {(key, made.fact): made for key in made.keys}
    reported = set[str]()
    for has in holdings:
        account, change = (_newest(last, has.keys, each) for each in (ACCOUNT, has.fact))
        if account and not account.is_given:
            code, fact, text = LEAVER, ACCOUNT, "was offboarded, but is active in Miro"
        elif has.email in left:
            code, fact, text = LEFT_SLACK, ACCOUNT, "left Slack, but is active in Miro"
        elif change and not change.is_given:
            code, fact, text = OVERDUE, has.fact, f"{has.label} has ended, but not in Miro"
        elif has.is_right and not change:
            code, fact, text = UNGRANTED, has.fact, f"{has.label}, which nobody granted"
        else:
            continue
        cause = {LEAVER: account, OVERDUE: change}.get(code)
        since = f" ({cause.request}, {cause.at:%Y-%m-%d})" if cause else ""
        sentence = f"{addressed(has.name, has.email)}: {text}{since}"
        difference = Difference(code, fact, has.email, sentence, has.keys, cause)
        if difference.id not in reported:
            reported.add(difference.id)
            yield difference
    for group in ownerless:
        yield Difference(OWNERLESS, group.id, "", f"{group.known_name}: the team has no owner")


def _newest(last: Mapping[tuple[str, str], Change], keys: Iterable[str], fact: str) -> Change | None:
    changes = [last[key, fact] for key in keys if (key, fact) in last]
    return max(changes, key=lambda change: change.at, default=None)
