"""What a directory says -> what each person should have in Miro -> the commands that bring it about; pure."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from approvals.ids import GroupId, PersonId
from approvals.people import canonical
from approvals.policy.directories import DirectoryRules
from bot.actions import ACTIONS, Action
from bot.actions.fill import MOST_TEAMS
from bot.actions.form import DETAILS
from bot.directory.store import MISSING, Content, EntryId, User, key

COMPANY_ADMIN = "Company Admin"
TAKES = frozenset({"remove-admin", "offboard"})
"""Actions after which somebody is no Company Admin."""


class Standing(StrEnum):
    """What a directory says about a person's account."""

    OPEN = "open"
    OUT = "out"  # active, but not in the group that means an account
    CLOSED = "closed"
    MISSING = "missing"  # from a list that names everybody
    DELETED = "deleted"


@dataclass(frozen=True)
class Wanted:
    """What one person should have in Miro by a directory's word; what isn't open has nothing."""

    email: str
    standing: Standing
    teams: tuple[GroupId, ...] = ()
    admin: bool = False
    details: Mapping[str, str] = field(default_factory=dict)
    """{field of the actions that write them: value}; without those the directory leaves empty."""
    groups: tuple[str, ...] = ()
    """The directory's groups that this follows from."""

    @property
    def stored(self) -> str:
        """Its stored form."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> "Wanted | None":
        """What `stored` has written; None for ''."""
        values = json.loads(text) if text else None
        if values is None:
            return None
        lists = {name: tuple(values[name]) for name in ("teams", "groups")}
        return cls(**values | lists | {"standing": Standing(values["standing"])})

    @property
    def digest(self) -> str:
        """16 hex digits of the word."""
        return sha256(self.stored.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Asked:
    """One request that a directory makes: a command without its person, why, and how long to wait."""

    action: str
    fields: Mapping[str, Any]
    reason: str
    wait: timedelta = timedelta()

    def about(self, person: PersonId) -> Action:
        """The typed command. Raises ValidationError for a value that Miro doesn't take."""
        return ACTIONS[self.action].model_validate({"person": person, **self.fields})


Holds = Mapping[str, Collection[str]]
"""{address of somebody active in Miro: ids of their teams, and what else they have}, as Miro listed them."""


def judged_by(
    content: Content, rules: DirectoryRules, teams: Mapping[str, GroupId]
) -> tuple[DirectoryRules | None, dict[str, GroupId]]:
    """(the rules that count, {key of a group: its team in Miro}); `teams`: {team of the policy: its id}.

    A group that the directory doesn't have, or has deleted, says nothing about anybody: a misspelt name must
    neither close accounts nor take rights away. None without the group that means an account.
    """
    there = {key(group.display_name) for group in content.groups if group.deleted_at is None}
    mapped = {
        key(name): teams[team] for name, team in rules.teams.items() if key(name) in there and team in teams
    }
    if rules.account and key(rules.account) not in there:
        return None, mapped
    return rules if key(rules.admins) in there else rules.model_copy(update={"admins": ""}), mapped


def wanted(content: Content, rules: DirectoryRules, teams: Mapping[str, GroupId]) -> dict[EntryId, Wanted]:
    """What everybody a directory ever named should have; `teams`: as `judged_by` returns it."""
    named = {group.id: group.display_name for group in content.groups if group.deleted_at is None}
    people = {each: user for user in content.users for each in (user.id, user.external_id, user.user_name)}
    people.pop("", None)
    all_wanted = {}
    for user in content.users:
        groups = sorted(named[id] for id in user.group_ids if id in named)
        keys = set(map(key, groups))
        standing = _standing(user, not rules.account or key(rules.account) in keys)
        word = Wanted(address_of(user), standing)
        if standing is Standing.OPEN:
            ids = {team for name, team in teams.items() if name in keys}
            meant = {*teams, key(rules.account), key(rules.admins)}
            word = replace(
                word,
                teams=tuple(sorted(ids)),
                admin=bool(rules.admins) and key(rules.admins) in keys,
                details=dict(_details(user, rules, people)),
                groups=tuple(name for name in groups if key(name) in meant),
            )
        all_wanted[user.id] = word
    # Somebody deleted and created again is the newer entry.
    open_now = {word.email for word in all_wanted.values() if word.standing is Standing.OPEN}
    return {
        id: word
        for id, word in all_wanted.items()
        if word.standing is Standing.OPEN or word.email not in open_now
    }


def kept(word: Wanted, last: Wanted | None, gone: Collection[GroupId], is_admin_gone: bool) -> Wanted:
    """A word, with what was said last of groups that the directory lacks now; they may come back, and what
    they gave is taken away only then."""
    if last is None or word.standing is not Standing.OPEN or last.standing is not Standing.OPEN:
        return word
    teams = {*word.teams, *(team for team in last.teams if team in gone)}
    return replace(word, teams=tuple(sorted(teams)), admin=last.admin if is_admin_gone else word.admin)


def _standing(user: User, is_member: bool) -> Standing:
    if user.deleted_at is not None:
        return Standing.DELETED
    if not user.active:
        return Standing.CLOSED
    if user.body.get(MISSING):
        return Standing.MISSING
    return Standing.OPEN if is_member else Standing.OUT


def address_of(user: User) -> str:
    """The address by which Miro knows somebody; '' if the directory gives none."""
    primary = sorted(user.emails, key=lambda email: (not email.get("primary"), email.get("type") != "work"))
    addresses = [user.user_name, *(str(email["value"]) for email in primary)]
    return next((canonical(address) for address in addresses if "@" in address), "")


def _details(user: User, rules: DirectoryRules, people: Mapping[str, User]) -> Iterator[tuple[str, str]]:
    for name in rules.attributes:
        if name == "name" and user.given_name and user.family_name:
            yield from (("given_name", user.given_name), ("family_name", user.family_name))
        elif name == "manager":
            boss = people.get(user.manager)
            if boss:  # what doesn't resolve yet may be no name
                yield name, boss.formatted_name or boss.display_name or boss.user_name
        elif name not in ("name", "email"):
            value = str(user.enterprise.get(DETAILS[name]) or "").strip()
            if value:
                yield name, value


def asks(
    last: Wanted | None,
    word: Wanted,
    rules: DirectoryRules,
    title: str,
    holds: Holds,
    teams: Collection[GroupId],
) -> Iterator[Asked]:
    """What to ask because of a person's new word; `said`: the word that was asked for last.

    Of somebody whose first word it is, what Miro lists already isn't asked for. `teams`: those that the
    directory manages; others aren't left.
    """
    has = holds.get(word.email) if last is None else None
    was_open = last.standing is Standing.OPEN if last else has is not None
    if word.standing is not Standing.OPEN:
        yield from _closing(last, word, rules, title, was_open)
        return
    before = last if last and was_open else Wanted(word.email, Standing.OUT, tuple(map(GroupId, has or ())))
    reason = f"{title}: {_why(word)}."
    details = {name: text for name, text in word.details.items() if before.details.get(name) != text}
    joined = [id for id in word.teams if id not in before.teams]
    if not was_open or joined:
        first = details if not was_open else {}
        for at in range(0, max(len(joined), 1), MOST_TEAMS):
            part = joined[at : at + MOST_TEAMS]
            yield Asked("request-access", {"teams": part, **(first if at == 0 else {})}, reason)
    if last and was_open:
        left = [id for id in last.teams if id not in word.teams and id in teams]
        for at in range(0, len(left), MOST_TEAMS):
            yield Asked("leave-team", {"teams": left[at : at + MOST_TEAMS]}, reason)
    moved = {"email": word.email} if last and "email" in rules.attributes and last.email != word.email else {}
    if was_open and (details or moved):
        yield Asked("update-details", _named(details, word.details) | moved, f"{title}: profile changed.")
    was_admin = last.admin if last and was_open else COMPANY_ADMIN in (has or ())
    if rules.admins and word.admin != was_admin and (word.admin or last):
        action = "make-admin" if word.admin else "remove-admin"
        yield Asked(action, {"rights": COMPANY_ADMIN}, reason)


def _named(changed: Mapping[str, str], details: Mapping[str, str]) -> dict[str, str]:
    """The changed details; Miro takes given and family name together."""
    both = {name: details[name] for name in ("given_name", "family_name") if name in details}
    return {**changed, **(both if both.keys() & changed.keys() else {})}


def _why(word: Wanted) -> str:
    return f"member of {', '.join(word.groups)}" if word.groups else "active"


_CLOSED = {
    Standing.OUT: "no longer in the group that means an account",
    Standing.CLOSED: "deactivated",
    Standing.MISSING: "missing from a list of everybody",
    Standing.DELETED: "deleted",
}


def _closing(
    last: Wanted | None, word: Wanted, rules: DirectoryRules, title: str, was_open: bool
) -> Iterator[Asked]:
    """Deactivates at once; deletes after the cooling-off time."""
    is_word = word.standing is not Standing.OUT or last is not None
    reason = f"{title}: {_CLOSED[word.standing]}."
    if was_open and is_word:
        yield Asked("offboard", {"how": "deactivate"}, reason)
    how = rules.deleted if word.standing is Standing.DELETED else rules.deactivated
    before = rules.deleted if last and last.standing is Standing.DELETED else rules.deactivated
    if is_word and how == "delete" and (was_open or (last and before != "delete")):
        yield Asked("offboard", {"how": "delete"}, reason, timedelta(days=rules.cooling_off))


def is_still_wanted(action: str, details: Mapping[str, Any], word: Wanted, rules: DirectoryRules) -> bool:
    """Whether an open request of a directory is still in line with its newest word."""
    is_open, teams = word.standing is Standing.OPEN, set(details.get("teams", ()))
    if action == "offboard":
        how = rules.deleted if word.standing is Standing.DELETED else rules.deactivated
        return not is_open and details["how"] in ("deactivate", how)
    if not is_open:
        return False
    if action in ("make-admin", "remove-admin"):
        return word.admin == (action == "make-admin")
    if action == "leave-team":
        return teams.isdisjoint(word.teams)
    news = {**word.details, "email": word.email}
    fits = all(news.get(name) == text for name, text in details.items() if text and name in _WRITTEN)
    return fits and teams <= set(word.teams)


def is_contrary(action: str, details: Mapping[str, Any], word: Wanted, rules: DirectoryRules) -> bool:
    """Whether nothing of a request is in line with the newest word; else the rest of it is still wanted, and
    what differs is asked for afterwards."""
    if word.standing is Standing.OPEN and action in ("request-access", "update-details"):
        return False
    if word.standing is Standing.OPEN and action == "leave-team":
        return {*details["teams"]} <= {*word.teams}
    return not is_still_wanted(action, details, word, rules)


_WRITTEN = {"given_name", "family_name", "email", *DETAILS}


def held(
    pending: Mapping[EntryId, Sequence[Asked]],
    recent: Mapping[str, int],
    rules: DirectoryRules,
    admins: Mapping[str, EntryId | None],
    leaving: Collection[str],
    missing: Collection[EntryId],
) -> dict[str, set[EntryId]]:
    """{action: whose changes operators have to let through}.

    `recent`: {action: people asked for within the hour}; `admins`: {address: entry} of all Company Admins,
    None for whom the directory doesn't know; `leaving`: addresses of those who lose their rights by what is
    under way; `missing`: people who are held however few they are.
    """
    by_action = defaultdict[str, set[EntryId]](set)
    for id, changes in pending.items():
        for change in changes:
            by_action[change.action].add(id)
    taken = set[EntryId | None]().union(*(by_action.get(action, ()) for action in TAKES))
    staying = {id for email, id in admins.items() if email not in leaving}
    last = {id for id in admins.values() if id} if staying <= taken else set[EntryId]()
    waiting = {
        action: people
        if len(people) + recent.get(action, 0) > rules.hold_above
        else people & {*missing, *(last if action in TAKES else ())}
        for action, people in by_action.items()
    }
    return {action: people for action, people in waiting.items() if people}
