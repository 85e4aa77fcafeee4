"""What stands in somebody's App Home: gathered out of the record, with nothing folded that isn't shown."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from approvals.decide.actor import Who, check_standing, is_operator
from approvals.people import addressed
from approvals.record.index import Found
from approvals.record.people.groups import Admin
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import State
from bot.actions import ACTIONS, Action
from bot.cards.blocks import Block, when
from bot.cards.home import ALL_AT_ONCE, Admins, Kind, Line, Listed, May, Page, StandIn, closed, draw
from bot.cards.lines import stands, stopped, stuck
from bot.cards.named import mark
from bot.cards.scene import Scene
from bot.context import Desk
from bot.slack import answers
from bot.slack.away import span
from bot.slack.deliver.audience import owned

WAITING, MINE, ENDED, TROUBLE, TEAMS, ADMINS = 6, 6, 3, 4, 4, 30
"""How many of each are shown: with all of them a view stays under Slack's 100 blocks."""

UNCHECKED = "I haven't been able to check your Slack account today. I'm looking; this page follows by itself."
_GIVES = tuple(name for name, action in ACTIONS.items() if "rights" in action.form() and not action.ADMINS)
_TAKES = tuple(name for name, action in ACTIONS.items() if action.ADMINS)

_WITHDRAW, _REMIND, _DETAILS = May("Withdraw", "withdraw"), May("Remind", "remind"), May("Details", "details")
_RESUME, _LEAVE = May("Resume", "resume"), May("Close as Incomplete", "withdraw")
_AGAIN, _EXTEND = May("Ask Again", "again"), May("Extend", "again")
_TAKEN_BACK = (State.CHECKING, State.WAITING, State.APPROVED)


def is_home(body: dict[str, Any]) -> bool:
    """Whether somebody pressed something in App Home: there is no message, and local-slack sends no view."""
    in_view = "channel_id" not in body.get("container", {})
    is_page = body.get("view", {}).get("type", "home") == "home"
    return body.get("type") == "block_actions" and in_view and is_page


def is_harmless(action: type[Action]) -> bool:
    """Whether several of them may be approved together: neither admin rights nor offboarding."""
    return not (action.CONFIRM or action.CONFIDENTIAL or action.ADMINS)


def may_go_along(request: Request) -> bool:
    """Whether this one may be approved together with others: no admin rights come along with it."""
    return is_harmless(ACTIONS[request.action]) and not request.plan.rights


def view(desk: Desk, who: Who, notice: str = "") -> Block:
    """The view for Slack. Guests, strangers and deactivated accounts are shown one sentence."""
    try:
        check_standing(who, desk.now())
    except Refused as error:
        if who.account and who.account.is_outside:
            return closed(str(error))
        return closed(UNCHECKED, answers.offers(desk, who))
    return draw(Gathering(desk, who).page(notice))


class Gathering:
    """One look at the record through the eyes of one person."""

    def __init__(self, desk: Desk, who: Who) -> None:
        self._desk, self._who = desk, who
        self._sight = desk.sight(who.person)
        # Each person and team is looked up once, however often a page names them.
        facts, self._person = desk.facts, cache(desk.person)
        self._facts = replace(facts, person=cache(facts.person), team=cache(facts.team))
        self._zone = (who.account.zone if who.account else "") or "UTC"

    def page(self, notice: str = "") -> Page:
        """Everything that is drawn."""
        kinds = self._sight.kinds()
        waiting = self.waiting(WAITING)
        together = Counter(kinds) - Counter(_apart(waiting))
        return Page(
            waiting=tuple(waiting),
            waiting_left=sum(kinds.values()) - len(waiting),
            kinds=tuple(Kind(ACTIONS[name], together[name]) for name in _together(together)),
            mine=self._listed(self._sight.mine(MINE), self._mine),
            ended=tuple(self._ended(one) for one in self._sight.ended(ENDED)),
            teams=self._teams(),
            delegate=self._delegate(),
            known=tuple(answers.known_as(self._desk, self._who)),
            offers=tuple(answers.offers(self._desk, self._who)),
            notice=notice,
            **self._operated(),
        )

    def waiting(self, limit: int, action: str = "") -> list[Scene | Line]:
        """What the reader is to decide; a request this program can't read is shown, and can't be decided."""
        found = self._sight.waiting(limit, action)
        return [self._scene(one) or self._line(one, stands) for one in found]

    def all_of(self, action: str) -> list[Scene]:
        """Requests of one harmless kind that may be approved together."""
        found = self.waiting(ALL_AT_ONCE, action) if is_harmless(ACTIONS[action]) else []
        return [one for one in found if isinstance(one, Scene) and may_go_along(one.request)]

    def _scene(self, request: Request) -> Scene | None:
        if request.untouchable or not self._desk.readable(request):
            return None
        command, now = self._desk.command(request), self._desk.now()
        return Scene(
            request, command, self._facts, self._person, self._who.person, self._zone, now, request.plan.round
        )

    def _line(self, request: Request, drawn: Callable[[Scene], str], *may: May) -> Line:
        scene = self._scene(request)
        if scene is None:
            return Line(request, f"{request.id}: I can't read all of it, so I leave it alone.")
        return Line(request, drawn(scene), may)

    def _listed(self, found: Found, line: Callable[[Request], Line]) -> Listed:
        return Listed(tuple(line(one) for one in found.requests), found.left)

    def _all(self, found: Found, drawn: Callable[[Scene], str], *may: May) -> Listed:
        return self._listed(found, lambda one: self._line(one, drawn, *may))

    # -- mine --------------------------------------------------------------------------------------------

    def _asked_it(self, request: Request) -> bool:
        return self._who.person.is_(self._person(request.requester))

    def _mine(self, request: Request) -> Line:
        may = [_DETAILS]
        if self._asked_it(request):
            may = [_REMIND, *may] if request.state is State.WAITING else may
            may = [_WITHDRAW, *may] if request.state in _TAKEN_BACK else may
            may = [*_answer(request), *may]
        return self._line(request, stands, *may)

    def _ended(self, request: Request) -> Line:
        if self._asked_it(request) and (request.state is State.EXPIRED or request.ending.ends_at):
            return self._line(request, stands, _EXTEND if request.ending.ends_at else _AGAIN)
        twin, line = self._twin(request), self._line(request, stands)
        return replace(line, on=twin, may=(_REMIND,)) if twin else line

    def _twin(self, request: Request) -> Request | None:
        """The request that this one joined, while it waits."""
        if request.state is not State.JOINED or request.because_of is None:
            return None
        twin = self._desk.store.request(request.because_of)
        secret = self._desk.is_secret_from(self._who.person, twin)
        return twin if twin.state is State.WAITING and not secret else None

    # -- what I look after -------------------------------------------------------------------------------

    def _teams(self) -> Listed:
        names = owned(self._desk, self._who.person)
        return self._all(self._sight.teams(names, TEAMS) if names else Found(), stands, _DETAILS)

    def _operated(self) -> dict[str, Any]:
        """What operators look after beside their own; owners of teams see with them who is an admin."""
        if not is_operator(self._desk.policy, self._who.person):
            return {"admins": self._admins()} if owned(self._desk, self._who.person) else {}
        return {
            "stopped": self._all(self._sight.stopped(TROUBLE), stopped, _RESUME, _LEAVE, _DETAILS),
            "stuck": self._all(self._sight.stuck(TROUBLE), stuck, _WITHDRAW, _DETAILS),
            "admins": self._admins(),
        }

    def _admins(self) -> Admins:
        found, seen = self._desk.store.groups.admins()
        told = (
            f"Seen in Miro {when(seen, self._zone, self._desk.now())}." if seen else "I haven't looked yet."
        )
        lines = tuple(map(self._admin, found[:ADMINS]))
        return Admins(lines, told, len(found) - len(lines))

    def _admin(self, admin: Admin) -> str:
        """Somebody's rights, and since which request, where that was the last to touch them."""
        person = self._desk.store.people.by_email(admin.email)
        is_met = person and person.account
        who = mark(person, admin.email) if person and is_met else addressed(admin.name, admin.email)
        line = f"{who}: {admin.rights}"
        last = self._desk.store.finding.last_done(admin.email, (*_GIVES, *_TAKES))
        if last is None or last.action not in _GIVES:
            return line
        at = when(last.at, self._zone, self._desk.now())
        given = str(last.details.get("rights", ""))
        return f"{line}, {given + ' ' if given != admin.rights else ''}since {last.id} ({at})"

    # -- about me ----------------------------------------------------------------------------------------

    def _delegate(self) -> StandIn | None:
        named = self._desk.store.people.named_delegate(self._who.person.id, self._desk.now())
        if named is None:
            return None
        days = span(named, self._who.person)
        return StandIn(f"{mark(self._person(named.delegate))} stands in for you {days}.", named.key)


def _answer(request: Request) -> list[May]:
    """A button for the question that is open, if one is."""
    count = len(request.asking.questions)
    is_open = count and not request.asking.questions[-1].answer and request.state is State.WAITING
    return [May("Answer", "answer", count)] if is_open else []


def _apart(waiting: Iterable[Scene | Line]) -> list[str]:
    """The actions of those that have to be decided by themselves."""
    scenes = [one for one in waiting if isinstance(one, Scene)]
    return [one.request.action for one in scenes if not may_go_along(one.request)]


def _together(kinds: Mapping[str, int]) -> list[str]:
    """Actions of which several may be approved together."""
    return [name for name, action in ACTIONS.items() if kinds.get(name, 0) > 1 and is_harmless(action)]
