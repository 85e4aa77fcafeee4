"""A goal: one fact about Miro that has to hold, how it is checked, reached and worded.

A goal never looks anything up: from the result of a look it says whether it holds, which call reaches it, and
what a look will show afterwards. The action orders its goals; the goal says whether its call is possible at
that point (`obstacle`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from approvals.sentence import Sentence
from bot.miro.wire import MiroAccount, MiroGroup
from bot.miro.wording import Words, words_of


@dataclass(frozen=True)
class Seen:
    """The result of one look, real or as expected after the calls planned so far."""

    account: MiroAccount | None = None
    group: MiroGroup | None = None
    members: int = 0
    """How many people are in the group (0 if not counted)."""
    other_admin: bool = False
    """Whether another active Company Admin was found (False if not looked for)."""
    other_team: bool = False
    """Whether a team is taken to be left by the time of the change (False: as the account shows)."""
    vanished: bool = False
    """Whether an earlier account that this bot didn't delete isn't shown: it may be a guest's now."""
    led_alone: tuple[str, ...] = ()
    """Names of teams whose only admin this person is, if REST was asked."""
    team_roles: Mapping[str, str] = field(default_factory=dict)
    """{key of a goal about a team: the person's role there, '' for none}; without those REST doesn't show."""
    is_closing: bool = False
    """Whether the request closes the account: what belongs to that is still wanted once it is inactive."""

    @property
    def existing(self) -> MiroAccount:
        """The account, for goals after HasAccount. Raises AssertionError if there is none."""
        assert self.account
        return self.account

    def with_account(self, **changes: Any) -> "Seen":
        """A copy with these attributes of the account replaced."""
        return replace(self, account=self.existing.model_copy(update=changes))


@dataclass(frozen=True)
class ScimCall:
    """One write. `{user}` in the path stands for the account's id, which may not exist yet."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


def keyed(text: str) -> Any:
    """The key of a goal: a text filled in with its fields."""
    return property(lambda goal: text.format_map(vars(goal)))


def sentence(code: str, **values: str) -> Any:
    """The change of a goal as a sentence; `values`: {name of a value: field of the goal}."""
    return property(lambda goal: Sentence(code, {name: getattr(goal, of) for name, of in values.items()}))


@dataclass(frozen=True)
class Goal:
    """One fact. A new kind of change is a subclass with `key`, `change`, `holds`, `call` and `after`."""

    who: str = field(compare=False)
    """The short name of the person or group for sentences."""

    depends_on_active: ClassVar[bool] = True
    """Whether its call has another effect on a deactivated account; `hidden` if that isn't shown."""

    is_visible: ClassVar[bool] = True
    """Whether a look can show that it holds. Else it counts as reached once Miro accepts its call, is called
    accepted, never done, and later goals don't depend on it."""

    @property
    def key(self) -> str:
        """Identifies the goal in plans, approvals and the record, independent of display names."""
        raise NotImplementedError

    @property
    def code(self) -> str:
        """Names its calls in the record: the key without personal data."""
        return self.key

    @property
    def change(self) -> Sentence:
        """The change as a sentence: a code of `wording` and its values."""
        raise NotImplementedError

    @property
    def words(self) -> Words:
        """The texts of the change."""
        return words_of(self.change)

    @property
    def needs(self) -> str:
        """Comma-separated attributes that a look needs besides `wire.LOOK`."""
        return ""

    def holds(self, seen: Seen) -> bool:
        """Whether the look shows that it holds; False also if the look leaves that out."""
        raise NotImplementedError

    def call(self, seen: Seen) -> ScimCall:
        """The call that reaches it."""
        raise NotImplementedError

    def after(self, seen: Seen) -> Seen:
        """The expected result of a look after the call."""
        raise NotImplementedError

    def before(self, seen: Seen) -> Mapping[str, Any]:
        """What a look shows of what its call changes, if the key doesn't say it: undoing needs that."""
        return {}

    def unshown(self, seen: Seen) -> bool:
        """Whether the look leaves out what it is about: then nothing but Miro's answer tells of it."""
        return False

    def hazards(self, seen: Seen) -> tuple[Sentence, ...]:
        """Warnings about irreversible or costly effects."""
        return ()

    def rights(self, seen: Seen) -> tuple[str, ...]:
        """Admin rights that it also grants, without being asked."""
        return ()

    def hidden(self, seen: Seen) -> str:
        """The attribute missing in the look that is needed to check this goal; '' if none."""
        is_unknown = seen.account is not None and seen.account.active is None and not self.holds(seen)
        return f"whether {self.who}'s account is active" if self.depends_on_active and is_unknown else ""

    def obstacle(self, seen: Seen) -> str:
        """Why it can't be reached from here, with the remedy; '' if it can."""
        return ""

    def sure(self, seen: Seen) -> bool:
        """Whether its call may be sent once the calls before it were accepted, without a look in between."""
        return True


def needs(goals: Iterable[Goal]) -> str:
    """The attributes that the looks of goals need besides `wire.LOOK`, comma-separated."""
    return ",".join(goal.needs for goal in goals if goal.needs)
