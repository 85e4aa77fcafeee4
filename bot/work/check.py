"""From *checking* to *waiting*: one look at Miro, the plan, the approvers, and the deadlines."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from approvals.decide import clock
from approvals.decide.actor import Actor, check_standing
from approvals.decide.asking import asking, looked_at, routing_words
from approvals.decide.deadlines import later
from approvals.decide.tally import Ground, Route
from approvals.ids import GroupId, PersonId, stamp
from approvals.people import Person, Standing, listed
from approvals.plan import Plan, PlannedStep, written
from approvals.policy.rules import Rule
from approvals.policy.seats import Approver
from approvals.record.claims import Claim
from approvals.refusals import Held, Refused, Unsure
from approvals.request import Asking, Draft, Request, saying
from approvals.sentence import Sentence
from approvals.states import EventType, State
from bot.actions import Action
from bot.actions.fill import taken, with_person
from bot.actions.form import first
from bot.actions.people.leave_team import LeaveTeam
from bot.context import CONFIDENTIAL, Colleagues, Context, SlackAway
from bot.miro.accounts import creates
from bot.miro.client import Miro
from bot.miro.errors import Ambiguous, Away, Locked
from bot.miro.goals import Seen
from bot.miro.plan import LivePlan, Obstacle, make
from bot.miro.rest import looks
from bot.miro.rights import OrgRole, demotes
from bot.miro.wording import ADMIN_FIRST, HAZARDS
from bot.work import approvers, ending, undo
from bot.work.account import look, not_found, with_roles

REST_LOOKS = timedelta(seconds=15)
"""How long a check looks at Miro's REST API in total: approvers of a closure don't wait for what it adds."""


def check(context: Context, miro: Miro, colleagues: Colleagues, request: Request, claim: Claim) -> Request:
    """Moves a request on from *checking*, or stores why not and when to retry."""
    try:
        drafts = (_checked_end if request.is_end else _checked)(context, miro, colleagues, request)
    except (Held, SlackAway, Away, Locked) as error:
        return context.wait(request, error, claim)
    except (Refused, Obstacle, Ambiguous) as error:
        drafts = [Draft(EventType.REFUSED, words={"text": str(error)})]
        if request.is_end:
            closes = request.action in CONFIDENTIAL
            why = f"{request.because_of} has ended, but I can't remove what it gave: {error} Please do it in"
            context.tell_operators(
                f"{request.id} won't be carried out. {error}" if closes else f"{why} Miro."
            )
    request = context.store.append(request, drafts, claim)
    if request.state is State.JOINED and request.because_of:
        context.store.outbox.redraw(request.because_of)  # it may have just ended
        context.people_changed = True  # a requester who joined may have been asked to decide
    return request


def _checked(context: Context, miro: Miro, colleagues: Colleagues, request: Request) -> list[Draft]:
    requester = asker(context, colleagues, request.requester)
    command, subject = _with_subject(context, colleagues, request)
    approvers.look_up(context, colleagues, miro, context.ground(command, requester))
    ground = context.ground(command, requester)
    ground.may_ask()
    ground.check_length(is_asked=True)
    check_ground(context, command, subject, requester)
    check_names(context, request, command)
    twin = _twin(context, request, command)
    if twin:
        sentence = Sentence.of("same-asked", request=twin.id, person=twin.requester)
        return [saying(EventType.JOINED, sentence, because_of=twin.id)]
    # Before the look: if nobody can decide, Miro isn't called.
    ground.check_fillable()
    live = ending.prolonged(context, request, command)
    plan, command = plan_of(context, miro, request, command)
    ends_at = ending.end_of(context, request, command)
    if ends_at and ends_at <= context.now():
        raise Refused("The last day you chose has passed. Ask again with a later one.")
    is_later = live and live.ending.ends_at and (ends_at is None or ends_at > live.ending.ends_at)
    if plan.steps or is_later or ending.is_followed(context, command):
        return ask_approvers(context, request, command, plan.stored(), plan.groups, live)
    is_so = Sentence.of("so-already-for", person=subject.id) if subject else Sentence("so-already")
    return [saying(EventType.UNNEEDED, is_so)]


def _checked_end(context: Context, miro: Miro, colleagues: Colleagues, request: Request) -> list[Draft]:
    """The check of a revocation at the end: nobody is asked, and its requester may have left."""
    command, subject = _with_subject(context, colleagues, request)
    ending.check(context, request, command)
    check_ground(context, command, subject, context.person(request.requester))
    target = ending.target(context, request, subject) if subject else None
    seen = look(context, miro, command, target)
    if seen.account is None or (target and seen.account.id != target.miro_id):
        return [saying(EventType.UNNEEDED, ending.without_account(context, target, subject))]
    ending.check_seen(context, request, seen)
    goals, later = command.goals(context.facts), list[Draft]()
    if ending.is_last_admin(request, goals, seen):
        seen, later = replace(seen, other_admin=True), ending.until_another_admin(context, request)
    plan = make(goals, replace(seen, other_team=True))  # if not, it stops, and operators see to it
    if not plan.steps:
        return [saying(EventType.UNNEEDED, Sentence("taken-back"))]
    return [*ask_approvers(context, request, command, plan.stored(), plan.groups), *later]


def asker(context: Context, colleagues: Colleagues, id: PersonId) -> Person:
    """The requester, looked up in Slack unless it is a directory. Raises Refused for who may not ask."""
    person = context.store.people.person(id)
    person = person if person.source else looked_up(context, colleagues, person)
    if person.account is None and not person.source:
        raise Refused(f"Nobody in Slack has the address {person.email}. Only colleagues can request changes.")
    check_standing(Actor(person, person.account), context.now())
    return person


def looked_up(context: Context, colleagues: Colleagues, person: Person) -> Person:
    """The person, looked up in Slack within a day."""
    account = person.account
    if account and account.fresh(context.now()) and account.standing is not Standing.UNKNOWN:
        return person
    return colleagues.look(person)


def _with_subject(context: Context, colleagues: Colleagues, request: Request) -> tuple[Action, Person | None]:
    """(the command, its subject), after the subject's address was looked up in Slack."""
    try:
        command = context.command(request)
        if command.subject is None:
            return command, None
        subject = looked_up(context, colleagues, context.store.people.person(command.subject))
        # Two rows with one address are one human: the first is used for both.
        subject = context.store.people.by_email(subject.email) or subject
        return with_person(command, subject.id), subject
    except KeyError as error:
        raise Refused("What this request is about no longer exists. Ask again.") from error


def check_ground(context: Context, command: Action, subject: Person | None, requester: Person) -> None:
    """Raises Refused for people and teams that the policy in force doesn't let the bot change."""
    tables = context.tables()
    for _, id in command.teams_named:
        group = tables.get_group(id)
        if group and (problem := tables.managed(group, requester.source)):
            raise Refused(problem)
    if subject is None:
        return
    if not subject.email:
        why = f"Slack doesn't show me an e-mail address for {subject.addressed}, and Miro needs one."
        raise Refused(f"{why} Ask again with the address.")
    if not command.CLOSES and not context.policy.allows(subject.email):
        allowed = ", ".join(context.policy.domains)
        raise Refused(f"I can only change accounts in {allowed}, so not {subject.email}. Ask your IT team.")


def check_names(context: Context, request: Request, command: Action) -> None:
    """Raises Refused for a name that another group got since the form was sent, or another group model.

    A group that the request may have created itself may be known by now.
    """
    context.check_model(type(command))
    is_own = command.new_group and (request.progress.tried or request.may_have_changed)
    problems = {} if is_own else taken(command, context.tables())
    for problem in problems.values():
        raise Refused(problem)


def _twin(context: Context, request: Request, command: Action) -> Request | None:
    """An older open request for the same, to start no later, if it isn't secret from this requester."""
    details, requester = command.model_dump(mode="json"), context.person(request.requester)
    asked = command.form().keys()  # besides, details have what the check found
    for other in context.store.twins(replace(request, subject=command.subject)):
        is_same = all(other.details.get(name) == details[name] for name in asked)
        wanted_at = request.starts_at or context.now()
        is_later = other.is_scheduled and other.starts_at and other.starts_at > wanted_at
        is_same = is_same and other.practice == request.practice
        if is_same and not is_later and not context.is_secret_from(requester, other):
            return other
    return None


def plan_of(context: Context, miro: Miro, request: Request, command: Action) -> tuple[LivePlan, Action]:
    """(the plan after one look, the command with what was found).

    Raises Obstacle, and any MiroError of a look.
    """
    try:
        if command.team_beside:
            command = command.model_copy(update={"joins": _beside(miro, command.team_beside)})
        command.goals(context.facts)  # a deleted team is refused without calling Miro
        seen = look(context, miro, command, is_exact=request.is_exact)
        goals = command.goals(context.facts)  # again, as the look may have stored the name
        if command.subject and seen.account is None and not creates(goals):
            raise Obstacle(not_found(context, request, command))
        undo.check_unchanged(context, request, goals, seen)
        alone = request.action == command.NAME  # for each line of a bulk that would take too many calls
        is_last = request.is_scheduled and demotes(goals, seen) and not seen.other_admin
        seen = replace(seen, other_admin=True) if is_last else seen
        plan, command = _with_rest(context, miro, command, seen) if alone else (make(goals, seen), command)
        return plan.with_hazard(OrgRole, ADMIN_FIRST) if is_last else plan, command
    except KeyError as error:
        raise Obstacle("The team is no longer in Miro. Ask again with another one.") from error


def _beside(miro: Miro, name: str) -> tuple[str, str]:
    """(id, name) of a Miro team beside user groups. Raises Obstacle."""
    if miro.rest is None:
        raise Obstacle("I can't add people to Miro teams here. Do it in Miro: Team settings > Users.")
    return looks.team(miro.rest, name)


def _with_rest(context: Context, miro: Miro, command: Action, seen: Seen) -> tuple[LivePlan, Action]:
    """As `plan_of`, with what Miro's REST API shows of the person, or that it doesn't. Raises Obstacle."""
    account, rest = seen.account, miro.rest and miro.rest.within(REST_LOOKS)
    if account is None or not command.SHOWS_USAGE:
        return make(command.goals(context.facts), seen), command
    known = list[Sentence]()  # what matters most comes first: a card may cut the rest
    led, heir = None, ""
    if rest and command.CLOSES and account.active is not False:
        with suppress(Away, Locked):
            led = looks.led_alone(rest, account, context.boards_pass)
            heir = looks.heir(rest, account, command.heir_address) if command.heir_address and led else ""
    groups, label, teams = context.store.groups, context.tables().label, (led or {}).items()
    # What people call a team that Miro calls so.
    names = {id: label(group) if (group := groups.get(GroupId(id))) else name for id, name in teams}
    if command.heir_address and not heir:
        known.append(Sentence.of("nothing-to-hand-on", heir=command.heir_address))
    if led is None and command.CLOSES and account.active is not False:
        assert command.subject
        known.append(Sentence.of("team-admin-unknown", who=first(context.person(command.subject))))
    known += [looks.usage(rest, account)] if rest else []
    command = command.model_copy(update=command.handing_on(names, heir)) if heir else command
    seen = replace(with_roles(context, rest, command, seen), led_alone=() if heir else tuple(names.values()))
    return replace(make(command.goals(context.facts), seen), known=tuple(known)), command


def ask_approvers(
    context: Context, request: Request, command: Action, plan: Plan,
    groups: Iterable[str] = (), live: Request | None = None,
) -> list[Draft]:  # fmt: skip
    """The events *planned*, which asks the approvers, and *approved* if no approval is needed.

    If the plan has warnings and the policy asks nobody, operators decide. `groups`: the ids of those that the
    account is in; `live`: the request whose end this one moves. Raises Refused if there are no approvers.
    """
    requester, hash = context.store.people.person(request.requester), context.policies.hash
    ground, now = context.ground(command, requester), context.now()
    rule, route = Rule(approval=False), Route(0, 0, 0, is_settled=True)
    ends_at = ending.end_of(context, request, command)
    if not request.is_end:
        ground.check_fillable()
        rule, route = ground.rule, ground.tally(replace(request, asking=Asking()))
        _check_rights(plan, rule, command)
    subject = ground.case.subject if command.subject else None
    stored = _stored(context, request, command, plan, groups, live)
    # Of groups that look alike, a rule that asks nobody means one by its id.
    grave = [warning for warning in stored.warnings if warning.code != "alike"]
    if grave and route.is_settled and not request.is_end:
        route = _operators(context, ground, grave)
    asks = {
        "revision": plan.revision,
        "expires_at": stamp(min(filter(None, (later(now, rule.expires, ground.policy), ends_at)))),
        "lanes": [*command.lanes, *([f"miro:{plan.miro_id}"] if plan.miro_id else [])],
        "policy": hash,
        **asking(route, ground.policy, rule, now),
        **({"subject": command.subject} if command.subject else {}),
    }
    told_words = {
        "plan": written(stored),
        "details": command.model_dump_json(),
        "case": looked_at(ground.case.scope),
        "asked_by": requester.sealed(requester.account),
        "about": subject.sealed(subject.account) if subject else "",
        **routing_words(route),
    }
    drafts = [Draft(EventType.PLANNED, body=asks, words=told_words)]
    if route.is_settled:
        drafts.append(Draft(EventType.APPROVED, body={"revision": plan.revision}))
    return drafts


def _operators(context: Context, ground: Ground, warnings: Sequence[Sentence]) -> Route:
    """The route to the operators, for warnings in a plan without approvers. Raises Refused."""
    because = Sentence("because-operator")
    people = [person for person in context.operators() if person.is_colleague and not ground.excludes(person)]
    if not people:
        known = " ".join(HAZARDS[each.code].format(**each.values) for each in warnings)
        why = f"{known} Someone has to approve that, but the policy names nobody."
        raise Refused(f"{why} Nothing was changed. Ask your IT team to name an approver.")
    return Route(0, 1, 1, 1, tuple(Approver(person, because) for person in people))


def _check_rights(plan: Plan, rule: Rule, command: Action) -> None:
    """Raises Refused if admin rights would be granted without approval."""
    if plan.rights and not rule.ladder and "rights" not in command.form():
        raise Refused(
            f"The account would get its {listed(plan.rights)} rights back, and the policy names nobody to "
            "approve that. Nothing was changed. Ask your IT team to name an approver."
        )


def _stored(
    context: Context, request: Request, command: Action, plan: Plan, own: Iterable[str], live: Request | None
) -> Plan:
    """The stored form of the plan, with what the approvers have to know besides."""
    known_id, warnings = context.person(command.subject).miro_id if command.subject else "", list[Sentence]()
    if known_id and plan.miro_id not in ("", known_id):
        warnings.append(Sentence("new-account"))
    if plan.vanished:
        warnings.append(Sentence("vanished"))
    warnings += _about_groups(context, command, own, context.person(request.requester).source)
    is_anew = request.state is not State.CHECKING
    more: tuple[PlannedStep, ...] = ()
    if live and live.ending.ends_at:  # moving that takes no call to Miro
        length = {"days": command.days, "until": command.last_day}
        stay = Sentence.of("stay", **length, ends_at=stamp(live.ending.ends_at))
        more = (PlannedStep(f"stay {live.id}", stay),)
    if command.then and not plan.steps:  # inactive already: all that is approved comes later
        more = (PlannedStep("later", Sentence.of("deleted-later", count=1, days=command.then[1])),)
    plan = replace(
        plan,
        steps=(*plan.steps, *more),
        gives=(*(step.key for step in plan.steps), *(live.plan.gives if live else ())),
        prolongs=live.id if live else None,
        warnings=tuple(warnings),
        again=is_anew and plan.revision != request.plan.revision,
        anew=is_anew,
    )
    return with_end(context, command, plan, own)


def with_end(context: Context, command: Action, plan: Plan, groups: Iterable[str]) -> Plan:
    """The plan, with a hazard if its end would leave the person without a team.

    `groups`: the ids of those that the account is in; Miro adds a new one to the default team (its API
    description, POST /Users).
    """
    keys = (*plan.gives, *(step.key for step in plan.steps))
    end = command.ending(keys) if command.days and context.boards_pass else None
    if not isinstance(end, LeaveTeam) or not (plan.steps and plan.miro_id) or {*groups} - {*end.teams}:
        return plan
    *others, last = plan.steps
    hazard = Sentence.of("only-team", who=first(context.person(end.person)))
    return replace(plan, steps=(*others, replace(last, hazards=(*last.hazards, hazard))))


def _about_groups(context: Context, command: Action, own: Iterable[str], source: str) -> list[Sentence]:
    """The warnings about groups that look alike, and about a closed account in groups managed elsewhere."""
    tables = context.tables()
    groups = {id: group for _, id in command.teams_named if (group := tables.get_group(id))}
    names, is_taken = tables.names, tables.is_taken
    taken = [group for id, group in groups.items() if any(is_taken(each, but=id) for each in names(group))]
    known = [group for id in sorted(own) if (group := tables.get_group(GroupId(id)))]
    managed = [tables.label(each) for each in known if command.CLOSES and tables.managed(each, source)]
    alike = [Sentence.of("alike", group=tables.label(group), id=group.id) for group in taken]
    return [*alike, *([Sentence.of("managed", groups=listed(managed))] if managed else [])]


# -- once more, live, before the first change of an approved request -------------------------------------


def check_again(
    context: Context, colleagues: Colleagues, miro: Miro, request: Request, command: Action
) -> None:
    """Raises Refused for what a policy forbids that came into force after the check."""
    if request.is_end:
        ending.check(context, request, command)
        subject = context.person(command.subject) if command.subject else None
        return check_ground(context, command, subject, context.person(request.requester))
    check_names(context, request, command)
    requester, lead = context.person(request.requester), "The policy no longer allows this."
    if requester.source and context.pushed and not context.pushed.wants(request):
        raise Refused(f"{requester.called} now says something else, so nothing was changed.")
    approvers.look_up(context, colleagues, miro, context.ground(command, requester), live=True)
    ground = context.ground(command, requester)
    try:
        ground.may_ask()
    except Unsure:
        raise
    except Refused as error:
        raise Refused(f"{lead} {requester.addressed} can't request it. Ask your IT team.") from error
    try:
        ground.check_length(is_asked=True)
        check_ground(context, command, ground.case.subject, requester)
    except Refused as error:
        raise Refused(f"{lead} {error}") from error


def who_left(context: Context, colleagues: Colleagues, request: Request) -> Sentence | None:
    """The sentence that the requester or the person concerned has left since, or None."""
    if request.is_end:
        return None
    # Slack would take hours for thousands: of the people of a bulk, what was seen within a day counts.
    whom = (request.requester, None if request.together else request.subject)
    _look_again(context, colleagues, filter(None, whom))
    return clock.who_left(request, context.table(request))


def is_approved(context: Context, colleagues: Colleagues, request: Request) -> bool:
    """Whether all approvers may still approve; a revocation was approved with the access."""
    if request.is_end:
        return True
    voters = (id for vote in request.asking.votes for id in (vote.by, vote.principal))
    _look_again(context, colleagues, voters)
    return context.table(request).tally(request).is_settled


def _look_again(context: Context, colleagues: Colleagues, ids: Iterable[PersonId]) -> None:
    """Looks up the people who have an account; from a shell people can act without one."""
    context.store.forget()  # cached people may be old after slow calls to Miro
    for id in dict.fromkeys(ids):
        if context.person(id).accounts:
            colleagues.look(context.person(id))
