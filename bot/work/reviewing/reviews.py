"""Access reviews: begins them, keeps or ends access, and does what time brings about.

What is ended is requested in the same transaction as the decision is written.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from approvals.case import Case
from approvals.clocks import is_recent
from approvals.decide.actor import Actor, check_standing, is_operator
from approvals.decide.streams import reviews as stream
from approvals.decide.streams.reviews import DIFFERENCES, Access, Holders, Review, Step, started
from approvals.decide.tally import Ground
from approvals.ids import BOT, GroupId, PersonId, stamp
from approvals.people import FRESH, Group, Person, canonical
from approvals.record.outbox import Note
from approvals.refusals import Outdated, Refused
from approvals.request import Draft
from approvals.text import cleaned
from bot.actions import ACTIONS
from bot.actions.fill import Problems
from bot.actions.people.remove_admin import Rights
from bot.context import Context
from bot.work.ask import LONGEST_REASON, asked

LONGEST_KEPT = timedelta(days=366)
"""How long a difference can be kept without being asked about again."""
RIGHTS = frozenset(get_args(Rights))


def start(context: Context, actor: Actor, team: GroupId, until: datetime) -> Review:
    """Begins a review of a team, or of all admins (''), and notifies its owners. Raises Refused."""
    if not is_operator(context.policy, actor.person):
        raise Refused("Only an operator can start an access review.")
    if until <= context.now():
        raise Refused("The last day is in the past. Choose a later one.")
    if not is_recent(read_at := _read_at(context, team), context.now(), FRESH):
        state = "is more than a day old" if read_at else "hasn't been read yet"
        raise Refused(f"Miro's list of people {state}. Start `miro-bot run`, which reads it.")
    subject = f"access to {context.tables().team(team).name}" if team else "admin rights in Miro"
    with context.store.writing():
        if same := [review.id for review in opened(context) if review.team == team]:
            raise Refused(f"{same[0]} reviews {subject} already. Nothing was started.")
        draft = started(actor, team, subject, _holders(context, team), until)
        review = add(context, draft)
        if not notify(context, review):
            who_else = "owners of the team" if team else "operators"
            raise Refused(f"Nobody in Slack can review {subject}. Name other {who_else} in the policy.")
    context.wake()
    return review


def add(context: Context, draft: Draft, id: str = "") -> Review:
    """Appends an entry to a review, by default to a new one, and has its owners' App Home drawn again."""
    review = context.store.add_to_review(draft, id)
    context.store.outbox.changed(owner.id for owner in owners(context, review))
    return review


def opened(context: Context) -> list[Review]:
    """All open reviews, oldest first."""
    return [context.store.review(id) for id, is_open in context.store.reviews().items() if is_open]


def find(context: Context, key: str) -> Review:
    """The review whose key a button carries. Raises Refused."""
    review = context.store.review(key.partition(":")[0])
    if key != review.key:
        raise Outdated("This is from before a backup was restored. Nothing has changed.")
    return review


def _read_at(context: Context, team: GroupId) -> datetime | None:
    groups = context.store.groups
    return groups.seen_at("members") if team else groups.seen_at("admins")


def _holders(context: Context, team: GroupId, review: Review | None = None) -> Holders:
    if review and (review.compares or not is_recent(_read_at(context, team), context.now(), FRESH)):
        # The request finds out whether it is so.
        return {(each.email, each.right, each.miro_id): each.name for each in review.accesses}
    if team:
        members = context.store.groups.memberships(team)
        return {(email, "", miro_id): name for _, miro_id, email, name in members}
    admins, _ = context.store.groups.admins()
    rights = ((admin, right) for admin in admins for right in admin.rights.split(", "))
    return {(canonical(admin.email), right, admin.miro_id): admin.name for admin, right in rights}


def owners(context: Context, review: Review) -> list[Person]:
    """Who decides by the policy in force: the owners of the team; about admins, the operators."""
    group = context.store.groups.get(review.team)
    return owners_of(context, group, review.by) if group else context.operators()


def owners_of(context: Context, group: Group, by: PersonId = BOT) -> list[Person]:
    """The owners of a team by the policy in force. `by`: who asks for them."""
    ground = Ground(context.policy, Case("", context.person(by)), context.store.people, context.now())
    entries = context.policy.owners_of((*context.tables().names(group), group.id))
    return [named.person for named in ground.named(entries) if named.person]


def deciders(context: Context, review: Review) -> list[Person]:
    """The owners in Slack who can decide what is left, unlike those whose own access it is."""
    left = review.having()
    people = [person for person in owners(context, review) if person.account and person.is_colleague]
    return [person for person in people if not all(is_own(context, access, person) for access in left)]


def check(context: Context, review: Review, actor: Actor, *, reads: bool = False) -> None:
    """Raises Refused for everybody but its owners; operators may read any review."""
    check_standing(actor, context.now())
    if reads and is_operator(context.policy, actor.person):
        return
    if not any(owner.is_(actor.person) for owner in owners(context, review)):
        raise Refused(f"Only owners can review {review.subject}. Nothing has changed.")


def is_own(context: Context, access: Access, person: Person) -> bool:
    """Whether it is the person's own access, which somebody else has to review."""
    keys = {access.email, *context.store.people.humans.known(access.email)}
    return not context.policy.names(keys).isdisjoint(context.policy.names(person.keys))


Numbers = Collection[int]


def decide(
    context: Context, key: str, actor: Actor, kept: Numbers, ended: Numbers, reason: str = "", until: str = ""
) -> list[str]:
    """Keeps and ends accesses, by their numbers; returns sentences about what wasn't done. Raises Refused.

    A difference is kept for a reason and until a day ("2026-12-31"); raises Problems without them.
    """
    keeping = _keeping(context, reason, until) if kept and find(context, key).compares else Draft(Step.KEPT)
    problems = _decided(context, key, actor, keeping, kept)
    for number in ended:
        try:
            problems += _decided(context, key, actor, Draft(Step.ENDED), [number])
        except (Problems, Refused) as error:
            texts = error.fields.values() if isinstance(error, Problems) else [str(error)]
            problems.append(f"{find(context, key).accesses[number].label}: {' '.join(texts)}")
    context.wake()
    return problems


def _keeping(context: Context, reason: str, until: str) -> Draft:
    """What the entry that keeps differences says besides their numbers. Raises Problems."""
    problems, reason = dict[str, str](), cleaned(reason).strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        problems["reason"] = f"Say why it is kept, in at most {LONGEST_REASON} characters. Auditors read it."
    try:
        end = datetime.combine(date.fromisoformat(until), time(23, 59), ZoneInfo(context.policy.zone))
    except ValueError:
        end = context.now()
    if not context.now() < end <= context.now() + LONGEST_KEPT:
        most = LONGEST_KEPT.days
        problems["until"] = f"Give a last day, at most {most} days from now. You're asked again then."
    if problems:
        raise Problems(problems)
    return Draft(Step.KEPT, body={"until": stamp(end.astimezone(UTC))}, words={"reason": reason})


def _decided(context: Context, key: str, actor: Actor, draft: Draft, numbers: Numbers) -> list[str]:
    with context.store.writing():
        review = find(context, key)
        check(context, review, actor)
        if review.closed_at:
            raise Refused(f"{review.id} is closed. Nothing was saved.")
        wanted = [access for access in review.accesses if access.number in numbers]
        free = [each for each in wanted if not each.decision and not is_own(context, each, actor.person)]
        if free:
            body = {**draft.body, "accesses": [access.number for access in free]}
            if draft.type == Step.ENDED:
                body["request"] = _end(context, review, free[0], actor)
            signed = {**actor.signed, **draft.words}
            add(context, Draft(draft.type, actor.person.id, body, signed), review.id)
    own = draft.type, actor.person.id
    first = [each for each in wanted if each.decision and (each.decision, each.by) != own]
    return [each.line(lambda id: context.person(id).called) for each in first]


def _end(context: Context, review: Review, access: Access, actor: Actor) -> str:
    """Requests the end of an access; returns the request's id. Raises Problems, Refused.

    Its address may have changed since the review began.
    """
    for email, _, miro_id in _holders(context, review.team, review):
        access = replace(access, email=email) if miro_id == access.miro_id != "" else access
    code, _, fact = access.right.partition(":")
    if review.compares and code == stream.DIRECTORY and context.pushed:
        return context.pushed.again(access.email, fact)
    action, raw = _way_out(access, review.team)
    reason = f"Access review {review.id}: no longer needed."
    if review.compares:
        reason = f"Comparison {review.id}: {access.label}."[:LONGEST_REASON]
    return asked(context, ACTIONS[action], raw, reason, actor, because_of=review.id).id


def _way_out(access: Access, team: GroupId) -> tuple[str, dict[str, str]]:
    """(action, fields) of the request that ends an access, or puts a difference right. Raises Refused."""
    code, _, fact = access.right.partition(":") if team == DIFFERENCES else ("", "", access.right or team)
    if code == stream.OWNERLESS:
        raise Refused("Name owners of the team in the policy. No request can do that.")
    if fact == stream.ACCOUNT:
        return "offboard", {"person": access.email, "how": "deactivate"}
    if fact in RIGHTS:
        return "remove-admin", {"person": access.email, "rights": fact}
    return "leave-team", {"person": access.email, "teams": fact}


def pass_time(context: Context) -> None:
    """What is due in open reviews: reminders, deadlines, access that is gone."""
    for review in opened(context):
        if stream.due(review, _holders(context, review.team, review), context.now(), context.policy):
            with context.store.writing():
                review = context.store.review(review.id)  # another process may have been faster
                for draft in stream.due(
                    review, _holders(context, review.team, review), context.now(), context.policy
                ):
                    review = add(context, draft, review.id)
                    # What is left of a comparison is on the card of the next.
                    if draft.type != Step.GONE and not (review.compares and review.having()):
                        notify(context, review)


def notify(context: Context, review: Review) -> bool:
    """Queues the card of an owner who can decide something, or the result; returns whether there are any."""
    people = deciders(context, review)
    if review.closed_at:
        people = [*owners(context, review), context.person(review.by)]
    accounts = {person.account.slack_id for person in people if person.account and person.is_colleague}
    for account in sorted(accounts):  # a program that knows no reviews, beside this one, sends the text alone
        context.store.outbox.say(Note(account, {"text": f"Review {review.subject}.", "review": review.id}))
    return bool(accounts)
