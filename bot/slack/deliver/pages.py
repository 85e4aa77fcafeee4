"""Publishes App Home when a person opens it, and when it changes."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from approvals.clocks import is_recent
from approvals.decide.actor import Actor
from approvals.ids import SlackId, stamp, unstamp
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Item, Page, digest
from bot.context import Context
from bot.slack.deliver import home
from bot.slack.deliver.calls import Line, Unreachable

log = logging.getLogger(__name__)

OPENED_WITHIN = timedelta(days=30)
"""Pages that weren't opened for so long aren't published; opening draws them again."""
NOTICE_FOR = timedelta(minutes=2)
"""How long the answer to a click stays on the page, which is redrawn several times meanwhile."""


@dataclass
class Pages:
    """Draws and publishes pages."""

    context: Context
    line: Line
    at: dict[SlackId, home.At] = field(default_factory=dict)
    """{account: position on the page} until it is opened again; in memory only."""

    def opened(self, client: WebClient, actor: Actor, slack_id: SlackId) -> None:
        """Shows an opened page at once; the deliverer then checks that it was the newest."""
        page = self.context.store.outbox.page(slack_id)
        self.at.pop(slack_id, None)
        drawn = ""
        try:
            view = home.view(self.context, actor, self._notice(page) if page else "")
            client.views_publish(user_id=slack_id, view=view)
            drawn = digest(view)
        except (SlackClientError, OSError) as error:
            log.warning("App Home couldn't be published: %s", error)
        try:
            self.context.store.outbox.opened(slack_id, drawn)
        except StoreTrouble as error:
            log.warning("that App Home was opened can't be written down: %s", error)

    def publish(self, item: Item) -> None:
        """Publishes a page if it has changed. Raises Later, Paced."""
        outbox, page, slack_id = self.context.store.outbox, item.page, SlackId(item.key)
        if page.opened_at < stamp(self.context.now() - OPENED_WITHIN):
            outbox.drop(item)
            return
        view = home.view(
            self.context, self.who(slack_id), self._notice(page), self.at.get(slack_id, home.At())
        )
        drawn = digest(view)
        try:
            if drawn != page.drawn:
                self.line.call("views_publish", user_id=slack_id, view=view)
        except Unreachable as error:
            log.info("an App Home is no more: %s", error)
            outbox.drop(item)
        else:
            outbox.published(item, drawn)

    def who(self, slack_id: SlackId) -> Actor:
        """The person of a Slack account, and that account as it was last seen."""
        person = self.context.store.people.meet(slack_id=slack_id)
        return Actor(person, next((each for each in person.accounts if each.slack_id == slack_id), None))

    def _notice(self, page: Page) -> str:
        noticed = unstamp(page.noticed_at) if page.noticed_at else None
        return page.notice if is_recent(noticed, self.context.now(), NOTICE_FOR) else ""
