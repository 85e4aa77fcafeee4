"""What is taken for granted of people and teams where an ask is only thought through."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from approvals.ids import GroupId, PersonId, SlackId
from approvals.people import Account, Delegation, Directory, Group, Person, Standing, canonical
from approvals.policy.model import Policy
from approvals.policy.team_names import narrow
from approvals.record.store import Store
from bot.actions.tables import Tables


class Everybody:
    """Whom the policy names counts as a colleague: Slack isn't asked. What the record knows is used."""

    def __init__(self, record: Directory | None) -> None:
        self._record = record

    def person(self, id: PersonId) -> Person:
        """Somebody of the record, or somebody who has nothing but this name."""
        if self._record and id.startswith("P-"):
            return self._as_colleague(self._record.person(id))
        return self.by_email(id) if "@" in id else self.by_slack(SlackId(id))

    @staticmethod
    def _as_colleague(person: Person) -> Person:
        if person.accounts:
            return person
        return replace(person, accounts=(Account(SlackId(""), Standing.COLLEAGUE),))

    def by_email(self, email: str) -> Person:
        """The person of this address."""
        known = self._record.by_email(email) if self._record else None
        return self._as_colleague(known or Person(PersonId(canonical(email)), canonical(email)))

    def by_slack(self, slack_id: SlackId) -> Person:
        """The person of this account."""
        known = self._record.by_slack(slack_id) if self._record else None
        account = Account(slack_id, Standing.COLLEAGUE)
        return known or Person(PersonId(slack_id), name=slack_id, accounts=(account,))

    def members(self, handle: str, now: datetime) -> Collection[SlackId]:
        """Who is in a Slack user group, as the record knows it."""
        return self._record.members(handle, now) if self._record else ()

    def knows(self, handle: str, now: datetime) -> bool:
        """Whether the record knows who is in a Slack user group."""
        return bool(self._record and self._record.knows(handle, now))

    def manager(self, id: PersonId, now: datetime) -> Person | None:
        """Who manages somebody, as the record knows it."""
        return self._record.manager(id, now) if self._record and id.startswith("P-") else None

    def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
        """Who stands in for somebody, as the record knows it."""
        return self._record.delegation(id, now) if self._record and id.startswith("P-") else None

    def meet(self, *, email: str = "", slack_id: str = "") -> Person:
        """Somebody whom a form names; nobody is written down."""
        return self.by_email(email) if email else self.by_slack(SlackId(slack_id))


class Written:
    """Teams that nobody has seen in Miro: as the policy names them, or else as they were written."""

    def __init__(self, policy: Policy) -> None:
        self._pairs = policy.teams.items()
        self._met: dict[str, Group] = {}

    def get(self, given: str) -> Group | None:
        """The team of a name; None for several."""
        wanted = narrow(given)
        pair = next((one for one in self._pairs if wanted in map(narrow, one)), None)
        if pair is None and "," in given:
            return None
        known, security = pair or (given.strip(), given.strip())
        group = Group(GroupId(narrow(security)), security, known)
        return self._met.setdefault(group.id, group)


def assumed(policy: Policy, store: Store | None, people: Everybody) -> Tables:
    """What fills in a form: the teams as the record saw them in Miro; before it has seen any, as written."""
    groups = store.groups.all() if store else ()
    if store and groups:
        return Tables(policy, lambda: groups, people.meet, people, store.groups.get)
    return Tables(policy, lambda: (), people.meet, people, Written(policy).get)
