"""Brings notes to Slack: what is said once and never redrawn."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from approvals.store import Note
from bot.desk import Desk
from bot.slack.calls import Later, Line, Unreachable

log = logging.getLogger(__name__)

GIVE_UP = 12
"""Tries for a note; with growing gaps about six hours."""


@dataclass
class Notes:
    """Delivers a note, or says when to try again."""

    desk: Desk
    line: Line

    def say(self, note: Note) -> None:
        """Delivers a note of the record, and writes down that it was, or when it is tried again."""
        try:
            self._deliver(note)
        except Unreachable as error:
            log.warning("a note couldn't be delivered: %s", error)
            if note.only_for:  # somebody who isn't in the channel, say: then directly
                # There the thread isn't.
                alone = {name: part for name, part in note.message.items() if name != "thread_ts"}
                self.desk.store.cards.say(Note(note.only_for, alone))
        except Later as later:
            if note.tries < GIVE_UP:
                wait = max(later.seconds, 2.0**note.tries * 5)
                self.desk.store.cards.said(note, self.desk.now() + timedelta(seconds=wait))
                return
            log.warning("a note was given up after %s tries", note.tries)
        self.desk.store.cards.said(note)

    def say_once(self, note: Note) -> None:
        """Delivers a note that the record couldn't take: from memory, in one try."""
        try:
            self._deliver(note)
        except (Unreachable, Later) as error:
            log.warning("a note that couldn't be stored couldn't be delivered either: %s", error)

    def _deliver(self, note: Note) -> None:
        if note.channel.startswith("http"):
            self.line.replace(note.channel, note.message)
        elif note.only_for:
            self.line.call("chat_postEphemeral", channel=note.channel, user=note.only_for, **note.message)
        else:
            if note.channel == self.desk.policy.tell:
                self.line.refuse_shared(note.channel)
            self.line.post(note.channel, note.message)
