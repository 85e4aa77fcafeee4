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

    def row(self, name: str, most: int) -> str:
        """A line with a bar first: Slack's letters have no common width."""
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
        yield from self._facts()
        for heading, rows in self._charts().items():
            yield heading
            yield from (f"  {row}" for row in rows)

    def drawn(self, title: str) -> Message:
        """For Slack: totals, and the longest bars of each chart."""
        if not self.total.requests:
            return message(f"{title}: none.")
        drawn = (bullets(rows[:MOST_ROWS], heading=bold(name)) for name, rows in self._charts().items())
        return message(title, header(title), *sections(*self._facts()), *drawn)

    def _facts(self) -> list[str]:
        times = {"decision": _typical(self.total.to_decision), "done": _typical(self.total.to_done)}
        states = ", ".join(f"{count} {state}" for state, count in self.total.states.most_common())
        return [
            f"{self.total.requests} in all: {states or 'none yet'}.",
            *(f"Median time to {what}: {time}." for what, time in times.items() if time),
            f"Access gained: {self.gained}. Taken away: {self.taken}.",
        ]

    def _charts(self) -> dict[str, list[str]]:
        """{heading: rows, the longest bar first}."""
        actions = {getattr(ACTIONS.get(name), "TITLE", name): part for name, part in self.actions.items()}
        most = max(self.stopped.values(), default=1)
        stopped = [f"{bar(count, most)} {count} {reason}" for reason, count in self.stopped.most_common()]
        parts = {"By action": _rows(actions), "By team": _rows(self.teams)}
        charts = {**parts, "Stopped, by what helps": stopped}
        return {heading: rows for heading, rows in charts.items() if rows}


def _rows(part: dict[str, Figures]) -> list[str]:
    most = max((figures.requests for figures in part.values()), default=1)
    names = sorted(part, key=lambda name: (-part[name].requests, name))
    return [part[name].row(name, most) for name in names]


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
