"""Keeps fresh what the bot knows of Miro as a whole: its groups, its admins, and whether it answers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.clocks import is_recent
from approvals.ids import GroupId
from approvals.people import canonical, listed, miro_key
from approvals.record.people import Admin
from bot.context import Desk
from bot.miro.client import Miro
from bot.miro.errors import MiroError, Trouble, Troubled
from bot.miro.wire import ADMIN, MiroAccount
from bot.troubles import detail
from bot.work.refresh.approvers import on_hold
from bot.work.refresh.timetable import Timetable

log = logging.getLogger(__name__)

GROUPS_EVERY = timedelta(minutes=10)
ADMINS_EVERY = timedelta(hours=1)
RETRY = timedelta(minutes=1)
OUTAGE = timedelta(minutes=15)
"""After how long without Miro the operators are told."""


@dataclass
class MiroSync:
    """Asks Miro for its lists now and then, and tells operators what they'd otherwise hear from nobody."""

    desk: Desk
    miro: Miro
    times: Timetable
    _strangers: tuple[str, ...] = ()
    _skipped: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _doubts: tuple[str, ...] = ()
    _outage_since: datetime | None = None
    _outage_told: bool = False
    problem: str | None = None
    """What Miro said last: '' when all was well, None before the first look."""

    def refresh(self) -> None:
        """Looks up what is due."""
        if self.times.is_due("groups"):
            self._refresh_groups()
        if self.times.is_due("admins"):
            self._refresh_admins()

    def _refresh_groups(self) -> None:
        """Takes the list of groups, if the last one is ten minutes old. GET /Groups is dear: 5 per 30 s.

        After a start, and after a problem, it looks at least whether Miro takes the token.
        """
        seen = self.desk.store.groups.seen_at()
        fresh = is_recent(seen, self.desk.now(), GROUPS_EVERY - timedelta.resolution)
        if fresh and self.problem == "":
            return
        try:
            if fresh:
                self.miro.ping()
            else:
                self._keep_groups()
        except MiroError as error:
            self._note(error)
        else:
            self._note_that_it_answers()

    def _keep_groups(self) -> None:
        """Takes the list over. What couldn't be read of it is there all the same, under its last name."""
        listed = self.miro.groups()
        groups = self.desk.store.groups
        kept = [(one.id, one.security_name) for one in groups.all() if listed.may_hold(one.id)]
        groups.keep([*kept, *((GroupId(one.id), one.display_name) for one in listed.entries)])
        self.desk.policies.settle()
        self._note_skipped("groups", listed.complaints("group", "groups"))

    def _note(self, error: MiroError) -> None:
        self.times.again("groups", RETRY)
        if isinstance(error, Troubled) and error.kind is Trouble.CREDITS:
            log.warning("Miro's lists wait: what is asked for takes all credits.")
            return
        self.problem = detail(error) if isinstance(error, Troubled) else str(error)
        log.warning("%s Look at MIRO_SCIM_TOKEN and MIRO_SCIM_URL. I look again in a minute.", self.problem)
        self._tell_of_outage()

    def _note_that_it_answers(self) -> None:
        if self.problem != "":
            log.info("Miro takes the token.")
        if self._outage_told:
            self.desk.tell_operators("Miro works again. What was saved meanwhile goes on by itself.")
        self.problem, self._outage_since, self._outage_told = "", None, False
        self._tell_of_strangers()

    def _tell_of_outage(self) -> None:
        """A long silence of Miro is told once, unless a request that waits has told of it already."""
        now = self.desk.now()
        self._outage_since = min(self._outage_since or now, now)  # a clock that was ahead may have dated it
        if self._outage_told or self.desk.troubles.is_told():
            return
        if now - self._outage_since >= OUTAGE:
            self._outage_told = True
            self.desk.tell_operators(
                f"{self.problem} That has been so for a while. What is asked for is saved and goes on "
                "by itself as soon as Miro answers."
            )

    def _tell_of_strangers(self) -> None:
        """A team that the policy names and Miro doesn't have is told once, not only when somebody asks.

        So is a name that may mean several teams, or isn't written as Miro has it.
        """
        tables = self.desk.tables()
        strangers, doubts = tuple(tables.unknown_teams()), tuple(tables.ambiguous_names())
        if strangers and strangers != self._strangers:
            held = listed(on_hold(self.desk))
            self._tell(
                f"The policy names teams that Miro doesn't have: {', '.join(strangers)}. Mend their names in "
                f"the policy.{f' Until then nobody can ask about teams with {held}.' if held else ''}"
            )
        if doubts and doubts != self._doubts:
            self._tell(
                f"I can't tell which team the policy means by {', '.join(doubts)}. These stay closed: "
                "write the id of the team that is meant into the policy, instead of its name."
            )
        self._strangers, self._doubts = strangers, doubts

    def _tell(self, text: str) -> None:
        log.warning("%s", text)
        self.desk.tell_operators(text)

    def _note_skipped(self, of: str, complaints: tuple[str, ...]) -> None:
        """Entries of Miro's lists that can't be read are told once, and the others are used."""
        if complaints and complaints != self._skipped.get(of):
            text = f"{'; '.join(complaints)}. I use the rest of Miro's list. Look at them in Miro."
            log.warning("%s", text)
            self.desk.tell_operators(text)
        self._skipped[of] = complaints

    def _refresh_admins(self) -> None:
        """Looks who has admin rights in Miro: operators see it in App Home."""
        seen = self.desk.store.groups.admins()[1]
        if is_recent(seen, self.desk.now(), ADMINS_EVERY - timedelta.resolution):
            return
        try:
            listed = self.miro.admins()
            groups = self.desk.store.groups
            kept = [one for one in groups.admins()[0] if listed.may_hold(one.miro_id)]
            with self.desk.store.writing():
                groups.keep_admins([*kept, *map(_admin, listed.entries)])
                self._link(listed.entries)
            self._note_skipped("people", listed.complaints("person", "people"))
        except MiroError as error:
            log.warning("who has admin rights isn't fresh: %s", error)
            self.times.again("admins", GROUPS_EVERY)

    def _link(self, admins: Sequence[MiroAccount]) -> None:
        """Links the addresses of admins to their ids: Miro's address of an account may change."""
        for account in admins:
            self.desk.store.people.same_as(miro_key(account.id), canonical(account.user_name))


def _admin(account: MiroAccount) -> Admin:
    company = ["Company Admin"] if account.org_role == ADMIN else []
    rights = ", ".join([*company, *sorted(account.admin_roles)])
    return Admin(account.id, account.user_name, account.display_name, rights)
