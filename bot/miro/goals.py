"""Facts about Miro that have to hold: how each is seen, brought about, and said to people.

A goal knows one fact. It never looks anything up: it is handed what was seen, and says whether it holds,
which call brings it about, and what will be so afterwards. The order of goals is the action's business;
whether a call is allowed at that point is the goal's (`obstacle`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.miro.wire import Account, Group


@dataclass(frozen=True)
class Seen:
    """What one look showed, or what it would show after the calls planned so far."""

    account: Account | None = None
    group: Group | None = None
    # Nobody counts as another admin who wasn't looked for.
    other_admin: bool = False
    vanished: bool = False
    """No account is shown of somebody who had one that this bot didn't delete: it may be a guest's now."""


@dataclass(frozen=True)
class Call:
    """One writing call. `{user}` in the path stands for the account's id, which may not exist yet."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


def counted(days: int) -> str:
    """'1 day', '7 days'."""
    return f"{days} {'day' if days == 1 else 'days'}"


@dataclass(frozen=True)
class Goal:
    """One fact. `key` names it among the goals of a plan, whatever people call the group or person."""

    who: str = field(compare=False)

    @property
    def mark(self) -> str:
        """What the record calls it: its key, as far as that says nothing of a person."""
        return self.key

    @property
    def key(self) -> str:
        """What is approved when this is approved."""
        raise NotImplementedError

    @property
    def todo(self) -> str:
        """What the approver reads: imperative."""
        raise NotImplementedError

    @property
    def aim(self) -> str:
        """The same as a part of a sentence, after "to": infinitive, without its hazards."""
        raise NotImplementedError

    @property
    def did(self) -> str:
        """What is read afterwards: past tense, lower case."""
        raise NotImplementedError

    @property
    def so(self) -> str:
        """What is read where it was so before anything was done: a state, and no deed."""
        raise NotImplementedError

    def holds(self, seen: Seen) -> bool:
        """Whether it was seen to be so."""
        raise NotImplementedError

    def call(self, seen: Seen) -> Call:
        """The one call that brings it about."""
        raise NotImplementedError

    def after(self, seen: Seen) -> Seen:
        """What a look will show once the call has worked."""
        raise NotImplementedError

    def hazards(self, seen: Seen) -> tuple[str, ...]:
        """What can't be taken back, or costs something."""
        return ()

    def rights(self, seen: Seen) -> tuple[str, ...]:
        """Admin rights that come along, though nobody asked for them."""
        return ()

    def hidden(self, seen: Seen) -> str:
        """What the look leaves out, so that nobody can tell whether this holds; '' if nothing is missing."""
        return ""

    def obstacle(self, seen: Seen) -> str:
        """Why it can't be brought about from here, and what helps; '' if it can."""
        return ""

    @property
    def detail(self) -> str:
        """What doesn't fit on a card and stands under Details."""
        return ""

    @property
    def needs(self) -> str:
        """What a look must ask for beside what every look does."""
        return ""

    def sure(self, seen: Seen) -> bool:
        """Whether it may be tried while the calls before it are only believed to have worked."""
        return True


def with_account(seen: Seen, **changes: Any) -> Seen:
    """The same look, with an account that differs in this."""
    assert seen.account
    return replace(seen, account=seen.account.model_copy(update=changes))
