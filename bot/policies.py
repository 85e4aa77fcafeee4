"""The policy in force, as named by the record; how a file comes into force; its team names.

A process enacts its file only if that text was never in force: a restarting replica with an older file
changes nothing. Going back to an older text takes a person: `miro-bot policy apply`.
"""

import logging
from datetime import datetime
from difflib import unified_diff
from functools import lru_cache
from html import escape
from pathlib import Path

from approvals.ids import SlackId
from approvals.people import Person, listed
from approvals.policy.check import BrokenPolicy, check, load
from approvals.policy.model import Policy
from approvals.policy.teams import Meanings, settled
from approvals.record.outbox import Note
from approvals.record.policies import InForce, hash_of
from approvals.record.store import Store
from approvals.refusals import Refused
from bot.actions import CONDITIONS
from bot.settings import BadSettings

log = logging.getLogger(__name__)

LONGEST_DIFFERENCE = 2500
"""The most characters of a difference in a message; Slack shows 4,000 in full."""
_BY_RECORD = "record"


def read(path: Path) -> str:
    """The text of a policy file. Raises BadSettings."""
    try:
        return path.read_text(encoding="utf-8-sig")  # Windows editors add a byte order mark
    except FileNotFoundError as error:
        raise BadSettings(
            f"There is no policy at {path}. Check the path, or create one: miro-bot policy init"
        ) from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"The policy {path} isn't UTF-8 text. Save it as UTF-8.") from error
    except OSError as error:
        raise BadSettings(
            f"The policy can't be read: {error.strerror} ({path}). Set MIRO_BOT_POLICY to a readable file."
        ) from error


def usable(path: Path) -> str:
    """The text of a valid policy. Raises BadSettings, BrokenPolicy."""
    text = read(path)
    _parsed(text)
    return text


@lru_cache(maxsize=64)
def _parsed(text: str) -> Policy:
    return load(text, CONDITIONS)


@lru_cache(maxsize=64)
def _read_again(text: str) -> Policy | None:
    return check(text, CONDITIONS)[0]


def kept(store: Store, hash: str) -> Policy:
    """A policy in the record. Raises KeyError.

    It was checked when it was enacted; it is read even if something in it is unknown now (a removed
    action).
    """
    if (policy := _read_again(store.policy(hash))) is None:
        raise KeyError(hash)
    return policy


def meant(store: Store, policy: Policy, before: Meanings | None) -> Meanings:
    """The meanings of the team names in a policy, by the list of groups in the record.

    `before`: earlier meanings; the certain ones stay.
    """
    if policy.targets() and store.groups.seen_at() is None:
        return Meanings(is_known=False)
    return settled(policy.targets(), store.groups.all(), before)


def by_record(store: Store, policy: Policy) -> Policy:
    """A policy with team names resolved by the record; unchanged before the first list of groups."""
    if store.groups.seen_at() is None:
        return policy
    return policy.by(meant(store, policy, store.meant_teams()))


def find(store: Store, entry: str) -> Person | None:
    """The person of an entry of a policy, or None if unknown."""
    return store.people.by_email(entry) if "@" in entry else store.people.by_slack(SlackId(entry))


def operators(store: Store, policy: Policy) -> list[Person]:
    """The known operators of a policy."""
    store.people.expect(entries=policy.operator_keys)
    return [person for entry in policy.operator_keys if (person := find(store, entry))]


def enact(store: Store, text: str, shell: str = "") -> str:
    """Puts a policy in force and notifies the operators of both policies; returns its hash.

    Raises BrokenPolicy, and BadSettings if it names teams that Miro doesn't have.
    """
    policy = _parsed(text)
    with store.writing():
        before = store.policy_in_force()
        _check_names(store, policy, store.policy(before.hash) if before else "")
        hash = store.take_policy(text, shell)
        _learn(store, hash, policy)
        if before and before.hash != hash:
            _tell(store, policy, store.policy(before.hash), text, shell)
    return hash


def _tell(store: Store, policy: Policy, old: str, new: str, shell: str) -> None:
    """Sends the difference to the operators of both policies."""
    lines = list(unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm=""))[2:]
    difference = escape("\n".join(lines), quote=False)
    if len(difference) > LONGEST_DIFFERENCE:
        difference = f"{difference[:LONGEST_DIFFERENCE]}\n… (the record has the full text)"
    by = f" It was applied in a shell ({escape(shell)})." if shell else ""
    text = f"A new policy is in force. It also decides pending requests.{by}\n```\n{difference}\n```"
    older = _read_again(old)
    people = [*operators(store, policy), *(operators(store, older) if older else ())]
    for slack_id in dict.fromkeys(person.account.slack_id for person in people if person.account):
        store.outbox.say(Note(slack_id, {"text": text}))


def _check_names(store: Store, policy: Policy, old: str) -> None:
    """Raises BadSettings for another policy that names teams which Miro doesn't have.

    Not checked before the first list of groups. Without a policy in force, actions that depend on such a
    name are held (`Policy.holding`), and all others go on.
    """
    if not old or _read_again(old) is None or store.groups.seen_at() is None:
        return
    new = policy.by(meant(store, policy, store.meant_teams()))
    if names := new.missing(policy.team_names()):
        raise BadSettings(
            f"It names {listed(names)}, but Miro has no such team. Correct the name, or use the team's id."
        )


def _learn(store: Store, hash: str, policy: Policy) -> None:
    """Stores the links between people in a policy, and the meanings of its team names."""
    store.people.keep_links(policy.same_person, policy.different_person)
    _settle(store, hash, policy)


def _settle(store: Store, hash: str, policy: Policy) -> bool:
    """Stores the meanings of team names, if there is a list of groups; returns whether they changed."""
    before = store.meant_teams(hash)
    if not policy.targets() or (before and not before.nothing) or not store.groups.seen_at():
        return False
    earlier = before.by_name.items() if before else ()
    stays = {name: meaning for name, meaning in earlier if not meaning.is_nothing}
    meanings = Meanings({**meant(store, policy, store.meant_teams()).by_name, **stays})
    if meanings == before:
        return False
    store.mean_teams(hash, meanings)
    return True


class Policies:
    """The policy in force by the record, and one file, which is read again when it changes."""

    def __init__(self, path: Path, store: Store, leads: bool = True) -> None:
        """`leads`: whether this process may put its file in force."""
        self._path, self._store, self._leads = path, store, leads
        self._now: tuple[InForce, Policy]
        self._settled: tuple[Policy, Policy, datetime | str | None] | None = None
        """(the policy, the same with resolved names, `_BY_RECORD` or when the list of groups was read)."""
        self.problem = self.differs = ""
        self._file = usable(path)
        try:
            self._offer()
        except BadSettings as error:
            log.warning("The old policy stays in force. %s", error)
        self.follow()
        if not leads:
            return
        with store.writing():  # a record of an older version may not have it yet
            _learn(store, self.hash, self._now[1])
        if self.differs:
            log.warning("%s", self.differs)

    def follow(self) -> None:
        """Switches to the policy that the record names now. Raises Refused if it can't be read here."""
        named = self._store.policy_in_force()
        assert named, "a record that somebody decides by has a policy"
        is_change = hasattr(self, "_now")
        if is_change and self._now[0] == named:
            return
        text = self._store.policy(named.hash)
        policy = _read_again(text)
        if policy is None:
            why = "The policy in force needs another version of the bot, so I can't read it."
            raise Refused(f"{why} Ask your IT team to update the bot.")
        # In one assignment: no thread may see the hash of one policy with the rules of another.
        self._now = (named, policy)
        if is_change:
            log.info("policy %s is in force", named.hash[:12])

    @property
    def hash(self) -> str:
        """The hash of the policy in force."""
        return self._now[0].hash

    def deciding(self) -> tuple[Policy, str, datetime]:
        """(the policy, its hash, since when it is in force) by the record now."""
        self.follow()
        now, policy = self._now
        return self._named(now, policy), now.hash, now.since

    @property
    def in_force(self) -> Policy:
        """The policy in force, with resolved team names."""
        return self._named(*self._now)

    def _named(self, now: InForce, policy: Policy) -> Policy:
        of, named, by = self._settled or (None, policy, None)
        if of is policy and (by == _BY_RECORD or by == self._store.groups.seen_at()):
            return named
        recorded, at = self._store.meant_teams(now.hash), self._store.groups.seen_at()
        named = policy.by(recorded or meant(self._store, policy, None))
        self._settled = policy, named, _BY_RECORD if recorded or not policy.targets() else at
        return named

    def settle(self) -> None:
        """Stores the meanings of the team names in the policy in force, once there is a list of groups.

        Certain meanings stay. Names without a match are looked for again with each list.
        """
        if _settle(self._store, self.hash, self._now[1]):
            self._settled = None

    def reload(self) -> str:
        """Checks file and record for changes; returns a new problem for the operators, or ''.

        The policy in force stays if the file is invalid, names teams that Miro doesn't have, or was in force
        before.
        """
        before = self._file, self.problem
        lead = "The changed policy has problems, so the old one stays in force."
        try:
            self._file = read(self._path)
            self._offer()
            self.problem = ""
        except (BrokenPolicy, BadSettings) as error:
            self.problem, self.differs = f"{lead} {error}", ""
        try:
            self.follow()
        except Refused as error:
            self.problem = str(error)
        if self.problem:
            return self.problem if self.problem != before[1] else ""
        return self.differs if self._file != before[0] else ""

    def _offer(self) -> None:
        """Puts the file in force, if its text never was. Raises BrokenPolicy, BadSettings."""
        if self._leads or not self._store.policy_in_force():
            _parsed(self._file)  # before the lock
            if not self._store.knows_policy(hash_of(self._file)):
                with self._store.writing():
                    if not self._store.knows_policy(
                        hash_of(self._file)
                    ):  # another process may have been first
                        enact(self._store, self._file)
        self.differs = why_not(self._store, self._path, self._file)


def why_not(store: Store, path: Path, text: str) -> str:
    """Why a file isn't in force and who can enact it; '' if it is."""
    named, hash = store.policy_in_force(), hash_of(text)
    if named is None or named.hash == hash:
        return ""
    if store.knows_policy(hash):
        why = f"{path} was in force before. To go back to it: miro-bot policy apply {path}."
    else:
        why = f"{path} isn't in force yet. `miro-bot run` applies it."
    return f"{why} Until then the policy in the record decides ({named.hash[:12]})."
