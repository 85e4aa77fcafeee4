"""Policies on SQLite: their texts, which of them is in force, and which groups their names of teams mean."""

import json
import sqlite3
from contextlib import AbstractContextManager
from hashlib import sha256

from approvals.ids import BOT
from approvals.policy import teams
from approvals.policy.teams import Meanings
from approvals.record.connections import Connections
from approvals.record.ledger import IN_FORCE, POLICY, TEAMS_MEANT, SqliteLedger
from approvals.request import Draft


class SqlitePolicies:
    """The part of the store about policies; the store has the connection and the ledger."""

    _on: Connections
    _ledger: SqliteLedger

    def writing(self) -> AbstractContextManager[None]:
        """One transaction over everything in the store."""
        raise NotImplementedError

    def take_policy(self, text: str) -> str:
        """Stores a policy under its hash and writes that it is in force; returns the hash."""
        seal = sha256(text.encode()).hexdigest()
        with self.writing():
            last = self._last_policy()
            if last and json.loads(last["body"])["hash"] == seal:
                return seal
            self._on.run("INSERT OR IGNORE INTO policies VALUES (?,?)", seal, text)
            version = last["version"] + 1 if last else 1
            self._ledger.write(POLICY, version, Draft(IN_FORCE, BOT, {"hash": seal}))
        return seal

    def _last_policy(self) -> sqlite3.Row | None:
        return self._on.row(
            "SELECT version, body FROM ledger WHERE stream = ? ORDER BY version DESC LIMIT 1", POLICY
        )

    def policy_in_force(self) -> str:
        """The hash of the policy that was put in force last; '' in a new record."""
        last = self._last_policy()
        return str(json.loads(last["body"])["hash"]) if last else ""

    def mean_teams(self, hash: str, meanings: Meanings) -> None:
        """Writes down which groups the names of teams in a policy mean from now on."""
        with self.writing():
            last = self._last_policy()
            version = last["version"] + 1 if last else 1
            self._ledger.write(POLICY, version, Draft(TEAMS_MEANT, BOT, {"hash": hash}, meanings.stored()))

    def meant_teams(self, hash: str = "") -> Meanings | None:
        """Which groups the names in a policy mean, or in the last one; None where that wasn't settled."""
        row = self._on.row(
            "SELECT seq FROM ledger WHERE stream = ? AND type = ?"
            " AND ? IN ('', json_extract(body, '$.hash')) ORDER BY version DESC LIMIT 1",
            POLICY, TEAMS_MEANT, hash,
        )  # fmt: skip
        return teams.read(self._ledger.words(row["seq"])) if row else None

    def policy(self, hash: str) -> str:
        """The text of a policy. Raises KeyError."""
        row = self._on.row("SELECT text FROM policies WHERE hash = ?", hash)
        if row is None:
            raise KeyError(hash)
        return str(row["text"])
