"""Carries out an approved bulk: makes a request of each line, and works on many of them at a time.

A line is asked, planned and approved as the bulk's approvers read it, by their votes; where its own rule
wants others by now, it waits for them. It is then carried out like any request (`bot/work/provision.py`),
under a claim of its own; only looks and calls for the members of a group are shared. What has to wait goes on
alone, so that no line stops the rest.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from approvals.clocks import is_recent
from approvals.decide.actor import Actor
from approvals.decide.decide import vote_body
from approvals.ids import BOT
from approvals.plan import Plan
from approvals.record.claims import Claim
from approvals.record.database import ClaimLost, Overtaken
from approvals.refusals import Refused
from approvals.request import Draft, Request, Vote
from approvals.sentence import Sentence, body, words
from approvals.states import OPEN, EventType, State
from bot.actions.many import Bulk, Line
from bot.context import LEASE, Colleagues, Context
from bot.miro.client import Miro
from bot.miro.errors import Away, Declined, Locked, Unclear
from bot.miro.quota import cost
from bot.ops import logs
from bot.work.ask import asked_event
from bot.work.bulk.check import around
from bot.work.bulk.plans import approved_plans
from bot.work.bulk.shared import Gathered, LookFirst, Shared, merged, shares
from bot.work.check import ask_approvers
from bot.work.provision import Provisioning

log = logging.getLogger(__name__)

CHUNK = 25
"""Lines made in one transaction: the record is free for others in between."""
MOST, MOST_CREDITS = 2_000, 50_000
"""Lines, and credits of calls about one person, that are worked on between two looks round."""
OFTEN = timedelta(seconds=10)
"""How often leases are renewed and the card of the bulk is redrawn."""
ROUNDS = 8
"""Looks round in one go; a line that needs more goes on in the next."""
_RIGHTS = {"demote", "take", "take-all"}


def carry(context: Context, miro: Miro, colleagues: Colleagues, bulk: Request, claim: Claim) -> Request:
    """Works on an approved bulk for a few minutes; returns it as it is then."""
    if bulk.practice or context.practice:
        return context.store.append(bulk, [Draft(EventType.REHEARSED, body={"text": "rehearsed"})], claim)
    _make_lines(context, bulk, claim)
    claims = _claimed(context, bulk, claim.owner)
    if claims:
        batch = Batch(context, miro, colleagues, bulk, claims)
        try:
            batch.run()
        finally:
            batch.release()
        context.store.outbox.redraw(bulk.id)
        bulk = context.store.request(bulk.id)
        if batch.trouble and not bulk.is_paused and bulk.state is State.APPROVED:
            return context.wait(bulk, batch.trouble, claim)
        return bulk
    return _ended(context, bulk, claim)


def _ended(context: Context, bulk: Request, claim: Claim) -> Request:
    """Done when every line is, stopped when one is; until no line is open it waits."""
    counts = context.store.lines(bulk.id)
    left = sum(count for state, count in counts.items() if state is not State.DONE)
    if any(state in OPEN and state is not State.STOPPED for state in counts):
        return context.held(bulk, Sentence.of("lines-open", count=left, request=bulk.id), claim)
    if not left:
        return context.store.append(bulk, [Draft(EventType.DONE)], claim)
    text, remedy = Sentence.of("lines-left", count=left, all=sum(counts.values())), Sentence("remedy-lines")
    stopped = Draft(
        EventType.STOPPED, body=body(text=text, remedy=remedy), words=words(text=text, remedy=remedy)
    )
    return context.store.append(bulk, [stopped], claim)


# -- lines ------------------------------------------------------------------------------------------------


def _make_lines(context: Context, bulk: Request, claim: Claim) -> None:
    """Makes a request of each line that isn't one yet, and resumes those that had stopped."""
    command, events = context.command(bulk), list(context.store.events(bulk.id))
    assert isinstance(command, Bulk)
    plans = approved_plans(event.words for event in events)
    if not plans:
        raise Refused(f"What was approved was deleted from the record. Ask again without {bulk.id}'s lines.")
    if events[-1].type == EventType.RESUMED:
        for id in context.store.lines_in(bulk.id, [State.STOPPED]):
            stopped = context.store.request(id)
            context.store.append(stopped, [Draft(EventType.RESUMED, events[-1].by)])
    if sum(context.store.lines(bulk.id).values()) == len(command.lines):
        return
    lines = sorted(command.lines, key=lambda line: _groups(plans[line.number]))
    for start in range(0, len(lines), CHUNK):
        context.store.renew(claim, LEASE)
        with context.store.writing():
            for line in lines[start : start + CHUNK]:
                with context.store.unit(own=True):
                    _make(context, bulk, line, plans[line.number])


def _groups(plan: Plan) -> list[str]:
    """The calls that change groups: lines with the same are worked on together, and so share them."""
    return [step.call for step in plan.steps if "/Groups/" in step.call]


def _make(context: Context, bulk: Request, line: Line, plan: Plan) -> None:
    command = line.command
    event = asked_event(
        context, command, bulk.requester, {"reason": bulk.reason, "shell": bulk.shell},
        because_of=bulk.id, line=line.number, undoes=line.undoes, exact=True,
    )  # fmt: skip
    request = context.store.ask(event, f"{bulk.token}:{line.number}")
    if request.state is not State.CHECKING:
        return  # made before a crash
    try:
        planned, *_ = ask_approvers(context, request, command, plan)
    except Refused as error:
        context.store.append(request, [Draft(EventType.REFUSED, words={"text": str(error)})])
        return
    body = planned.body
    if not any(step.change.code in _RIGHTS for step in plan.steps):
        # The list of admins stays as it is, so nobody waits for others in its lane.
        body = {**body, "lanes": [lane for lane in body["lanes"] if lane != "admins"]}
    request = context.store.append(request, [replace(planned, body=body)])
    votes = tuple(replace(vote, revision=plan.revision) for vote in bulk.asking.votes)
    after = replace(request, asking=replace(request.asking, votes=votes))
    drafts = [Draft(EventType.VOTED, vote.by, vote_body(vote), _signed(context, vote)) for vote in votes]
    if context.table(request).tally(after).is_settled and not request.plan.warnings:
        by = votes[-1].by if votes else BOT
        drafts.append(Draft(EventType.APPROVED, by, {"revision": plan.revision, "together": True}))
    if drafts:
        context.store.append(request, drafts)


def _signed(context: Context, vote: Vote) -> dict[str, str]:
    voter = context.person(vote.by)
    return Actor(voter, voter.account, vote.shell).signed


# -- work ---------------------------------------------------------------------------------------------------


def _claimed(context: Context, bulk: Request, owner: str) -> list[tuple[Claim, Request]]:
    """Claims as many lines as are worked on at a time, by what their calls cost."""
    claimed: list[tuple[Claim, Request]] = []
    credits = 0
    while len(claimed) < MOST and credits < MOST_CREDITS:
        claims = context.store.claim_lines(bulk.id, owner, LEASE, CHUNK)
        if not claims:
            break
        lines = [context.store.request(claim.request) for claim in claims]
        claimed += zip(claims, lines, strict=True)
        calls = [step.call.split() for line in lines for step in line.plan.steps if "/Users" in step.call]
        credits += sum(cost(method, path) for method, path in calls)
    return claimed


@dataclass
class Batch:
    """Lines under claims of one worker, worked on in rounds: a look round, then calls."""

    context: Context
    miro: Miro
    colleagues: Colleagues
    bulk: Request
    claimed: Sequence[tuple[Claim, Request]]
    trouble: Away | Locked | None = None
    _alone: set[str] = field(default_factory=set)
    _renewed_at: datetime | None = None

    def run(self) -> None:
        """Works until each line has ended, has to wait, or nothing can be done for now."""
        left = [claim for claim, _ in self.claimed]
        for _ in range(ROUNDS):
            if not left or self.trouble:
                return
            requests = [self.context.store.request(claim.request) for claim in left]
            try:
                commands = [self.context.command(request) for request in requests]
                shared = around(self.context, self.miro, commands, gathers=True)
            except (Away, Locked) as error:
                self.trouble = error
                return
            shared.alone = self._alone
            left = self._round(shared, left)

    def _round(self, shared: Shared, claims: Sequence[Claim]) -> list[Claim]:
        """Takes each line as far as this look allows; returns those that need another."""
        later, gathered = list[Claim](), list[tuple[Provisioning, Gathered]]()
        for claim in claims:
            if shared.trouble:
                break
            request = self.context.store.request(claim.request)
            if self._is_halted() and request.state is State.APPROVED:
                continue  # what has begun is finished
            with logs.about(claim.request), self.context.store.unit(own=True):
                work = Provisioning(self.context, shared, self.colleagues, request, claim)
                try:
                    work.run()
                except LookFirst:
                    later.append(claim)
                except Gathered as call:
                    later.append(claim)
                    gathered.append((work, call))
                except (Overtaken, ClaimLost) as error:
                    log.info("%s: %s", claim.request, error)
        works = {id(call): work for work, call in gathered}
        for share in shares(call for _, call in gathered):
            held = self.context.store.renew_all(self.claimed[0][0].owner, LEASE)
            # Somebody else may work on what was lost by now, or have taken it back.
            if mine := [call for call in share if works[id(call)].claim in held]:
                self._send(shared, mine, [works[id(call)] for call in mine])
        self.trouble = shared.trouble
        return later

    def _send(self, shared: Shared, share: Sequence[Gathered], works: Sequence[Provisioning]) -> None:
        """Sends one call for all who share it, and writes its answer for each."""
        how: dict[str, bool] = {}
        try:
            text = str(self.miro.send(merged(share), "").status)
        except (Away, Locked) as error:
            text, how, shared.trouble = str(error), {"nothing_done": True}, error
        except Unclear as error:
            text, how = str(error), {"unclear": True}
        except Declined as error:
            # Miro changes all of them or none: each is tried by itself, and says what is wrong with it.
            text, how = error.words, {"nothing_done": True}
            self._alone |= {each.id for each in share}
        for work in works:
            with suppress(Overtaken, ClaimLost):
                work.answered(work.request.progress.tried[-1], not how, text, **how)

    def _is_halted(self) -> bool:
        """Whether somebody paused or stopped the bulk; renews leases, or gives way, now and then."""
        now, store = self.context.now(), self.context.store
        if not is_recent(self._renewed_at, now, OFTEN):
            self._renewed_at = now
            store.renew_all(self.claimed[0][0].owner, LEASE)
            store.give_way(self.claimed[0][0].owner)
            store.outbox.redraw(self.bulk.id)
        if store.version(self.bulk.id) != self.bulk.version:
            self.bulk = store.request(self.bulk.id)
        return self.bulk.state is not State.APPROVED or self.bulk.is_paused

    def release(self) -> None:
        """Ends all claims that are left."""
        for claim, _ in self.claimed:
            with suppress(ClaimLost):
                self.context.store.release(claim)
