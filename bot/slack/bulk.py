"""Approves several harmless requests of one kind: all are shown, each is decided by itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from slack_bolt import Ack, App
from slack_sdk import WebClient

from approvals.decide.actor import Actor, is_operator
from approvals.ids import RequestId, SlackId
from approvals.record.database import StoreTrouble
from approvals.refusals import Refused
from approvals.request import Draft, Request
from bot.actions import ACTIONS
from bot.cards.blocks import Block, about, bullets, section, sections, small_print
from bot.cards.decision import changes, warnings
from bot.cards.handles import Handle
from bot.cards.home import asks
from bot.cards.scene import Scene, capital
from bot.context import Unreadable
from bot.slack import answers, forms
from bot.slack.deliver.home import At, Gathering, may_go_along
from bot.slack.reply import Body, Listener, reading

MOST_BLOCKS = 100
APART = "Each request is approved separately, and only if it's still as shown here."
GONE = "No requests of this kind are waiting for you now."


@dataclass(frozen=True)
class Outcome:
    """The result of one request; `why`: why it wasn't approved, or ''; `phrase`: what it is about."""

    id: RequestId
    why: str = ""
    phrase: str = ""


def form(scenes: Sequence[Scene]) -> Block:
    """A form with all changes of as many requests as fit; it carries their handles."""
    blocks: list[Block] = []
    shown: dict[str, str] = {}
    for scene in scenes:
        more = _request(scene, len(shown) + 1)
        if len(blocks) + len(more) > MOST_BLOCKS - 1:
            break
        blocks += more
        shown[scene.request.id] = Handle.of(scene.request).value
    submit = f"Approve All {len(shown)}" if len(shown) > 1 else "Approve"
    return forms.modal("approve-all", "Approve Together", [*blocks, small_print(APART)], submit, **shown)


def _request(scene: Scene, number: int) -> list[Block]:
    question = section(f"{number}. {capital(scene.phrase)}? ({scene.request.id})")
    steps, known = bullets(changes(scene).steps), sections(*warnings(scene))
    return about(scene.request.id, question, *known, steps, small_print(asks(scene)))


def results(outcomes: Sequence[Outcome]) -> Block:
    """A notice of which were approved, and why others weren't."""
    done = [f"{each.id} is approved{each.phrase and ': '}{each.phrase}." for each in outcomes if not each.why]
    lines = [*done] or ["Nothing was approved."]
    lines += [f"{each.id} was not approved. {each.why}" for each in outcomes if each.why]
    return forms.notice(f"Approved {len(done)} of {len(outcomes)}", *lines)


class Bulk(Listener):
    """The listeners that only App Home needs."""

    def register(self, app: App) -> None:
        """Registers all listeners with Bolt."""
        app.action(re.compile("^approve-all:"))(self.pressed)
        app.view("approve-all")(self.submitted)
        app.action(re.compile("^page:"))(self.paged)
        app.action("search")(self.search_pressed)
        app.view("search")(self.searched)

    def pressed(self, body: Body, client: WebClient) -> None:
        """Approve Together opens the form."""
        action = body["actions"][0].get("value", "")
        scenes = Gathering(self.context, self.who(body)).all_of(action) if action in ACTIONS else []
        self.open(body, client, form(scenes) if scenes else forms.notice("Approve", GONE))

    def paged(self, body: Body) -> None:
        """Show All, Next, Previous, Back to Home."""
        pages, slack_id = self.deliverer.pages, SlackId(body["user"]["id"])
        at = At.read(str(body["actions"][0].get("value") or ""))
        # Pages of a search stay about the same person.
        about = pages.at.get(slack_id, At()).about if at.name == "search" else ""
        self.at_home(slack_id, at=replace(at, about=about))

    def search_pressed(self, body: Body, client: WebClient) -> None:
        """Search opens its form."""
        self.open(body, client, forms.search())

    def searched(self, ack: Ack, body: Body) -> None:
        """The form of Search: lists a person's requests in App Home, or shows the one with a number."""
        entries, actor = forms.read(body["view"]), self.who(body)
        entry = entries.get("person") or entries.get("entry", "")
        if not is_operator(self.context.policy, actor.person):
            raise Refused("Only operators can search. To see one request: /miro show R-42.")
        if "@" in entry or entries.get("person"):
            person = self.context.find(entry)
            if person is None:
                raise Refused(f"I don't know {entry}. Nobody has requested anything for them.")
            self.at_home(SlackId(body["user"]["id"]), at=At("search", about=person.id))
            return
        request = answers.named(self.context, actor, entry)
        scene = Gathering(self.context, actor).scene(request)
        if scene is None:
            raise Unreadable(request)
        ack(response_action="update", view=forms.details(scene))

    def submitted(self, ack: Ack, body: Body) -> None:
        """The form was submitted: approves each request, and shows the results."""
        view, actor = body["view"], self.who(body)
        outcomes = [
            self._approve(replace(Handle.read(value), id=RequestId(id)), reading(actor, view, id), view["id"])
            for id, value in forms.carried(view).items()
        ]
        self.context.wake()
        ack(response_action="update", view=results(outcomes))

    def _approve(self, handle: Handle, actor: Actor, receipt: str) -> Outcome:
        """Approves one request in a transaction of its own, so that a failure doesn't affect others."""

        def yes(request: Request, actor: Actor) -> list[Draft]:
            if not may_go_along(request):
                raise Refused("Decide it on its own card.")
            return self.context.approval(request, actor, handle.revision)

        try:
            self.taken(handle, yes, lambda: actor, f"all:{receipt}:{handle.id}")
            request = self.request_of(handle)
        except (Refused, StoreTrouble) as error:
            return Outcome(handle.id, str(error))
        return Outcome(handle.id, "", self._phrase(request))

    def _phrase(self, request: Request) -> str:
        """What it is about, or '' if its people or teams aren't known any more."""
        try:
            command, context = self.context.command(request), self.context
        except Unreadable:
            return ""
        return Scene(request, command, context.facts, context.person, None, "UTC").phrase
