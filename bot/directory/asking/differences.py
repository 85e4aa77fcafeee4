"""Where Miro differs from what a directory says, and what was denied or has failed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from approvals.decide.streams.reviews import ACCOUNT
from approvals.ids import GroupId, PersonId, RequestId
from approvals.people import Person, listed
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import OPEN, State
from bot.actions.many import Bulk
from bot.context import Context
from bot.directory.asking.mapping import COMPANY_ADMIN, Asked, Standing, Wanted, address_of, is_still_wanted
from bot.directory.asking.requests import Push, looked, request_of
from bot.directory.asking.under_way import bulks, holds
from bot.directory.store import Directories, EntryId, Group, User, key

_FAILED = (State.DENIED, State.EXPIRED, State.REFUSED, State.STOPPED)
_BY_SOMEBODY = (State.DENIED, State.WITHDRAWN)


def failures(push: Push, hidden: Collection[str] = ()) -> list[str]:
    """A sentence for everybody about whom nothing can be asked, and for each request that came to nothing.

    They stay until the directory says something else, or an operator asks again. `hidden`: addresses of
    whoever reads it.
    """
    known = [(push.words[id].email, id) for id in push.problems]
    shown = [(email or _user_name(push, id), id) for email, id in known if email not in hidden]
    problems = [f"{name}: {push.problems[id]}" for name, id in shown]
    text = f"{push.title} has no group {push.rules.account}, so nobody is judged."
    lacks = [] if push.is_judged else [text]
    ended = [text for (email, _), (_, text) in _exceptions(push).items() if email not in hidden]
    return [*lacks, *problems, *ended]


def _user_name(push: Push, id: EntryId) -> str:
    """By what its provider knows somebody without an address."""
    user = Directories(push.context.store.database, push.context.now).get(push.name, id)
    return user.user_name if isinstance(user, User) and user.user_name else id


def _exceptions(push: Push) -> dict[tuple[str, str], tuple[Request, str]]:
    """{(address, fact): (the newest request for it that came to nothing, a sentence)}."""
    people = {row.person: id for id in push.words if (row := push.row(id)).person}
    named, differing = listed(push.rules.owner, "or"), dict[tuple[str, str], tuple[Request, str]]()
    has = holds(push.context)
    for request, action, details, person in _ended(push):
        id = people.get(person) if person else None
        if id is None or not is_still_wanted(action, details, word := push.words[id], push.rules):
            continue
        if request.action == Bulk.NAME and _is_on_its_way(push, id):
            continue
        for fact in _facts(action, details):
            if not _is_so(fact, word, has.get(word.email, ())) and (word.email, fact) not in differing:
                by, end = "", request.outcome
                if end and request.state in _BY_SOMEBODY:
                    by = f" by {push.context.person(end.by).called}"
                at = f" on {end.at:%Y-%m-%d}" if end else ""
                text = f"{request.id} ({action}) was {request.state.value}{by}{at}. Owner: {named}."
                differing[word.email, fact] = request, f"{word.email}: {text}"
    return differing


def _ended(push: Push) -> Iterator[tuple[Request, str, Mapping[str, Any], PersonId | None]]:
    """(request that came to nothing, action, details, subject); of a stopped bulk each line."""
    context, source = push.context, push.source.id
    for request in context.store.each(context.store.numbers(states=_FAILED, person=source)):
        yield request, request.action, request.details, request.subject
    for request in bulks(context, source, State.WITHDRAWN, *_FAILED):
        command = context.command(request)
        for line in command.lines if isinstance(command, Bulk) and request.state is not State.REFUSED else ():
            yield request, line.action, line.details, line.command.subject


def _facts(action: str, details: Mapping[str, Any]) -> tuple[str, ...]:
    if action == "offboard":
        return (ACCOUNT,)
    if "rights" in details:
        return (COMPANY_ADMIN,)
    return tuple(details.get("teams", ())) or ("details",)


def _wants(fact: str, word: Wanted) -> bool:
    if fact == ACCOUNT:
        return word.standing is Standing.OPEN
    return word.admin if fact == COMPANY_ADMIN else fact in word.teams


def _is_so(fact: str, word: Wanted, has: Collection[str]) -> bool:
    """Whether Miro's lists agree with a word about a fact; they don't show details."""
    return fact != "details" and (fact in has) == _wants(fact, word)


@dataclass(frozen=True)
class Pushed:
    """What the rest of the bot knows of directories beside the requests they make."""

    context: Context
    failed: dict[str, int] = field(default_factory=dict)
    """{directory: how many people or requests came to nothing}, as it was last compared."""
    _looked: dict[str, tuple[object, Push]] = field(default_factory=dict)
    """{directory: (what it had said, what that meant)}, so that thousands of requests need one look."""

    def wants(self, request: Request) -> bool:
        """Whether the directory that asked for this still wants it, or says nothing of its person."""
        context = self.context
        name = context.person(request.requester).source
        if name not in context.policy.directory:
            return True
        basis = Directories(context.store.database, context.now).sequence(), context.policies.hash
        before, push = self._looked.get(name, (None, None))
        if push and before == basis and push.wants(request):
            return True
        push = looked(context, name)  # also again before a refusal: a team may have come
        self._looked[name] = basis, push
        return push.wants(request)

    def manager_of(self, email: str) -> str:
        """The address of somebody's manager by a directory in the policy, or ''."""
        users = "source = ? AND deleted_at = '' AND kind = 'User'"
        read = Directories(self.context.store.database, self.context.now).read
        for name in self.context.policy.directory:
            for user in read(f"{users} AND name = ?", name, key(email)):
                given = user.manager if isinstance(user, User) else ""
                keys = given, given, key(given)
                bosses = read(f"{users} AND (id = ? OR external_id = ? OR name = ?)", name, *keys)
                if given and (address := next(map(_address, bosses), given)) and "@" in address:
                    return address
        return ""

    def differences(self) -> Iterator[tuple[str, str, str]]:
        """(address, fact, sentence) where Miro's lists differ from what was asked for.

        Not about people of whom something is on its way.
        """
        for name in self.context.policy.directory:
            yield from _differences(looked(self.context, name))

    def again(self, email: str, fact: str) -> RequestId:
        """Asks again for what a directory says about a fact, as the directory. Raises Refused."""
        for name in self.context.policy.directory:
            push = looked(self.context, name)
            for id, word in push.words.items():
                if word.email == email and (person := push.row(id).person):
                    return _again(push, self.context.person(person), word, fact)
            if fact in push.teams:
                unknown = self.context.store.people.meet(email=email)
                return _again(push, unknown, Wanted(email, Standing.OPEN), fact)
        raise Refused(f"No directory says anything about {email} any more. Nothing was done.")


def _again(push: Push, person: Person, word: Wanted, fact: str) -> RequestId:
    is_wanted, fields = _wants(fact, word), dict[str, Any](teams=(GroupId(fact),))
    action = "request-access" if is_wanted else "leave-team"
    if fact == ACCOUNT:
        action = action if is_wanted else "offboard"
        fields = {"teams": word.teams[:3]} if is_wanted else {"how": "deactivate"}
    elif fact == COMPANY_ADMIN:
        action, fields = "make-admin" if is_wanted else "remove-admin", {"rights": fact}
    asked = Asked(action, fields, f"{push.title}, asked again by an operator.")
    return request_of(push, person, asked).id


def _address(entry: User | Group) -> str:
    return address_of(entry) if isinstance(entry, User) else ""


def _differences(push: Push) -> Iterator[tuple[str, str, str]]:
    context, has = push.context, holds(push.context)
    teams = {id: context.store.groups.get(id) for id in push.teams}
    labels = {str(id): team.known_name if team else str(id) for id, team in teams.items()}
    exceptions, covered = _exceptions(push), set[str]()
    for id, word in push.words.items():
        covered.add(word.email)
        if push.row(id).said != word.stored or _is_on_its_way(push, id):
            continue
        facts = {ACCOUNT}
        if word.standing is Standing.OPEN:
            facts |= {*word.teams, *(labels.keys() & has.get(word.email, set()))}
            facts |= {COMPANY_ADMIN} if push.rules.admins else set()
        for fact in sorted(fact for fact in facts if not _is_so(fact, word, has.get(word.email, ()))):
            what = {ACCOUNT: "an account", COMPANY_ADMIN: "Company Admin rights"}.get(fact)
            what = what or f"access to {labels[fact]}"
            wants = "wants" if _wants(fact, word) else "doesn't want"
            why = exceptions[word.email, fact][1] if (word.email, fact) in exceptions else ""
            text = f"{push.title} {wants} {what}, and Miro shows otherwise."
            yield word.email, fact, why or f"{word.email}: {text}"
    for group, _, email, _ in context.store.groups.memberships(*push.teams) if push.teams else ():
        if email not in covered:
            text = f"is in {labels[group]} in Miro, and {push.title} doesn't know them."
            yield email, group, f"{email}: {text}"


def _is_on_its_way(push: Push, id: EntryId) -> bool:
    """Whether a request about somebody is open, or ended after Miro was listed."""
    seen, person = push.context.store.groups.seen_at("members"), push.row(id).person
    requests = push.context.store.requests(person=person) if person else ()
    return any(
        (each.state in OPEN and each.state is not State.STOPPED)
        or (each.outcome and seen and each.outcome.at > seen and each.state not in _FAILED)
        for each in requests
        if each.subject == person
    )
