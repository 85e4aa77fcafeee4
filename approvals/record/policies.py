"""Policies in the record: their texts, which one is in force since when, and what its team names mean."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from approvals.ids import BOT, unstamp
from approvals.policy import teams
from approvals.policy.teams import Meanings
from approvals.record.chain import IN_FORCE, POLICY, TEAMS_MEANT, Ledger
from approvals.record.database import Database
from approvals.request import Draft


@dataclass(frozen=True)
class InForce:
    """The policy in force, and since when."""

    hash: str
    since: datetime


def hash_of(text: str) -> str:
    """The hash by which the record names a policy."""
    return sha256(text.encode()).hexdigest()


_NEWEST = "FROM ledger WHERE stream = ? AND type = ? ORDER BY version DESC"


class Policies:
    """The part of the store about policies; the store has the connection and the ledger."""

    _on: Database
    _ledger: Ledger

    def take_policy(self, text: str, shell: str = "") -> str:
        """Stores a policy and appends that it is in force; returns its hash.

        `shell`: where a person decided that; '' if the program's file did.
        """
        seal = hash_of(text)
        with self._on.writing():
            now = self._in_force([IN_FORCE]).get(IN_FORCE)
            if now and now.hash == seal:
                return seal
            self._on.run("INSERT INTO policies VALUES (?,?) ON CONFLICT DO NOTHING", seal, text)
            words = {"shell": shell} if shell else {}
            self._ledger.add(POLICY, Draft(IN_FORCE, BOT, {"hash": seal}, words))
            self._on.forget(self._in_force)
        return seal

    def policy_in_force(self) -> InForce | None:
        """The policy in force, None in a new record; read once in a unit of work."""
        return self._on.ahead(self._in_force).get(IN_FORCE)

    def _in_force(self, _: Collection[str]) -> dict[str, InForce]:
        row = self._on.row(f"SELECT body, at {_NEWEST} LIMIT 1", POLICY, IN_FORCE)
        return {IN_FORCE: InForce(json.loads(row["body"])["hash"], unstamp(row["at"]))} if row else {}

    def knows_policy(self, hash: str) -> bool:
        """Whether a policy was ever in force."""
        return self._on.row("SELECT 1 FROM policies WHERE hash = ?", hash) is not None

    def mean_teams(self, hash: str, meanings: Meanings) -> None:
        """Appends the meanings of the team names in a policy."""
        self._ledger.add(POLICY, Draft(TEAMS_MEANT, BOT, {"hash": hash}, meanings.stored()))

    def meant_teams(self, hash: str = "") -> Meanings | None:
        """The meanings of the team names in a policy, by default the last one; None if never resolved."""
        rows = self._on.rows(f"SELECT seq, body {_NEWEST}", POLICY, TEAMS_MEANT)
        row = next((row for row in rows if hash in ("", json.loads(row["body"])["hash"])), None)
        return teams.read(self._ledger.words(row["seq"])) if row else None

    def policy(self, hash: str) -> str:
        """The text of a policy. Raises KeyError."""
        text = self._on.value("SELECT text FROM policies WHERE hash = ?", hash)
        if text is None:
            raise KeyError(hash)
        return str(text)
