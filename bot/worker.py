"""Takes the next request that has work to do, and everything that time brings about."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals import decide
from approvals.deadlines import due
from approvals.ids import GroupId
from approvals.people import FRESH, Account
from approvals.policy import Policy
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import State, What
from approvals.store import Admin, Claim, ClaimLost, Overtaken, StoreTrouble
from approvals.table import Table
from bot import ending
from bot.checking import check
from bot.deciders import closed, is_told, meet_managers, refresh_group
from bot.desk import LEASE, Colleagues, Desk, SlackAway
from bot.miro.client import Away, Locked, Miro, MiroError
from bot.miro.wire import ADMIN
from bot.miro.wire import Account as MiroAccount
from bot.provisioning import Provisioning

log = logging.getLogger(__name__)

GROUPS_EVERY = timedelta(minutes=10)
PEOPLE_EVERY = FRESH / 4
RETRY = timedelta(minutes=1)
ADMINS_EVERY = timedelta(hours=1)
REVIEW_EVERY = timedelta(minutes=10)
ANCHOR_EVERY = timedelta(hours=1)
OUTAGE = timedelta(minutes=15)
"""After how long without Miro the operators are told."""


@dataclass
class Worker:
    """Works off what is due. Any number of threads and processes may run one at the same time."""

    desk: Desk
    miro: Miro
    colleagues: Colleagues
    owner: str
    _policy: Policy | None = None
    _kept: Claim | None = None
    _later: dict[str, datetime] = field(default_factory=dict)
    _handles: tuple[str, ...] = ()
    _reviewed: str = ""
    _untold: set[str] = field(default_factory=set)
    """User groups, and people whose managers are asked for, of which Slack or Miro told nothing at last."""
    _closed: dict[str, str] = field(default_factory=dict)
    _strangers: list[str] = field(default_factory=list)
    _outage_since: datetime | None = None
    _outage_told: bool = False
    miro_problem: str | None = None
    """What Miro said last: '' when all was well, None before the first look."""

    def work(self) -> bool:
        """One request, if there is one to work on."""
        if self._kept:
            self._give_back(self._kept)
            self._kept = None
        claim = self.desk.store.claim(self.owner, LEASE)
        if claim is None:
            return False
        try:
            self._move_on(claim)
        except (Overtaken, ClaimLost) as error:
            log.info("%s: %s", claim.request, error)
        except StoreTrouble:
            self._kept = claim  # a record that takes nothing can't take it back either: as soon as it can
            raise
        except Exception:
            # A defect mustn't go round and round unseen: the request says so, and is tried again ever later.
            log.exception("%s met an error that isn't foreseen", claim.request)
            text = f"Something went wrong inside me. {claim.request} is saved; I try again by myself."
            self.desk.held(self.desk.store.request(claim.request), text, claim)
        self._give_back(claim)
        self.desk.wake()
        return True

    def _move_on(self, claim: Claim) -> None:
        request = self.desk.store.request(claim.request)
        if request.state is State.CHECKING:
            check(self.desk, self.miro, self.colleagues, request, claim)
        else:
            Provisioning(self.desk, self.miro, self.colleagues, request, claim).run()

    def _give_back(self, claim: Claim) -> None:
        try:
            self.desk.store.release(claim)
        except ClaimLost:
            log.info("%s is worked on elsewhere", claim.request)

    def tick(self) -> None:
        """What time brings about: expiry, a changed policy, names grown old."""
        problem = self.desk.policies.reload()
        if problem:
            log.warning("%s", problem)
            self.desk.tell_operators(problem)
        self._look_up_named()
        self._refresh_people()
        self._refresh_user_groups()
        self._refresh_managers()
        self._pass_time()
        if self._policy is self.desk.policy and self._is_time("closed"):
            self._tell_of_closed()
            self._later["closed"] = self.desk.now() + REVIEW_EVERY
        changed = self.desk.people_changed or self._reviewed != self.desk.policies.hash
        if changed or self._is_time("review"):
            self.desk.people_changed = False
            self.review()
            self._reviewed = self.desk.policies.hash
            self._later["review"] = self.desk.now() + REVIEW_EVERY
        self.refresh_groups()
        self._refresh_admins()
        self.desk.store.tidy()
        if self._is_time("anchor"):
            # A chain doesn't show that its end was cut; the log stream, kept elsewhere, does.
            log.info("anchor of the record: %s", self.desk.store.head())
            self._later["anchor"] = self.desk.now() + ANCHOR_EVERY

    def _tell_of_closed(self) -> None:
        """An action that nobody can decide is closed, and said to be, before somebody asks for it."""
        found = closed(self.desk)
        for name in found.keys() - self._closed.keys():
            text = f"{name} is closed: {found[name]}. Name others who decide in the policy."
            log.warning("%s", text)
            self.desk.tell_operators(text)
        self._closed = found

    def _pass_time(self) -> None:
        """Reminders, escalation and expiry of requests that wait."""
        for request in self.desk.store.due():
            what = due(request, self.desk.now())
            if what is What.OVER:
                self._end(request)
            elif what is not What.ROUTED or self._is_told(request):
                self._decide(request, decide.lapse)

    def _end(self, request: Request) -> None:
        """What was given for some days is taken back."""
        try:
            ending.end(self.desk, request)
        except Overtaken:
            log.info("%s has ended already", request.id)
        self.desk.wake()

    def _decide(self, request: Request, what: Callable[[Request, Table], list[Draft]]) -> None:
        """Writes what follows for one request; one that can't be read mustn't hold up the others."""
        try:
            drafts = what(request, self.desk.table(request))
            if drafts:
                self.desk.store.append(request, drafts)
        except Overtaken:
            log.info("%s was answered at the last moment", request.id)
        except (KeyError, Refused) as error:
            log.warning("%s can't be decided: %s", request.id, error)
        else:
            self.desk.wake()

    def review(self) -> None:
        """Looks whether those who were asked can still decide, after people or the policy changed."""
        for request in self._waiting():
            if self._is_told(request):
                self._decide(request, decide.review)

    def _is_told(self, request: Request) -> bool:
        """Nobody is stepped over, and nobody asked anew, because Slack doesn't tell who decides."""
        try:
            return not self._untold or is_told(self.desk, request, self._untold)
        except KeyError:
            return True  # whoever isn't kept any more is dealt with there

    def _is_time(self, what: str) -> bool:
        return self.desk.now() >= self._later.get(what, datetime.min.replace(tzinfo=self.desk.now().tzinfo))

    def _look_up_named(self) -> None:
        """Looks up whom somebody named and nobody knew."""
        try:
            while self.desk.unknown:
                entry = next(iter(self.desk.unknown))
                self.colleagues.find(entry)
                self.desk.unknown.discard(entry)
        except SlackAway as error:
            log.warning("people that were named aren't looked up yet: %s", error)

    def _refresh_people(self) -> None:
        """Looks up everybody the policy names, and accounts last seen a while ago."""
        if not self._is_time("people"):
            return
        try:
            if self._policy is not self.desk.policy:
                policy = self.desk.policy
                missing = [entry for entry in sorted(policy.people()) if self._unknown(entry)]
                self._policy = policy
                if missing:
                    log.warning("the policy names people whom Slack doesn't know: %s", ", ".join(missing))
            stale = self.desk.store.people.stale(self.desk.now() - PEOPLE_EVERY, 20)
            # One that Slack won't answer for mustn't keep the others old; three in a row are Slack's fault.
            misses = 0
            for account in stale:
                misses = 0 if self._refresh(account) else misses + 1
                if misses == 3:
                    raise SlackAway("Slack answers nothing")
        except SlackAway as error:
            log.warning("people aren't fresh: %s", error)
            self._later["people"] = self.desk.now() + RETRY

    def _refresh_user_groups(self) -> None:
        """Looks up who is in the Slack user groups that the policy names."""
        # Also those of the policies that what is waiting was asked under: both have to say yes.
        policies = [self.desk.policy, *(self.desk.policies.of(hash) for hash in self._hashes())]
        handles = tuple(sorted({handle for policy in policies for handle in policy.slack_groups()}))
        if handles == self._handles and not self._is_time("user groups"):
            return
        self._untold -= set(handles)
        again = PEOPLE_EVERY
        for number, handle in enumerate(handles):
            try:
                refresh_group(self.desk, self.colleagues, handle)
            except SlackAway as error:
                log.warning("user groups aren't fresh: %s", error)
                self._untold |= set(handles[number:])
                again = RETRY
                break
        self._handles, self._later["user groups"] = handles, self.desk.now() + again

    def _refresh_managers(self) -> None:
        """Looks up anew who manages those whom a waiting request is about, where Slack or Miro says so."""
        if not self._is_time("managers"):
            return
        self._untold = {one for one in self._untold if one.startswith("@")}
        again, waiting = PEOPLE_EVERY, self._waiting()
        for number, request in enumerate(waiting):
            try:
                meet_managers(self.desk, self.colleagues, self.miro, request)
            except (SlackAway, Away, Locked) as error:
                log.warning("managers aren't fresh: %s", error)
                left = waiting[number:]
                self._untold |= {id for one in left for id in (one.requester, one.subject or one.requester)}
                again = RETRY
                break
            except MiroError as error:  # about one person: two accounts of one address, say
                log.warning("who manages those of %s can't be told: %s", request.id, error)
        self._later["managers"] = self.desk.now() + again

    def _hashes(self) -> set[str]:
        return {request.policy for request in self._waiting()} if self._is_time("user groups") else set()

    def _waiting(self) -> Sequence[Request]:
        return self.desk.store.requests(states=[State.WAITING], limit=10_000)

    def _refresh(self, account: Account) -> bool:
        """Looks one account up; whether Slack answered."""
        person = self.desk.store.people.by_slack(account.slack_id)
        try:
            if person:
                self.colleagues.look(person)
        except SlackAway as error:
            log.warning("%s isn't fresh: %s", account.slack_id, error)
            return False
        return True

    def _unknown(self, entry: str) -> bool:
        """Whether Slack knows nobody by this entry; whoever was met today isn't looked up again."""
        person = self.desk.find(entry)
        fresh = person and person.account and person.account.fresh(self.desk.now())
        return not fresh and self.colleagues.find(entry) is None

    def refresh_groups(self) -> None:
        """Takes the list of groups, if the last one is ten minutes old. GET /Groups is dear: 5 per 30 s.

        After a start, and after a problem, it looks at least whether Miro takes the token.
        """
        seen = self.desk.store.groups.seen_at()
        fresh = seen and self.desk.now() - seen < GROUPS_EVERY
        if (fresh and self.miro_problem == "") or not self._is_time("groups"):
            return
        try:
            if fresh:
                self.miro.ping()
            else:
                groups = self.miro.groups()
                self.desk.store.groups.keep([(GroupId(one.id), one.display_name) for one in groups])
        except MiroError as error:
            self.miro_problem = str(error)
            log.warning("%s Look at MIRO_SCIM_TOKEN and MIRO_SCIM_URL. I look again in a minute.", error)
            self._later["groups"] = self.desk.now() + RETRY
            self._tell_of_outage()
            return
        if self.miro_problem != "":
            log.info("Miro takes the token.")
        self.miro_problem, self._outage_since, self._outage_told = "", None, False
        self._tell_of_strangers()

    def _tell_of_outage(self) -> None:
        """A long silence of Miro is told once: requesters read of theirs, operators would of nothing."""
        self._outage_since = self._outage_since or self.desk.now()
        if not self._outage_told and self.desk.now() - self._outage_since >= OUTAGE:
            self._outage_told = True
            self.desk.tell_operators(
                f"{self.miro_problem} That has been so for a while. What is asked for is saved and goes on "
                "by itself as soon as Miro answers."
            )

    def _refresh_admins(self) -> None:
        """Looks who has admin rights in Miro, once an hour: operators see it in App Home."""
        seen = self.desk.store.groups.admins()[1]
        if (seen and self.desk.now() - seen < ADMINS_EVERY) or not self._is_time("admins"):
            return
        try:
            self.desk.store.groups.keep_admins(map(_admin, self.miro.admins()))
        except MiroError as error:
            log.warning("who has admin rights isn't fresh: %s", error)
            self._later["admins"] = self.desk.now() + GROUPS_EVERY

    def _tell_of_strangers(self) -> None:
        """A team that the policy names and Miro doesn't have is told once, not only when somebody asks."""
        strangers = self.desk.tables().strangers()
        if strangers and strangers != self._strangers:
            self.desk.tell_operators(
                f"The policy names teams that Miro doesn't have: {', '.join(strangers)}. "
                "Mend their names in the policy; until then what it says of them holds for nobody."
            )
        self._strangers = strangers


def _admin(account: MiroAccount) -> Admin:
    company = ["Company Admin"] if account.org_role == ADMIN else []
    rights = ", ".join([*company, *sorted(account.admin_roles)])
    return Admin(account.id, account.user_name, account.display_name, rights)
