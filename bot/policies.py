"""The policy in force, those that older requests were made under, and what their names of teams mean."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from approvals.people import listed
from approvals.policy.check import BrokenPolicy, check, load
from approvals.policy.model import Policy
from approvals.policy.teams import Meanings, settled
from approvals.record.store import Store
from bot.actions import CONDITIONS
from bot.settings import BadSettings

log = logging.getLogger(__name__)


def read(path: Path) -> str:
    """The text of a policy file. Raises BadSettings."""
    try:
        return path.read_text(encoding="utf-8-sig")  # Windows puts a mark in front
    except FileNotFoundError as error:
        raise BadSettings(f"There is no policy at {path}. `miro-bot policy init` writes one.") from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"The policy {path} isn't UTF-8 text. Save it as UTF-8.") from error
    except OSError as error:
        raise BadSettings(f"The policy can't be read: {error.strerror} ({path}).") from error


def usable(path: Path) -> str:
    """The text of a policy that can be used. Raises BadSettings, BrokenPolicy."""
    text = read(path)
    _parsed(text)
    return text


@lru_cache(maxsize=64)
def _parsed(text: str) -> Policy:
    return load(text, CONDITIONS)


@lru_cache(maxsize=64)
def _read_again(text: str) -> tuple[Policy | None, object]:
    return check(text, CONDITIONS)


def kept(store: Store, hash: str) -> Policy:
    """A policy that the record knows. Raises KeyError.

    It was checked when it was taken up; what has become unknown since (an action that was removed) is
    no reason not to read it.
    """
    policy, _ = _read_again(store.policy(hash))
    if policy is None:
        raise KeyError(hash)
    return policy


def meant(store: Store, policy: Policy, before: Meanings | None) -> Meanings:
    """Which groups the names of teams in a policy mean, by the list of groups in the record.

    `before`: what they meant for certain, which stays.
    """
    if policy.targets() and store.groups.seen_at() is None:
        return Meanings(is_known=False)
    return settled(policy.targets(), store.groups.all(), before)


def by_record(store: Store, policy: Policy) -> Policy:
    """A policy with its names settled by what the record knows of Miro; as it is, before the first list."""
    if store.groups.seen_at() is None:
        return policy
    return policy.by(meant(store, policy, store.meant_teams()))


@dataclass(frozen=True)
class _Settled:
    """A policy whose names are settled: by the record, or (until it is there) by the list of a time."""

    source: Policy
    policy: Policy
    by_record: bool
    listed_at: datetime | None

    def holds(self, store: Store) -> bool:
        """Whether nothing newer is known."""
        return self.by_record or self.listed_at == store.groups.seen_at()


class Policies:
    """One file, read again when it changes; a change that doesn't check leaves the old one in force.

    So does one that names teams which Miro doesn't have.
    """

    def __init__(self, path: Path, store: Store, leads: bool = True) -> None:
        """`leads`: whether this process may put another policy in force than the record names."""
        self._path, self._store = path, store
        self._settled: dict[str, _Settled] = {}
        self.problem = ""
        text = usable(path)
        if not leads:
            self._check_in_force(text)
        old = self._instead_of(text) if leads else ""
        self._take_up(old or text, leads)

    def _take_up(self, text: str, leads: bool = True) -> None:
        policy = _read_again(text)[0] or _parsed(text)
        # Recorded first: a policy is in force only from its entry on.
        with self._store.writing():
            self._store.people.keep_links(policy.same_person, policy.different_person)
            hash = self._store.take_policy(text)
            if leads:
                self._settle(hash, policy)
        # Both at once: another thread mustn't see the hash of one policy with the rules of another.
        self._current, self._text = (hash, policy), text

    def _instead_of(self, text: str) -> str:
        """The text of the policy that stays in force, if this one names teams that Miro doesn't have."""
        try:
            self._check_names(text)
        except BadSettings as error:
            log.warning("The policy that was in force stays so. %s", error)
            return self._store.policy(self._store.policy_in_force())
        return ""

    def _check_names(self, text: str) -> None:
        """Refuses another policy that names teams which Miro doesn't have. Raises BadSettings.

        Nothing is known of that before the first list of groups; and without a policy in force, what hangs
        on such a name is held (`Policy.holding`) and all else goes on.
        """
        hash = self._store.policy_in_force()
        old = self._store.policy(hash) if hash else text
        if old == text or _read_again(old)[0] is None or self._store.groups.seen_at() is None:
            return
        policy = _parsed(text)
        found = policy.by(meant(self._store, policy, self._store.meant_teams()))
        if names := found.unsettled(policy.team_names()):
            raise BadSettings(
                f"It names {listed(names)}, and Miro has no such team. Mend the name, or write the team's id."
            )

    @property
    def hash(self) -> str:
        """The hash of the policy in force."""
        return self._current[0]

    @property
    def in_force(self) -> Policy:
        """The policy in force."""
        return self._by(*self._current)

    def _by(self, hash: str, policy: Policy) -> Policy:
        """A policy with its names of teams settled."""
        known = self._settled.get(hash)
        if known and known.source is policy and known.holds(self._store):
            return known.policy
        recorded, at = self._store.meant_teams(hash), self._store.groups.seen_at()
        found = policy.by(recorded or meant(self._store, policy, None))
        self._settled[hash] = _Settled(policy, found, bool(recorded or not policy.targets()), at)
        return found

    def settle(self) -> None:
        """Writes down which groups the names of the policy in force mean, as soon as there is a list of them.

        What a name means stays. One that meant nothing is looked for again with each list.
        """
        self._settle(*self._current)

    def _settle(self, hash: str, policy: Policy) -> None:
        before = self._store.meant_teams(hash)
        if not policy.targets() or (before and not before.nothing) or not self._store.groups.seen_at():
            return
        found = meant(self._store, policy, self._store.meant_teams())
        stays = {name: one for name, one in before.by_name.items() if not one.is_nothing} if before else {}
        found = Meanings({**found.by_name, **stays})
        if found != before:
            self._store.mean_teams(hash, found)
            self._settled.pop(hash, None)

    def _check_in_force(self, text: str) -> None:
        """Whoever names a policy of their own in a shell mustn't decide by it."""
        known = self._store.policy_in_force()
        if known and self._store.policy(known) != text:
            raise BadSettings(
                f"{self._path} isn't the policy in force, so nothing was done. `miro-bot run` takes a "
                "changed file up within seconds; start it first, or name its file in MIRO_BOT_POLICY."
            )

    def of(self, hash: str) -> Policy:
        """The policy with this hash. Raises KeyError."""
        current, policy = self._current
        return self._by(hash, policy if hash == current else kept(self._store, hash))

    def reload(self) -> str:
        """Takes up the file if it changed and checks; the problem to tell the operators about, once."""
        try:
            text = read(self._path)
            if text == self._text:
                self.problem = ""
                return ""
            _parsed(text)
            self._check_names(text)
        except (BrokenPolicy, BadSettings) as error:
            told, self.problem = str(error) != self.problem, str(error)
            return f"The changed policy can't be used; the old one stays in force. {error}" if told else ""
        self._take_up(text)
        self.problem = ""
        log.info("policy %s is in force", self.hash[:12])
        return ""
