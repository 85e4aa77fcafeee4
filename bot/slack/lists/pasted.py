"""`/miro bulk`: a form for a pasted list, and the pages of a bulk's lines under Details."""

import json
import re

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.decide.actor import Actor
from approvals.record.database import StoreTrouble
from approvals.record.outbox import Note
from approvals.refusals import Refused
from approvals.request import Request
from bot.actions.fill import Problems
from bot.actions.many import Bulk
from bot.cards.blocks import Block, clip_words, section
from bot.cards.bulk import pages
from bot.cards.handles import Handle, place
from bot.cards.scene import Scene
from bot.slack import answers, forms
from bot.slack.reply import Body, Listener
from bot.work.ask import LONGEST_REASON
from bot.work.bulk.plans import approved_plans, left_out
from bot.work.bulk.reading import Reading, first_of, prepared, read
from bot.work.bulk.table import TEMPLATE

BOXES = ("list", "list-2", "list-3")
"""Fields for parts of a list: Slack takes 3,000 characters in each."""
LONGEST_BOX = 3_000
"""Characters of a field; wrong lines that are named in the form, where there is little room."""
NO_FILES = "I can't send files here: the app doesn't have the scope files:write."
NEXT = "I'm checking every line in Miro. Then I'll ask the people who decide, with one card."


class Lists(Listener):
    """The listeners of pasted lists."""

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.view("pasted-list")(self.sent)
        app.action("list-file")(self.file_pressed)
        app.action(re.compile("^bulk-page:"))(self.paged)
        app.action("result")(self.result_pressed)

    def command(self, body: Body, client: WebClient) -> None:
        """Opens the form. Raises Refused."""
        self.open(body, client, self._form(self.who(body)))

    def file_pressed(self, body: Body, client: WebClient) -> None:
        """Review and Send of a file."""
        file = json.loads(str(body["actions"][0].get("value")))
        self.open(body, client, self._form(self.who(body), **file, **place(body)))

    def _form(self, actor: Actor, **file: str) -> Block:
        if not answers.offers(self.context, actor):
            raise Refused(answers.NOT_FOR_YOU)
        hint = f"A heading and a line for each change, as in: {TEMPLATE[0][:22]} ⏎ {TEMPLATE[1].rstrip(',')}"
        labels = ("List", "List, continued", "List, continued further")
        boxes = [
            forms.box(name, label, LONGEST_BOX, hint if name == BOXES[0] else "", optional=name != BOXES[0])
            for name, label in zip(BOXES, labels, strict=True)
        ]
        reason = forms.box("reason", "Reason", LONGEST_REASON, "Approvers read it.")
        lists = [section(f"List: {file['file_name']}")] if file else boxes
        blocks = [*lists, reason, forms.start_field()]
        return forms.modal("pasted-list", "Change Many", blocks, "Check and Send", **file)

    def sent(self, ack: Ack, body: Body) -> None:
        """The form was sent: wrong lines are named at the list, or the bulk is saved."""
        view, actor = body["view"], self.who(body)
        values, carried = forms.read(view), forms.carried(view)
        file = {name: carried[name] for name in ("file", "file_name") if name in carried}
        text = "\n".join(values[name] for name in BOXES if values.get(name))
        try:
            reading = Reading() if file else read(self.context, actor, text.encode())
            if reading.faults:
                raise Refused(first_of([clip_words(text, 40) for text in reading.faults]))
            with self.context.store.writing():
                ready = prepared(
                    self.context, actor, reading.lines, values.get("reason", ""), f"view:{view['id']}",
                    start=values.get("start", ""), **file,
                )  # fmt: skip
                request = self.context.store.ask(*ready)
                what = file.get("file_name") or f"{len(reading.lines)} lines"
                sent = f"Sent: {request.id}, with {what}. {NEXT}"
                self.take_over(carried, request, sent)
        except (Refused, StoreTrouble) as error:
            raise Problems({"reason" if file else BOXES[0]: str(error)}) from error
        self.context.wake()
        ack(response_action="update", view=forms.notice("Sent", sent))

    def paged(self, body: Body, client: WebClient) -> None:
        """Next and Previous in the Details of a bulk."""
        start, _, value = str(body["actions"][0].get("value")).partition(" ")
        handle, actor = Handle.read(value), self.who(body)
        request = self.request_of(handle)
        handle.check(request)
        answers.may_see(self.context, request, actor)
        self.open(body, client, self.details(request, actor, int(start)))

    def result_pressed(self, body: Body) -> None:
        """Result as File: one row for each line, in the thread of the card."""
        handle = Handle.pressed(body)
        request, scopes = self.request_of(handle), self.deliverer.client.heard.scopes
        handle.check(request)
        answers.may_see(self.context, request, self.who(body))
        if scopes is not None and "files:write" not in scopes:
            raise Refused(f"{NO_FILES} In a shell: miro-bot bulk result {request.id} > {request.id}.csv")
        where, reader = place(body), body["user"]["id"]
        told = {"result": request.id, "reader": reader, "thread_ts": where["message_ts"]}
        self.say(Note(where["channel_id"], told))
        self.answer(body, f"{request.id}.csv is on its way, into this thread.")

    def details(self, request: Request, actor: Actor, start: int = 0) -> Block:
        """Details, of a bulk with a page of its lines. Raises Unreadable."""
        zone = actor.account.zone if actor.account else ""
        command = self.context.command(request)
        scene = Scene(request, command, self.context.facts, self.context.person, actor.person, zone or "UTC")
        if request.action != Bulk.NAME:
            return forms.details(scene)
        words = [event.words for event in self.context.store.events(request.id)]
        plans = {number: (plan.user_name or "", plan.steps) for number, plan in approved_plans(words).items()}
        out = left_out(words) if scene.tells_left_out else {}
        return forms.details(scene, pages.page(scene, plans, out, start))
