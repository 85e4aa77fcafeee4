"""Who may ask, who may decide, and what a decision does: values in, events or a refusal out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.ids import PersonId, SlackId
from approvals.people import Account, Directory, Person, Standing, canonical, listed
from approvals.policy import ANYONE, MANAGER, Policy, Rule
from approvals.request import Draft, Request
from approvals.states import OPEN, State, What


class Refused(Exception):
    """Not allowed, or not possible. The text is the one shown to the person who tried."""


class Settled(Refused):
    """Somebody was first: nothing is left to decide."""


class Outdated(Refused):
    """The click belongs to an older picture of what will change."""


@dataclass(frozen=True)
class Who:
    """The one who acts: a person through a Slack account, or from a shell (`shell` says which)."""

    person: Person
    account: Account | None = None
    shell: str = ""

    @property
    def signed(self) -> dict[str, str]:
        """What the record keeps of the one who acted, beside the opaque id."""
        return {"who": self.person.sealed(self.account), "shell": self.shell}


_STANDING = {
    Standing.GUEST: "Guests can't ask or decide here. Ask a colleague with a full Slack account.",
    Standing.STRANGER: "You belong to another organization, so I can't take this from you.",
    Standing.BOT: "Bots can't ask or decide here.",
    Standing.LEFT: "This Slack account is deactivated, so it can't ask or decide.",
}


def check_standing(who: Who, now: datetime) -> None:
    """Refuses guests, strangers, bots, deactivated accounts, and accounts not looked at for a day."""
    if who.account is None:
        return
    if who.account.standing in _STANDING:
        raise Refused(_STANDING[who.account.standing])
    if who.account.standing is Standing.UNKNOWN or not who.account.fresh(now):
        raise Refused(
            "I haven't been able to check your Slack account today, so nothing was done. "
            "I'm looking again; press once more in a minute."
        )


def names(policy: Policy, entries: Sequence[str], who: Person) -> bool:
    """Whether a list of the policy names this person."""
    slack_ids = {account.slack_id for account in who.accounts}
    people = {entry for entry, _ in policy.members(entries)}
    by_email = bool(who.email) and who.email in {canonical(entry) for entry in people}
    return by_email or bool(slack_ids & people)


def is_operator(policy: Policy, who: Person) -> bool:
    """Whether this person looks after the bot and its stopped requests."""
    return names(policy, policy.operators, who)


def may_ask(policy: Policy, action: str, who: Person, subject: Person | None) -> None:
    """Refuses whoever may not ask for this, or not for somebody else."""
    rule = policy.rule(action)
    if rule is None:
        raise Refused(f"Nobody can ask for {action} here: the policy doesn't mention it. Ask your IT team.")
    others = subject is not None and not who.is_(subject)
    if others and among(policy, rule.for_others, who):
        return
    if not among(policy, rule.ask, who):
        raise Refused("You can't ask for this. Ask your manager or your IT team to ask for you.")
    if others:
        raise Refused("You can ask for this for yourself only. Let the person ask, or your IT team.")


def among(policy: Policy, entries: Sequence[str], who: Person) -> bool:
    """Whether a list of those who may ask names this person, or everybody."""
    return ANYONE in entries or names(policy, entries, who)


@dataclass(frozen=True)
class Approver:
    """Somebody who may decide, and why: completes "You're asked because …"."""

    person: Person
    because: str


def approvers(
    policy: Policy, action: str, requester: Person, subject: Person | None, directory: Directory
) -> tuple[Approver, ...]:
    """Who may decide this request now; never the requester, never the person concerned. Raises Refused."""
    rule = policy.rule(action)
    if rule is None:
        raise Refused(f"Nobody can decide about {action}: the policy doesn't mention it. Ask your IT team.")
    found: list[Approver] = []
    for who, because in entries(policy, rule, requester, subject):
        person = _look_up(directory, who)
        barred = person is None or person.is_(requester) or (subject is not None and person.is_(subject))
        if person and not barred and not any(person.is_(one.person) for one in found):
            found.append(Approver(person, because))
    if len(found) < rule.agree:
        raise Refused(
            f"Nobody can decide this: {rule.agree} must agree and {len(found)} can. "
            "Ask your IT team to add an approver to the policy."
        )
    return tuple(found)


def entries(policy: Policy, rule: Rule, requester: Person, subject: Person | None) -> list[tuple[str, str]]:
    """Whom a rule names, as e-mail or Slack id, each with why: completes "You're asked because …"."""
    concerned, found = subject or requester, list[tuple[str, str]]()
    for entry in rule.approvers:
        if entry != MANAGER:
            found += policy.members([entry])
        elif boss := policy.manager_of(concerned.email):
            whom = concerned.given or concerned.called.partition("@")[0]
            found.append((boss, f"you manage {whom}"))
    return found


def _look_up(directory: Directory, entry: str) -> Person | None:
    """A person of the policy, if Slack doesn't say that they can't decide."""
    person = directory.by_email(entry) if "@" in entry else directory.by_slack(SlackId(entry))
    if person is None or not any(account.standing is Standing.COLLEAGUE for account in person.accounts):
        return None
    return person


def ago(since: datetime, now: datetime) -> str:
    """'8 seconds', '3 minutes', '2 hours', '5 days'."""
    seconds = max(0, int((now - since).total_seconds()))
    sizes = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    unit, size = next((one for one in sizes if seconds >= one[1]), sizes[-1])
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'}"


_SETTLED = {
    State.DONE: "{who} approved {id} {ago} before you. It is done.",
    State.DENIED: "{who} denied {id} {ago} before you. Nothing has changed.",
    State.WITHDRAWN: "{who} withdrew {id} {ago} before you.",
    State.EXPIRED: "{id} ended {ago} ago because nobody answered. Nothing has changed.",
    State.REFUSED: "{id} ended {ago} ago: it can't be done.",
    State.NOTHING_TO_DO: "{id} ended {ago} ago: there was nothing to do.",
    State.JOINED: "{id} was joined to another request.",
    State.CHECKING: "I'm still checking {id}. You'll be asked when I know what will change.",
    State.WAITING: "{id} is waiting for an answer. Nothing has changed.",
}
_APPROVED = "{who} approved {id} {ago} before you. Nothing left to do."


def kept(request: Request, text: str) -> str:
    """A sentence about an ending, true also where something was done before it."""
    return text.replace("Nothing has changed.", "What was done before stays.") if request.changed else text


def settled(request: Request, directory: Directory, now: datetime) -> Settled:
    """Says who was first, and when."""
    since, ids = request.approved_at or now, request.decided_by
    if request.outcome and request.state not in (State.DONE, State.STOPPED, State.REHEARSED):
        since, ids = request.outcome.at, (request.outcome.by,)
    first = listed([_called(directory, id) for id in ids]) or "Somebody"
    text = kept(request, _SETTLED.get(request.state, _APPROVED))
    return Settled(text.format(who=first, id=request.id, ago=ago(since, now)))


def _called(directory: Directory, id: PersonId) -> str:
    try:
        return directory.person(id).called
    except KeyError:
        return "Somebody"


@dataclass(frozen=True)
class Table:
    """What a decision rests on: the policy the request was made under, the one in force, and the people."""

    asked: Policy
    in_force: Policy
    directory: Directory
    now: datetime

    def needed(self, request: Request) -> int:
        """How many must agree: a policy that has become stricter binds what is waiting, too."""
        rule = self.in_force.rule(request.action)
        return max(request.agree, rule.agree if rule else 0)

    def entitled(self, request: Request) -> tuple[Approver, ...]:
        """Who may decide: only those whom both policies name."""
        requester = self.directory.person(request.requester)
        subject = self.directory.person(request.subject) if request.subject else None
        lists = [
            approvers(policy, request.action, requester, subject, self.directory)
            for policy in (self.asked, self.in_force)
        ]
        return tuple(one for one in lists[0] if any(one.person.is_(other.person) for other in lists[1]))


def _may_decide(request: Request, who: Who, table: Table, confidential: bool) -> None:
    if who.shell and not table.in_force.command_line_decides:
        raise Refused(
            "The policy doesn't let a command line decide (command_line_decides). Nothing has changed."
        )
    check_standing(who, table.now)
    if who.person.is_(table.directory.person(request.requester)):
        raise Refused("You asked for this, so somebody else has to decide.")
    if request.subject and who.person.is_(table.directory.person(request.subject)):
        raise Refused("This is about you, so somebody else has to decide.")
    entitled = table.entitled(request)
    if not entitled:
        raise Refused(
            f"Nobody can decide {request.id} any more, because the policy was changed. Ask your IT team."
        )
    if not any(who.person.is_(one.person) for one in entitled):
        others = "the people I asked" if confidential else listed([o.person.called for o in entitled], "or")
        raise Refused(f"Only {others} can decide {request.id}. Nothing has changed.")


def _check_known(request: Request) -> None:
    if request.untouchable:
        raise Refused(f"{request.id} was written by a newer version of me, so I leave it alone.")


def _check_open(request: Request, table: Table) -> None:
    _check_known(request)
    if request.state is not State.WAITING:
        raise settled(request, table.directory, table.now)
    if request.expires_at and table.now >= request.expires_at:
        raise Settled(
            f"The time for {request.id} is over, so it ends without an answer. Nothing has changed."
        )


def _check(request: Request, who: Who, table: Table, confidential: bool) -> None:
    if confidential:
        # Even who decided, and when, is not for everybody.
        _check_known(request)
        _may_decide(request, who, table, confidential)
    _check_open(request, table)
    _may_decide(request, who, table, confidential)


def approve(request: Request, who: Who, revision: str, table: Table, confidential: bool) -> list[Draft]:
    """A yes to exactly one revision of what will change."""
    _check(request, who, table, confidential)
    if revision != request.revision:
        raise Outdated("What will change is different now, so your click did nothing. Read the new card.")
    before = [table.directory.person(vote.by) for vote in request.votes]
    if any(who.person.is_(one) for one in before):
        raise Refused(f"You approved {request.id} already. It waits for somebody else.")
    body = {"revision": revision}
    drafts = [Draft(What.VOTED, who.person.id, body, who.signed)]
    if len(before) + 1 >= table.needed(request):
        drafts.append(Draft(What.APPROVED, who.person.id, body, who.signed))
    return drafts


def deny(request: Request, who: Who, reason: str, table: Table, confidential: bool) -> list[Draft]:
    """A no, with the reason the requester reads. One is enough."""
    _check(request, who, table, confidential)
    if not reason.strip():
        raise Refused("Say why, so that the requester knows what to do next.")
    return [Draft(What.DENIED, who.person.id, {}, {"text": reason.strip(), **who.signed})]


def withdraw(request: Request, who: Who, table: Table) -> list[Draft]:
    """The requester takes it back; a stopped one is left as it is, by an operator too."""
    _check_known(request)
    if request.state not in OPEN or request.state is State.WORKING:
        if request.state is State.WORKING:
            raise Refused(f"{request.id} is being carried out right now. It can't be taken back any more.")
        raise settled(request, table.directory, table.now)
    mine = who.person.is_(table.directory.person(request.requester))
    operates = is_operator(table.in_force, who.person)
    if not (mine and request.state is not State.STOPPED) and not operates:
        raise Refused(f"Only who asked for {request.id}, or an operator, can withdraw it.")
    check_standing(who, table.now)
    _check_shell(who, table, mine)
    words = {"lines": _lines(request)} if request.outcome else {}
    return [Draft(What.WITHDRAWN, who.person.id, {}, {**words, **who.signed})]


def resume(request: Request, who: Who, table: Table) -> list[Draft]:
    """An operator lets a stopped request go on with what was approved."""
    _check_known(request)
    if request.state is not State.STOPPED:
        raise settled(request, table.directory, table.now)
    if not is_operator(table.in_force, who.person):
        raise Refused(f"Only an operator can resume {request.id}. They have been told.")
    check_standing(who, table.now)
    _check_shell(who, table, False)
    return [Draft(What.RESUMED, who.person.id, {}, who.signed)]


def expire(request: Request, now: datetime) -> list[Draft]:
    """Ends a request that nobody answered in time; nothing, when it isn't time."""
    if request.untouchable or request.state is not State.WAITING:
        return []
    if not request.expires_at or now < request.expires_at:
        return []
    return [Draft(What.EXPIRED)]


def _check_shell(who: Who, table: Table, mine: bool) -> None:
    if who.shell and not mine and not table.in_force.command_line_decides:
        raise Refused(
            "The policy doesn't let a command line decide (command_line_decides). Nothing has changed."
        )


def _lines(request: Request) -> str:
    assert request.outcome
    return json.dumps({"done": request.outcome.done, "left": request.outcome.left})
