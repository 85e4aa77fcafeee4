"""Goals that Miro's REST API brings about."""

from dataclasses import dataclass
from typing import ClassVar

from approvals.sentence import Sentence
from bot.miro.goals import Goal, ScimCall, Seen
from bot.miro.rest.client import RestCall


@dataclass(frozen=True)
class SessionsEnded(Goal):
    """The person is signed out everywhere; nothing shows it. Wanted if the account is being closed."""

    key = "no sessions"
    depends_on_active = False
    is_visible: ClassVar[bool] = False

    @property
    def change(self) -> Sentence:
        return Sentence.of("end-sessions", who=self.who)

    def holds(self, seen: Seen) -> bool:
        return seen.account is None or (seen.account.active is False and not seen.is_closing)

    def call(self, seen: Seen) -> ScimCall:
        return RestCall("POST", "/v2/sessions/reset_all?email={address}")

    def after(self, seen: Seen) -> Seen:
        return seen
