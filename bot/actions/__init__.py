"""The actions: every file here that defines one is found, and nothing else has to know of it."""

from importlib import import_module
from pkgutil import iter_modules

from bot.actions.form import Action

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

ACTIONS: dict[str, type[Action]] = {
    action.NAME: action
    for action in sorted(Action.__subclasses__(), key=lambda action: (action.RANK, action.NAME))
}
"""Every action by its name."""

CONDITIONS = {name: action.conditions() for name, action in ACTIONS.items()}
"""What of each action's form a rule of the policy may look at, and what may be chosen there."""

__all__ = ["ACTIONS", "CONDITIONS", "Action"]
