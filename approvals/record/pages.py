"""The page that each person has of their own (in Slack: App Home), as far as the record keeps track of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from approvals.ids import PersonId, SlackId

OPENED_WITHIN = timedelta(days=30)
"""Whoever didn't open their page for so long isn't published to; opening it draws it anew."""


@dataclass(frozen=True)
class Home:
    """The page of one account. `version` counts the reasons to draw it again; `drawn` is a digest."""

    slack_id: SlackId
    version: int
    drawn: str = ""
    notice: str = ""
    noticed_at: datetime | None = None
    tries: int = 0


class Homes(Protocol):
    """The pages of those who ever opened theirs."""

    def opened(self, slack_id: SlackId, drawn: str = "") -> None:
        """Somebody opens it, and sees what `drawn` says; it is looked at once more."""

    def tell(self, slack_id: SlackId, notice: str) -> None:
        """Has a sentence put on somebody's page: the answer to what they pressed there."""

    def get(self, slack_id: SlackId) -> Home | None:
        """Somebody's page, if they opened it."""

    def changed(self, people: Iterable[PersonId]) -> None:
        """Something changed that may stand on the pages of these people, on all their accounts.

        Pages that weren't opened within `OPENED_WITHIN` stay as they are.
        """

    def behind(self, limit: int, since: datetime) -> Sequence[Home]:
        """Pages that aren't drawn as they should be, of those who opened theirs since a time."""

    def shown(self, home: Home, drawn: str, retry_at: datetime | None = None) -> None:
        """This version is drawn, or is to be tried again at a time."""

    def forget(self, slack_id: SlackId) -> None:
        """Nobody can be shown this page any more."""
