"""What undoes changes: the action that is the opposite of each, so that its rule of the policy decides."""

from collections.abc import Callable, Iterable
from itertools import zip_longest

from approvals.plan import PlannedStep
from approvals.request import Request
from bot.actions.fill import Raw
from bot.actions.form import DETAILS

_OPPOSITES = {
    "grant": "remove-admin",
    "reactivate": "offboard",
    "join": "leave-team",
    "join-team": "leave-team",
    "leave-team": "request-access",
    "leave": "request-access",
    "leave-boards": "request-access",
    "rename": "rename-group",
    "set": "update-details",
    "deactivate": "reactivate",
    "demote": "make-admin",
    "take": "make-admin",
    "take-all": "make-admin",
    "create-group": "delete-group",
}
"""{code of a change: the action that undoes it}, in the order of the undoing: rights are taken away first."""
_DETAILS = {"displayName": "display_name", "userName": "email"}
_DETAILS |= {scim: name for name, scim in DETAILS.items()}
"""{SCIM's name: field of update-details}."""
_LATE = ("reactivate", "make-admin")
_LASTING = {
    "create": "the new account",
    "delete": "the deleted account",
    "delete-group": "the deleted group",
    "leave-boards": "boards that went to a team admin",
    "create-team": "the new Miro team (only in Miro itself)",
    "lead": "who leads teams now",
}


def can_undo(request: Request, can_be_asked: Callable[..., bool]) -> bool:
    """Whether an action of the policy undoes one of a request's own changes."""
    return any(can_be_asked(action, request.plan.user_name) for action, _ in undoing(_done(request), ""))


def lasting(request: Request) -> str:
    """What of a request's own changes can't be undone, in words; '' for nothing."""
    lost = {_LASTING.get(step.change.code, "") for step in _done(request)}
    lost |= {"teams of an inactive account" for _ in _left_inactive(_done(request))}
    hazards = {hazard.code for step in _done(request) for hazard in step.hazards}
    lost |= {"rights that came back with the account"} if "rights-back" in hazards else set()
    values = [value for step in _done(request) if step.change.code == "set" for value in step.before.items()]
    lost |= {"the license" for name, _ in values if name == "userType"}
    lost |= {"details that were empty" for _, before in values if not before}
    return ", ".join(sorted(filter(None, lost)))


def _done(request: Request) -> list[PlannedStep]:
    done = request.outcome.done if request.outcome else ()
    return [step for step in request.plan.steps if step.change.form("did") in done]


def _left_inactive(steps: Iterable[PlannedStep]) -> list[PlannedStep]:
    """The steps by which an account that wasn't active left a team: joining again would reactivate it."""
    steps = list(steps)
    was_inactive = any(step.change.code == "reactivate" for step in steps)
    left = [step for step in steps if step.change.code in ("leave", "leave-boards")]
    return [step for step in left if was_inactive or step.before.get("active") is False]


def undoing(steps: Iterable[PlannedStep], person: str) -> list[tuple[str, Raw]]:
    """(action, its fields) for each request that undoes changes; `person`: the account's address."""
    steps = list(steps)
    if any(step.change.code == "delete" for step in steps):
        return []  # nothing can be given back to an account that is gone
    kept = _left_inactive(steps)
    steps = [step for step in steps if step.change.code in _OPPOSITES and step not in kept]
    steps.sort(key=lambda step: list(_OPPOSITES).index(step.change.code))
    fields: list[tuple[str, Raw]] = []
    groups: dict[str, list[str]] = {"leave-team": [], "request-access": []}
    details: dict[str, str] = {}
    for step in steps:
        action, values = _OPPOSITES[step.change.code], step.change.values
        match action:
            case "leave-team" | "request-access" if step.key.startswith("team "):
                fields.append((action, {"person": person, "teams": [], "miro_team": values["group"]}))
            case "leave-team" | "request-access":
                groups[action].append(step.key.split()[1])
            case "update-details":
                before = {name: value for name, value in step.before.items() if value and name in _DETAILS}
                details |= {_DETAILS[name]: value for name, value in before.items()}
            case "delete-group":
                fields.append((action, {"team": values["name"]}))
            case "rename-group":
                fields.append((action, {"team": step.key.split()[1], "name": values["before"]}))
            case "remove-admin" | "make-admin":
                rights = step.before.get("rights") or [values.get("rights", "Company Admin")]
                fields += [(action, {"person": person, "rights": each}) for each in rights]
            case "offboard":
                fields.append((action, {"person": person, "how": "deactivate", "delete_after": "never"}))
            case _:
                fields.append((action, {"person": person}))
    moves = [_move(person, *pair) for pair in zip_longest(*groups.values(), fillvalue="")]
    updates: list[tuple[str, Raw]] = [("update-details", {"person": person, **details})] if details else []
    late = next((n for n, (action, _) in enumerate(fields) if action in _LATE), len(fields))
    return [*fields[:late], *moves, *updates, *fields[late:]]


def _move(person: str, joined: str, left: str) -> tuple[str, Raw]:
    """Out of a team that was joined, into one that was left, or both at once: joined before left."""
    if joined and left:
        return "move-team", {"person": person, "from_team": joined, "to_team": left}
    return ("leave-team" if joined else "request-access"), {"person": person, "teams": [joined or left]}
