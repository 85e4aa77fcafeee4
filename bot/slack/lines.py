"""What people type to the bot: a request in plain words, or what they say about one that waits."""

import re

from slack_bolt import App, BoltContext

from approvals.decide.actor import Actor
from approvals.decide.decide import LONGEST_QUESTION
from approvals.ids import RequestId
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Note
from approvals.refusals import Refused
from approvals.request import Request
from approvals.states import State
from bot.cards.blocks import Block, Message, actions, button, clip_words, message, section
from bot.cards.handles import Handle
from bot.cards.named import mark
from bot.slack import answers
from bot.slack.deliver.audience import threads
from bot.slack.lists import dropped
from bot.slack.reply import Body, Listener
from bot.slack.talk import asking, replying
from bot.slack.words import drafts, replies
from bot.slack.words.reading import Draft, read
from bot.slack.words.sentence import by_name, typed

NOT_ANSWERS = {"help", "my-requests", "my-teams", "who-has", "who-is-admin", "thanks"}
"""Kinds of messages that nobody writes to answer a question."""
MOST = 5
"""Open questions that are offered to choose from, newest first."""
LONGEST_LINE = 1500
"""Characters of a line that a button's value holds beside its handle: 2000 in all."""
WHICH = "Which question does this answer?"
_FROM_PEOPLE = {"", "file_share", "thread_broadcast", "me_message"}
"""Subtypes of what somebody writes; the others are edits, deletions, joins and messages of bots
(docs.slack.dev/reference/events/message)."""


class Lines(Listener):
    """What Bolt calls for messages, and for the buttons that pass one on."""

    def register(self, app: App) -> None:
        """Hands every listener to Bolt."""
        app.event("app_mention")(self.written)
        app.event("message")(self.written)
        app.action(re.compile("^pass-on:"))(self.pass_on_pressed)

    def written(self, event: Body, context: BoltContext) -> None:
        """A message to the bot: it answers the one open question, or is answered where it was written."""
        is_by_person = event.get("user") and not (event.get("bot_id") or event.get("hidden"))
        # In a channel only the mention counts, which comes as an event of its own beside the message.
        is_to_bot = event["type"] == "app_mention" or event.get("channel_type") == "im"
        if not (is_by_person and is_to_bot and event.get("subtype", "") in _FROM_PEOPLE):
            return
        actor, place = self.who({"user_id": event["user"]}), f"{event['channel']}:{event['ts']}"
        raw, bot = event.get("text", ""), context.bot_user_id or ""
        text = by_name(typed(raw, bot).strip(), self.context.tables().called)
        # The request in whose thread it was written.
        card = self.context.store.outbox.at(event["channel"], event.get("thread_ts", ""))
        about = card.request if card else None
        files = event.get("files", []) if event.get("channel_type") == "im" else []
        if (file := dropped.meant(files, text)) and answers.offers(self.context, actor):
            with self.context.store.writing():
                if self.context.store.once(f"said:{place}"):
                    self._say(event, dropped.draft(file, self.deliverer.client.heard))
            return
        asked = [request for request in self._asked(actor) if about in (None, request.id)] if text else []
        if len(asked) == 1 and (about or not self._is_other(actor, raw, bot)):
            self._answer(actor, event, asked[0], text)
        else:
            with self.context.store.writing():
                # Not by event_id: a mention in a direct message comes as two events.
                if self.context.store.once(f"said:{place}"):
                    self._say(event, self._response(actor, raw, bot, text, asked, about))

    def pass_on_pressed(self, body: Body) -> None:
        """A line is passed on as the answer to a question, or as a question."""
        value = str(body["actions"][0].get("value", ""))
        handle, text = Handle.read(value), "".join(value.split(":", 4)[4:])
        decision = (
            replying(self.context, handle.question, text) if handle.question else asking(self.context, text)
        )
        self.taken(handle, decision, lambda: self.who(body), f"click:{body.get('trigger_id')}")
        if not body.get("response_url"):
            self.answer(body, "Sent.")
        else:
            self.say(Note(body["response_url"], message(self._sent(handle.id, text))))

    # -- what a line is ------------------------------------------------------------------------------------

    def _asked(self, actor: Actor) -> list[Request]:
        """Requests of somebody with a question that waits for their answer, newest first."""
        mine = self.context.store.requests(person=actor.person.id, states=[State.WAITING])
        asked = [each for each in mine if each.asking.questions and not each.asking.questions[-1].answer]
        acts_as, person = self.context.policy.acts_as, self.context.person
        return [each for each in asked if acts_as(actor.person, person(each.requester))]

    def _is_other(self, actor: Actor, raw: str, bot: str) -> bool:
        """Whether a line in the direct message reads as a command or as a request of its own."""
        text = typed(raw, bot).strip()
        if not replies.decides(text) and replies.aside(self.context, actor, text):
            return True
        reading = read(text, self.context.tables(), self.context.now().date())
        return isinstance(reading, Draft) or reading.kind in NOT_ANSWERS

    # -- what is said to it --------------------------------------------------------------------------------

    def _response(
        self, actor: Actor, raw: str, bot: str, text: str, asked: list[Request], about: RequestId | None
    ) -> Message:
        """The answer to a line that isn't passed on at once, with buttons that do."""
        request = self.context.store.request(about) if about else None
        may_ask = request and request.state is State.WAITING and text and not asked
        if request and may_ask and any(id == actor.person.id for id, _ in request.asking.approvers):
            asked, title = [request], f"Ask {mark(self.context.person(request.requester), brief=True)} this?"
            labels = [f"Ask About {request.id}"]
        else:
            title, labels = WHICH, [f"Answer {request.id}" for request in asked[:MOST]]
        if not labels:
            return drafts.understood(self.context, actor, raw, bot)
        offer = actions(*map(_pass_on, labels, asked, [text] * MOST)) | {"block_id": "pass-on"}
        if not self._is_other(actor, raw, bot) and not (title != WHICH and replies.decides(typed(raw, bot))):
            return message(title, section(title), *self._questions(asked), offer)
        answer = drafts.understood(self.context, actor, raw, bot)
        # Its text is mrkdwn already, with everything in it escaped.
        plain: Block = {"type": "section", "text": {"type": "mrkdwn", "text": answer["text"]}}
        return {**answer, "blocks": [*answer.get("blocks", [plain]), offer]}

    def _questions(self, asked: list[Request]) -> list[Block]:
        """The open questions, a line each."""
        lasts = [(each.id, each.asking.questions[-1]) for each in asked[:MOST] if each.asking.questions]
        lines = (
            f"{id} · {mark(self.context.person(last.by), brief=True)}: “{last.text}”" for id, last in lasts
        )
        return [section(clip_words(line, 25)) for line in lines]

    def _answer(self, actor: Actor, event: Body, request: Request, text: str) -> None:
        """Takes a line as the answer, and says so in the thread of the card."""
        place, number = f"said:{event['channel']}:{event['ts']}", str(len(request.asking.questions))
        decision = replying(self.context, number, text)
        try:
            if not self.taken(Handle.of(request), decision, lambda: actor, place):
                return
            text = self._sent(request.id, text)
        except (Refused, StoreTrouble) as error:
            text = str(error)
        self._say(event, message(text), request.id)

    def _sent(self, id: RequestId, text: str) -> str:
        request = self.context.store.request(id)
        last = request.asking.questions[-1]
        to = last.by if last.answer else request.requester
        cut = f" It was cut at {LONGEST_QUESTION} characters." if len(text) > LONGEST_QUESTION else ""
        return f"{id}: sent to {mark(self.context.person(to), brief=True)}.{cut}"

    def _say(self, event: Body, answer: Message, about: RequestId | None = None) -> None:
        """Answers a line where it was written, in a channel for its writer's eyes only; `about`: in a direct
        message in the thread of that request's card."""
        channel, thread, only_for = event["channel"], event.get("thread_ts", ""), ""
        if not channel.startswith("D"):
            only_for = event["user"]
        elif about:
            theirs = threads(self.context, self.context.store.outbox.of(about))
            thread = theirs[event["user"]].ts if event["user"] in theirs else thread
        self.say(Note(channel, answer | ({"thread_ts": thread} if thread else {}), only_for))


def _pass_on(label: str, request: Request, text: str) -> Block:
    """A button that passes a line on: as the answer to the open question, else as a question."""
    questions = request.asking.questions
    number = len(questions) if questions and not questions[-1].answer else None
    handle = f"{Handle.of(request, number).value}{'' if number else ':'}"
    return button(label, f"pass-on:{request.id}", f"{handle}:{text[:LONGEST_LINE]}")
