"""Keeps App Home as it should be for everybody who opened theirs: published when it is opened or changes."""

import hashlib
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals.clocks import is_recent
from approvals.decide.actor import Who
from approvals.ids import PersonId, SlackId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import OPENED_WITHIN, Home
from approvals.request import Request
from bot.cards.blocks import Block
from bot.context import Desk
from bot.slack.api.pace import Paced
from bot.slack.deliver import home
from bot.slack.deliver.audience import owners
from bot.slack.deliver.calls import Later, Unreachable

log = logging.getLogger(__name__)

NOTICE_FOR = timedelta(minutes=2)
"""How long the answer to a click stands on the page: what the click sets off draws it several times."""
GIVE_UP = 12
"""Tries for one drawing; the next change is a new one."""


def _digest(view: Block) -> str:
    return hashlib.sha256(json.dumps(view).encode()).hexdigest()[:16]


@dataclass
class Publisher:
    """Publishes to each account at most once a step of the courier; `call` is the courier's way to Slack."""

    desk: Desk
    call: Callable[..., dict[str, Any]]
    _hurried: deque[SlackId] = field(default_factory=deque)
    _published: set[SlackId] = field(default_factory=set)
    _looked_after: tuple[Any, ...] = ()
    _operators: frozenset[PersonId] = frozenset()

    def opened(self, client: WebClient, who: Who, slack_id: SlackId) -> None:
        """Somebody opens it: shown at once; the courier looks once more whether it was the newest."""
        seen = self.desk.store.homes.get(slack_id)
        drawn = ""
        try:
            view = home.view(self.desk, who, self._notice(seen))
            client.views_publish(user_id=slack_id, view=view)
            drawn = _digest(view)
        except (SlackClientError, OSError) as error:
            log.warning("App Home couldn't be published: %s", error)
        try:
            self.desk.store.homes.opened(slack_id, drawn)
        except StoreTrouble as error:
            log.warning("that App Home was opened can't be written down: %s", error)

    def hurry(self, slack_id: SlackId) -> None:
        """Somebody pressed something on it: it is drawn before everything else."""
        self._hurried.append(slack_id)
        self.desk.wake()

    def begin(self) -> None:
        """A new step of the courier."""
        self._published.clear()
        self._look_after()

    def publish_hurried(self) -> bool:
        """Draws the pages that somebody pressed something on; whether there were any."""
        busy = bool(self._hurried)
        while self._hurried:
            page = self.desk.store.homes.get(self._hurried.popleft())
            if page and not self._publish_safely(page):
                break  # it is behind, and drawn when it can be
        return busy

    def publish(self) -> bool:
        """Draws what is behind; whether anything was."""
        pages = self.desk.store.homes.behind(20, self.desk.now() - OPENED_WITHIN)
        return sum(map(self._publish_safely, pages)) > 0

    # -- whom a change concerns --------------------------------------------------------------------------

    def tell_owners(self, request: Request) -> None:
        """Owners of its teams see it; whom it is about and who decides, the record knows itself."""
        self._changed(one.id for one in owners(self.desk, request))

    def _look_after(self) -> None:
        """Operators see what stopped, what nobody can decide, and who has admin rights."""
        operators = frozenset(one.id for one in self.desk.operators())
        seen = (operators, self.desk.store.groups.admins()[1], *self.desk.store.finding.in_trouble())
        if seen != self._looked_after:
            self._changed(operators | self._operators)
            self._looked_after, self._operators = seen, operators

    def _changed(self, people: Iterable[PersonId]) -> None:
        found = set(people)
        if found:
            self.desk.store.homes.changed(found)

    # -- drawing -----------------------------------------------------------------------------------------

    def _publish_safely(self, page: Home) -> bool:
        """Whether anything came of it. One page that can't be drawn mustn't keep the others from it."""
        if page.slack_id in self._published:
            return True
        try:
            self._publish(page)
        except Paced:
            return False
        except StoreTrouble:
            raise
        except Exception:
            log.exception("App Home of %s couldn't be drawn", page.slack_id)
            self.desk.store.homes.shown(page, page.drawn, self.desk.now() + timedelta(minutes=5))
        self._published.add(page.slack_id)
        return True

    def _publish(self, page: Home) -> None:
        view = home.view(self.desk, self._who(page.slack_id), self._notice(page))
        drawn, homes = _digest(view), self.desk.store.homes
        try:
            if drawn != page.drawn:
                self.call("views_publish", user_id=page.slack_id, view=view)
        except Unreachable as error:
            log.info("App Home of %s is no more: %s", page.slack_id, error)
            homes.forget(page.slack_id)
        except Later as later:
            wait = max(later.seconds, min(2.0**page.tries * 2, 900))
            retry = self.desk.now() + timedelta(seconds=wait)
            homes.shown(page, page.drawn, retry if page.tries < GIVE_UP else None)
        else:
            homes.shown(page, drawn)

    def _who(self, slack_id: SlackId) -> Who:
        person = self.desk.store.people.meet(slack_id=slack_id)
        return Who(person, next((one for one in person.accounts if one.slack_id == slack_id), None))

    def _notice(self, page: Home | None) -> str:
        is_new = page and is_recent(page.noticed_at, self.desk.now(), NOTICE_FOR)
        return page.notice if page and is_new else ""
