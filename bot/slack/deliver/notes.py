"""Delivers notes: messages sent once and never redrawn."""

import logging
from dataclasses import dataclass

from approvals.decide.actor import Actor
from approvals.ids import SlackId
from approvals.people import listed
from approvals.record.outbox import Item, Note
from approvals.refusals import Refused
from bot.cards.blocks import Message, message
from bot.context import Context
from bot.slack import answers
from bot.slack.deliver.calls import Later, Line, Unreachable
from bot.slack.directory import view as directory
from bot.slack.lists import result
from bot.slack.review import view
from bot.work.reviewing import reviews

log = logging.getLogger(__name__)


@dataclass
class Notes:
    """Delivers a note."""

    context: Context
    line: Line

    def say(self, item: Item) -> None:
        """Delivers a note of the outbox. Raises Later, Paced."""
        note, outbox, is_refused = item.note, self.context.store.outbox, False
        try:
            self._deliver(note)
        except Unreachable as error:
            log.warning("a note couldn't be delivered: %s", error)
            is_refused = True
            if note.message.get("review"):
                self._tell_operators(note, error.code)
        except Later as later:
            if not (later.refusals and note.only_for):
                raise
            is_refused = True
        with self.context.store.writing():
            if is_refused and (note.only_for or "thread_ts" in note.message):
                # A person who isn't in the channel gets it directly, without the thread; nobody is judged.
                alone = {name: part for name, part in note.message.items() if name != "thread_ts"}
                outbox.say(Note(note.only_for or note.channel, alone))
            outbox.done(item)

    def _tell_operators(self, note: Note, why: str) -> None:
        """Says that an owner of a review can't be reached, and who else can decide it."""
        context, review = self.context, self.context.store.review(note.message["review"])
        away = context.store.people.meet(slack_id=SlackId(note.channel))
        others = [each.addressed for each in reviews.deciders(context, review) if not each.is_(away)]
        role = "owner of the team" if review.team else "operator"
        rest = f"{listed(others)} can decide." if others else f"Name another {role} in the policy."
        context.tell_operators(
            f"{review.id}, {review.subject}: {away.addressed} can't be reached in Slack ({why}). {rest}"
        )

    def say_once(self, note: Note) -> None:
        """Delivers a note that couldn't be stored, in one try."""
        try:
            self._deliver(note)
        except Exception as error:
            # It isn't stored, and must not stop other notes.
            log.warning("a note that couldn't be stored couldn't be delivered either: %r", error)

    def _deliver(self, note: Note) -> None:
        if note.channel.startswith("http"):
            self.line.replace(note.channel, note.message)
        elif note.only_for:
            self.line.call("chat_postEphemeral", channel=note.channel, user=note.only_for, **note.message)
        elif note.message.get("result"):
            self._send_result(note)
        else:
            if note.channel == self.context.policy.tell:
                self.line.refuse_shared(note.channel)
            self.line.post(note.channel, self._drawn(note.message))

    def _send_result(self, note: Note) -> None:
        """Sends the file that somebody asked for, if they may still see the request."""
        store, id, thread = self.context.store, note.message["result"], note.message.get("thread_ts")
        request, reader = store.request(id), store.people.meet(slack_id=SlackId(note.message["reader"]))
        try:
            answers.may_see(self.context, request, Actor(reader, reader.account))
        except Refused as refused:
            self.line.post(note.channel, message(str(refused)))
            return
        content = "".join(result.written(store, request, reader)).encode("utf-8-sig")
        self.line.upload(note.channel, f"{id}.csv", content, thread)

    def _drawn(self, message: Message) -> Message:
        """The message; that of a review or a directory is drawn as it is now."""
        if id := message.get("review"):
            return view.message(self.context.store.review(id))
        if name := message.get("directory"):
            return directory.message(self.context, name)
        return message
