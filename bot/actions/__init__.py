"""The actions: one file each in `people/` or `groups/`, which is found automatically."""

from importlib import import_module
from pkgutil import walk_packages

from bot.actions.form import Action
from bot.actions.many import Bulk

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)

COMMANDS: dict[str, type[Action]] = {
    action.NAME: action
    for action in sorted(Action.__subclasses__(), key=lambda action: (action.RANK, action.NAME))
}
"""{name: everything that a request may hold}."""

ACTIONS = {name: action for name, action in COMMANDS.items() if action is not Bulk}
"""{name: action}: what people ask for by a form and the policy has rules for."""

CONDITIONS = {name: action.conditions() for name, action in ACTIONS.items()}
"""{action: {field that a rule of the policy may look at: its choices}}."""

__all__ = ["ACTIONS", "COMMANDS", "CONDITIONS", "Action"]
