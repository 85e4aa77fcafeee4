"""Random lives of requests: people ask, vote, leave and come back while policies, plans and time go on."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from approvals.decide import clock as passing
from approvals.decide.basis import Table
from approvals.decide.deadlines import due
from approvals.ids import BOT, SlackId
from approvals.record.store import Store
from approvals.refusals import Refused, Unsure
from approvals.request import Draft, Request
from approvals.states import EventType, State
from tests.approvals.scene import START, STEADY, STORES, Clock, mail
from tests.campaigns import books
from tests.campaigns.company import ACCOUNTS, HANDLES, STANDINGS, Company, account_of
from tests.campaigns.court import Known
from tests.campaigns.office import TURNED_AWAY, Office

SPANS = (1, 2, 3, 5, 7, 9, 11, 13, 15, 19, 25, 31, 49, 80, 400, 2000)
"""How many hours may go by at once."""
MANAGED = ("ada", "eve", "bo")
BOSSES = ("bo", "cy", "max", "dee", "gus", "")
FINDINGS = {mail("ada.two"): mail("ada"), mail("cy.two"): mail("cy")}
"""Addresses that turn out to be somebody's whom everybody knows by another."""
BATCHES, SHARE = 8, 1_250
"""In how many parts ten thousand lives are played, each with its own beginning; lives in a part."""
RARE = {"votes after an escalation", "turned away: who stood in already"}
"""What happens a few times in ten thousand lives, and so not in each part."""
MUST_HAPPEN = (
    *("approved", "approved at once", "approved, and waits again", "denied", "expired", "done", "ruled"),
    *("confirmations asked", "confirmed", "confirmed by a former voter"),
    *("withdrawn by hand", "ended, as the requester left", "refused, as nobody could decide", "planned anew"),
    *("approvals that were worth nothing any more", "questioned", "replied", "reminded by the requester"),
    *("votes of a delegate", "votes of the fallback", "votes after an escalation", "votes from a shell"),
    *("votes under another policy", "routed: next step", "routed: escalated", "routed: not reachable"),
    *("routed: people or policy changed", "stuck", "reminded", "delegates named", "delegates ended"),
    *(f"turned away: {who}" for who in TURNED_AWAY.values()),
    *("turned away: no colleague", "turned away: outdated", "turned away: who stood in already"),
    "turned away: who comes too late",
    *("two accounts found to be one human's", "unreached", "outsiders who ask"),
)
"""A campaign in which one of these never happened has shown nothing of it."""

Happening = tuple[str, int, int]


class Life(Office):
    """What people do, and what the world, the worker and time do to it."""

    # -- the worker ----------------------------------------------------------------------------------------

    def looks(self, a: int = 0, b: int = 0) -> None:
        """The worker does what time and changes have brought about."""
        self.company.hears()
        for known in self.known if self.company.slack_answers else ():
            self.does(known, passing.review)
        for request in self.store.due():
            known = next(one for one in self.known if one.request.id == request.id)
            if self.company.slack_answers or due(request, self.now) is not EventType.ROUTED:
                self.does(known, passing.lapse)
        if not self.company.slack_answers:
            return  # what is known of groups grows old: nobody is stepped over because of that
        for known in self.known:
            self.does(known, passing.review)
            is_other = known.request.state is State.APPROVED and known.request.policy != self.hash
            assert not is_other or self.is_unsure(known) or not self.court.lacks_votes(known), (
                "approved, though the policy in force wants more votes"
            )
        for known in self.known:
            if known.request.state is State.WAITING and not self.is_unsure(known):
                assert known.request not in self.store.due(), "something stays due for ever"
                table = self.table(known)
                again = [*passing.lapse(known.request, table), *passing.review(known.request, table)]
                assert not again, f"the worker never comes to rest: {again}"
                self.court.is_asked_right(known)
                self.can_really_decide(known)

    def does(self, known: Known, what: Callable[[Request, Table], list[Draft]]) -> None:
        """One of the things that the worker does by itself."""
        try:
            drafts = what(known.request, self.table(known))
        except Unsure:
            assert self.is_unsure(known), "it could be told which rule holds"
            self.counts["left as it is, as nobody knows which rule holds"] += 1
            return
        if not drafts:
            return
        *times, draft = drafts
        assert [one.type for one in times] in ([], [EventType.RULED]), "several things at once"
        if draft.type == EventType.ROUTED:
            self.court.asks_others(known, draft)
            self.counts[f"routed: {draft.body['because']}"] += 1
            self.counts["stuck"] += draft.body.get("stuck", False)
            self.counts["confirmations asked"] += draft.body.get("confirms", False)
            self.counts["approved, and waits again"] += known.request.state is State.APPROVED
        elif draft.type == EventType.WITHDRAWN:
            self.counts["ended, as the requester left"] += 1
            concerned = filter(None, (known.ask.requester, known.ask.subject))
            guest = not self.truth.is_colleague(self.truth.human(known.ask.requester))
            assert guest or any(self.truth.has_left(self.truth.human(id)) for id in concerned)
        self.keeps(known, drafts)

    def is_unsure(self, known: Known) -> bool:
        """Whether the policy can't tell which of its rules holds."""
        return self.court.judge(known).is_unsure(known.ask)

    def can_really_decide(self, known: Known) -> None:
        """Each of those who were asked could press Approve now; tried once for each set of people."""
        ids = tuple(id for id, _ in known.request.asking.approvers)
        voters = self.court.voters(known)
        if ids == known.tried:
            return
        known.tried = ids
        for id in ids:
            human = self.truth.human(id)
            actor = self.company.who(self.account(human))
            if (
                (human not in voters or known.request.asking.confirms)
                and actor.account
                and actor.account.fresh(self.now)
            ):
                drafts = self.yes(known, actor, known.request.plan.revision)
                assert drafts[0].type == EventType.VOTED
                self.counts["asked people who could decide"] += 1

    def works(self, a: int, b: int) -> None:
        """What was approved is carried out, after one more look, or asked anew as the plan has changed."""
        known = self.pick(a, State.APPROVED)
        if not known or known.request.state is not State.APPROVED:
            return
        for ballot in known.ballots:
            if not ballot.shell and self.company.slack_answers:
                self.company.looks_at(self.truth.rows[ballot.by])
        if self.is_unsure(known):
            with pytest.raises(Unsure):
                self.table(known).tally(known.request)
            self.keeps(known, [Draft(EventType.REFUSED, words={"text": "Nobody knows which rule holds."})])
            self.counts["refused at work, as nobody knows which rule holds"] += 1
        elif drafts := passing.back(known.request, self.table(known)):
            assert self.court.lacks_votes(known), "it has its votes, and is asked for anew"
            self.counts["approvals that were worth nothing any more"] += 1
            self.keeps(known, drafts)
        elif b % 3 == 0:
            self.plans(known)
        else:
            assert self.court.is_approved(known), "carried out without the votes that it takes"
            self.keeps(known, [Draft(EventType.DONE)])
            if known.ask.action in ("offboard", "request-access"):
                turn = 1 + max((at for at, _ in self.truth.closed.values()), default=0)
                self.truth.closed[known.ask.subject] = turn, known.ask.action == "offboard"

    # -- the world -----------------------------------------------------------------------------------------

    def time_passes(self, a: int, b: int) -> None:
        """Hours or months go by, with or without Slack; mostly the worker looks."""
        self.company.slack_answers = b % 8 != 0
        self.company.time_passes(timedelta(hours=SPANS[a % len(SPANS)], minutes=a % 7))
        if b % 5:
            self.looks()

    def policy_changes(self, a: int, b: int) -> None:
        """A piece of the policy is replaced, or the last change is taken back."""
        another = books.changed(self.company.book, a, b)
        self.company.put_in_force(self.company.book_before if b % 4 == 0 else another)
        self.hash = self.store.take_policy(self.company.text)
        if (a + b) % 3:
            self.looks()

    def standing_changes(self, a: int, b: int) -> None:
        """Somebody leaves, returns, becomes a guest."""
        account, standing = self.some_account(a), STANDINGS[b % len(STANDINGS)]
        if a % 7 == 0 and (known := self.pick(a, State.WAITING)):
            account = self.account(self.truth.human(known.ask.requester))
        self.counts[f"people found {standing.value}"] += standing is not self.truth.standing[account]
        self.company.becomes(account, standing)

    def some_account(self, number: int) -> SlackId:
        """Anybody's account; mostly of somebody who was asked something."""
        known = self.pick(number, State.WAITING)
        asked = [id for id, _ in known.request.asking.approvers] if known and known.is_open else []
        if not asked or number % 3 == 0:
            return ACCOUNTS[number // 3 % len(ACCOUNTS)]
        return self.account(self.truth.human(asked[number // 3 % len(asked)]))

    def identity_is_found(self, a: int, b: int) -> None:
        """Two accounts turn out to be one human's."""
        address = [*FINDINGS][a % len(FINDINGS)]
        account = account_of(address.partition("@")[0])
        self.counts["two accounts found to be one human's"] += self.truth.address[account] == address
        self.company.turns_out(account, FINDINGS[address])

    def group_changes(self, a: int, b: int) -> None:
        """Somebody joins or leaves a user group, or it is renamed; the record hears of it now or later."""
        handle = HANDLES[b % len(HANDLES)]
        self.truth.members[handle] ^= {ACCOUNTS[a % len(ACCOUNTS)]}
        if a % 4 == 0:
            self.truth.renamed ^= {handle}
        if b % 3:
            self.company.hears_of_group(handle)

    def manager_changes(self, a: int, b: int) -> None:
        """Somebody gets another manager, or none."""
        human, boss = mail(MANAGED[a % len(MANAGED)]), BOSSES[b % len(BOSSES)]
        self.truth.managers.pop(human, None)
        if boss:
            self.truth.managers[human] = mail(boss)
        if b % 3:
            self.company.hears_of_manager(human)

    def goes_away(self, a: int, b: int) -> None:
        """Somebody names a delegate, or is back."""
        account, other = self.some_account(a), ACCOUNTS[b % len(ACCOUNTS)]
        try:
            if a % 5 == 0:
                self.counts["delegates ended"] += self.company.comes_back(account)
            else:
                after = timedelta(hours=30 if b % 6 == 0 else 0)
                self.counts["delegates named"] += self.company.goes_away(account, other, after, 1 + b % 90)
        except Refused:
            self.counts["delegates refused"] += 1
        if b % 2:
            self.looks()

    def is_unreachable(self, a: int, b: int) -> None:
        """No message reaches somebody who was asked."""
        known = self.pick(a, State.WAITING)
        if not known or (not known.request.asking.approvers and b % 3):
            return
        ids = (
            known.request.asking.notified
            or [id for id, _ in known.request.asking.approvers]
            or [known.ask.requester]
        )
        draft = Draft(
            EventType.UNREACHED, BOT, {"role": "approver", "who": ids[b % len(ids)]}, {"text": "gone"}
        )
        self.keeps(known, [draft])
        if b % 2:
            self.looks()

    # -- the end -------------------------------------------------------------------------------------------

    def ends(self) -> None:
        """Much later nothing is left undecided."""
        for _ in range(2):
            self.company.slack_answers = True
            for number in range(len(self.known)):
                self.works(number, 1)
            self.company.time_passes(timedelta(days=100))
            self.looks()
        assert not [one for one in self.known if one.is_open], "waits for ever"


KINDS: dict[str, tuple[Callable[[Life, int, int], None], int]] = {
    "asks": (Life.asks, 4),
    "checks": (Life.checks, 1),
    "votes": (Life.votes, 8),
    "all vote": (Life.all_vote, 3),
    "denies": (Life.denies, 1),
    "votes on old": (Life.votes_on_old, 1),
    "asks back": (Life.asks_back, 1),
    "nudges": (Life.nudges, 1),
    "withdraws": (Life.withdraws, 1),
    "looks": (Life.looks, 3),
    "works": (Life.works, 3),
    "time passes": (Life.time_passes, 4),
    "policy changes": (Life.policy_changes, 4),
    "standing changes": (Life.standing_changes, 2),
    "identity": (Life.identity_is_found, 1),
    "group changes": (Life.group_changes, 1),
    "manager changes": (Life.manager_changes, 1),
    "goes away": (Life.goes_away, 3),
    "unreachable": (Life.is_unreachable, 1),
}
"""What may happen, and how often compared with the rest."""

NUMBERS = st.integers(0, 359)
HAPPENINGS = st.tuples(
    st.sampled_from([kind for kind, (_, weight) in KINDS.items() for _ in range(weight)]), NUMBERS, NUMBERS
)
LIVES = st.tuples(
    st.tuples(*(st.integers(0, len(slot) - 1) for slot in books.SLOTS)),
    st.lists(HAPPENINGS, min_size=12, max_size=50),
)


class Over(Exception):
    """A life has come to its end; nothing of it is kept."""


def play(store: Store, clock: Clock, life: tuple[books.Book, Sequence[Happening]]) -> Counter[str]:
    """One life from beginning to end, and what happened in it.

    It is one transaction, and taken back: what is tried is what is decided, and not the disk.
    """
    book, happenings = life
    counts = Counter(lives=1)
    with suppress(Over), store.writing():
        clock.pass_(START - clock.now())
        company = Company(store, clock)
        company.put_in_force(book)
        whole = Life(company, counts)
        for kind, a, b in (("asks", *happenings[0][1:]), *happenings):
            KINDS[kind][0](whole, a, b)
        whole.ends()
        assert store.verify().faults == ()
        raise Over
    return counts


def campaign(lives: int, number: int, kind: str = "sqlite") -> Counter[str]:
    """So many lives, the same ones for each number, and what happened in all of them."""
    counts = Counter[str]()
    with TemporaryDirectory() as folder:
        clock = Clock()
        store = STORES[kind](Path(folder), clock)

        @seed(number)
        @settings(STEADY, max_examples=lives, derandomize=False, suppress_health_check=list(HealthCheck))
        @given(LIVES)
        def each(life: tuple[books.Book, Sequence[Happening]]) -> None:
            counts.update(play(store, clock, life))

        try:
            each()
        finally:
            store.close()
    return counts
