"""Brings notes to Slack: what is said once and never redrawn."""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from approvals.clocks import LONGEST_RETRY
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Note
from bot.context import Desk
from bot.slack.api.pace import Paced
from bot.slack.deliver.calls import Later, Line, Unreachable

log = logging.getLogger(__name__)

GIVE_UP = 103
"""Tries for a note: about a day. Gaps double from 5 s to a quarter of an hour, which eight tries reach."""
URL_LASTS = 9
"""Tries for a `response_url`: it takes messages for half an hour."""


@dataclass
class Notes:
    """Delivers a note, or says when to try again."""

    desk: Desk
    line: Line

    def say(self, note: Note) -> frozenset[str]:
        """Delivers a note of the record, and writes down that it was, or when it is tried again.

        Returns the method that can't be called now, if that is why it wasn't tried.
        """
        try:
            self._deliver(note)
        except Paced as paced:
            return frozenset((paced.method,))
        except Unreachable as error:
            log.warning("a note couldn't be delivered: %s", error)
            self._say_directly(note)
        except Later as later:
            most = URL_LASTS if note.channel.startswith("http") else GIVE_UP
            if later.refused and note.only_for:
                self._say_directly(note)
            elif not later.tried or note.tries < most:
                return self._put_off(note, later.seconds, later.tried)
            else:
                log.warning("a note was given up after %s tries", note.tries)
        except StoreTrouble:
            raise
        except Exception:
            log.exception("a note met an error that I don't know")
            if note.tries < GIVE_UP:
                return self._put_off(note, 300)
        self.desk.store.cards.said(note)
        return frozenset()

    def _say_directly(self, note: Note) -> None:
        """What a channel doesn't let somebody read, who isn't in it, say: that judges nobody."""
        if note.only_for:
            # There the thread isn't.
            alone = {name: part for name, part in note.message.items() if name != "thread_ts"}
            self.desk.store.cards.say(Note(note.only_for, alone))

    def _put_off(self, note: Note, seconds: float, tried: bool = True) -> frozenset[str]:
        gap = min(2.0**note.tries * 5, LONGEST_RETRY.total_seconds()) if tried else 0
        due = self.desk.now() + timedelta(seconds=max(seconds, gap))
        self.desk.store.cards.said(replace(note, tries=note.tries + tried), due)
        return frozenset()

    def say_once(self, note: Note) -> None:
        """Delivers a note that the record couldn't take: from memory, in one try."""
        try:
            self._deliver(note)
        except Exception as error:
            # Nothing of it is stored, and nothing else may be kept from being said.
            log.warning("a note that couldn't be stored couldn't be delivered either: %r", error)

    def _deliver(self, note: Note) -> None:
        if note.channel.startswith("http"):
            self.line.replace(note.channel, note.message)
        elif note.only_for:
            self.line.call("chat_postEphemeral", channel=note.channel, user=note.only_for, **note.message)
        else:
            if note.channel == self.desk.policy.tell:
                self.line.refuse_shared(note.channel)
            self.line.post(note.channel, note.message)
