"""A bulk: many commands in one request. It has no form and no rule of its own; its lines' rule decides it."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar

from approvals.ids import PersonId
from approvals.request import Scope
from bot.actions.form import Action, Facts, FormField
from bot.miro.wording import counted

MOST_LINES = 5_000


@dataclass(frozen=True)
class Line:
    """One line of the list: a command by its action's name and stored details."""

    number: int
    action: str
    details: Mapping[str, Any]
    undoes: str = ""
    """The request whose changes it takes back."""

    @cached_property
    def command(self) -> Action:
        """The typed command. Raises KeyError and ValidationError for another program's."""
        return _named(self.action).model_validate(self.details)

    def later(self, gives: Collection[str], facts: Facts) -> str:
        """What happens by itself after it is done; '' for nothing. `gives`: keys of its changes."""
        command = self.command
        if command.then:
            return f"{counted(command.then[1])} later the account is deleted for good"
        back = command.back(gives, facts) if command.days else ""
        return f"{command.limit}. Then {back}" if back else ""


@cache
def _named(name: str) -> type[Action]:
    return {action.NAME: action for action in Action.__subclasses__()}[name]


class Bulk(Action):
    """Confidential as a whole, since offboardings may be among its lines."""

    NAME: ClassVar[str] = "bulk"
    TITLE: ClassVar[str] = "Change Many"
    ABOUT: ClassVar[str] = "change the access of many people at once"
    CONFIRM: ClassVar[str] = "Approve All"
    CONFIDENTIAL: ClassVar[bool] = True
    TOGETHER: ClassVar[bool] = False
    FOR_LEAVERS: ClassVar[bool] = True

    lines: tuple[Line, ...]
    undoes: str = ""
    """The bulk that it takes back; until it is checked, it has the lines of that."""

    file: str = ""
    """Where Slack has the list; it is read when the bulk is checked, and until then has no lines."""
    file_name: str = ""

    @classmethod
    @cache
    def form(cls) -> dict[str, FormField]:
        return {}

    @property
    def lead(self) -> Action:
        """A command whose rule decides all: they were put together because the same people decide them."""
        return self.lines[0].command if self.lines else self

    @cached_property
    def subjects(self) -> frozenset[PersonId]:
        """Everybody it changes."""
        return frozenset(PersonId(str(line.details["person"])) for line in self.lines)

    def phrase(self, facts: Facts) -> str:
        if self.undoes:
            return f"undo {self.undoes} for {self._people}"
        if not self.lines:
            return f"make the changes in {self.file_name}"
        return f"change the Miro access of {self._people}"

    @property
    def _people(self) -> str:
        count = len(self.subjects)
        return f"{count:,} {'person' if count == 1 else 'people'}"

    def outcome(self, facts: Facts) -> str:
        what = f"{self.undoes} is undone for" if self.undoes else "the Miro access is changed of"
        return f"{what} {self._people}"

    def warning(self, facts: Facts) -> str:
        kinds = Counter(line.action for line in self.lines)
        sums = ", ".join(f"{count:,} × {_named(name).TITLE}" for name, count in kinds.items())
        return f"{sums}. Each line is approved as Details shows it."

    def undo(self, facts: Facts) -> str:
        final = sum(line.command.is_final for line in self.lines)
        if final == len(self.lines):
            return "This can't be undone."
        deletes = any(line.command.then for line in self.lines)
        but = f"; {final:,} {'deletion' if final == 1 else 'deletions'} can't" if final else ""
        but += "; an offboarding only until its account is deleted" if deletes else ""
        return f"Line by line, this can be undone as far as Miro allows{but}."

    def goals(self, facts: Facts) -> tuple[()]:
        return ()

    def scope(self, facts: Facts) -> Scope:
        return self.lead.scope(facts) if self.lines else Scope()
