"""What was given for some days is taken back on time, by a request of its own that needs no new approval."""

from dataclasses import replace
from datetime import timedelta

from approvals.ids import stamp
from approvals.people import Person
from approvals.refusals import Refused
from approvals.request import Draft, Request
from approvals.states import State, What
from bot.actions import ACTIONS, Action
from bot.actions.fill import with_person
from bot.context import Desk
from bot.miro.accounts import vanished
from bot.miro.goals import counted
from bot.miro.plan import Obstacle
from bot.work import deeds
from bot.work.account import Meant

NOTICE = timedelta(days=1)
"""How long before its end it is said; for a day or two, when half of the time is over."""


def times(desk: Desk, days: int) -> dict[str, str]:
    """When it ends, counted from when it was seen to be so, and when that is said."""
    now, length = desk.now(), timedelta(days=days)
    return {"ends_at": stamp(now + length), "notice_at": stamp(now + length - min(NOTICE, length / 2))}


def given(request: Request) -> list[str]:
    """What this request answers for: what it brought about itself, and what it went on with."""
    return [str(key) for key in request.plan.get("gives", ())]


def going_on(desk: Desk, request: Request, command: Action) -> Request | None:
    """The request whose end this one would move: the same for the same person, still to be taken back."""
    if command.subject is None or "for_days" not in command.form():
        return None
    mine = _apart_from_days(command)
    for other in desk.store.done(request.action, command.subject):
        same = other.ends_at and other.id != request.id
        if same and _apart_from_days(desk.command(other)) == mine:
            return other
    return None


def moves(live: Request, days: int | None, desk: Desk) -> bool:
    """Whether the end would really be later than it is."""
    return days is None or bool(live.ends_at and desk.now() + timedelta(days=days) > live.ends_at)


def _apart_from_days(command: Action) -> dict[str, object]:
    return command.model_dump(exclude={"for_days"})


def brought_about(desk: Desk, request: Request, command: Action) -> tuple[list[str], list[str]]:
    """What a request did itself of its plan, in the words of its card; and the keys of what it answers for.

    What was so already when its turn came, because of somebody else, isn't its own: nor is it to take back.
    """
    sent = deeds.own(desk, request)
    marks = {goal.key: goal.code for goal in command.goals(desk.facts)}
    live = request.plan.get("goes_on")
    before = given(desk.store.request(live)) if live else []
    own = [
        step
        for step in request.plan["steps"]
        if marks.get(step["key"]) in sent or step["key"] == f"stay {live}"
    ]
    keys = [key for key in given(request) if marks.get(key) in sent or key in before]
    return [step["did"] for step in own], keys


def move(desk: Desk, request: Request) -> None:
    """Takes the end from the request that this one goes on with; in the transaction that says it is done."""
    live = request.plan.get("goes_on")
    older = desk.store.request(live) if live else None
    if older and older.ends_at:
        desk.store.append(older, [Draft(What.OVER, body={"because_of": request.id, "moved": True})])


def end(desk: Desk, request: Request) -> Request | None:
    """Takes back what a request gave: asks for it, in the transaction that says its days are over."""
    with desk.store.writing():
        command = desk.command(request).ending(given(request))
        follow = _ask(desk, request, command) if command else None
        desk.store.append(request, [Draft(What.OVER, body={"because_of": follow.id} if follow else {})])
    return follow


def _ask(desk: Desk, request: Request, command: Action) -> Request:
    body = {
        "action": command.NAME,
        "policy": desk.policies.hash,
        "lanes": list(command.lanes),
        **({"urgency": int(command.URGENCY)} if command.URGENCY else {}),
        "subject": command.subject,
        "because_of": request.id,
        "is_end": True,
        **({"practice": True} if request.practice else {}),
    }
    text = f"{request.id} was for {counted(request.days or 0)}, and they are over."
    words = {"details": command.model_dump_json(), "reason": text}
    return desk.store.ask(Draft(What.ASKED, request.requester, body, words))


def check(desk: Desk, request: Request, command: Action) -> None:
    """Refuses an end that no approved request asked for: only because of that it needs no approval."""
    cause = desk.store.request(request.because_of) if request.because_of else None
    if cause is None or cause.state is not State.DONE or not cause.days:
        raise Refused("Nothing was given that this could end.")
    wanted = desk.command(cause).ending(given(cause))
    if wanted is None or not _same(desk, wanted, command):
        raise Refused(f"This isn't what {cause.id} gave for some days.")


def account(desk: Desk, request: Request, subject: Person) -> Meant | None:
    """The account that was given what ends now; None where its id was never learned."""
    cause = desk.store.request(request.because_of) if request.because_of else None
    meant = Meant.by(cause.plan if cause else {}, subject)
    # One that was created then had no id yet: it was learned when it was done.
    meant = replace(meant, miro_id=meant.miro_id or subject.miro_id)
    return meant if meant.miro_id else None


def without_account(desk: Desk, meant: Meant | None, subject: Person | None) -> str:
    """What ends for an account that this bot deleted. Raises Obstacle for one that vanished by itself."""
    names = [name for name, action in ACTIONS.items() if action.CLOSES]
    closed = [one for name in names for one in desk.store.done(name, subject.id)] if subject else []
    deleted = next((one for one in closed if "gone" in one.accepted), None)
    if deleted:
        return f"The account was deleted with {deleted.id}. Nothing was left to do."
    address = meant.user_name if meant else subject.email if subject else ""
    raise Obstacle(vanished(address))


def _same(desk: Desk, wanted: Action, command: Action) -> bool:
    """Whether both are the same change; its person may have another row, or another address, by now."""
    if wanted.NAME != command.NAME or not wanted.subject or not command.subject:
        return False
    one_human = desk.person(wanted.subject).is_linked(desk.person(command.subject))
    return one_human and with_person(wanted, command.subject) == command
