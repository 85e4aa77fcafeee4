"""What was seen of one request from outside and in the record, and what many of them come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from approvals.record.store import Store
from approvals.states import EventType, State
from tests.campaigns.watch import Watch


@dataclass(frozen=True)
class Seen:
    """How one request went."""

    state: State
    faults: tuple[str, ...]
    steps: tuple[str, ...]
    """What happened to it, each thing once, in order; answers are left out: a dead bot hears none."""
    ends: int
    miro: Mapping[str, Any]
    writes: tuple[str, ...]
    looks: int
    posted: tuple[str, ...]
    told: int
    early: tuple[str, ...]
    """Messages that said Done before Miro held what it holds in the end."""
    unannounced: tuple[str, ...]
    follows: tuple[str, ...]
    """The requests that follow from it by themselves, and where they stand."""

    @classmethod
    def of(cls, store: Store, watch: Watch) -> "Seen":
        """What a record and a watch know."""
        events, miro = list(store.events(watch.request)), watch.miro.snapshot()
        heard = [one for one in events if one.type != EventType.ANSWERED]
        return cls(
            state=store.request(watch.request).state,
            faults=store.verify().faults,
            steps=tuple(dict.fromkeys(f"{one.type} {one.body.get('step', '')}".strip() for one in heard)),
            ends=sum(one.type == EventType.DONE for one in events),
            miro=miro,
            writes=tuple(watch.writes),
            looks=len(watch.looks),
            posted=tuple(watch.posted),
            # A card of a list that goes on may count all its lines as done before it says so.
            told=sum("⏳" not in one.text for one in watch.told),
            early=tuple(one.text for one in watch.told if one.held != miro),
            unannounced=tuple(watch.unannounced),
            follows=tuple(f"{one.action} {one.state}" for one in store.because_of(watch.request)),
        )


@dataclass
class Tally:
    """Sums over many runs."""

    runs: int = 0
    kills: int = 0
    lost: int = 0
    """Requests that didn't end done, or not with what the undisturbed run left in Miro."""
    early: int = 0
    repeated: int = 0
    """Writes that went out again after the same write had."""
    looks: int = 0
    """Looks beyond those of undisturbed runs."""
    told_twice: int = 0
    """Messages posted again because nobody could know that they had got there."""
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        names = [one.name for one in fields(self)]
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def __str__(self) -> str:
        return (
            f"{self.runs} runs, {self.kills} kills, {self.lost} lost, {self.early} told done too early, "
            f"{self.repeated} writes repeated, {self.looks} looks more, {self.told_twice} messages twice"
        )


def judged(name: str, seen: Seen, right: Seen, kills: int) -> Tally:
    """One run, held against the undisturbed one."""
    wrong = {
        f"it ended {seen.state}": seen.state is not State.DONE or seen.ends != 1,
        f"the record has faults: {seen.faults}": bool(seen.faults),
        f"the record tells of {seen.steps}": seen.steps != right.steps,
        "Miro holds something else": seen.miro != right.miro,
        f"the record didn't announce {seen.unannounced}": bool(seen.unannounced),
        f"this was told too early: {seen.early}": bool(seen.early),
        f"{seen.follows} follows": seen.follows != right.follows,
        "somebody wasn't told": seen.told < right.told,
    }
    return Tally(
        runs=1,
        kills=kills,
        lost=int(seen.state is not State.DONE or seen.miro != right.miro),
        early=len(seen.early),
        repeated=_again(seen.writes),
        looks=seen.looks - right.looks,
        told_twice=_again(seen.posted),
        wrong=[f"{name}: {what}" for what, is_so in wrong.items() if is_so],
    )


def _again(things: Sequence[str]) -> int:
    return len(things) - len(set(things))


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    return sum(tallies, Tally())
