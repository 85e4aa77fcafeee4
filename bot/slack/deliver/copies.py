"""Redraws cards until they show the newest state, and posts missing cards and replies."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from approvals.decide.actor import is_operator
from approvals.ids import BOT, PersonId, RequestId
from approvals.people import Person
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Card, Item, Note, digest
from approvals.request import Draft, Request, Urgency
from approvals.sentence import Sentence, body, words
from approvals.states import OPEN, EventType, State
from bot.actions.many import Bulk
from bot.cards.blocks import Message, as_text, message
from bot.cards.catalogue import VERSION
from bot.cards.named import mark, plainly
from bot.cards.request import CARDS, CHANNELS, REDRAWN, draw
from bot.cards.scene import Scene, capital
from bot.cards.waiting import turn
from bot.context import CONFIDENTIAL, Context
from bot.slack.api.pace import Paced
from bot.slack.deliver import audience
from bot.slack.deliver.audience import SPARED, Key, helpers, seen_as, threads
from bot.slack.deliver.calls import DEFECT, GIVE_UP, THREAD_IS_GONE, Later, Line, Unreachable

log = logging.getLogger(__name__)

ASKING = ("approver", "channel")
"""Roles whose card asks somebody to decide."""
PROMPTS = ("again", "reminder")
"""Replies that ask an approver to decide."""
NEEDED = (*ASKING, *PROMPTS, "channel-again", "channel-reminder", "operator", "stuck", "handed", "by-hand")
"""Roles whose message needs an answer: they are judged even if nobody else is messaged."""
SAID_AFTER = 3
"""Refusals after which operators are notified that a person can't be reached yet."""
GONE = {"message_not_found", *THREAD_IS_GONE}
"""Errors for a deleted card (docs.slack.dev: chat.update, chat.postMessage)."""


@dataclass(frozen=True)
class Pressed:
    """A row of the outbox that goes first because of a click: on which copy, and by whom."""

    kind: str
    key: str
    channel: str
    ts: str
    who: PersonId


@dataclass
class Copies:
    """All messages about a request: a card for each reader, and replies in its thread."""

    context: Context
    line: Line

    def show(self, item: Item, pressed: Pressed | None = None) -> frozenset[str]:
        """Updates all cards of a request and posts missing ones, the pressed copy first, even an unknown one;
        a failed one doesn't stop the others.

        Returns the methods that some of them wait for. Raises Later.
        """
        outbox, request = self.context.store.outbox, self.context.store.request(RequestId(item.key))
        if pressed and self.context.readable(request):
            self._draw_pressed(request, pressed)
        if item.shown >= item.wanted:
            outbox.release(item)
            return frozenset()
        # Others are known from the record.
        outbox.changed(owner.id for owner in audience.owners(self.context, request))
        if not self.context.readable(request):
            log.warning("%s can't be drawn: its action or its details aren't known here", request.id)
            outbox.done(item)
            return frozenset()
        later: list[Later] = []
        waits: set[str] = set()
        for card, key in self._wanted(request):
            outbox.renew(item)
            try:
                self._bring(request, card, key, request.urgency >= Urgency.FIRST)
            except Paced as paced:
                waits.add(paced.method)
            except Later as error:
                later.append(error)
            except StoreTrouble:
                raise
            except Exception:
                log.exception("%s: the %s card couldn't be drawn", request.id, card.role)
                later.append(Later(DEFECT))
        if waits:
            return frozenset(waits)
        for follower in self.context.store.followers(request.id):
            outbox.redraw(follower)  # their cards show this one's progress
        if later:
            raise min(later, key=lambda error: error.after(item.tries))
        outbox.done(item)
        return frozenset()

    def _draw_pressed(self, request: Request, pressed: Pressed) -> None:
        card = self.context.store.outbox.at(pressed.channel, pressed.ts)
        try:
            if card and card.request == request.id:
                theirs = threads(self.context, self.context.store.outbox.of(request.id))
                self._bring(request, card, self._as(request, card, theirs), urgent=True)
            else:
                self._draw_forgotten(request, pressed)
        except StoreTrouble:
            raise
        except (Paced, Later, Unreachable) as error:
            log.info("the copy of %s that was pressed waits: %s", request.id, error)
            self.context.store.outbox.redraw(request.id)
        except Exception:
            log.exception("the copy of %s that somebody pressed couldn't be drawn", request.id)

    def _draw_forgotten(self, request: Request, pressed: Pressed) -> None:
        # An unknown copy (posted twice, or restored) is drawn for the person who clicked. Ids of direct
        # messages begin with D; elsewhere others read it, so the channel's card is drawn.
        key: Key = ("channel", "", turn(request, None))
        if pressed.channel.startswith("D"):
            key = seen_as(self.context, request, self.context.person(pressed.who))
        elif request.action in CONFIDENTIAL:
            return
        message = draw(key[0], self._scene(request, key))
        self.line.call("chat_update", urgent=True, channel=pressed.channel, ts=pressed.ts, **message)

    # -- what there is to draw ---------------------------------------------------------------------------

    def _wanted(self, request: Request) -> list[tuple[Card, Key]]:
        """All cards, then the replies in their threads, each with the key by which it is drawn.

        A reader who gets the card only now needs no replies: they are ended as SPARED.
        """
        context, outbox = self.context, self.context.store.outbox
        known = {audience.key(card): card for card in outbox.of(request.id)}
        theirs = threads(context, known.values())
        replies: list[Card] = []
        for key in audience.replies(context, request, known, theirs):
            card = known.get(key) or Card(request.id, *key)
            if key not in known and key[0] != "follower" and self._to(card) not in theirs:
                outbox.put(replace(card, ended=SPARED))
                self._try_again(known, card)
            elif not card.ended and (not card.ts or card.role == "progress"):
                replies.append(card)
        cards = [card for card in known.values() if card.role in CARDS or (card.role in REDRAWN and card.ts)]
        having = {self._to(card) for card in cards if card.role in CARDS and not card.ended}
        for key in audience.carded(context, request, known):
            card = Card(request.id, *key)
            if key not in known and self._to(card) not in having:
                cards.append(card)
                having.add(self._to(card))
        return [(card, self._as(request, card, theirs)) for card in (*cards, *replies) if not card.ended]

    def _try_again(self, known: dict[Key, Card], reply: Card) -> None:
        """Retries an undelivered card because there is a new reply for its reader."""
        for key, card in known.items():
            if card.role in CARDS and card.ended and self._to(card) == self._to(reply):
                known[key] = replace(card, ended="", channel="", ts="", drawn="")
                self.context.store.outbox.put(known[key])
                return

    def _as(self, request: Request, card: Card, theirs: Mapping[str, Card]) -> Key:
        """The key by which a message is drawn; for a card by its reader's current role."""
        if card.role not in CARDS or (card.ts and theirs.get(self._to(card), card) != card):
            return audience.key(card)
        if card.role in CHANNELS:
            return card.role, card.address, turn(request, None)
        return seen_as(self.context, request, self.context.person(PersonId(card.address)), card.role)

    def _to(self, card: Card) -> str:
        return audience.recipient(self.context, card.role, card.address)

    # -- bringing it to Slack ----------------------------------------------------------------------------

    def _bring(self, request: Request, card: Card, key: Key, urgent: bool = False) -> None:
        """Posts or updates one message. Raises Later, Paced."""
        message = draw(key[0], self._scene(request, key))
        drawn = digest(message)
        if drawn == card.drawn:
            return
        try:
            if card.ts:
                there = {"channel": card.channel, "ts": card.ts}
                answer = self.line.call("chat_update", urgent=urgent, **there, **message) | there
            elif card.role in CARDS:
                answer = self._post(card, message)
            else:
                answer = self._reply(request, card, message)
        except (Unreachable, Later) as error:
            if card.ts and card.role in CARDS and error.code in GONE and request.state in OPEN:
                self._bring(request, replace(card, channel="", ts="", drawn=""), key, urgent)
            elif isinstance(error, Unreachable) or (card.ts and error.refusals >= GIVE_UP):
                self._end(request, card, error.code)
            else:
                self._put_off(request, card, error)
        else:
            text = str(answer.get("plain") or as_text(message.get("blocks", ())) or message["text"])
            shown = replace(card, drawn=drawn, text=text, catalogue=VERSION)
            shown = _lies(shown, answer) if answer else replace(card, ended=SPARED)
            # Where it lies has to last; that it was redrawn only spares drawing it again.
            self.context.store.outbox.put(shown, lasting=not card.ts)

    def _put_off(self, request: Request, card: Card, later: Later) -> None:
        """Stores an undelivered message, and raises `later`."""
        if later.refusals >= SAID_AFTER and card.role in NEEDED and not card.ts:
            text = f"Slack refuses my messages to {self._named(card)} ({later.code}). I'll keep trying."
            self._tell_operators(request, card, text, self.context.person(request.requester))
        if later.tried and not card.ts:
            self.context.store.outbox.put(
                card
            )  # it may have been delivered: then its reader gets the outcome
        raise later

    def _post(self, card: Card, message: Message, parent: Card | None = None) -> dict[str, Any]:
        """Posts a message to the reader of a card. Raises Unreachable, Later, Paced."""
        to = self._to(card)
        if not to:
            raise Unreachable("no Slack account is known")
        if card.role in CHANNELS:
            self.line.refuse_shared(to)
        return self.line.post(to, message, parent)

    def _reply(self, request: Request, card: Card, message: Message) -> dict[str, Any]:
        """Posts in the thread of the reader's card; {} if a new card is posted instead of a deleted one."""
        outbox = self.context.store.outbox
        requests = self.context.store.followers(request.id) if card.role == "follower" else (request.id,)
        theirs = threads(self.context, [each for id in requests for each in outbox.of(id)])
        parent = theirs.get(self._to(card))
        if parent is None:
            return {}
        anew = replace(parent, channel="", ts="", drawn="")
        try:
            answer = self._post(card, message, parent)
            if "thread_ts" in answer.get("message", {"thread_ts": ""}):
                return answer
            # Slack posts a reply to a deleted message outside any thread, silently (slack-go/slack#1571).
            anew = _lies(anew, answer)
            outbox.put(anew)
        except (Unreachable, Later) as error:
            if error.code not in GONE:
                raise
        first = self.context.store.request(parent.request)
        self._bring(first, anew, self._as(first, anew, {}))
        return {}

    def _named(self, card: Card) -> str:
        """The reader of a card, for a sentence drawn at once (marks are only valid in this process)."""
        return "the channel" if card.role in CHANNELS else mark(self.context.person(PersonId(card.address)))

    def _tell_operators(self, request: Request, card: Card, text: str, *instead: Person) -> None:
        """Notifies operators once a day for each unreachable reader, except those it is secret from.

        `instead`: who is notified if there is no such operator.
        """
        if not self.context.store.once(
            f"unreached:{card.address}:{plainly(text)}:{self.context.now().date()}"
        ):
            return
        outbox = self.context.store.outbox
        able = [
            each
            for each in audience.operators(self.context)
            if not self.context.is_secret_from(each, request)
        ]
        theirs = threads(self.context, outbox.of(request.id))
        for person in [each for each in able if each.id != card.address] or instead:
            if person.account:
                there = theirs.get(person.account.slack_id)
                thread = {"thread_ts": there.ts} if there else {}
                channel = there.channel if there else person.account.slack_id
                outbox.say(Note(channel, message(f"{request.id}: {text}") | thread))

    def _end(self, request: Request, card: Card, why: str) -> None:
        """Records that a reader can't be reached; cards and operators say so."""
        log.warning("%s: the %s card couldn't be delivered: %s", request.id, card.role, why)
        self.context.store.outbox.put(replace(card, ended=why))
        name = self._named(card)
        if card.role in (*ASKING, "handed") and not card.ts:
            self._tell_operators(request, card, f"{capital(name)} can't be reached in Slack ({why}).")
        # A reader who deleted the message was reached.
        sentences = {} if card.ts else {"text": Sentence.of("unreachable", person=card.address)}
        if sentences and card.role in CHANNELS:
            sentences = {"text": Sentence.of("unreachable-channel")}
        who = {"who": card.address} if sentences and card.role in ("approver", *PROMPTS) else {}
        values = {"role": card.role, **who, **body(**sentences)}
        draft = Draft(EventType.UNREACHED, BOT, values, {"why": why, **words(**sentences)})
        # Somebody has to be asked instead, whatever happened meanwhile.
        self.context.decide(request.id, lambda _: [draft])

    def _scene(self, request: Request, key: Key) -> Scene:
        context, (role, address, round), state = self.context, key, request.state
        viewer = None if role in CHANNELS or not address else context.person(PersonId(address))
        zone = (viewer.account.zone if viewer.account else "") or "UTC" if viewer else ""
        scene = Scene(request, context.command(request), context.facts, context.person, viewer, zone, round)
        if state is State.STOPPED:
            scene = replace(scene, helped=bool(helpers(context, request)))
        elif state is State.JOINED and request.because_of:
            scene = replace(scene, first=context.store.request(request.because_of))
        elif state is State.WAITING and role == "requester":
            scene = replace(scene, unasked=self._has_asked_nobody(request))
        elif state is State.DONE and scene.command.then:
            after = context.store.because_of(request.id)
            scene = replace(scene, then=next((each for each in after if each.is_end), None))
        lines = context.store.lines(request.id) if request.action == Bulk.NAME else {}
        return replace(scene, lines=lines, operates=bool(viewer and is_operator(context.policy, viewer)))

    def _has_asked_nobody(self, request: Request) -> bool:
        """Whether all messages that ask were refused, finally or repeatedly."""
        cards = self.context.store.outbox.of(request.id)
        known = {audience.key(card): card for card in cards}
        asked = [key for key in audience.carded(self.context, request, known) if key[0] in ASKING]
        if not asked:
            return any(card.role in ASKING and card.ended not in ("", SPARED) for card in cards)
        theirs = threads(self.context, cards)
        whom = [audience.recipient(self.context, role, address) for role, address, _ in asked]
        return not any(to in theirs for to in whom) and all(
            self.line.refusals(to) >= SAID_AFTER for to in whom
        )


def _lies(card: Card, answer: dict[str, Any]) -> Card:
    """The card with the channel and ts that Slack answered."""
    return replace(card, channel=str(answer["channel"]), ts=str(answer["ts"]))
