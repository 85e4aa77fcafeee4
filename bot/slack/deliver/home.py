"""The content of a person's App Home, read from the record; only shown requests are folded."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from approvals.decide.actor import Who, check_standing, is_operator
from approvals.decide.streams.reviews import Review
from approvals.ids import PersonId
from approvals.people import addressed, listed
from approvals.record.index import Found
from approvals.record.people.groups import Admin
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import State
from bot.actions import ACTIONS, COMMANDS, Action
from bot.actions.undo import can_undo
from bot.cards.blocks import Block, button
from bot.cards.home import ALL_AT_ONCE, NOBODY, Line, May, Section, approve_together, closed, draw, offers
from bot.cards.lines import handed, stands, stopped, stuck
from bot.cards.named import mark, when
from bot.cards.request import CARDS
from bot.cards.scene import Scene
from bot.context import CONFIDENTIAL, Desk
from bot.slack import answers
from bot.slack.away import span
from bot.slack.deliver.audience import owned
from bot.slack.directory.view import home as directories
from bot.slack.review.view import listed as listed_review
from bot.work.reviewing import reviews

FEW, MANY, TO_DECIDE, ADMINS = 3, 15, (4, 8), 30
"""Rows of a section, and of a list on a page of its own: a view stays under Slack's 100 blocks."""

UNCHECKED = "I haven't been able to check your Slack account today. I'm looking; this page follows by itself."
_GIVES = tuple(name for name, action in ACTIONS.items() if "rights" in action.form() and not action.ADMINS)
_TAKES = tuple(name for name, action in ACTIONS.items() if action.ADMINS)

_WITHDRAW, _REMIND, _DETAILS = May("Withdraw", "withdraw"), May("Remind", "remind"), May("Details", "details")
_AGAIN, _EXTEND = May("Ask Again", "again"), May("Extend", "again")
_HAND_OVER = May("Hand Over", "hand-over")
_KEEP = May("Keep the Account", "keep")
_UNDO = May("Undo", "undo")
_END_NOW = May("End Now", "end-now")
_START = May("Change Start", "start")
_TAKEN_BACK = (State.CHECKING, State.WAITING, State.APPROVED)


def is_home(body: dict[str, Any]) -> bool:
    """Whether a click was in App Home: it has no message, and from local-slack no view."""
    in_view = "channel_id" not in body.get("container", {})
    is_page = body.get("view", {}).get("type", "home") == "home"
    return body.get("type") == "block_actions" and in_view and is_page


def is_harmless(action: type[Action]) -> bool:
    """Whether requests of an action may be approved together: not admin rights, not offboarding."""
    return action.TOGETHER and not (action.CONFIRM or action.CONFIDENTIAL or action.ADMINS)


def may_go_along(request: Request) -> bool:
    """Whether a request may be approved together with others: it grants no admin rights."""
    return is_harmless(COMMANDS[request.action]) and not request.plan.rights


@dataclass(frozen=True)
class At:
    """The position in App Home: a list on its own page, and its first row; '' for the whole page.

    `about`: the person whose requests are listed.
    """

    name: str = ""
    start: int = 0
    about: str = ""

    @classmethod
    def read(cls, value: str) -> "At":
        """The position carried by a paging button: "open:15"."""
        name, _, rest = value.partition(":")
        start, _, about = rest.partition(":")
        return cls(name, int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 0, about)


def view(desk: Desk, who: Who, notice: str = "", at: At = At()) -> Block:
    """The view for Slack; guests, strangers and deactivated accounts get one sentence."""
    try:
        check_standing(who, desk.now())
    except Refused as error:
        if who.account and who.account.is_outside:
            return closed(str(error))
        return closed(UNCHECKED, answers.offers(desk, who))
    return draw(Gathering(desk, who).page(at), notice)


@dataclass(frozen=True)
class _List:
    """One list of requests. `fetch(limit, skip)` reads requests; `row` draws one."""

    title: str
    fetch: Callable[[int, int], Found]
    row: Callable[[Request], Scene | Line]
    few: int = FEW
    many: int = MANY


class Gathering:
    """Reads what one person may see."""

    def __init__(self, desk: Desk, who: Who) -> None:
        self._desk, self._who = desk, who
        self._sight = desk.sight(who.person)
        # Each person and team is looked up once for a page.
        facts, self._person = desk.facts, cache(desk.person)
        self._facts = replace(facts, person=cache(facts.person), known_team=cache(facts.known_team))
        self._zone = (who.account.zone if who.account else "") or "UTC"

    def page(self, at: At = At()) -> list[Section]:
        """The sections of the page, or the one list on its own page."""
        lists = self._lists(at)
        if at.name in lists:
            return [self._section(at.name, lists[at.name], at.start, is_alone=True)]
        urgent, mine = (
            [self._section(name, lists[name]) for name in names if name in lists]
            for names in (("waiting", "handed", "stopped", "stuck"), ("mine", "ended", "teams"))
        )
        reviewed = [review for review in reviews.opened(self._desk) if self._reviews(review)]
        urgent += map(listed_review, reviewed[:FEW])
        is_quiet = not any(part.rows for part in (*urgent, mine[0]))
        caught_up = Section("caught-up", rows=("You're all caught up.",) if is_quiet else ())
        parts = [
            *urgent,
            offers(answers.offers(self._desk, self._who)),
            caught_up,
            self._teams(),
            *mine,
            *self._operated(),
            self._delegate(),
            Section("known", "How I know you", small=tuple(answers.known_as(self._desk, self._who))),
        ]
        return [part for part in parts if part.rows or part.buttons or part.small]

    def _reviews(self, review: Review) -> bool:
        return any(person.is_(self._who.person) for person in reviews.deciders(self._desk, review))

    def _lists(self, at: At) -> dict[str, _List]:
        """{name: list} of all lists that this person may see."""
        sight, names = self._sight, owned(self._desk, self._who.person)
        lists = {
            "waiting": _List("Waiting for you", self._waiting, self._to_decide, *TO_DECIDE),
            "handed": _List("To finish by hand in Miro", sight.handed, self._handed),
            "mine": _List("Your open requests", sight.mine, self._mine),
            "ended": _List("Recently closed", lambda limit, _: Found(sight.ended(limit)), self._ended),
        }
        if names:
            lists["teams"] = _List("About your teams", partial(sight.teams, names), self._detailed)
        if is_operator(self._desk.policy, self._who.person):
            more = May("Resume", "resume"), _HAND_OVER, May("Close as Incomplete", "withdraw"), _DETAILS
            row = partial(self._line, drawn=stopped, may=more)
            lists["stopped"] = _List("Needs your attention", sight.stopped, row)
            row = partial(self._line, drawn=stuck, may=(_WITHDRAW, _DETAILS))
            lists["stuck"] = _List("No approver available", sight.stuck, row)
            lists["open"] = _List("Everything open", sight.open, self._detailed)
            if at.about:
                person = self._person(PersonId(at.about))
                fetch = partial(sight.concerning, person.id)
                lists["search"] = _List(f"Requests of {person.called}", fetch, self._detailed)
        return lists

    def _section(self, name: str, of: _List, start: int = 0, *, is_alone: bool = False) -> Section:
        size = of.many if is_alone else of.few
        page = of.fetch(size, start)
        if start and not page.requests:  # decided or closed since the button was drawn
            start, page = 0, of.fetch(size, 0)
        rows = tuple(map(of.row, page.requests))
        buttons = approve_together(self._together(rows)) if name == "waiting" else ()
        title = of.title if rows or is_alone else ""
        return Section(name, title, rows, buttons, (), page.total, start, size, is_alone)

    # -- requests ----------------------------------------------------------------------------------------

    def _waiting(self, limit: int, skip: int = 0) -> Found:
        return Found(self._sight.waiting(limit, skip=skip), sum(self._sight.kinds().values()))

    def _together(self, shown: Iterable[Scene | Line]) -> list[tuple[type[Action], int]]:
        """[(harmless action, number waiting)], without shown ones that have to be decided alone."""
        counts = Counter(self._sight.kinds()) - Counter(_apart(shown))
        return [
            (action, counts[name])
            for name, action in ACTIONS.items()
            if counts[name] > 1 and is_harmless(action)
        ]

    def all_of(self, action: str) -> list[Scene]:
        """The requests of a harmless action that may be approved together."""
        requests = self._sight.waiting(ALL_AT_ONCE, action) if is_harmless(COMMANDS[action]) else []
        scenes = [scene for request in requests if (scene := self.scene(request))]
        return [scene for scene in scenes if may_go_along(scene.request)]

    def scene(self, request: Request) -> Scene | None:
        """A request as this person sees it; None if this program can't read it."""
        if request.untouchable or not self._desk.readable(request):
            return None
        command = self._desk.command(request)
        return Scene(
            request, command, self._facts, self._person, self._who.person, self._zone, request.plan.round
        )

    def _to_decide(self, request: Request) -> Scene | Line:
        return self.scene(request) or self._line(request)

    def _line(
        self, request: Request, drawn: Callable[[Scene], str] = stands, may: Sequence[May] = ()
    ) -> Line:
        scene = self.scene(request)
        if scene is None:
            return Line(request, f"{request.id}: I can't read all of it, so I leave it alone.")
        return Line(
            request,
            f"{drawn(scene)} Requested {scene.at(request.asked_at)}.",
            tuple(may),
            None,
            self._card(request),
        )

    def _card(self, request: Request) -> str:
        """The link of this person's card of a request; '' where none is known."""
        outbox, mine = self._desk.store.outbox, self._who.person.id
        cards = [card for card in outbox.of(request.id) if card.address == mine and card.role in CARDS]
        return outbox.permalink(cards[-1]) if cards else ""

    def _detailed(self, request: Request) -> Line:
        return self._line(request, may=[_DETAILS])

    def _handed(self, request: Request) -> Line:
        return self._line(request, drawn=handed, may=[May("I've Done It", "report"), _DETAILS])

    def _asked_it(self, request: Request) -> bool:
        return self._who.person.is_(self._person(request.requester))

    def _mine(self, request: Request) -> Line:
        may = [_DETAILS]
        if self._asked_it(request) and not (request.is_end and request.action not in CONFIDENTIAL):
            may = [_REMIND, *may] if request.state is State.WAITING else may
            may = [_START, *may] if request.is_scheduled else may
            stop = _KEEP if request.is_end and request.is_scheduled else _WITHDRAW
            may = [stop, *may] if request.state in _TAKEN_BACK else may
            may = [*_answer(request), *may]
        return self._line(request, may=may)

    def _ended(self, request: Request) -> Line:
        undo = [_UNDO] if self._may_undo(request) else []
        if self._asked_it(request) and (request.state is State.EXPIRED or request.ending.ends_at):
            return self._line(request, may=[_EXTEND, _END_NOW, *undo] if request.ending.ends_at else [_AGAIN])
        if request.ending.ends_at:
            return self._line(request, may=[_END_NOW])
        twin, line = self._twin(request), self._line(request, may=undo)
        return replace(line, on=twin, may=(_REMIND,)) if twin else line

    def _may_undo(self, request: Request) -> bool:
        is_theirs = self._asked_it(request) and request.state is State.DONE
        may = is_theirs and not (request.is_end or request.practice)
        return may and can_undo(request, self._facts.can_be_asked)

    def _twin(self, request: Request) -> Request | None:
        """The waiting request that this one joined, or None."""
        if request.state is not State.JOINED or request.because_of is None:
            return None
        twin = self._desk.store.request(request.because_of)
        secret = self._desk.is_secret_from(self._who.person, twin)
        return twin if twin.state is State.WAITING and not secret else None

    # -- what I look after -------------------------------------------------------------------------------

    def _teams(self) -> Section:
        """The person's teams by Miro, and when they were read."""
        account = self._who.account
        teams = self._desk.teams_of(account.slack_id) if account else None
        if teams is None:
            return Section("my-teams")
        names = listed([self._desk.tables().label(team) for team in teams]) or "You're in no team."
        seen = self._desk.store.groups.seen_at("members")
        return Section("my-teams", "Your teams", (names,), small=(self._seen(seen),))

    def _seen(self, at: datetime | None) -> str:
        return f"Seen in Miro {when(at, self._zone)}." if at else "I haven't looked yet."

    def _operated(self) -> list[Section]:
        """The sections for operators; owners of teams also get the list of admins."""
        all_admins, seen = self._desk.store.groups.admins()
        lines = tuple(map(self._admin, all_admins[:ADMINS]))
        left = len(all_admins) - len(lines)
        more = f" {left} more are listed in Miro's company settings." if left else ""
        rows = (lines,) if lines else ()
        admins = Section("admins", "Admin rights in Miro", rows, small=(f"{self._seen(seen)}{more}",))
        if is_operator(self._desk.policy, self._who.person):
            count = self._sight.open(1, 0).total
            look = [button("Search", "search", "search")]
            look += [button(f"Show All {count} Open", "page:all", "open:0")] if count else []
            sources = directories(self._desk, self._who, self._zone)
            return [*sources, Section("look-up", "Look up requests", buttons=tuple(look)), admins]
        return [admins] if owned(self._desk, self._who.person) else []

    def _admin(self, admin: Admin) -> str:
        """The rights of an admin, with the request that gave them if it was the last to change them."""
        person = self._desk.store.people.by_email(admin.email)
        is_met = person and person.account
        who = mark(person, admin.email) if person and is_met else addressed(admin.name, admin.email)
        line = f"{who}: {admin.rights}"
        last = self._desk.store.finding.last_done(admin.email, (*_GIVES, *_TAKES))
        if last is None or last.action not in _GIVES:
            return line
        at = when(last.at, self._zone)
        given = str(last.details.get("rights", ""))
        return f"{line}, {given + ' ' if given != admin.rights else ''}since {last.id} ({at})"

    # -- about me ----------------------------------------------------------------------------------------

    def _delegate(self) -> Section:
        named = self._desk.store.people.named_delegate(self._who.person.id, self._desk.now())
        if named is None:
            text = "No delegate set. Before you're away, choose who decides for you."
            return Section("away", "Your delegate", (text,), (button("Name a Delegate", "away", NOBODY),))
        text = f"{mark(self._person(named.delegate))} stands in for you {span(named, self._who.person)}."
        buttons = button("Change", "away", named.key), button("I'm Back", "away-off", named.key)
        return Section("away", "Your delegate", (text,), buttons)


def _answer(request: Request) -> list[May]:
    """A button for the open question, if there is one."""
    count = len(request.asking.questions)
    is_open = count and not request.asking.questions[-1].answer and request.state is State.WAITING
    return [May("Answer", "answer", count)] if is_open else []


def _apart(waiting: Iterable[Scene | Line]) -> list[str]:
    """The actions of the requests that have to be decided alone."""
    scenes = [each for each in waiting if isinstance(each, Scene)]
    return [each.request.action for each in scenes if not may_go_along(each.request)]
