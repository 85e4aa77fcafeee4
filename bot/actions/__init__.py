"""The actions: one file each in `people/` or `groups/`, which is found automatically."""

from importlib import import_module
from pkgutil import walk_packages

from bot.actions.form import Action

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)

ACTIONS: dict[str, type[Action]] = {
    action.NAME: action
    for action in sorted(Action.__subclasses__(), key=lambda action: (action.RANK, action.NAME))
}
"""{name: action}."""

CONDITIONS = {name: action.conditions() for name, action in ACTIONS.items()}
"""{action: {field that a rule of the policy may look at: its choices}}."""

__all__ = ["ACTIONS", "CONDITIONS", "Action"]
