"""What Miro's REST API shows of a person beyond SCIM: license, last activity, teams they alone lead."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from pydantic import Field

from approvals.people import canonical
from approvals.policy.team_names import narrow
from approvals.sentence import Sentence
from bot.miro import wire
from bot.miro.errors import Troubled, Unreadable
from bot.miro.goals import Goal
from bot.miro.plan import Obstacle
from bot.miro.rest.client import Rest
from bot.miro.rest.goals import TeamExists, TeamRole
from bot.miro.wire import Id, Message, MiroAccount, Name, Shown, Truth

MOST_TEAMS = 100
"""The most teams looked at for one person; each takes a call."""


class OrgMember(Message):
    """A member of the organization, guests included."""

    id: Id
    email: Name
    active: Truth = None
    role: Shown = ""
    license: Shown = ""
    last_activity: Shown = Field(default="", alias="lastActivityAt")


class TeamEntry(Message):
    """A team, or a member of one."""

    id: Id
    name: Shown = ""
    role: Shown = ""


def member(rest: Rest, address: str) -> OrgMember | None:
    """The member of the organization with an address, guests and deactivated people too. Raises Troubled."""
    sent = rest.read("/v2/orgs/{org}/members", {"emails": address})
    if not isinstance(sent, list):
        raise Unreadable("Miro's list has another form than documented.")
    people = [wire.message(OrgMember, entry) for entry in sent]
    exact = [each for each in people if canonical(each.email) == canonical(address)]
    if len(exact) > 1 or len(exact) < len(people):
        raise Unreadable("Miro's answer is about other people than I asked for.")
    return exact[0] if exact else None


def usage(rest: Rest, account: MiroAccount) -> Sentence:
    """License and last activity of an account, as a sentence; that they aren't shown if REST fails."""
    try:
        person = member(rest, account.user_name)
        if person is None:
            return Sentence("usage-unknown")
        last = f"{datetime.fromisoformat(person.last_activity):%-d %B %Y}" if person.last_activity else ""
    except (Troubled, ValueError):
        return Sentence("usage-unknown")
    license = person.license.replace("_", " ").title() or "unknown"
    return Sentence.of("usage" if last else "usage-never", license=license, last=last)


def heir(rest: Rest, leaver: MiroAccount, address: str) -> str:
    """The Miro id of who gets the leaver's teams. Raises Troubled, and Obstacle if they can't have them."""
    person = member(rest, address)
    is_fit = person and person.active and person.role.startswith("organization_internal")
    if person is None or not is_fit or person.id == leaver.id:
        raise Obstacle(
            f"{address} can't get these teams: only another active member of the organization can, no guest. "
            "Ask again with somebody else."
        )
    return person.id


def led_alone(rest: Rest, account: MiroAccount, is_team_model: bool) -> Mapping[str, str] | None:
    """{team id: name} of teams whose only admin has an account; None if unknown.

    Where SCIM's groups are teams, their ids are tried as those of teams, which Miro doesn't document.
    Else all teams are looked at, if they fit on one page.
    """
    try:
        own = {group.value: group.display for group in account.groups or () if group.value}
        teams = own if is_team_model else _teams(rest)
        is_known = len(teams) <= MOST_TEAMS and (account.knows_groups or not is_team_model)
        if not is_known:
            return None
        return {id: name for id, name in teams.items() if _admins(rest, id) == [account.id]}
    except Troubled:
        return None


def roles(rest: Rest, goals: Iterable[Goal], subject: str) -> dict[str, str]:
    """{key of a goal: the role of its person in its team, or the name of such a team, '' for none}, without
    those that aren't shown.

    `subject`: the Miro id of whom the request is about, '' if there is none.
    """
    seen = dict[str, str]()
    for goal in goals:
        with suppress(Troubled):
            if isinstance(goal, TeamExists):
                names = [each.name for each in _named(rest, goal.name)]
                seen[goal.key] = goal.name if goal.name in names else "".join(names[:1])
            if not isinstance(goal, TeamRole):
                continue
            id = goal.member or subject
            team = f"/v2/orgs/{{org}}/teams/{goal.team}"
            sent = rest.read(f"{team}/members/{id}", or_none=True) if id else None
            entry = wire.message(TeamEntry, sent) if sent is not None else None
            if entry is None or entry.id == id:
                seen[goal.key] = entry.role if entry else ""
    return seen


def team(rest: Rest, name: str) -> tuple[str, str]:
    """(id, name) of the team with a name. Raises Obstacle."""
    try:
        same = _named(rest, name)
    except Troubled as error:
        raise Obstacle(f"Miro doesn't show me its teams: {error} Ask again later.") from error
    if len(same) == 1:
        return same[0].id, same[0].name
    many = f"Miro has {len(same)} teams called {name}. Choose the right one in Miro."
    raise Obstacle(many if same else f"There's no team {name} in Miro. Check its name there, then ask again.")


def _named(rest: Rest, name: str) -> list[TeamEntry]:
    """The teams with a name, whatever its case."""
    page = _page(rest, "/v2/orgs/{org}/teams", {"name": name, "limit": str(MOST_TEAMS)})
    return [each for each in page if narrow(each.name) == narrow(name)]


def _teams(rest: Rest) -> dict[str, str]:
    page = _page(rest, "/v2/orgs/{org}/teams", {"limit": str(MOST_TEAMS)})
    return {team.id: team.name for team in page}


def _admins(rest: Rest, team: str) -> list[str]:
    """The ids of the first two admins of a team, deactivated ones included."""
    page = _page(rest, f"/v2/orgs/{{org}}/teams/{team}/members", {"role": "admin", "limit": "2"})
    return [member.id for member in page]


def _page(rest: Rest, path: str, query: Mapping[str, str]) -> list[TeamEntry]:
    """The entries of the first page. Raises Troubled, also if the list of teams goes on."""
    sent = rest.read(path, query)
    if not isinstance(sent, Mapping) or not isinstance(sent.get("data"), list):
        raise Unreadable("Miro's list has another form than documented.")
    if sent.get("cursor") and path.endswith("/teams"):
        raise Unreadable(f"Miro has more than {MOST_TEAMS} teams.")
    return [wire.message(TeamEntry, entry) for entry in sent["data"]]
