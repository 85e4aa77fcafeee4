"""The requests that the campaigns carry out: every action, in the shapes that differ in their calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from approvals.decide.actor import Actor
from approvals.ids import RequestId
from approvals.states import State
from bot.sandbox.miro.organization import MEMBER, GroupModel
from bot.sandbox.stage import POLICY, Stage
from bot.work.bulk.reading import read
from bot.work.undo import undo
from tests.bot.bulk.scene import save
from tests.bot.directory.scenes import POLICY_WITH_OKTA, Okta
from tests.campaigns import source

ONLY = RequestId("R-1")
Furnish = Callable[[Stage], object]


@dataclass(frozen=True)
class Shape:
    """One request, and how Miro looks before it."""

    name: str
    action: str
    who: str
    """The Slack account that asks."""
    values: Mapping[str, str]
    furnish: Furnish = lambda stage: None
    has_rest: bool = False
    group_model: GroupModel = "team"
    policy: str = POLICY
    push: Furnish | None = None
    """What a directory says, from which the bot makes the request."""
    request: RequestId = ONLY
    """The one that is looked at."""
    repeats: bool = False
    """Whether a provider pushes over SCIM, and everything anew whenever a bot comes up."""

    def __str__(self) -> str:
        return self.name


def _person(email: str, name: str, *teams: str, admin: bool = False, active: bool = True) -> Furnish:
    return lambda stage: stage.miro.add_user(
        email, name, teams=[stage.teams[team] for team in teams], admin=admin, active=active
    )


def _content_admin(stage: Stage) -> None:
    _person("alex@example.com", "Alex Smith", "Engineering")(stage)
    stage.miro.change_user("alex@example.com", admin_roles=("Content Admin",))


def _signed_in_admin(stage: Stage) -> None:
    _person("jo@example.com", "Jo Park", "Engineering", "Design", admin=True)(stage)
    stage.miro.change_user("jo@example.com", signed_in=True)


def _joiner(stage: Stage) -> None:
    Okta(stage).person("jo@example.com", "miroUsers", "g_app_proeng_all")


def _leading(stage: Stage) -> None:
    _person("dana@example.com", "Dana Fox")(stage)
    _signed_in_admin(stage)
    jo = stage.miro.change_user("jo@example.com", role=MEMBER)
    stage.miro.change_team(stage.teams["Design"], admins=(jo.id,))
    stage.clock.pass_(timedelta(hours=1))  # the list of members is read by then
    stage.bot.housekeeping.tick()


_ALEX = _person("alex@example.com", "Alex Smith", "Engineering")
_JO = _person("jo@example.com", "Jo Park", "Engineering", "Design")


def _jo_in_research(stage: Stage) -> None:
    _JO(stage)
    jo = stage.miro.user("jo@example.com")
    assert jo
    stage.miro.add_space("Research", jo.id)


def _by(stage: Stage, user: str) -> Actor:
    person = stage.bot.people.find(user)
    assert person
    return Actor(person, person.account)


def _table(stage: Stage, *active: bool, more: int = 0) -> bytes:
    """A list of people with an account, who may be deactivated, and of some new people."""
    for number, is_active in enumerate(active):
        _person(f"person.{number}@example.com", "A Person", "Design", active=is_active)(stage)
    addresses = [f"person.{number}@example.com" for number in range(len(active) + more)]
    return "\n".join(("email,team", *(f"{address},Engineering" for address in addresses))).encode()


def _listed(stage: Stage) -> object:
    table, actor = _table(stage, True, True, False, more=1), _by(stage, "U0SAM")
    return save(stage.bot.context, actor, read(stage.bot.context, actor, table).lines, "It is needed.")


def _dropped(stage: Stage) -> object:
    path = "/files-pri/T01-F1/list.csv"
    stage.slack.files[path] = _table(stage, True, True)
    file = {"file": f"{stage.slack.base}{path}", "file_name": "list.csv"}
    return save(stage.bot.context, _by(stage, "U0SAM"), (), "It is needed.", **file)


def _undone(stage: Stage) -> object:
    """A list that was carried out, and its undo."""
    context, actor = stage.bot.context, _by(stage, "U0SAM")
    bulk = save(context, actor, read(context, actor, _table(stage, True, True)).lines, "It is needed.")
    stage.settle()
    by = _by(stage, "U0CAROL")
    assert context.decide(bulk.id, lambda each: context.approval(each, by, each.plan.revision))
    stage.settle()
    assert context.store.request(bulk.id).state is State.DONE
    return undo(context, context.store.request(bulk.id), actor)


BULK = Shape("a list of four", "bulk", "", {}, push=_listed)
"""Its lines share calls and looks."""
DROPPED = Shape("a list that is a file in Slack", "bulk", "", {}, push=_dropped)
UNDONE = Shape("a whole list undone", "bulk", "", {}, push=_undone, request=RequestId("R-4"))

SHAPES = (
    Shape(
        "request-access, new person",
        "request-access",
        "U0SAM",
        {"person": "U0JO", "teams": "Engineering", "department": "Boards"},
    ),
    Shape(
        "request-access, deactivated, two teams",
        "request-access",
        "U0LENA",
        {"person": "alex@example.com", "teams": "Engineering, Design"},
        _person("alex@example.com", "Alex Smith", "IT Administration", active=False),
    ),
    Shape(
        "request-access, a group and a team",
        "request-access",
        "U0SAM",
        {"person": "jo@example.com", "teams": "Engineering", "miro_team": "Research"},
        lambda stage: (_JO(stage), stage.miro.add_space("Research")),
        has_rest=True,
        group_model="user-group",
    ),
    Shape(
        "move-team, the only team",
        "move-team",
        "U0ALEX",
        {"from_team": "Engineering", "to_team": "Design"},
        _ALEX,
    ),
    Shape(
        "move-team, one of two teams",
        "move-team",
        "U0JO",
        {"from_team": "Engineering", "to_team": "IT Administration"},
        _JO,
    ),
    Shape(
        "leave-team, two of three teams",
        "leave-team",
        "U0SAM",
        {"person": "jo@example.com", "teams": "Engineering, Design"},
        _person("jo@example.com", "Jo Park", "Engineering", "Design", "IT Administration"),
    ),
    Shape(
        "leave-team, a group and a team",
        "leave-team",
        "U0SAM",
        {"person": "jo@example.com", "teams": "Engineering", "miro_team": "Research"},
        _jo_in_research,
        has_rest=True,
        group_model="user-group",
    ),
    Shape(
        "make-admin, with team change",
        "make-admin",
        "U0DANA",
        {
            "person": "U0ALEX",
            "rights": "Company Admin",
            "from_team": "Engineering",
            "to_team": "IT Administration",
        },
        _ALEX,
    ),
    Shape(
        "make-admin, an admin role",
        "make-admin",
        "U0SAM",
        {"person": "U0ALEX", "rights": "Content Admin"},
        _ALEX,
    ),
    Shape(
        "remove-admin, Company Admin",
        "remove-admin",
        "U0SAM",
        {"person": "U0ALEX", "rights": "Company Admin"},
        _person("alex@example.com", "Alex Smith", "Engineering", admin=True),
    ),
    Shape(
        "remove-admin, an admin role",
        "remove-admin",
        "U0SAM",
        {"person": "U0ALEX", "rights": "Content Admin"},
        _content_admin,
    ),
    Shape(
        "offboard, an admin",
        "offboard",
        "U0LENA",
        {"person": "jo@example.com", "how": "deactivate"},
        _signed_in_admin,
        has_rest=True,
    ),
    Shape(
        "offboard, with a team handed on",
        "offboard",
        "U0LENA",
        {"person": "jo@example.com", "how": "deactivate", "heir": "dana@example.com"},
        _leading,
        has_rest=True,
    ),
    Shape(
        "offboard, at a time",
        "offboard",
        "U0LENA",
        {"person": "jo@example.com", "how": "deactivate", "start": "2026-03-02 10:10"},
        _JO,
    ),
    Shape(
        "offboard, deleted later",
        "offboard",
        "U0LENA",
        {"person": "jo@example.com", "how": "deactivate", "delete_after": "30"},
        _JO,
    ),
    Shape("offboard, delete", "offboard", "U0LENA", {"person": "jo@example.com", "how": "delete"}, _JO, True),
    Shape(
        "reactivate",
        "reactivate",
        "U0SAM",
        {"person": "jo@example.com"},
        _person("jo@example.com", "Jo Park", "Engineering", active=False),
    ),
    Shape(
        "rename-group",
        "rename-group",
        "U0DANA",
        {"team": "Engineering", "name": "g_app_proeng_all"},
    ),
    Shape("create-group", "create-group", "U0DANA", {"name": "Data Science"}, group_model="user-group"),
    Shape(
        "create-group, with a team",
        "create-group",
        "U0SAM",
        {"name": "Data Science", "miro_team": "Data"},
        has_rest=True,
        group_model="user-group",
    ),
    Shape(
        "delete-group",
        "delete-group",
        "U0DANA",
        {"team": "Design"},
        _person("jo@example.com", "Jo Park", "Design"),
        group_model="user-group",
    ),
    Shape(
        "update-details, with the address",
        "update-details",
        "U0SAM",
        {"person": "U0ALEX", "department": "Boards", "email": "alex.new@example.com"},
        _ALEX,
    ),
    Shape(
        "change-license",
        "change-license",
        "U0SAM",
        {"person": "U0ALEX", "license": "Full"},
        lambda stage: stage.miro.add_user("alex@example.com", "Alex Smith", user_type="Basic"),
    ),
)

PUSHED = Shape(
    "a directory's word about a joiner", "request-access", "", {}, policy=POLICY_WITH_OKTA, push=_joiner
)

PUSHES = Shape(
    "a directory's push, carried out as a bulk",
    "bulk",
    "",
    {},
    policy=POLICY_WITH_OKTA.replace("hold_above = 5", "hold_above = 50"),
    push=source.register,
    repeats=True,
)
