"""People who ask and decide, in a random life; what the engine makes of it is judged at once."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from approvals.case import Case
from approvals.decide import decide
from approvals.decide.actor import Actor, check_standing
from approvals.decide.asking import asking, looked_at, routing_words
from approvals.decide.basis import Table
from approvals.decide.deadlines import later
from approvals.decide.tally import Ground
from approvals.ids import SlackId, stamp
from approvals.people import Standing
from approvals.refusals import Outdated, Refused, Settled
from approvals.request import Draft, Scope
from approvals.states import OPEN, EventType, State
from tests.altered import altered
from tests.approvals.scene import asked, mail
from tests.campaigns.company import ACCOUNTS, Company, account_of
from tests.campaigns.court import Court, Known
from tests.campaigns.judge import Ask, Judge

ASKERS = ("ada", "ada", "eve", "bo", "ida", "gus", "dee", "ada.two")
SUBJECTS = ("", "eve", "bo", "gus", "ada", "cy")
ACTIONS = ("request-access", "make-admin", "request-access", "make-admin", "offboard")
TEAMS = ("Design", "Sales")
TURNED_AWAY = {
    "You requested": "the requester",
    "This is about": "the person concerned",
    "You already approved": "who has a vote already",
    "The policy doesn't": "a shell",
    "Nobody can": "anybody, as nobody may decide it",
    "I haven't": "an account that wasn't looked at",
    "Only": "somebody else",
}
"""How a sentence begins that somebody reads who can't decide, and who that is."""


class Office:
    """One company, and everything that its people do about requests."""

    def __init__(self, company: Company, counts: Counter[str]) -> None:
        self.company, self.counts = company, counts
        self.store, self.truth = company.store, company.truth
        self.court = Court(company, counts)
        self.hash = self.store.take_policy(company.text)
        self.known: list[Known] = []

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        return self.truth.now

    def table(self, known: Known) -> Table:
        """What the engine rests a decision on."""
        return Table(self.company.policy, self.hash, self.company.since, self.store.people, self.now)

    def pick(self, number: int, *states: State) -> Known | None:
        """One of the requests; of some states, where there are any."""
        some = [one for one in self.known if one.request.state in states] or self.known
        return some[number % len(some)] if some else None

    def keeps(self, known: Known, drafts: list[Draft]) -> None:
        """Writes something down, and looks whether that may be."""
        before = known.request
        known.request = self.store.append(before, drafts)
        for event in list(self.store.events(before.id))[before.version :]:
            self.court.follows(known, before, event)
            self.counts[event.type] += 1
            self.counts["routed: next step"] += event.body.get("because") == "next step"
        self.court.keeps(known)

    # -- asking --------------------------------------------------------------------------------------------

    def asks(self, a: int, b: int) -> None:
        """Somebody asks; mostly it is looked at right away."""
        action, team = ACTIONS[a % len(ACTIONS)], TEAMS[b % 2]
        actor = self.company.who(account_of(ASKERS[a // 5 % len(ASKERS)]))
        try:
            check_standing(actor, self.now)
        except Refused:
            self.counts["outsiders who ask"] += 1
            return
        name = SUBJECTS[b // 2 % len(SUBJECTS)]
        subject = self.company.row(account_of(name)) if name else actor.person.id
        ask = Ask(action, actor.person.id, subject, team if action == "request-access" else "")
        draft = asked(ask.requester, action=action, subject=subject, policy=self.hash, lanes=[])
        known = Known(ask, self.store.ask(draft))
        self.known.append(known)
        self.counts[f"asked, {'for others' if name else 'for oneself'}"] += 1
        if b % 5:
            self.plans(known)

    def checks(self, a: int, b: int) -> None:
        """The worker takes up what was only asked."""
        known = self.pick(a, State.CHECKING)
        if known and known.request.state is State.CHECKING:
            self.plans(known)

    def plans(self, known: Known) -> None:
        """Asks those who decide by the policy in force; anew, where they were asked before."""
        self.company.hears()
        judge, ground = Judge(self.company.text, self.truth), self.ground(known)
        try:
            ground.may_ask()
            assert judge.may_ask(known.ask), "somebody asks who may not"
            ground.check_fillable()
        except Refused as error:
            assert "Nobody can decide" in str(error) or not judge.may_ask(known.ask), (
                "turned away who may ask"
            )
            self.counts["refused, as nobody could decide"] += judge.may_ask(known.ask)
            self.keeps(known, [Draft(EventType.REFUSED, words={"text": str(error)})])
            return
        self.counts["planned anew"] += known.request.state is State.APPROVED
        revision = f"r{known.request.plan.round + 1}"
        drafts = [self.planned(known, ground, revision)]
        if not ground.rule.ladder:
            drafts.append(Draft(EventType.APPROVED, body={"revision": revision}))
            self.counts["approved at once"] += 1
        self.keeps(known, drafts)
        first = judge.seats(known.ask, [])
        assert (first is None) == (not ground.rule.ladder), "approval where it is needed, and only there"
        assert first is None or not first.is_stuck, "asked where nobody could decide"

    def ground(self, known: Known) -> Ground:
        """The ask as the policy in force sees it."""
        people, ask = self.store.people, known.ask
        teams = ((ask.team, f"g_{ask.team.casefold()}"),) if ask.team else ()
        case = Case(ask.action, people.person(ask.requester), people.person(ask.subject), Scope(teams))
        return Ground(self.company.policy, case, people, self.now)

    def planned(self, known: Known, ground: Ground, revision: str) -> Draft:
        """The entry that asks, as the bot writes it."""
        policy, now, rule = self.company.policy, self.now, ground.rule
        route = ground.tally(altered(known.request, votes=(), unreachable=(), level=0, step=0))
        body = {
            "revision": revision,
            "expires_at": stamp(later(now, rule.expires, policy)),
            "lanes": [],
            "policy": self.hash,
            "subject": known.ask.subject,
            **asking(route, policy, rule, now),
        }
        words = {
            "plan": json.dumps({"lines": [revision]}),
            "case": looked_at(ground.case.scope),
            **routing_words(route),
        }
        return Draft(EventType.PLANNED, body=body, words=words)

    # -- deciding ------------------------------------------------------------------------------------------

    def account(self, human: str) -> SlackId:
        """An account of a human, one that works if there is any."""
        mine = [one for one, address in self.truth.address.items() if address == human]
        return min(mine, key=lambda one: self.truth.standing[one] is not Standing.COLLEAGUE)

    def somebody(self, known: Known, number: int) -> Actor:
        """Mostly one of those who were asked."""
        asked = [id for id, _ in known.request.asking.approvers]
        account = ACCOUNTS[number % len(ACCOUNTS)]
        if asked and number % 4:
            account = self.account(self.truth.human(asked[number // 4 % len(asked)]))
        return self.company.who(account, shell=number % 9 == 0)

    def votes(self, a: int, b: int) -> None:
        """Somebody presses Approve."""
        known = self.pick(a, State.WAITING)
        if known:
            self.vote(known, self.somebody(known, b))

    def all_vote(self, a: int, b: int) -> None:
        """Those who were asked press Approve one after the other, from whomever on."""
        known = self.pick(a, State.WAITING)
        ids = [id for id, _ in known.request.asking.approvers] if known else []
        for id in [*ids[b % 3 :], *ids[: b % 3]]:
            if known and known.is_open:
                self.vote(known, self.company.who(self.account(self.truth.human(id))))

    def vote(self, known: Known, actor: Actor) -> None:
        """A click on Approve, and whether it does what it should."""
        request = known.request
        try:
            drafts = self.yes(known, actor, request.plan.revision)
        except Refused as error:
            self.counts[f"turned away: {_kind(error)}"] += known.is_open
            self.court.turns_away(known, actor, error)
            return
        ballot = self.court.takes(known, actor, drafts[0])
        human = self.truth.human(ballot.by)
        self.counts["votes of a delegate"] += bool(ballot.whose)
        self.counts["votes of the fallback"] += ballot.fallback
        self.counts["votes from a shell"] += ballot.shell
        self.counts["votes after an escalation"] += bool(ballot.level)
        self.counts["votes under another policy"] += known.text != self.company.text
        self.counts["confirmed"] += request.asking.confirms
        self.counts["confirmed by a former voter"] += request.asking.confirms and human in self.court.voters(
            known
        )
        known.ballots.append(ballot)
        self.keeps(known, drafts)

    def yes(self, known: Known, actor: Actor, revision: str) -> list[Draft]:
        """A click on Approve. Raises Refused."""
        is_confidential = known.request.action == "offboard"
        return decide.approve(
            known.request, actor, revision, replace(self.table(known), is_confidential=is_confidential)
        )

    def denies(self, a: int, b: int) -> None:
        """Somebody presses Deny."""
        known = self.pick(a, State.WAITING)
        if not known:
            return
        who = self.somebody(known, b)
        try:
            drafts = decide.deny(known.request, who, "not now", self.table(known))
        except Refused as error:
            self.court.turns_away(known, who, error)
            return
        human = self.truth.human(who.person.id)
        assert human not in self.court.barred(known), "somebody denies the own request"
        may = self.court.seats(known).everybody | self.court.voters(known)
        assert human in may, "denied by anybody"
        self.keeps(known, drafts)

    def votes_on_old(self, a: int, b: int) -> None:
        """Somebody presses Approve on a card that shows what was true before."""
        known = self.pick(a, State.WAITING)
        if known:
            with pytest.raises(Refused) as told:
                self.yes(known, self.somebody(known, b), f"r{known.request.plan.round - 1}")
            self.counts["turned away: outdated"] += told.type is Outdated

    def asks_back(self, a: int, b: int) -> None:
        """Somebody asks a question, or the requester answers."""
        known = self.pick(a, State.WAITING)
        if not known:
            return
        request, table = known.request, self.table(known)
        try:
            if request.asking.questions and not request.asking.questions[-1].answer:
                asker = self.company.who(self.account(self.truth.human(known.ask.requester)))
                drafts = decide.reply(request, asker, "as we said", table)
            else:
                drafts = decide.question(request, self.somebody(known, b), "why?", table)
        except Refused:
            return
        self.keeps(known, drafts)

    def nudges(self, a: int, b: int) -> None:
        """The requester reminds by hand."""
        known = self.pick(a, State.WAITING)
        if not known:
            return
        actor = self.company.who(self.account(self.truth.human(known.ask.requester)))
        try:
            drafts = decide.nudge(known.request, actor, self.table(known))
        except Refused:
            return
        assert known.spoke and self.now - known.spoke >= timedelta(hours=4), "a storm"
        self.counts["reminded by the requester"] += 1
        self.keeps(known, drafts)

    def withdraws(self, a: int, b: int) -> None:
        """The requester takes it back; now and then somebody else tries to."""
        known = self.pick(a, *OPEN)
        if not known:
            return
        human = self.truth.human(known.ask.requester)
        actor = self.company.who(self.account(human) if b % 3 else ACCOUNTS[b % len(ACCOUNTS)])
        try:
            drafts = decide.withdraw(known.request, actor, self.table(known))
        except Refused:
            return
        assert self.truth.human(actor.person.id) in (human, mail("ida")), "taken back by anybody"
        self.counts["withdrawn by hand"] += 1
        self.keeps(known, drafts)


def _kind(error: Refused) -> str:
    if isinstance(error, Settled):
        return "who comes too late"
    found = (who for start, who in TURNED_AWAY.items() if str(error).startswith(start))
    return next(found, "no colleague" if "approved" not in str(error) else "who stood in already")
