"""Checks a bulk as a whole: every line by the policy and against one look round at Miro.

One bulk has one set of approvers: lines that others decide become a bulk of their own, so that nobody reads
what isn't theirs to decide, and each line is decided by the people who would decide it alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from approvals.decide.actor import Actor
from approvals.decide.asking import looked_at
from approvals.decide.tally import Ground
from approvals.ids import PersonId, RequestId, stamp
from approvals.people import Person, canonical, miro_key
from approvals.plan import Plan
from approvals.record.claims import Claim
from approvals.refusals import Held, Refused
from approvals.request import Draft, Request, saying
from approvals.sentence import Sentence
from approvals.states import EventType, State
from bot.actions import Action
from bot.actions.many import Bulk, Line
from bot.context import LEASE, Colleagues, Context, SlackAway
from bot.miro.client import Miro
from bot.miro.errors import Ambiguous, Away, Locked
from bot.miro.goals import needs
from bot.miro.plan import LivePlan, Obstacle
from bot.work import approvers, ending
from bot.work.ask import asked_event
from bot.work.bulk.plans import kept, stored, summed
from bot.work.bulk.reading import WrongLines, read
from bot.work.bulk.shared import Shared
from bot.work.bulk.undone import undone
from bot.work.check import ask_approvers, asker, check_ground, check_names, plan_of, with_end

APART = "Decided by others, so it is in {bulk}."


def check(context: Context, miro: Miro, colleagues: Colleagues, request: Request, claim: Claim) -> Request:
    """Moves a bulk on from *checking*, or stores why not and when to retry."""
    try:
        return _checked(context, miro, colleagues, request, claim)
    except (Held, SlackAway, Away, Locked) as error:
        return context.wait(request, error, claim)
    except Refused as error:
        words = {"text": str(error), **(stored(error.problems) if isinstance(error, WrongLines) else {})}
        return context.store.append(request, [Draft(EventType.REFUSED, words=words)], claim)


def _checked(context: Context, miro: Miro, colleagues: Colleagues, request: Request, claim: Claim) -> Request:
    requester = asker(context, colleagues, request.requester)
    command = context.command(request)
    assert isinstance(command, Bulk)
    lines: Sequence[Line] = command.lines
    lasting = dict[int, str]()
    if command.undoes and not any(line.undoes for line in lines):
        lines, lasting = undone(context, command, requester)
    if command.file:
        lines = _in_file(context, command.file, requester)
    for line in lines:
        approvers.look_up(context, colleagues, miro, context.ground(line.command, requester))
    plans, problems = judged(context, miro, requester, lines)
    problems |= lasting
    context.store.renew(claim, LEASE)
    sets: dict[object, list[Line]] = {}
    good = [line for line in lines if line.number in plans]
    for line in good:
        sets.setdefault(_deciding(context.ground(line.command, requester)), []).append(line)
    is_new = any(changes(context, line, plans[line.number]) for line in good)
    if problems and not is_new:
        lead = "The other lines are already as requested." if sets else "No line can be carried out."
        raise WrongLines(lead, problems)
    if not is_new:
        return context.store.append(request, [saying(EventType.UNNEEDED, Sentence("so-already"))], claim)
    mine, *others = sorted(sets.values(), key=len, reverse=True)
    shown: dict[int, Plan] = {}
    for line in mine:
        live = plans[line.number]
        shown[line.number] = with_end(context, line.command, live.stored(), live.groups)
    with context.store.writing():  # all or none: after a failure, lines of others would be asked twice
        for apart in others:
            bulk = ask(context, request, Bulk(lines=tuple(apart), undoes=command.undoes))
            problems |= {line.number: APART.format(bulk=bulk.id) for line in apart}
        plan = summed(mine, shown, problems)
        shown_command = command.model_copy(update={"lines": tuple(mine)})
        planned, *more = ask_approvers(context, request, shown_command, plan)
        words = {**planned.words, "line_plans": kept(shown), **stored(problems)}
        return context.store.append(request, [replace(planned, words=words), *more], claim)


def changes(context: Context, line: Line, plan: LivePlan) -> bool:
    """Whether a line changes something, now or some days after."""
    return bool(plan.steps) or ending.is_followed(context, line.command)


def _in_file(context: Context, url: str, requester: Person) -> Sequence[Line]:
    """The lines of a list that is a file in Slack. Raises Refused for wrong ones, and SlackAway."""
    reading = read(context, Actor(requester, requester.account), context.fetch(url))
    if reading.problems:
        raise WrongLines("Correct the file and send it again.", reading.problems)
    return reading.lines


def ask(context: Context, request: Request, command: Bulk) -> Request:
    """Saves a bulk of some lines of another, asked by the same person for the same reason."""
    words = {"case": looked_at(request.scope), "reason": request.reason, "shell": request.shell}
    more = {"practice": request.practice, "because_of": request.because_of or ""}
    start = {"start_at": stamp(request.starts_at)} if request.starts_at else {}
    later = [Draft(EventType.SCHEDULED, request.requester, start)] if start else []
    return context.store.ask(asked_event(context, command, request.requester, words, **more), "", *later)


def _deciding(ground: Ground) -> tuple[object, ...]:
    """What two lines must have in common to be decided together: all steps, with the same people in each."""
    rule = ground.rule
    seats = [ground.seats_for(step, 0, step.agree, (), ())[0] for step in rule.ladder]
    people = [tuple(sorted((seat.person.id, seat.notified) for seat in some)) for some in seats]
    steps = [(step.agree, *(escalation.after for escalation in step.escalate)) for step in rule.ladder]
    return tuple(people), tuple(steps), rule.expires, rule.same_person_twice


def judged(
    context: Context,
    miro: Miro,
    requester: Person,
    lines: Iterable[Line],
    colleagues: Colleagues | None = None,
) -> tuple[dict[int, LivePlan], dict[int, str]]:
    """({number of a line: its plan}, {number: why it can't be carried out, with the remedy}).

    `colleagues`: where to look up who may ask and decide, if nobody has yet. Raises SlackAway, and MiroError
    if Miro can't be looked at.
    """
    lines = list(lines)
    shared = around(context, miro, (line.command for line in lines))
    asked = Request(
        RequestId(""), 0, State.CHECKING, Bulk.NAME, requester.id, context.now(), {}, is_exact=True
    )
    plans, problems = dict[int, LivePlan](), dict[int, str]()
    for line in lines:
        try:
            asked = replace(asked, line=line.number, undoes=RequestId(line.undoes))
            _check_people(context, miro, requester, line.command, colleagues)
            plans[line.number] = _planned(context, shared, asked, line.command)
        except Held:
            raise
        except (Refused, Obstacle, Ambiguous) as error:
            problems[line.number] = str(error)
        except Away as error:
            if shared.trouble:
                raise
            problems[line.number] = str(error)  # Miro hides something of this account
    return plans, problems


def _check_people(
    context: Context, miro: Miro, requester: Person, command: Action, colleagues: Colleagues | None
) -> None:
    """Raises Refused if the requester may not ask for it, or nobody can decide it."""
    ground = context.ground(command, requester)
    try:
        ground.may_ask()
        ground.check_length(in_list=True)
        ground.check_fillable()
    except Held:
        raise
    except Refused:
        if colleagues is None:
            raise
        approvers.look_up(context, colleagues, miro, ground)
        _check_people(context, miro, requester, command, None)


def _planned(context: Context, miro: Miro, asked: Request, command: Action) -> LivePlan:
    ground = context.ground(command, context.person(asked.requester))
    check_ground(context, command, ground.case.subject, ground.case.requester)
    if command.heir_address or command.team_beside:
        raise Refused("Teams beside groups are changed for one person at a time. Ask for it by itself.")
    check_names(context, asked, command)
    longer = ending.prolonged(context, replace(asked, action=command.NAME), command) if command.days else None
    if longer:
        raise Refused(f"{longer.id} gives this already, for some days. Extend it there, or ask by itself.")
    (plan, _), subject = plan_of(context, miro, asked, command), ground.case.subject
    if plan.vanished or (subject and subject.miro_id and plan.miro_id not in ("", subject.miro_id)):
        raise Refused("Miro shows another account than before. Look there, then ask for it by itself.")
    return plan


def around(context: Context, miro: Miro, commands: Iterable[Action], *, gathers: bool = False) -> Shared:
    """One look round at everybody whom the commands are about, with the attributes that their goals need."""
    fields, people, facts = dict[str, None](), dict[PersonId, Person](), context.facts
    for command in commands:
        if command.subject:
            people[command.subject] = context.person(command.subject)
        try:
            fields |= dict.fromkeys(filter(None, needs(command.goals(facts)).split(",")))
        except KeyError:  # a team that is gone: the line says so
            continue
    wanted = {key for person in people.values() for key in _keys_of(person)}
    return Shared(miro, wanted, len(people), ",".join(fields), context.now, gathers)


def _keys_of(person: Person) -> set[str]:
    """The addresses and Miro ids under which a person's account is looked for."""
    ids = {key.removeprefix(miro_key("")) for key in person.keys if key.startswith(miro_key(""))}
    return ids | {canonical(address) for address in (person.email, *person.addresses) if address}
