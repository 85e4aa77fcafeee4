"""Keeps App Home as it should be for everybody who opened theirs: published when it is opened or changes."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals.clocks import is_recent
from approvals.decide.actor import Who
from approvals.ids import SlackId, stamp, unstamp
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Item, Page, digest
from bot.context import Desk
from bot.slack.deliver import home
from bot.slack.deliver.calls import Line, Unreachable

log = logging.getLogger(__name__)

OPENED_WITHIN = timedelta(days=30)
"""Whoever didn't open their page for so long isn't published to; opening it draws it anew."""
NOTICE_FOR = timedelta(minutes=2)
"""How long the answer to a click stands on the page: what the click sets off draws it several times."""


@dataclass
class Pages:
    """Draws the page of one account."""

    desk: Desk
    line: Line
    at: dict[SlackId, home.At] = field(default_factory=dict)
    """Which list somebody pages through, until the page is opened again; in memory alone."""

    def opened(self, client: WebClient, who: Who, slack_id: SlackId) -> None:
        """Somebody opens it: shown at once; the deliverer looks once more whether it was the newest."""
        page = self.desk.store.outbox.page(slack_id)
        self.at.pop(slack_id, None)
        drawn = ""
        try:
            view = home.view(self.desk, who, self._notice(page) if page else "")
            client.views_publish(user_id=slack_id, view=view)
            drawn = digest(view)
        except (SlackClientError, OSError) as error:
            log.warning("App Home couldn't be published: %s", error)
        try:
            self.desk.store.outbox.opened(slack_id, drawn)
        except StoreTrouble as error:
            log.warning("that App Home was opened can't be written down: %s", error)

    def publish(self, item: Item) -> None:
        """Brings a page up to date. Raises Later, Paced."""
        outbox, page, slack_id = self.desk.store.outbox, item.page, SlackId(item.key)
        if page.opened_at < stamp(self.desk.now() - OPENED_WITHIN):
            outbox.drop(item)
            return
        view = home.view(self.desk, self._who(slack_id), self._notice(page), self.at.get(slack_id, home.At()))
        drawn = digest(view)
        try:
            if drawn != page.drawn:
                self.line.call("views_publish", user_id=slack_id, view=view)
        except Unreachable as error:
            log.info("App Home of %s is no more: %s", slack_id, error)
            outbox.drop(item)
        else:
            outbox.published(item, drawn)

    def _who(self, slack_id: SlackId) -> Who:
        person = self.desk.store.people.meet(slack_id=slack_id)
        return Who(person, next((one for one in person.accounts if one.slack_id == slack_id), None))

    def _notice(self, page: Page) -> str:
        noticed = unstamp(page.noticed_at) if page.noticed_at else None
        return page.notice if is_recent(noticed, self.desk.now(), NOTICE_FOR) else ""
