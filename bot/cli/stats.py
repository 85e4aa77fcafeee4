"""Figures about requests, from a shell: how long they take, how they end, what access came of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import click

from approvals.decide.too_late import ago
from approvals.folding import fold
from approvals.ids import RequestId
from approvals.record.store import Store
from approvals.request import Event, Request
from approvals.states import EventType, State
from bot.actions import ACTIONS
from bot.cards.catalogue import SENTENCES
from bot.cli.common import JSON, open_record, say, say_json
from bot.cli.requests import Filters, filters

_DECIDED = (EventType.APPROVED, EventType.DENIED)


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
        self.states[request.state.value] += 1
        decided = [at[what] for what in _DECIDED if what in at]
        if decided and not request.is_unasked:
            self.to_decision.append(min(decided))
        if EventType.DONE in at:
            self.to_done.append(at[EventType.DONE])

    def as_json(self) -> dict[str, Any]:
        """For a program; times in seconds, None if there are none."""
        return {
            "requests": self.requests,
            "states": dict(self.states),
            "seconds_to_decision": _spread(self.to_decision),
            "seconds_to_done": _spread(self.to_done),
        }

    def line(self, name: str) -> str:
        """For a terminal."""
        done, expired = self.states[State.DONE], self.states[State.EXPIRED]
        times = (_typical(self.to_decision), _typical(self.to_done))
        return f"  {name:<24}{self.requests:>9}{done:>7}{expired:>9}   {times[0]:<14}{times[1]:<14}".rstrip()


def _spread(times: list[timedelta]) -> dict[str, float | None]:
    """The median and the 90th percentile."""
    ordered = sorted(time.total_seconds() for time in times)
    at = {"median": 0.5, "p90": 0.9}
    return {name: ordered[int(len(ordered) * part)] if ordered else None for name, part in at.items()}


def _typical(times: list[timedelta]) -> str:
    median = _spread(times)["median"]
    return "-" if median is None else ago(timedelta(seconds=median))


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
        yield f"{'':<26}{'requests':>9}{'done':>7}{'expired':>9}   {'to decision':<14}to done"
        yield self.total.line("All")
        states = ", ".join(f"{state} {count}" for state, count in self.total.states.most_common())
        yield f"  {states or 'none yet'}"
        for title, part in (("By action", self.actions), ("By team", self.teams)):
            if part:
                yield title
                yield from (part[name].line(name) for name in sorted(part))
        if self.stopped:
            yield "Stopped, by what helps"
            yield from (f"  {count:>4}  {reason}" for reason, count in self.stopped.most_common())
        yield f"Access gained: {self.gained}, taken away: {self.taken}"


def _reason(remedy: str) -> str:
    """The remedy for operators, without the part common to all."""
    text = SENTENCES.get(remedy) or "Other"
    return text.partition(", then press")[0]


def _counted(store: Store, ids: list[RequestId]) -> Stats:
    """One pass over the requests; of each, its entries are read once."""
    stats = Stats()
    for id in ids:
        events = list(store.events(id))
        try:
            request = fold(events)
        except ValueError:  # a newer program began it
            continue
        stats.add(request, events)
    return stats


@click.command()
@filters
@JSON
def stats(filters: Filters, as_json: bool) -> None:
    """Show how long requests take, how they end, and what access they gave or took.

    Times are medians from the request to the first decision, and to done.
    """
    with open_record() as store:
        figures = _counted(store, filters.ids(store))
    say_json(figures.as_json()) if as_json else say(*figures.lines())
