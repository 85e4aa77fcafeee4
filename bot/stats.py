"""Figures about requests: how long they take, how they end, what access they gave or took; and their bars."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Any

from approvals.decide.too_late import ago
from approvals.folding import fold
from approvals.ids import RequestId
from approvals.record.store import Store
from approvals.request import Event, Request
from approvals.sentence import Sentence
from approvals.states import EventType, State
from bot.actions import ACTIONS
from bot.cards.blocks import Message, bullets, header, message, sections
from bot.cards.catalogue import SENTENCES, written
from bot.cards.named import bold

WIDTH = 8
"""Blocks of the longest bar."""
MOST_ROWS = 5
"""Bars of one chart in Slack."""
_DECIDED = (EventType.APPROVED, EventType.DENIED)


def bar(count: int, most: int) -> str:
    """A bar of text; `most`: the count of the longest bar."""
    return "█" * ceil(WIDTH * count / most)


@dataclass
class Figures:
    """Figures of some requests; times run from the ask."""

    requests: int = 0
    states: Counter[str] = field(default_factory=Counter)
    to_decision: list[timedelta] = field(default_factory=list)
    to_done: list[timedelta] = field(default_factory=list)

    def add(self, request: Request, at: dict[str, timedelta]) -> None:
        """Counts a request; `at`: when each type of event first came."""
        self.requests += 1
        accepted = request.outcome and request.outcome.unshown
        self.states["not verified" if accepted else request.state.value] += 1
        decided = [at[what] for what in _DECIDED if what in at]
        if decided and not request.is_unasked:
            self.to_decision.append(min(decided))
        if EventType.DONE in at and not (request.starts_at or accepted):
            self.to_done.append(at[EventType.DONE])

    def as_json(self) -> dict[str, Any]:
        """For a program; times in seconds, None if there are none."""
        return {
            "requests": self.requests,
            "states": dict(self.states),
            "seconds_to_decision": _spread(self.to_decision),
            "seconds_to_done": _spread(self.to_done),
        }

    @property
    def all_states(self) -> str:
        """How many requests are in each state, the most frequent first."""
        return ", ".join(f"{count} {state}" for state, count in self.states.most_common())

    def line(self, name: str, most: int) -> str:
        """For a terminal, with a bar."""
        counts = f"{self.requests:>9}{self.states[State.DONE]:>7}{self.states[State.EXPIRED]:>9}"
        times = f"{_typical(self.to_decision) or '-':<14}{_typical(self.to_done) or '-'}"
        return f"  {name:<24}{bar(self.requests, most):<{WIDTH}}{counts}   {times}"

    def row(self, name: str, most: int) -> str:
        """For Slack, with a bar first: its letters have no common width."""
        times = {"decided in": _typical(self.to_decision), "done in": _typical(self.to_done)}
        facts = [f"{what} {time}" for what, time in times.items() if time]
        facts += [f"{self.states[State.EXPIRED]} expired"] if self.states[State.EXPIRED] else []
        return f"{bar(self.requests, most)} {self.requests} {name}{': ' if facts else ''}{', '.join(facts)}"


def _spread(times: list[timedelta]) -> dict[str, float | None]:
    """The median and the 90th percentile."""
    ordered = sorted(time.total_seconds() for time in times)
    at = {"median": 0.5, "p90": 0.9}
    return {name: ordered[int(len(ordered) * part)] if ordered else None for name, part in at.items()}


def _typical(times: list[timedelta]) -> str:
    """The median, '' if there is none."""
    median = _spread(times)["median"]
    return "" if median is None else ago(timedelta(seconds=median))


@dataclass
class Stats:
    """Figures of all requests, by action and team, and others."""

    total: Figures = field(default_factory=Figures)
    actions: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    teams: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    stopped: Counter[str] = field(default_factory=Counter)
    """{remedy for operators: how often requests stopped with it}."""
    gained: int = 0
    taken: int = 0

    def add(self, request: Request, events: list[Event]) -> None:
        """Counts one request with its entries."""
        first = {event.type: event.at - request.asked_at for event in reversed(events)}
        names = {team[0] for team in (*request.scope.teams, *request.scope.left) if team}
        for figures in (self.total, self.actions[request.action], *(self.teams[name] for name in names)):
            figures.add(request, first)
        for event in events:
            if event.type == EventType.STOPPED:
                self.stopped[_reason(str(event.body.get("remedy", "")))] += 1
        if request.state is State.DONE and request.subject:
            action = ACTIONS.get(request.action)
            takes = request.is_end or bool(action and action.URGENCY)
            self.gained, self.taken = self.gained + (not takes), self.taken + takes

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "total": self.total.as_json(),
            "by_action": {name: figures.as_json() for name, figures in self.actions.items()},
            "by_team": {name: figures.as_json() for name, figures in self.teams.items()},
            "stopped": dict(self.stopped),
            "access": {"gained": self.gained, "taken": self.taken},
        }

    def lines(self) -> Iterator[str]:
        """For a terminal; times are medians."""
        yield f"{'':<{26 + WIDTH}}{'requests':>9}{'done':>7}{'expired':>9}   {'to decision':<14}to done"
        yield self.total.line("All", self.total.requests or 1)
        yield f"  {self.total.all_states or 'none yet'}"
        for title, part in (("By action", self.actions), ("By team", self.teams)):
            if part:
                yield title
                yield from (figures.line(name, most) for name, figures, most in _ranked(part))
        if self.stopped:
            yield "Stopped, by what helps"
            most = max(self.stopped.values())
            for reason, count in self.stopped.most_common():
                yield f"  {bar(count, most):<{WIDTH}}{count:>5}  {reason}"
        yield f"Access gained: {self.gained}, taken away: {self.taken}"

    def drawn(self, title: str) -> Message:
        """For Slack: totals, and the longest bars of each chart."""
        if not self.total.requests:
            return message(f"{title}: none.")
        times = {"decision": _typical(self.total.to_decision), "done": _typical(self.total.to_done)}
        facts = (
            f"{self.total.requests} in all: {self.total.all_states}.",
            *(f"Median time to {what}: {time}." for what, time in times.items() if time),
            f"Access gained: {self.gained}. Taken away: {self.taken}.",
        )
        actions = {getattr(ACTIONS.get(name), "TITLE", name): part for name, part in self.actions.items()}
        charts = {
            "By action": [part.row(name, most) for name, part, most in _ranked(actions)],
            "By team": [part.row(name, most) for name, part, most in _ranked(self.teams)],
            "Stopped, by what helps": [
                f"{bar(count, max(self.stopped.values()))} {count} {reason}"
                for reason, count in self.stopped.most_common()
            ],
        }
        drawn = (bullets(rows[:MOST_ROWS], heading=bold(name)) for name, rows in charts.items() if rows)
        return message(title, header(title), *sections(*facts), *drawn)


def _ranked(part: dict[str, Figures]) -> Iterator[tuple[str, Figures, int]]:
    """(name, figures, the most requests of all), the most frequent first."""
    most = max((figures.requests for figures in part.values()), default=1)
    for name in sorted(part, key=lambda name: (-part[name].requests, name)):
        yield name, part[name], most


def _reason(remedy: str) -> str:
    """The remedy for operators, about any team, without the part common to all."""
    text = written(Sentence(remedy), str) if remedy in SENTENCES else "Other"
    return text.partition(", then press")[0]


def counted(store: Store, ids: list[RequestId], shows: Callable[[Request], bool] = lambda _: True) -> Stats:
    """One pass over the requests that `shows` accepts; of each, its entries are read once."""
    stats = Stats()
    for id in ids:
        events = list(store.events(id))
        try:
            request = fold(events)
        except ValueError:  # a newer program began it
            continue
        if shows(request):
            stats.add(request, events)
    return stats
