"""Looks over every step of a random life: what must hold of a request, by the text of the policy in force."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.decide.actor import Actor
from approvals.folding import fold
from approvals.ids import BOT, PersonId, unstamp
from approvals.people import Standing
from approvals.refusals import Refused, Settled
from approvals.request import Draft, Event, Request
from approvals.states import OPEN, EventType, State
from tests.campaigns.company import Company
from tests.campaigns.judge import Ask, Ballot, Judge, Seats, hours

SOONEST = timedelta(hours=12)
"""The shortest time after which any policy of these lives escalates."""


@dataclass
class Known:
    """One request, and what its life has brought so far."""

    ask: Ask
    request: Request
    ballots: list[Ballot] = field(default_factory=list)
    text: str = ""
    """The policy by whose times it waits."""
    planned_at: datetime | None = None
    step_began: datetime | None = None
    spoke: datetime | None = None
    """When those who decide last heard of it."""
    tried: tuple[PersonId, ...] = ()
    """The approvers of whom it was tried out already whether they can decide."""

    @property
    def is_open(self) -> bool:
        """Whether it can still be decided, but for time."""
        return self.request.state is State.WAITING


class Court:
    """Judges what the engine decides; an AssertionError says what is wrong."""

    def __init__(self, company: Company, counts: Counter[str]) -> None:
        self.company, self.truth, self.counts = company, company.truth, counts

    def judge(self, known: Known) -> Judge:
        """The policy in force, as somebody else reads it."""
        return Judge(self.company.text, self.truth)

    def humans(self, ids: Sequence[PersonId]) -> set[str]:
        """Who some rows of the record are."""
        return {self.truth.human(id) for id in ids}

    def barred(self, known: Known) -> set[str]:
        """Who may never decide it."""
        return self.humans([known.ask.requester, known.ask.subject])

    def seats(self, known: Known) -> Seats:
        """Who may decide a waiting request now."""
        request, judge = known.request, self.judge(known)
        if judge.steps(known.ask) is None:  # not mentioned any more: nobody may
            nobody = frozenset[str]()
            return Seats(0, 1, nobody, {}, nobody, is_short=True, is_stuck=True)
        at, lost = (request.asking.step, request.asking.level), self.humans(request.asking.unreachable)
        asked = self.humans([id for id, _ in request.asking.approvers])
        next_seats = judge.seats(known.ask, known.ballots, at, lost)
        return next_seats or judge.confirming(known.ask, known.ballots, asked, at, lost)

    # -- a yes ---------------------------------------------------------------------------------------------

    def takes(self, known: Known, actor: Actor, vote: Draft) -> Ballot:
        """A yes that was taken: was it theirs to give, and to what they read?"""
        request = known.request
        assert (
            known.is_open and request.deadlines.expires_at and self.truth.now < request.deadlines.expires_at
        ), "too late"
        assert vote.body["revision"] == request.plan.revision, "a yes to what nobody reads"
        assert actor.account is None or actor.account.standing is Standing.COLLEAGUE, "no colleague decides"
        ballot = Ballot(vote.by, bool(actor.shell), vote.body.get("stands_for"), vote.body.get("level", 0),
                        vote.body.get("fallback", False), vote.body.get("step", 0))  # fmt: skip
        voter = self.truth.human(ballot.by)
        assert self.truth.is_colleague(voter), "no colleague decides"
        assert voter not in self.barred(known), "somebody decides the own request"
        if ballot.whose:
            assert self.truth.stand_in(self.truth.human(ballot.whose)) == voter, "stands in for nobody"
        seats = self.seats(known)
        assert voter in seats.everybody, f"{voter} isn't entitled"
        assert not ballot.fallback or seats.is_short, "the fallback decides what others could"
        return ballot

    def turns_away(self, known: Known, actor: Actor, error: Refused) -> None:
        """Whoever may decide isn't turned away."""
        account, request = actor.account, known.request
        in_time = (
            known.is_open and request.deadlines.expires_at and self.truth.now < request.deadlines.expires_at
        )
        if not in_time or account is None or not account.fresh(self.truth.now):
            return
        assert not isinstance(error, Settled), error
        if account.standing is Standing.COLLEAGUE:
            human = self.truth.human(actor.person.id)
            assert human not in self.seats(known).everybody, f"{human} may decide, but: {error}"

    # -- an approval ---------------------------------------------------------------------------------------

    def is_approved(self, known: Known) -> bool:
        """Whether the policy has all the votes it wants."""
        return self.judge(known).is_enough(known.ask, known.ballots)

    def lacks_votes(self, known: Known) -> bool:
        """Whether the policy wants more of them, each taken as it came."""
        judge = self.judge(known)
        return judge.steps(known.ask) is None or judge.seats(known.ask, known.ballots) is not None

    def follows(self, known: Known, before: Request, event: Event) -> None:
        """One more entry of the record: what it means for what may come next."""
        kind, body, now = event.type, event.body, self.truth.now
        if kind in (EventType.PLANNED, EventType.RULED, EventType.ROUTED):
            known.text = self.company.text
        if kind == EventType.PLANNED:
            known.ballots, known.step_began, known.planned_at = [], now, now
        elif kind == EventType.APPROVED:
            assert self.is_approved(known), "approved without the votes that the policy wants"
            assert event.by != BOT or before.state is not State.WAITING, "approved by nobody"
        elif kind == EventType.RULED:
            self._rules(known, unstamp(body["expires_at"]))
        elif kind == EventType.ROUTED and (
            before.state is State.APPROVED or body["step"] != before.asking.step
        ):
            known.step_began = now
        elif (
            kind == EventType.ROUTED
            and body["level"] > before.asking.level
            and known.text == self.company.text
        ):
            assert known.step_began and now - known.step_began >= SOONEST * body["level"], (
                "escalated too soon"
            )
        elif kind == EventType.REMINDED and event.by == "bot":
            self._reminds(known, before)
        elif kind == EventType.EXPIRED:
            assert before.deadlines.expires_at and now >= before.deadlines.expires_at, "expired too soon"
        if kind in (EventType.PLANNED, EventType.ROUTED, EventType.REMINDED):
            known.spoke = now

    def _rules(self, known: Known, ends: datetime) -> None:
        """Another policy's time runs from the ask, and ends no sooner than four hours after the change."""
        judge, changed = self.judge(known), self.company.since + timedelta(hours=4)
        rule = judge.rule(known.ask)
        assert rule is not None and known.planned_at, "times by a policy that says nothing of it"
        assert ends >= changed, "nobody has the time to answer"
        if "rests" not in judge.text:
            soonest = max(known.planned_at + hours(rule.get("expires", "3d")), changed)
            assert ends == soonest, "not the time that the policy gives"

    def _reminds(self, known: Known, before: Request) -> None:
        """Each reminder comes after a longer silence than the one before it."""
        rule = Judge(known.text, self.truth).rule(known.ask) or {}
        first = hours(rule["remind"]) if "remind" in rule else hours(rule.get("expires", "3d")) / 3
        assert known.spoke and self.truth.now - known.spoke >= first * 2 ** min(
            before.deadlines.reminded, 10
        ), "a storm"

    def keeps(self, known: Known) -> None:
        """Shown equals stored, and whatever is open has a next step or an end."""
        request = known.request
        assert fold(self.company.store.events(request.id)) == request, "shown isn't what is stored"
        if request.state in OPEN and request.state is not State.STOPPED:
            assert request.next_due, "nothing will ever happen to it"
        else:
            assert request.next_due is None, "ended, and yet something is due"
        if known.is_open:
            assert (
                request.deadlines.expires_at
                and request.next_due
                and request.next_due <= request.deadlines.expires_at
            )
            assert request.next_due > self.truth.now or request in self.company.store.due(), "overlooked"

    def asks_others(self, known: Known, routed: Draft) -> None:
        """The worker asks others only where there are others to ask, or fewer."""
        request, body = known.request, routed.body
        asked = {id for id, _ in request.asking.approvers} - {one.by for one in known.ballots}
        flags = body.get("confirms", False), body.get("stuck", False)
        now = (body["step"], body["level"], body["need"], *flags)
        same = now == (
            request.asking.step,
            request.asking.level,
            request.asking.missing,
            request.asking.confirms,
            request.asking.is_stuck,
        )
        same = same and request.state is State.WAITING
        assert not same or request.asking.is_missed or {*body["approvers"]} != asked, "nobody else is asked"

    # -- after the worker has looked -----------------------------------------------------------------------

    def is_asked_right(self, known: Known) -> None:
        """Those who were asked are those who may decide, and enough of them know."""
        request, seats = known.request, self.seats(known)
        asked, told = (
            self.humans([id for id, _ in request.asking.approvers]),
            self.humans(request.asking.notified),
        )
        assert told <= asked, "somebody is told who can't decide"
        assert not set(request.asking.notified) & set(request.asking.unreachable), (
            "somebody is told whom nothing reaches"
        )
        assert told or request.asking.is_stuck, "nobody knows of it"
        assert seats.everybody <= asked, "somebody may decide who isn't asked"
        assert asked - seats.everybody <= self.voters(known), "somebody is asked who may not decide"
        assert (request.asking.step, request.asking.is_stuck) == (seats.step, seats.is_stuck), "stuck or not"
        assert request.asking.confirms == (bool(known.ballots) and not self.lacks_votes(known)), (
            "to confirm or not"
        )

    def voters(self, known: Known) -> set[str]:
        """Who has a vote already, or had somebody vote in their place."""
        return self.humans([id for one in known.ballots for id in (one.by, one.whose) if id])
