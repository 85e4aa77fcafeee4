"""Looks over every step of a random life: what must hold of a request, by the texts of the policies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.decide.actor import Who
from approvals.folding import fold
from approvals.ids import PersonId
from approvals.people import Standing
from approvals.refusals import Refused, Settled
from approvals.request import Draft, Event, Request
from approvals.states import OPEN, State, What
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
    """The policy it was made under."""
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

    def judges(self, known: Known) -> tuple[Judge, Judge]:
        """The policy it was made under and the one in force, as somebody else reads them."""
        return Judge(known.text, self.truth), Judge(self.company.text, self.truth)

    def humans(self, ids: Sequence[PersonId]) -> set[str]:
        """Who some rows of the record are."""
        return {self.truth.human(id) for id in ids}

    def barred(self, known: Known) -> set[str]:
        """Who may never decide it."""
        return self.humans([known.ask.requester, known.ask.subject])

    def seats(self, judge: Judge, known: Known) -> Seats | None:
        """Who may decide next by one policy; None where that has nothing more to decide."""
        request = known.request
        if judge.steps(known.ask) is None:  # not mentioned any more: nobody may
            nobody = frozenset[str]()
            return Seats(0, 1, nobody, {}, nobody, is_short=True, is_stuck=True)
        return judge.seats(known.ask, known.ballots, (request.step, request.level), self.humans(request.lost))

    # -- a yes ---------------------------------------------------------------------------------------------

    def takes(self, known: Known, who: Who, vote: Draft) -> Ballot:
        """A yes that was taken: was it theirs to give, and to what they read?"""
        request = known.request
        assert known.is_open and request.expires_at and self.truth.now < request.expires_at, "too late"
        assert vote.body["revision"] == request.revision, "a yes to what nobody reads"
        assert who.account is None or who.account.standing is Standing.COLLEAGUE, "no colleague decides"
        ballot = Ballot(vote.by, bool(who.shell), vote.body.get("stands_for"), vote.body.get("level", 0),
                        vote.body.get("fallback", False))  # fmt: skip
        voter = self.truth.human(ballot.by)
        assert self.truth.is_colleague(voter), "no colleague decides"
        assert voter not in self.barred(known), "somebody decides the own request"
        if ballot.whose:
            assert self.truth.stand_in(self.truth.human(ballot.whose)) == voter, "stands in for nobody"
        assert not ballot.fallback or self._is_scarce(known), "the fallback decides what others could"
        for judge in self.judges(known):
            assert self._is_entitled(judge, known, ballot), f"{voter} isn't entitled"
        return ballot

    def _is_entitled(self, judge: Judge, known: Known, ballot: Ballot) -> bool:
        steps = judge.steps(known.ask)
        if steps is None:
            return False
        if self.seats(judge, known) is None:  # it has nothing more to decide, but may have words on who does
            return not steps or self.truth.human(ballot.by) in judge.anybody(known.ask)
        return any(judge.counts(ballot, step, known.ask) for step in steps)

    def _is_scarce(self, known: Known) -> bool:
        """Whether those whom both policies name aren't enough by themselves."""
        found = [self.seats(judge, known) for judge in self.judges(known)]
        if any(one.is_short for one in found if one):
            return True
        some = [one for one in found if one]
        sets = [
            {*one.own, *one.away} if one else judge.anybody(known.ask)
            for one, judge in zip(found, self.judges(known), strict=True)
        ]
        places = {other: human for one in some for other, human in one.away.items()}
        votes = {places.get(one, one) for one in sets[0] & sets[1]}
        return len(votes) < max(one.need for one in some)

    def turns_away(self, known: Known, who: Who, error: Refused) -> None:
        """Whoever may decide by both policies isn't turned away."""
        account, request = who.account, known.request
        in_time = known.is_open and request.expires_at and self.truth.now < request.expires_at
        if not in_time or account is None or not account.fresh(self.truth.now):
            return
        assert not isinstance(error, Settled), error
        if account.standing is Standing.COLLEAGUE:
            found = [self.seats(judge, known) for judge in self.judges(known)]
            able = [one.everybody if one else set() for one in found]
            human = self.truth.human(who.person.id)
            assert not all(human in some for some in able), f"{human} may decide, but: {error}"

    # -- an approval ---------------------------------------------------------------------------------------

    def is_approved(self, known: Known) -> bool:
        """Whether both policies have all the votes they want."""
        return all(judge.is_enough(known.ask, known.ballots) for judge in self.judges(known))

    def lacks_votes(self, known: Known) -> bool:
        """Whether a policy wants more of them, each taken for the step that was next when it came."""
        return any(self.seats(judge, known) for judge in self.judges(known))

    def follows(self, known: Known, before: Request, event: Event) -> None:
        """One more entry of the record: what it means for what may come next."""
        kind, body, now = event.type, event.body, self.truth.now
        if kind == What.PLANNED:
            known.ballots, known.text, known.step_began = [], self.company.text, now
        elif kind == What.APPROVED:
            assert self.is_approved(known), "approved without the votes that both policies want"
        elif kind == What.ROUTED and body["step"] != before.step:
            known.step_began = now
        elif kind == What.ROUTED and body["level"] > before.level:
            assert known.step_began and now - known.step_began >= SOONEST * body["level"], (
                "escalated too soon"
            )
        elif kind == What.REMINDED and event.by == "bot":
            self._reminds(known, before)
        elif kind == What.EXPIRED:
            assert before.expires_at and now >= before.expires_at, "expired too soon"
        if kind in (What.PLANNED, What.ROUTED, What.REMINDED):
            known.spoke = now

    def _reminds(self, known: Known, before: Request) -> None:
        """Each reminder comes after a longer silence than the one before it."""
        rule = self.judges(known)[0].rule(known.ask) or {}
        first = hours(rule["remind"]) if "remind" in rule else hours(rule.get("expires", "3d")) / 3
        assert known.spoke and self.truth.now - known.spoke >= first * 2 ** min(before.reminded, 10), (
            "a storm"
        )

    def keeps(self, known: Known) -> None:
        """Shown equals stored, and whatever is open has a next step or an end."""
        request = known.request
        assert fold(self.company.store.events(request.id)) == request, "shown isn't what is stored"
        if request.state in OPEN and request.state is not State.STOPPED:
            assert request.next_due, "nothing will ever happen to it"
        else:
            assert request.next_due is None, "ended, and yet something is due"
        if known.is_open:
            assert request.expires_at and request.next_due and request.next_due <= request.expires_at
            assert request.next_due > self.truth.now or request in self.company.store.due(), "overlooked"

    def asks_others(self, known: Known, routed: Draft) -> None:
        """The worker asks others only where there are others to ask, or fewer."""
        request, body = known.request, routed.body
        asked = {id for id, _ in request.approvers} - {one.by for one in known.ballots}
        now = (body["step"], body["level"], body["need"], body.get("stuck", False))
        same = now == (request.step, request.level, request.missing, request.is_stuck)
        assert not same or request.has_lost or {*body["approvers"]} != asked, "nobody else is asked"

    # -- after the worker has looked -----------------------------------------------------------------------

    def is_asked_right(self, known: Known) -> None:
        """Those who were asked are those who may decide, and enough of them know."""
        request, judges = known.request, self.judges(known)
        asked, told = self.humans([id for id, _ in request.approvers]), self.humans(request.told)
        assert told <= asked, "somebody is told who can't decide"
        assert not set(request.told) & set(request.lost), "somebody is told whom nothing reaches"
        assert told or request.is_stuck, "nobody knows of it"
        if not known.ballots and all(judge.steps(known.ask) == () for judge in judges):
            return  # nobody's yes is needed any more, and still one of those who were asked has to say it
        if known.text == self.company.text:
            seats = self.seats(judges[0], known)
            assert seats, "it has its votes, and still waits"
            assert seats.everybody <= asked, "somebody may decide who isn't asked"
            assert asked - seats.everybody <= self.voters(known), "somebody is asked who may not decide"
            assert (request.step, request.is_stuck) == (seats.step, seats.is_stuck), "stuck or not"
        for judge in judges:
            named = judge.anybody(known.ask) if judge.steps(known.ask) != () else asked
            assert asked - self.voters(known) <= named, "somebody is asked who may not decide"

    def voters(self, known: Known) -> set[str]:
        """Who has a vote already, or had somebody vote in their place."""
        return self.humans([id for one in known.ballots for id in (one.by, one.whose) if id])
