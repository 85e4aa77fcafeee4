"""What Miro's REST API shows of a person beyond SCIM: license, last activity, teams they alone lead."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from approvals.people import canonical
from approvals.sentence import Sentence
from bot.miro import wire
from bot.miro.errors import Troubled, Unreadable
from bot.miro.rest.client import Rest
from bot.miro.wire import Id, Message, MiroAccount, Name, Shown

MOST_TEAMS = 100
"""The most teams looked at for one person; each takes a call."""


class OrgMember(Message):
    """A member of the organization, guests included."""

    id: Id
    email: Name
    license: Shown = ""
    last_activity: Shown = Field(default="", alias="lastActivityAt")


class TeamEntry(Message):
    """A team, or a member of one."""

    id: Id
    name: Shown = ""


def usage(rest: Rest, account: MiroAccount) -> Sentence:
    """License and last activity of an account, as a sentence; that they aren't shown if REST fails."""
    try:
        sent = rest.read("/v2/orgs/{org}/members", {"emails": account.user_name})
        people = [wire.message(OrgMember, entry) for entry in sent if isinstance(sent, list)]
        [member] = [each for each in people if canonical(each.email) == canonical(account.user_name)]
        last = f"{datetime.fromisoformat(member.last_activity):%-d %B %Y}" if member.last_activity else ""
    except (Troubled, ValueError):
        return Sentence("usage-unknown")
    license = member.license.replace("_", " ").title() or "unknown"
    return Sentence.of("usage" if last else "usage-never", license=license, last=last)


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
