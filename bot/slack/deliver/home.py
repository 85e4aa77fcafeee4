"""The content of a person's App Home, read from the record; only shown requests are folded."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from approvals.decide.actor import Actor, check_standing, is_operator
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
from bot.cards.handles import press
from bot.cards.home import (
    ALL_AT_ONCE,
    NOBODY,
    Line,
    Section,
    approve_together,
    closed,
    draw,
    handed,
    offers,
    span,
    stands,
    stopped,
    stuck,
)
from bot.cards.named import mark, when
from bot.cards.request import CARDS
from bot.cards.scene import Scene
from bot.context import CONFIDENTIAL, Context
from bot.slack import answers
from bot.slack.deliver.audience import owned
from bot.slack.directory.view import home as directories
from bot.slack.review.view import listed as listed_review
from bot.work.reviewing import reviews

FEW, MANY, TO_DECIDE, ADMINS = 3, 15, (4, 8), 30
"""Rows of a section, and of a list on a page of its own: a view stays under Slack's 100 blocks."""

UNCHECKED = "I haven't been able to check your Slack account today. I'm looking; this page follows by itself."
_GIVES = tuple(name for name, action in ACTIONS.items() if "rights" in action.form() and not action.ADMINS)
_TAKES = tuple(name for name, action in ACTIONS.items() if action.ADMINS)

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


def view(context: Context, actor: Actor, notice: str = "", at: At = At()) -> Block:
    """The view for Slack; guests, strangers and deactivated accounts get one sentence."""
    try:
        check_standing(actor, context.now())
    except Refused as error:
        if actor.account and actor.account.is_outside:
            return closed(str(error))
        return closed(UNCHECKED, answers.offers(context, actor))
    return draw(Gathering(context, actor).page(at), notice)


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

    def __init__(self, context: Context, actor: Actor) -> None:
        self._desk, self._who = context, actor
        self._sight = context.sight(actor.person)
        # Each person and team is looked up once for a page.
        facts, self._person = context.facts, cache(context.person)
        self._facts = replace(facts, person=cache(facts.person), known_team=cache(facts.known_team))
        self._zone = (actor.account.zone if actor.account else "") or "UTC"

    def page(self, at: At = At()) -> list[Section]:
        """The sections of the page, or the one list on its own page."""
        lists = self._lists(at)
        if at.name in lists:
            return [self._section(at.name, lists[at.name], at.start, is_alone=True)]
        urgent, mine = (
            [self._section(name, lists[name]) for name in names if name in lists]
            for names in (("waiting", "handed", "stopped", "stuck"), ("mine", "ended", "teams"))
        )
        context, me = self._desk, self._who.person
        opened = [(review, reviews.deciders(context, review)) for review in reviews.opened(context)]
        reviewed = [review for review, people in opened if any(map(me.is_, people))]
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

    def _lists(self, at: At) -> dict[str, _List]:
        """{name: list} of all lists that this person may see."""
        sight, names = self._sight, owned(self._desk, self._who.person)
        lists = {
            "waiting": _List(
                "Waiting for you",
                self._waiting,
                lambda request: self.scene(request) or self._line(request),
                *TO_DECIDE,
            ),
            "handed": _List("To finish by hand in Miro", sight.handed, self._handed),
            "mine": _List("Your open requests", sight.mine, self._mine),
            "ended": _List("Recently closed", lambda limit, _: Found(sight.ended(limit)), self._ended),
        }
        if names:
            lists["teams"] = _List("About your teams", partial(sight.teams, names), self._detailed)
        if is_operator(self._desk.policy, self._who.person):
            lists["stopped"] = _List("Needs your attention", sight.stopped, self._stopped)
            lists["stuck"] = _List("No approver available", sight.stuck, self._stuck)
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
        requests = [each.request for each in shown if isinstance(each, Scene)]
        alone = Counter(request.action for request in requests if not may_go_along(request))
        counts = Counter(self._sight.kinds()) - alone
        kinds = [(action, counts[name]) for name, action in ACTIONS.items() if is_harmless(action)]
        return [(action, count) for action, count in kinds if count > 1]

    def all_of(self, action: str) -> list[Scene]:
        """The requests of a harmless action that may be approved together."""
        requests = self._sight.waiting(ALL_AT_ONCE, action) if is_harmless(COMMANDS[action]) else []
        scenes = [scene for request in requests if (scene := self.scene(request))]
        return [scene for scene in scenes if may_go_along(scene.request)]

    def scene(self, request: Request) -> Scene | None:
        """A request as this person sees it; None if this program can't read it."""
        if request.untouchable or not self._desk.readable(request):
            return None
        command, round = self._desk.command(request), request.plan.round
        return Scene(request, command, self._facts, self._person, self._who.person, self._zone, round)

    def _line(self, request: Request, *buttons: Block, drawn: Callable[[Scene], str] = stands) -> Line:
        scene = self.scene(request)
        if scene is None:
            return Line(request.id, f"{request.id}: I can't read all of it, so I leave it alone.")
        text = f"{drawn(scene)} Requested {scene.at(request.asked_at)}."
        outbox, mine = self._desk.store.outbox, self._who.person.id
        cards = [card for card in outbox.of(request.id) if card.address == mine and card.role in CARDS]
        return Line(request.id, text, buttons, outbox.permalink(cards[-1]) if cards else "")

    def _detailed(self, request: Request) -> Line:
        return self._line(request, press("details", request))

    def _handed(self, request: Request) -> Line:
        report = press("report", request, "I've Done It")
        return self._line(request, report, press("details", request), drawn=handed)

    def _stopped(self, request: Request) -> Line:
        close = press("withdraw", request, "Close as Incomplete")
        others = press("hand-over", request), close, press("details", request)
        return self._line(request, press("resume", request), *others, drawn=stopped)

    def _stuck(self, request: Request) -> Line:
        return self._line(request, press("withdraw", request), press("details", request), drawn=stuck)

    def _asked_it(self, request: Request) -> bool:
        return self._who.person.is_(self._person(request.requester))

    def _mine(self, request: Request) -> Line:
        may, waits, questions = list[Block](), request.state is State.WAITING, request.asking.questions
        if self._asked_it(request) and not (request.is_end and request.action not in CONFIDENTIAL):
            if waits and questions and not questions[-1].answer:
                may.append(press("answer", request, question=len(questions)))
            if request.is_end and request.is_scheduled and request.state in _TAKEN_BACK:
                may.append(press("keep", request, "Keep the Account"))
            elif request.state in _TAKEN_BACK:
                may.append(press("withdraw", request))
            may += [press("start", request, "Change Start")] if request.is_scheduled else []
            may += [press("remind", request)] if waits else []
        return self._line(request, *may, press("details", request))

    def _ended(self, request: Request) -> Line:
        is_theirs, undo = self._asked_it(request), list[Block]()
        if is_theirs and request.state is State.DONE and not (request.is_end or request.practice):
            undo = [press("undo", request)] if can_undo(request, self._facts.can_be_asked) else []
        if request.ending.ends_at:
            extend = [press("again", request, "Extend")] if is_theirs else []
            return self._line(request, *extend, press("end-now", request), *undo)
        if is_theirs and request.state is State.EXPIRED:
            return self._line(request, press("again", request, "Ask Again"))
        if request.state is State.JOINED and request.because_of:
            first = self._desk.store.request(request.because_of)
            if first.state is State.WAITING and not self._desk.is_secret_from(self._who.person, first):
                return self._line(request, press("remind", first))
        return self._line(request, *undo)

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
