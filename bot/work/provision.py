"""From *approved* to *done*: look, write *trying*, send one call, and look again before *done*.

There is no saved position. After a crash, a stop or a lost lease it begins with a look and does what is left:
each goal is checked first, so doing it twice is harmless.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.decide import clock
from approvals.ids import GroupId, stamp
from approvals.people import addressed, canonical
from approvals.record.claims import Claim
from approvals.record.database import Overtaken
from approvals.refusals import Refused, Unsure
from approvals.request import Draft, Event, Request
from approvals.sentence import NOTHING, Sentence, body, words
from approvals.sentence import lines as stored_lines
from approvals.states import EventType, State
from bot.actions import Action
from bot.actions.sentences import clip
from bot.context import LEASE, Colleagues, Context, SlackAway, Unreadable
from bot.miro.accounts import Gone, creates, vanished
from bot.miro.client import Accepted, Miro
from bot.miro.errors import Ambiguous, Away, Declined, Locked, Unclear
from bot.miro.goals import Seen
from bot.miro.plan import LivePlan, Obstacle, PlanStep, make
from bot.miro.rest.client import RestAway, RestCall
from bot.miro.rest.goals import SessionsEnded
from bot.work import ending, outcome, undo
from bot.work.account import Target, look, note
from bot.work.bulk.control import halted
from bot.work.check import ask_approvers, check_again, is_approved, who_left
from bot.work.outcome import Stopped

TRIES = 3
"""How often a call is sent while its outcome is unknown, with a look in between."""
LOOKS = (timedelta(seconds=5), timedelta(seconds=30))
"""Pauses before looking again for a change that Miro accepted and doesn't show yet."""
REST_TRIES = 4
"""How often a request is held because Miro's REST API is away; others wait behind it meanwhile."""


def provisioned(
    context: Context, miro: Miro, colleagues: Colleagues, request: Request, claim: Claim
) -> Request:
    """Carries out an approved request as far as possible; returns it as it is then."""
    return Provisioning(context, miro, colleagues, request, claim).run()


@dataclass
class Provisioning:
    """Carries out one request under one claim."""

    context: Context
    miro: Miro
    colleagues: Colleagues
    request: Request
    claim: Claim
    seen: Seen | None = None
    """The result of the last look; None after a call was sent."""
    seen_at: datetime | None = None

    def run(self) -> Request:
        """Works as far as possible; returns the request done, stopped, asked again, or held for later."""
        try:
            if self.request.hand_over.is_reported:
                return self._verify()
            return self._rehearse() if self.context.practice or self.request.practice else self._bring_about()
        except RestAway as error:
            return self._without_rest(error)
        except (SlackAway, Away, Locked, Unsure) as error:
            return self.context.wait(self.request, error, self.claim)
        except (Obstacle, Ambiguous, Declined) as error:
            return self._stop(Sentence.verbatim(str(error)), Sentence("remedy-mend"))
        except Stopped as stop:
            return self._stop(stop.text, stop.remedy)
        except Refused as error:
            if self.request.state is State.WORKING or self.request.progress.has_changed:
                return self._stop(Sentence.verbatim(str(error)), Sentence("remedy-mend-and-ask"))
            return self._write(Draft(EventType.REFUSED, words={"text": str(error)}))

    def _without_rest(self, error: RestAway) -> Request:
        """Waits for the REST API for a while, without calling that a trouble with SCIM, then stops."""
        if self.request.progress.holds >= REST_TRIES:
            return self._stop(Sentence.verbatim(str(error)), Sentence("remedy-rest"))
        sentence = Sentence.of(f"trouble-{error.kind}", request=self.request.id)
        return self.context.held(self.request, sentence, self.claim, error.wait)

    def _write(self, *drafts: Draft) -> Request:
        """Appends events, also if an undeliverable card was recorded meanwhile.

        Anything else that could come between changes the state, or takes the claim away.
        """
        while True:
            try:
                self.request = self.context.store.append(self.request, drafts, self.claim)
            except Overtaken:
                newest = self.context.store.request(self.request.id)
                if newest.state is not self.request.state:
                    raise
                self.request = newest
            else:
                self.context.wake()
                return self.request

    def _rehearse(self) -> Request:
        if self.request.practice:
            return self._write(Draft(EventType.REHEARSED, body={"text": "rehearsed"}))
        sentence = Sentence.of("practising", request=self.request.id)
        return self.context.hold(
            self.request, sentence, self.context.now() + timedelta(minutes=15), self.claim
        )

    # -- looking and planning what is left --------------------------------------------------------------

    def _bring_about(self) -> Request:
        command, request = self._command(), self.request
        before_first_write = request.state is State.APPROVED or not request.progress.has_changed
        if before_first_write:
            gone = who_left(self.context, self.colleagues, request)
            if gone and request.state is State.WORKING:
                raise Stopped(Sentence(f"{gone.code}-halfway", gone.values), "remedy-leave")
            if gone:
                if request.starts_at:
                    why = "was approved to start now, but the requester or the person has left."
                    self.context.tell_operators(f"{request.id} {why} It is closed. Ask again if it's needed.")
                return self._write(clock.withdrawn(gone))
            check_again(self.context, self.colleagues, self.miro, request, command)
            if (ends_at := ending.end_of(self.context, request, command)) and ends_at <= self.context.now():
                raise Refused(
                    "This access wasn't given, because its last day has passed. Ask for a later one."
                )
        approved = not before_first_write or is_approved(self.context, self.colleagues, request)
        while True:
            seen = self._look(command)
            ending.check_seen(self.context, request, seen)
            if before_first_write:
                undo.check_unchanged(self.context, self.request, command.goals(self.context.facts), seen)
            is_new = self.request.state is State.APPROVED
            # Together with its bulk it isn't begun after that was halted; alone it asks itself.
            if is_new and not self.request.together and (halt := halted(self.context, self.request)):
                return self._write(halt)
            if is_new and ending.is_last_admin(request, command.goals(self.context.facts), seen):
                return self._write(*ending.until_another_admin(self.context, self.request))
            plan = self._plan(command, seen)
            left = tuple(step for step in plan.steps if not self._is_unshown(step, seen))
            if not left:
                return self._done(command, seen, plan)
            plan = replace(plan, steps=left)
            if not (approved and plan.part_of(self.request.plan)):
                return self._write(*self._ask_again(command, plan))
            unseen = [step for step in plan.steps if step.goal.code in self.request.progress.accepted]
            if unseen:
                return self._await_effect(unseen[0])
            self._send_all(plan)

    def _verify(self) -> Request:
        """One look at what a person says they finished by hand; nothing is sent."""
        command = self._command()
        seen = self._look(command)
        plan = self._plan(command, seen)
        if not any(step.goal.is_visible for step in plan.steps):
            return self._done(command, seen, plan)
        before = (self.request.outcome and self.request.outcome.text) or NOTHING
        first = before.values.get("before") or before.stored  # what Miro said stays on the card
        raise Stopped(Sentence.of("still-differs", before=first), "remedy-by-hand")

    def _ask_again(self, command: Action, plan: LivePlan) -> list[Draft]:
        """Asks for votes that are missing by now, or for another decision if the plan differs.

        Raises Refused if nobody can give them.
        """
        self.context.store.forget()  # people may have left while Miro was called
        is_same = plan.part_of(self.request.plan)
        missing = clock.back(self.request, self.context.table(self.request)) if is_same else []
        if missing and not missing[0].body.get("stuck"):
            return missing
        return ask_approvers(self.context, self.request, command, plan.stored(), plan.groups)

    def _command(self) -> Action:
        try:
            return self.context.command(self.request)
        except Unreadable as error:
            sentence = Sentence.of("unknown-action", action=self.request.action)
            raise Stopped(sentence, "remedy-install") from error

    def _target(self, command: Action) -> Target | None:
        """The approved account; None if the command changes a group."""
        return Target.of(self.request.plan, self.context.person(command.subject)) if command.subject else None

    def _look(self, command: Action) -> Seen:
        """The current look. Raises Obstacle if the approved account isn't shown any more.

        Unless this request deletes or creates the account: otherwise a missing account may be a guest's, who
        still has access.
        """
        self.seen, target = None, self._target(command)
        if target:
            target = replace(target, is_deleted="gone" in self.request.progress.accepted)
        seen = look(self.context, self.miro, command, target, is_exact=self.request.is_exact)
        if "account" in self.request.progress.tried:
            seen = replace(seen, vanished=False)  # this request may have created it
        is_closing = SessionsEnded.key in {step.key for step in self.request.plan.steps}
        seen = replace(seen, is_closing=is_closing)
        is_missing = target and target.miro_id and seen.account is None
        if target and is_missing and (seen.vanished or not self._may_be_gone(command)):
            raise Obstacle(vanished(target.user_name))
        self.seen, self.seen_at = seen, self.miro.looked_at or self.context.now()
        if command.new_group and seen.group:  # also if the rest stops, so that it can be undone at once
            with self.context.store.writing():
                self._upsert(command, seen)
        return seen

    def _may_be_gone(self, command: Action) -> bool:
        """Whether this request, before or after a Resume, or who finished it by hand, may have deleted it."""
        goals, handed = command.goals(self.context.facts), self.request.hand_over
        if creates(goals) or (handed.is_reported and any(isinstance(goal, Gone) for goal in goals)):
            return True
        return "gone" in (*self.request.progress.tried, *outcome.own_calls(self.context, self.request))

    def _plan(self, command: Action, seen: Seen) -> LivePlan:
        try:
            # An end takes back what it can; the next look comes upon the rest.
            plan = make(command.goals(self.context.facts), seen, is_partial=self.request.is_end)
        except KeyError as error:
            raise Obstacle("The team is no longer in Miro.") from error
        approved = self.request.plan
        if self._is_deleted(seen):  # what is left is about the same account
            return replace(plan, miro_id=approved.miro_id, user_name=approved.user_name or "")
        return plan

    def _is_deleted(self, seen: Seen) -> bool:
        """Whether the account is gone that this request deletes."""
        return seen.account is None and Gone.key in {step.key for step in self.request.plan.steps}

    # -- calls ------------------------------------------------------------------------------------------

    def _send_all(self, plan: LivePlan) -> None:
        """Sends the calls in order, up to one that needs another look first.

        All go to the account of the look; if there was none, to the new one whose answer shows the requested
        address.
        """
        id, address = plan.miro_id, plan.user_name
        late: Stopped | RestAway | None = None
        unheard: list[str] = []  # codes of REST calls without an answer
        for number, step in enumerate(plan.steps):
            is_rest = isinstance(step.call, RestCall)
            if unheard and is_rest and step.goal.is_visible:
                continue  # it is sent after the next look: closing an account doesn't wait for many of them
            if number and not step.sure:
                return  # earlier calls must be verified first, by the next look
            try:
                answer = self._send(step, id, address)
            except (Stopped, RestAway) as error:
                if is_rest:
                    late = error  # what comes after it is done all the same, or refused by Miro
                    continue
                if any(self.request.progress.tried.count(code) < TRIES for code in unheard):
                    return  # perhaps for want of what Miro gave no answer to
                raise
            if answer is None and is_rest:
                unheard += [step.goal.code] if self.seen is None else []
                continue
            if answer is None or answer.is_odd:
                return
            if answer.account and not id:
                id, address = answer.account.id, answer.account.user_name
            is_shown = answer.account is None or step.goal.holds(Seen(answer.account))
            if not is_shown or (step.goal.code == "account" and not id):
                return  # accepted, but its answer doesn't show the effect: look first
        is_gone = isinstance(plan.steps[-1].goal, Gone)
        if late and Gone.key not in {step.key for step in self.request.plan.steps}:
            raise late
        if is_gone and (late or unheard):
            lost = "not all else was done" if late else "Miro didn't answer whether all else was done"
            check = "Check MIRO_OAUTH_TOKEN with `miro-bot doctor`."
            self.context.tell_operators(f"{self.request.id}: the account is deleted, but {lost}. {check}")

    def _send(self, step: PlanStep, id: str, address: str) -> Accepted | None:
        """Sends one call between two events; None if a look has to come next."""
        code = step.goal.code
        if self.request.progress.tried.count(code) >= TRIES:
            heard, aim = self._last_answer(code), step.goal.change.form("aim").stored
            never = "never-answered" if heard else "never-learned"
            raise Stopped(Sentence.of(never, heard=heard, aim=aim, tries=TRIES), "remedy-see")
        self.context.store.renew(self.claim, LEASE)
        self._write(
            Draft(EventType.TRYING, body={"step": code, "call": str(step.call).replace("{user}", id)})
        )
        self.seen = None
        try:
            answer = self.miro.send(step.call, id, address)
        except (Away, Locked) as error:
            # Nothing was done, so this try doesn't count.
            self.answered(code, False, str(error), nothing_done=True)
            raise
        except Unclear as error:
            self.answered(code, False, str(error), unclear=True)
            return None
        except Declined as error:
            self.answered(code, False, error.words)
            # If it holds anyway, somebody else did it, or an earlier try of this bot.
            if step.goal.is_visible and step.goal.holds(self._look(self._command())):
                return None
            is_rest = isinstance(step.call, RestCall)
            raise outcome.refused(error.words, step.goal.change.values.get("group"), is_rest) from error
        self.answered(code, True, str(answer.status))
        return answer

    def _answers(self, code: str) -> list[Event]:
        events = self.context.store.events(self.request.id)
        return [each for each in events if each.type == EventType.ANSWERED and each.body["step"] == code]

    def _last_answer(self, code: str) -> str:
        """The answer to the last call for a goal, without its full stop; '' if none."""
        answers = self._answers(code)
        return clip(answers[-1].text("text"), 160, 25).rstrip(".") if answers else ""

    def _was_away(self, code: str) -> bool:
        """Whether Miro took no call when one for a goal was sent last."""
        answers = self._answers(code)
        return bool(answers and answers[-1].body.get("nothing_done"))

    def answered(self, code: str, accepted: bool, text: str, **flags: bool) -> None:
        """Writes the answer to the call that was tried last."""
        body = {"step": code, "accepted": accepted, **flags}
        self._write(Draft(EventType.ANSWERED, body=body, words={"text": text}))

    # -- ending -----------------------------------------------------------------------------------------

    def _done(self, command: Action, seen: Seen, plan: LivePlan) -> Request:
        """Writes *done*: all goals hold. Raises Obstacle if the look shows another account than approved."""
        approved_id = self.request.plan.miro_id
        if approved_id and plan.miro_id not in ("", approved_id):
            raise Obstacle("Miro has another account under this address than the one that was approved.")
        lines, gave = outcome.own_changes(self.context, self.request, command, seen)
        shown, nothing = seen.account or seen.group, "no group" if command.group else "no account"
        seen_words = {
            "lines": stored_lines(lines),
            "gave": json.dumps({"keys": gave}, ensure_ascii=False),
            **self._evidence(command, seen, is_verified=not any(step.goal.is_visible for step in plan.steps)),
            "seen": shown.model_dump_json(by_alias=True, exclude_unset=True) if shown else nothing,
        }
        with self.context.store.writing():
            self._upsert(command, seen)
            ending.close_needless(self.context, self.request)
            assert self.seen_at
            ending.move(self.context, self.request)
            ending.keep_open(self.context, self.request, seen)
            ending.follow(self.context, self.request, command)
            times = {"seen_at": stamp(self.seen_at)}
            ends_at = ending.end_of(self.context, self.request, command)
            if ends_at and command.ending(gave):
                times |= ending.times(self.context.now(), ends_at)
            return self._write(Draft(EventType.DONE, body=times, words=seen_words))

    def _evidence(self, command: Action, seen: Seen, *, is_verified: bool) -> dict[str, str]:
        """The words of *done* for the record: what holds now, and by which look."""
        target, who = self._target(command), ""
        call = f"GET /Groups/{command.group}"
        if command.new_group:
            call = f'GET /Groups, displayName eq "{command.new_group}"'
        if target and command.subject:
            who = addressed(self.context.person(command.subject).name, target.user_name)
            address = seen.account.user_name if seen.account else target.user_name
            call = f'GET /Users, userName eq "{address}"'
            call = "GET /Users, all pages" if self.miro.looked_at else call
        facts = self.context.facts  # a group may be gone by now
        sentence = command.outcome(replace(facts, team=facts.known_team))
        sentence = sentence.replace("{is}", "is").replace("{who}", who)
        sentence = sentence if is_verified else "Miro accepted the changes and doesn't show all of them"
        return {"text": f"{sentence}.", "look": call}

    def _upsert(self, command: Action, seen: Seen) -> None:
        """Stores the person's Miro id, a group's new security name, or that it is gone."""
        if command.subject:
            is_gone = any(isinstance(goal, Gone) for goal in command.goals(self.context.facts))
            id = seen.account.id if seen.account and not is_gone else ""
            self.context.store.people.learn(command.subject, miro_id=id)
            self._note(seen)
        if seen.group:
            self.context.store.groups.keep([(GroupId(seen.group.id), seen.group.display_name)], whole=False)
        elif command.group:
            self.context.store.groups.lose(command.group)

    def _note(self, seen: Seen) -> None:
        """Brings the lists of Miro's people up to this look; of a deleted account nothing stays in them."""
        plan = self.request.plan
        if seen.account:
            note(self.context, seen.account, plan.user_name or "")
        elif plan.miro_id:
            self.context.store.groups.note_member(plan.miro_id, [canonical(plan.user_name or "")], {})
            self.context.store.groups.note_admin(plan.miro_id, None)

    def _await_effect(self, step: PlanStep) -> Request:
        """For a change that Miro accepted and doesn't show: looks twice more, then stops; never resends."""
        if self.request.progress.looks < len(LOOKS):
            until = self.context.now() + LOOKS[self.request.progress.looks]
            return self._write(Draft(EventType.UNSEEN, body={"next_try_at": stamp(until)}))
        raise Stopped(Sentence.of("never-shown", aim=step.goal.change.form("aim").stored), "remedy-see")

    def _is_unshown(self, step: PlanStep, seen: Seen) -> bool:
        """Whether Miro accepted it, was looked at often enough, and doesn't show whether it holds."""
        progress, tries = self.request.progress, self.request.progress.tried.count(step.goal.code)
        if self._is_deleted(seen) and isinstance(step.call, RestCall):
            # It isn't sent again for a refusal, nor waited for: until *done* the leaver still decides.
            is_open = step.goal.code in outcome.own_calls(self.context, self.request)
            return tries >= TRIES or (tries > 0 and not is_open) or self._was_away(step.goal.code)
        if step.goal.code not in progress.accepted:
            return False
        return not step.goal.is_visible or (progress.looks >= len(LOOKS) and step.goal.unshown(seen))

    def _stop(self, text: Sentence, remedy: Sentence) -> Request:
        try:
            command = self._command()
            goals, seen = command.goals(self.context.facts), self.seen or self._look(command)
        except (KeyError, Away, Locked, Obstacle, Ambiguous, Declined, Stopped):
            goals, seen = (), None
        lines = outcome.progress(self.context, self.request, goals, seen)
        texts = words(text=text, remedy=remedy) | {"lines": stored_lines(lines)}
        with self.context.store.writing():
            if seen and seen.account:
                self._note(seen)
            return self._write(Draft(EventType.STOPPED, body=body(text=text, remedy=remedy), words=texts))
