"""From *asked* to *waiting*: one look at Miro, what will change, and who decides."""

import logging
from dataclasses import replace

from approvals.decide.actor import Who as Actor
from approvals.decide.actor import check_standing
from approvals.people import Person, Standing
from approvals.record.claims import Claim
from approvals.refusals import Held, Refused
from approvals.request import Draft, Request
from approvals.states import State, What
from bot.actions import Action
from bot.actions.fill import taken, with_person
from bot.context import Colleagues, Desk, SlackAway
from bot.miro.accounts import creates
from bot.miro.client import Miro
from bot.miro.errors import Ambiguous, Away, Locked
from bot.miro.plan import Obstacle, Plan, make
from bot.work import ending
from bot.work.account import look, not_found
from bot.work.propose import waiting
from bot.work.refresh.approvers import meet

log = logging.getLogger(__name__)


def check(desk: Desk, miro: Miro, colleagues: Colleagues, request: Request, claim: Claim) -> Request:
    """Moves a request on from *checking*; whatever happens is written and told."""
    try:
        drafts = _checked(desk, miro, colleagues, request)
    except Held as error:
        return desk.held(request, f"{error} {request.id} is saved; I'll go on with it.", claim)
    except (Refused, Obstacle, Ambiguous) as error:
        drafts = [Draft(What.REFUSED, words={"text": str(error)})]
        if request.is_end:
            desk.tell_operators(
                f"{request.because_of} was for some days, and I can't take it back: {error} "
                "Please do it in Miro."
            )
    except SlackAway as error:
        log.warning("%s waits for Slack: %s", request.id, error)
        return desk.held(
            request, f"Slack isn't answering me. {request.id} is saved; I'll go on with it.", claim
        )
    except (Away, Locked) as error:
        return desk.troubled(request, error, claim)
    request = desk.store.append(request, drafts, claim)
    if request.state is State.JOINED and request.because_of:
        desk.store.cards.redraw(request.because_of)  # it may have ended a moment ago
        desk.people_changed = True  # who joined may have been asked to decide
    return request


def _checked(desk: Desk, miro: Miro, colleagues: Colleagues, request: Request) -> list[Draft]:
    if request.is_end:  # whoever asked for what ends now may have left since
        return _end(desk, miro, request, *_concerned(desk, colleagues, request))
    requester = _seen_today(desk, colleagues, desk.store.people.person(request.requester))
    if requester.account is None:
        raise Refused(f"Slack knows nobody with the address {requester.email}: only colleagues can ask.")
    check_standing(Actor(requester, requester.account), desk.now())
    command, subject = _concerned(desk, colleagues, request)
    meet(desk, colleagues, miro, desk.ground(command, requester))
    ground = desk.ground(command, requester)
    ground.may_ask()
    ground.check_length(is_asked=True)
    check_ground(desk, command, subject)
    check_names(desk, command)
    twin = _twin(desk, request, command)
    if twin:
        return [Draft(What.JOINED, body={"because_of": twin.id}, words={"text": _joined(desk, twin)})]
    # Before the look: where nobody can decide, Miro needn't be asked.
    ground.check_fillable()
    plan, live = planned(desk, miro, request, command), ending.going_on(desk, request, command)
    if plan.steps or (live and ending.moves(live, command.days, desk)):
        return waiting(desk, request, command, plan, live)
    return [Draft(What.UNNEEDED, words={"text": _unneeded(requester, subject)})]


def _end(desk: Desk, miro: Miro, request: Request, command: Action, subject: Person | None) -> list[Draft]:
    """What takes back what was given for some days: nobody is asked again, it was approved with that."""
    ending.check(desk, request, command)
    check_ground(desk, command, subject)
    meant = ending.account(desk, request, subject) if subject else None
    seen = look(desk, miro, command, meant)
    if seen.account is None or (meant and seen.account.id != meant.miro_id):
        return [Draft(What.UNNEEDED, words={"text": ending.without_account(desk, meant, subject)})]
    plan = make(command.goals(desk.facts), seen)
    if not plan.steps:
        return [Draft(What.UNNEEDED, words={"text": "It was taken back already. Nothing was left to do."})]
    return waiting(desk, request, command, plan)


def _seen_today(desk: Desk, colleagues: Colleagues, person: Person) -> Person:
    """The person, looked up in Slack if that is a day ago, or never happened."""
    account = person.account
    if account and account.fresh(desk.now()) and account.standing is not Standing.UNKNOWN:
        return person
    return colleagues.look(person)


def _concerned(desk: Desk, colleagues: Colleagues, request: Request) -> tuple[Action, Person | None]:
    """The command about the person who is really meant, once Slack has told the address."""
    try:
        command = desk.command(request)
        if command.subject is None:
            return command, None
        subject = _seen_today(desk, colleagues, desk.store.people.person(command.subject))
        # Two rows of one address are one human: the first stands for both, in twins and in lanes.
        subject = desk.store.people.by_email(subject.email) or subject
        return with_person(command, subject.id), subject
    except KeyError as error:
        raise Refused(f"What this was about isn't there any more ({error.args[0]}).") from error


def check_ground(desk: Desk, command: Action, subject: Person | None) -> None:
    """Refuses people and teams that the policy in force doesn't let the bot touch."""
    tables = desk.tables()
    for _, id in command.teams_named:
        group = tables.get_group(id)
        if group and (problem := tables.managed(group)):
            raise Refused(problem)
    if subject is None:
        return
    if not subject.email:
        raise Refused(
            f"Slack doesn't show me an e-mail address of {subject.addressed}, and Miro knows people by it. "
            "Ask again with the address itself."
        )
    if not desk.policy.allows(subject.email):
        allowed = ", ".join(desk.policy.domains)
        raise Refused(f"I only change accounts of {allowed}; {subject.email} isn't one. Ask your IT team.")


def check_names(desk: Desk, command: Action) -> None:
    """Refuses a name that another group has got since the form was sent."""
    for problem in taken(command, desk.tables()).values():
        raise Refused(problem)


def _twin(desk: Desk, request: Request, command: Action) -> Request | None:
    """An older request for the very same thing that is still open."""
    mine = command.model_dump(mode="json")
    asker = desk.person(request.requester)
    for other in desk.store.twins(replace(request, subject=command.subject)):
        if desk.is_secret_from(asker, other):
            continue
        if dict(other.details) == mine and other.practice == request.practice:
            return other
    return None


def _joined(desk: Desk, twin: Request) -> str:
    return f"The same was asked for already: {twin.id} by {desk.person(twin.requester).addressed}."


def _unneeded(requester: Person, subject: Person | None) -> str:
    if subject is None:
        return "That is so already. I asked nobody."
    return f"That is so already for {'you' if subject.is_(requester) else subject.addressed}. I asked nobody."


def planned(desk: Desk, miro: Miro, request: Request, command: Action) -> Plan:
    """One look, and what it leaves to do. Raises Obstacle, and any MiroError of a look."""
    try:
        command.goals(desk.facts)  # a team that is gone is said without asking Miro
        seen = look(desk, miro, command, is_exact=request.is_exact)
        goals = command.goals(desk.facts)  # with the name that the look may have told
        if command.subject and seen.account is None and not creates(goals):
            raise Obstacle(not_found(desk, request, command))
        return make(goals, seen)
    except KeyError as error:
        raise Obstacle("The team isn't in Miro any more. Ask again with another one.") from error
