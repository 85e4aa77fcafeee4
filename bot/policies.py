"""The policy in force, and those that older requests were made under."""

import logging
from functools import lru_cache
from pathlib import Path

from approvals.policy import Policy
from approvals.policy_check import BrokenPolicy, check, load
from approvals.store import Store
from bot.lifecycle import CONDITIONS
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


class Policies:
    """One file, read again when it changes; a change that doesn't check leaves the old one in force."""

    def __init__(self, path: Path, store: Store, leads: bool = True) -> None:
        """`leads`: whether this process may put another policy in force than the record names."""
        self._path, self._store = path, store
        self.problem = ""
        self._text = usable(path)
        if not leads:
            self._check_in_force()
        # Both at once: another thread mustn't see the hash of one policy with the rules of another.
        self._current = self._enact(self._text), _parsed(self._text)

    @property
    def hash(self) -> str:
        """The hash of the policy in force."""
        return self._current[0]

    @property
    def in_force(self) -> Policy:
        """The policy in force."""
        return self._current[1]

    def _enact(self, text: str) -> str:
        """Records that a policy is in force, and whom it calls one person or two; returns its hash."""
        policy = _parsed(text)
        with self._store.writing():
            self._store.people.keep_links(policy.same_person, policy.different_person)
            return self._store.take_policy(text)

    def _check_in_force(self) -> None:
        """Whoever names a policy of their own in a shell mustn't decide by it."""
        known = self._store.policy_in_force()
        if known and self._store.policy(known) != self._text:
            raise BadSettings(
                f"{self._path} isn't the policy in force, so nothing was done. `miro-bot run` takes a "
                "changed file up within seconds; start it first, or name its file in MIRO_BOT_POLICY."
            )

    def of(self, hash: str) -> Policy:
        """The policy with this hash. Raises KeyError."""
        current, policy = self._current
        return policy if hash == current else kept(self._store, hash)

    def reload(self) -> str:
        """Takes up the file if it changed and checks; the problem to tell the operators about, once."""
        try:
            text = read(self._path)
            if text == self._text:
                self.problem = ""
                return ""
            policy = _parsed(text)
        except (BrokenPolicy, BadSettings) as error:
            told, self.problem = str(error) != self.problem, str(error)
            return f"The changed policy can't be used; the old one stays in force. {error}" if told else ""
        # Recorded first: a policy is in force only from its entry on.
        self._current = self._enact(text), policy
        self.problem, self._text = "", text
        log.info("policy %s is in force", self.hash[:12])
        return ""
