"""What a goal is: one fact about Miro that has to hold, how it is checked, brought about and worded.

A goal never looks anything up: it is handed what a look showed, and says whether it holds, which one call
brings it about, and what a look will show afterwards. The action orders its goals; whether a call is possible
at that point is the goal's to say (`obstacle`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from approvals.sentence import Sentence
from bot.miro.wire import MiroAccount, MiroGroup
from bot.miro.wording import Words, words_of


@dataclass(frozen=True)
class Seen:
    """What one look showed, or what it would show after the calls planned so far."""

    account: MiroAccount | None = None
    group: MiroGroup | None = None
    other_admin: bool = False
    """Whether another active Company Admin was looked for and found."""
    vanished: bool = False
    """No account is shown of somebody who had one that this bot didn't delete: it may be a guest's now."""

    @property
    def existing(self) -> MiroAccount:
        """The account, for a goal that comes after it is known to exist. Raises AssertionError."""
        assert self.account
        return self.account

    def with_account(self, **changes: Any) -> "Seen":
        """The same look with these attributes of the account replaced."""
        return replace(self, account=self.existing.model_copy(update=changes))


@dataclass(frozen=True)
class ScimCall:
    """One writing call. `{user}` in the path stands for the account's id, which may not exist yet."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True)
class Goal:
    """One fact. A new kind of effect is a subclass with `key`, `change`, `holds`, `call` and `after`."""

    who: str = field(compare=False)
    """The short name of the person or group in sentences."""

    depends_on_active: ClassVar[bool] = True
    """Whether its call means something else to a deactivated account: `hidden` where that isn't shown."""

    @property
    def key(self) -> str:
        """Identifies the goal in plans, approvals and the record, however the person or group is called."""
        raise NotImplementedError

    @property
    def code(self) -> str:
        """What the record calls its calls: the key without anything personal."""
        return self.key

    @property
    def change(self) -> Sentence:
        """What brings it about, by a code of `wording` and what is filled in."""
        raise NotImplementedError

    @property
    def words(self) -> Words:
        """How it reads."""
        return words_of(self.change)

    @property
    def needs(self) -> str:
        """Comma-separated attributes that a look must ask for beside `wire.LOOK`."""
        return ""

    def holds(self, seen: Seen) -> bool:
        """Whether the look shows that it holds; False also where the look doesn't show it."""
        raise NotImplementedError

    def call(self, seen: Seen) -> ScimCall:
        """The one call that brings it about."""
        raise NotImplementedError

    def after(self, seen: Seen) -> Seen:
        """What a look will show once the call has worked."""
        raise NotImplementedError

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        """What can't be taken back, or costs something."""
        return ()

    def rights(self, seen: Seen) -> tuple[str, ...]:
        """Admin rights that are granted along with it, though nobody asked for them."""
        return ()

    def hidden(self, seen: Seen) -> str:
        """What the look leaves out, so that nobody can tell whether this holds; '' if nothing is missing."""
        is_unknown = seen.account is not None and seen.account.active is None and not self.holds(seen)
        return f"whether {self.who}'s account is active" if self.depends_on_active and is_unknown else ""

    def obstacle(self, seen: Seen) -> str:
        """Why it can't be brought about from here, and what helps; '' if it can."""
        return ""

    def sure(self, seen: Seen) -> bool:
        """Whether the call may go out while the calls before it are accepted, but not yet seen to work."""
        return True
