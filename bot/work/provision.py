"""From *approved* to *done*: look, write down what is tried, one call, and look again before saying so.

Nothing here remembers where it was. After a crash, a stop or a lost lease it begins with a look, and does
what is left: goals ask "is it so already?", so doing it twice is dull.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.decide import clock
from approvals.ids import GroupId, stamp
from approvals.people import addressed
from approvals.record.claims import Claim
from approvals.record.database import Overtaken
from approvals.refusals import Refused, Unsure
from approvals.request import Draft, Request
from approvals.states import State, What
from bot.actions import Action
from bot.actions.sentences import clip
from bot.context import LEASE, Colleagues, Desk, SlackAway
from bot.miro.accounts import Gone, creates, vanished
from bot.miro.client import Accepted, Miro
from bot.miro.errors import Ambiguous, Away, Declined, Locked, Practising, Unclear
from bot.miro.goals import Seen
from bot.miro.plan import Obstacle, Plan, PlanStep, make
from bot.work import deeds, ending, recheck, stops
from bot.work.account import Meant, look
from bot.work.leavers import close_others
from bot.work.propose import waiting
from bot.work.stops import ONLY_WHAT_IS_LEFT, Stopped

TRIES = 3
"""How often one call is sent whose outcome stays unknown, with a look in between."""
LOOKS = (timedelta(seconds=5), timedelta(seconds=30))
"""When to look again for something that Miro accepted and doesn't show yet."""


@dataclass
class Provisioning:
    """One request on its way to done, under one claim."""

    desk: Desk
    miro: Miro
    colleagues: Colleagues
    request: Request
    claim: Claim
    seen: Seen | None = None
    """What the last look showed; None as soon as a call has gone out."""
    seen_at: datetime | None = None

    def run(self) -> Request:
        """Goes on as far as it can; ends done, stopped, asked again, or held for later."""
        if self.desk.practice or self.request.practice:
            return self._rehearse()
        try:
            return self._bring_about()
        except SlackAway:
            return self._held("Slack isn't answering me, so I can't check the approval once more.")
        except (Away, Locked) as error:
            return self.desk.troubled(self.request, error, self.claim)
        except (Obstacle, Ambiguous, Declined) as error:
            return self._stop(str(error), f"Mend that, {ONLY_WHAT_IS_LEFT}")
        except Stopped as stop:
            return self._stop(stop.text, stop.remedy)
        except Unsure as error:
            return self._held(str(error))
        except Refused as error:
            if self.request.state is State.WORKING or self.request.changed:
                return self._stop(str(error), "Mend that, then press Resume. I'll ask for a decision again.")
            return self._write(Draft(What.REFUSED, words={"text": str(error)}))

    def _held(self, text: str) -> Request:
        return self.desk.held(
            self.request, f"{text} {self.request.id} is approved and saved; I go on with it.", self.claim
        )

    def _write(self, *drafts: Draft) -> Request:
        """Writes down what happened, also when a card that can't be brought was written down meanwhile.

        What else could come in between changes the state, or takes the claim away.
        """
        while True:
            try:
                self.request = self.desk.store.append(self.request, drafts, self.claim)
            except Overtaken:
                newest = self.desk.store.request(self.request.id)
                if newest.state is not self.request.state:
                    raise
                self.request = newest
            else:
                self.desk.wake()
                return self.request

    def _rehearse(self) -> Request:
        if self.request.practice:
            text = "This was practice: approved, and nothing was changed in Miro."
            return self._write(Draft(What.REHEARSED, words={"text": text}))
        text = f"I'm running for practice, so {self.request.id} waits until I run for real."
        until = self.desk.now() + timedelta(minutes=15)
        return self.desk.hold(self.request, text, until, self.claim)

    # -- looking and deciding what is left -------------------------------------------------------------

    def _bring_about(self) -> Request:
        command = self._command()
        before_the_first_write = self.request.state is State.APPROVED or not self.request.changed
        if before_the_first_write:
            gone = recheck.left(self.desk, self.colleagues, self.request)
            if gone and self.request.state is State.WORKING:
                raise stops.begun(gone)
            if gone:
                return self._write(clock.withdrawn(gone))
            recheck.check(self.desk, self.colleagues, self.miro, self.request, command)
        approved = not before_the_first_write or recheck.is_approved(self.desk, self.colleagues, self.request)
        while True:
            seen = self._look(command)
            plan = self._plan(command, seen)
            if not plan.steps:
                self._check_same(plan)
                return self._done(command, seen)
            if not (approved and plan.part_of(self.request.plan)):
                return self._write(*self._asked_again(command, plan))
            missing = [step for step in plan.steps if step.goal.code in self.request.accepted]
            if missing:
                return self._unseen(missing)
            self._send_all(plan)

    def _asked_again(self, command: Action, plan: Plan) -> list[Draft]:
        """Asks for the votes that are missing by now; for another decision, where the plan is another.

        Raises Refused where nobody could give them.
        """
        request, is_same = self.request, plan.part_of(self.request.plan)
        missing = clock.back(request, self.desk.table(request)) if is_same else []
        if missing and not missing[0].body.get("stuck"):
            return missing
        return waiting(self.desk, request, command, plan)

    def _check_same(self, plan: Plan) -> None:
        """Nothing is left, but of whom? Another account than the approved one proves nothing."""
        approved = self.request.plan.get("miro_id", "")
        if approved and plan.miro_id not in ("", approved):
            raise Obstacle("Miro has another account under this address than the one that was approved.")

    def _look(self, command: Action) -> Seen:
        self.seen, meant = None, None
        if command.subject:
            meant = Meant.by(self.request.plan, self.desk.person(command.subject))
            meant = replace(meant, is_deleted="gone" in self.request.accepted)
        seen = look(self.desk, self.miro, command, meant, is_exact=self.request.is_exact)
        if "account" in self.request.tried:
            seen = replace(seen, vanished=False)  # what isn't shown may be what this request made
        is_lost = seen.vanished or not self._may_be_gone(command)
        if meant and meant.miro_id and seen.account is None and is_lost:
            raise Obstacle(vanished(meant.user_name))
        self.seen, self.seen_at = seen, self.desk.now()
        return seen

    def _may_be_gone(self, command: Action) -> bool:
        """Whether no account is what this request brought about, or what it would mend.

        An account that Miro doesn't show any more may be a guest's, who still has access.
        """
        return "gone" in self.request.tried or creates(command.goals(self.desk.facts))

    def _command(self) -> Action:
        try:
            return self.desk.command(self.request)
        except KeyError as error:
            raise stops.unknown_action(error.args[0]) from error

    def _plan(self, command: Action, seen: Seen) -> Plan:
        try:
            return make(command.goals(self.desk.facts), seen)
        except KeyError as error:
            raise Obstacle("The team isn't in Miro any more.") from error

    # -- doing -----------------------------------------------------------------------------------------

    def _send_all(self, plan: Plan) -> None:
        """Sends the calls in order, as far as each may go out without another look.

        All go to the account that was looked at; only where there was none, to the new one whose answer
        shows the address that was asked for.
        """
        id, address = plan.miro_id, plan.user_name
        for number, step in enumerate(plan.steps):
            if number and not step.sure:
                return  # what came before must be seen first: the loop looks
            answer = self._send(step, id, address)
            if answer is None or answer.is_odd:
                return
            if answer.account and not id:
                id, address = answer.account.id, answer.account.user_name
            shown = answer.account is None or step.goal.holds(Seen(answer.account))
            if not shown or (step.goal.code == "account" and not id):
                return  # accepted, but its own answer doesn't show it: nothing rests on it before a look

    def _send(self, step: PlanStep, id: str, address: str) -> Accepted | None:
        """One call between two entries of the record; None when the next thing is a look."""
        key = step.goal.code
        if self.request.tried.count(key) >= TRIES:
            raise stops.never_answered(step.goal.words.aim, TRIES, self._heard(key))
        self.desk.store.renew(self.claim, LEASE)
        self._write(Draft(What.TRYING, body={"step": key, "call": str(step.call).replace("{user}", id)}))
        self.seen = None
        try:
            answer = self.miro.send(step.call, id, address)
        except (Away, Locked) as error:
            # Nothing was done: this try doesn't count.
            self._answered(key, False, str(error), nothing_done=True)
            raise
        except Unclear as error:
            self._answered(key, False, str(error), unclear=True)
            return None
        except Declined as error:
            self._answered(key, False, error.words)
            self._declined(step, error)
            return None
        except Practising as error:
            raise Stopped(str(error), "Start the bot without --practice") from error
        self._answered(key, True, str(answer.status))
        return answer

    def _heard(self, key: str) -> str:
        """What the last call for a step was answered: a sentence, or nothing."""
        events = self.desk.store.events(self.request.id)
        answers = [one for one in events if one.type == What.ANSWERED and one.body["step"] == key]
        return f"{clip(answers[-1].told('text'), 160, 25).rstrip('.')}. " if answers else ""

    def _answered(self, key: str, accepted: bool, words: str, **known: bool) -> None:
        body = {"step": key, "accepted": accepted, **known}
        self._write(Draft(What.ANSWERED, body=body, words={"text": words}))

    def _declined(self, step: PlanStep, error: Declined) -> None:
        """Miro said no. If it is so all the same, somebody else did it, or an earlier try of this bot."""
        if step.goal.holds(self._look(self._command())):
            return
        raise stops.refused(error.words)

    # -- ending ----------------------------------------------------------------------------------------

    def _done(self, command: Action, seen: Seen) -> Request:
        did, gave = ending.brought_about(self.desk, self.request, command)
        lines = json.dumps({"done": did, "left": []}, ensure_ascii=False)
        shown = seen.account or seen.group
        words = {
            "lines": lines,
            "gave": json.dumps({"keys": gave}, ensure_ascii=False),
            "text": self._sentence(command),
            "look": self._asked_for(command, seen),
            "seen": shown.model_dump_json(by_alias=True, exclude_unset=True) if shown else "no account",
        }
        with self.desk.store.writing():
            self._remember(command, seen)
            close_others(self.desk, self.request)
            assert self.seen_at
            ending.move(self.desk, self.request)
            until = ending.times(self.desk, command.days) if command.days and command.ending(gave) else {}
            return self._write(Draft(What.DONE, body={"seen_at": stamp(self.seen_at), **until}, words=words))

    def _sentence(self, command: Action) -> str:
        """What is so now, for the record: each card says it in its reader's own way."""
        who = ""
        if command.subject:
            person = self.desk.person(command.subject)
            who = addressed(person.name, Meant.by(self.request.plan, person).user_name)
        return command.outcome(self.desk.facts).replace("{is}", "is").replace("{who}", who) + "."

    def _asked_for(self, command: Action, seen: Seen) -> str:
        """Which look it was."""
        if command.subject:
            meant = Meant.by(self.request.plan, self.desk.person(command.subject))
            address = seen.account.user_name if seen.account else meant.user_name
            return f'GET /Users, userName eq "{address}"'
        return f"GET /Groups/{command.group}"

    def _remember(self, command: Action, seen: Seen) -> None:
        """Keeps the Miro id beside e-mail and Slack id, and a group's new security name."""
        if command.subject:
            gone = any(isinstance(goal, Gone) for goal in command.goals(self.desk.facts))
            id = seen.account.id if seen.account and not gone else ""
            self.desk.store.people.learn(command.subject, miro_id=id)
        if seen.group:
            self.desk.store.groups.keep([(GroupId(seen.group.id), seen.group.display_name)], whole=False)

    def _unseen(self, missing: list[PlanStep]) -> Request:
        """Miro accepted it and doesn't show it. Looked for twice more; never sent again by itself."""
        if self.request.looks < len(LOOKS):
            until = self.desk.now() + LOOKS[self.request.looks]
            return self._write(Draft(What.UNSEEN, body={"next_try_at": stamp(until)}))
        raise stops.never_shown(missing[0].goal.words.aim)

    def _stop(self, text: str, remedy: str) -> Request:
        words = {"text": text, "remedy": remedy, "lines": json.dumps(self._lines(), ensure_ascii=False)}
        return self._write(Draft(What.STOPPED, words=words))

    def _lines(self) -> deeds.Lines:
        """What is done and what isn't, as the last look can tell."""
        command = self._command()
        try:
            goals = command.goals(self.desk.facts)
            seen = self.seen or self._look(command)
        except (KeyError, Away, Locked, Obstacle, Ambiguous, Declined):
            return deeds.unseen(self.request)
        return deeds.so_far(self.desk, self.request, goals, seen)
