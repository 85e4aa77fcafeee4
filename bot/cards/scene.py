"""What a card is drawn from: a request as one reader sees it, and the sentences every card shares."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.decide.too_late import kept
from approvals.ids import BOT, PersonId
from approvals.people import Person, listed
from approvals.request import Request, Vote
from approvals.sentence import Sentence
from approvals.states import State
from bot.actions import Action
from bot.actions.form import Facts
from bot.actions.sentences import first
from bot.cards.blocks import Block, actions, button, clip_words, context, when
from bot.cards.catalogue import texts, written
from bot.cards.handles import Handle
from bot.cards.named import mark


@dataclass(frozen=True)
class Scene:
    """Everything a card is drawn from. `zone` '' means many readers; `helped`: an operator could be told.

    `first` is the request that this one was joined to. `unasked`: Slack took no message that asks anybody.
    """

    request: Request
    command: Action
    facts: Facts
    person: Callable[[PersonId], Person]
    viewer: Person | None
    zone: str
    now: datetime
    round: int = 0
    helped: bool = True
    first: Request | None = None
    unasked: bool = False

    @property
    def lead(self) -> str:
        """How every card of a practice request begins."""
        return "Practice: nothing will change. " if self.request.practice else ""

    @property
    def secret(self) -> str:
        """How the title of every card of a confidential request begins that asks nothing."""
        return "Confidential. " if self.command.CONFIDENTIAL else ""

    @property
    def help(self) -> str:
        """Whether a stopped request is with somebody."""
        if self.helped:
            return "The operators have been told."
        return "No operator can be reached. Ask your IT team to name one in the policy."

    def name(self, id: PersonId) -> str:
        """Somebody by account and address: of the person it changes, the address that Miro has."""
        return mark(self.person(id), self.address if id == self.request.subject else "")

    def brief(self, id: PersonId) -> str:
        """Somebody by account alone, for what is said on a card beside the question itself."""
        return mark(self.person(id), brief=True)

    @property
    def address(self) -> str:
        """The address of the account that it changes, as Miro has it; before Miro was looked at, as asked."""
        subject = self.request.subject
        asked = self.person(subject).email if subject else ""
        return self.request.plan.user_name or asked

    def names(self, ids: tuple[PersonId, ...], word: str = "and") -> str:
        """Several names; beyond three, how many more."""
        return shortened([self.name(id) for id in ids], word)

    def is_viewer(self, id: PersonId) -> bool:
        """Whether this is the reader."""
        return bool(self.viewer and self.viewer.is_(self.person(id)))

    def says(self, sentence: Sentence | None) -> str:
        """A sentence of the record; the reader is "you"."""
        return written(sentence, lambda id: "you" if self.is_viewer(id) else self.name(id))

    def voters(self, votes: Iterable[Vote]) -> str:
        """Who said yes; the reader is "you"."""
        names = dict.fromkeys("you" if self.is_viewer(one.by) else self.name(one.by) for one in votes)
        return shortened(list(names))

    def at(self, time: datetime) -> str:
        """A time as this reader reads it."""
        return when(time, self.zone, self.now)

    @property
    def phrase(self) -> str:
        """What was asked for, if its people and teams are still known; the reader is "you"."""
        try:
            return self.command.phrase(replace(self.facts, person=self._called))
        except KeyError:
            return f"{self.command.TITLE} (its team or person no longer exists)"

    def _called(self, id: PersonId) -> Person:
        person = self.facts.person(id)
        is_you = self.is_mine and id == self.request.subject
        return replace(person, name="you" if is_you else self.name(id), given=first(person))

    @property
    def question(self) -> str:
        """The first line of an approver's card."""
        lead = self.lead + ("Confidential: " if self.command.CONFIDENTIAL else "")
        text = self.phrase if self.command.CONFIDENTIAL else capital(self.phrase)
        return f"{lead}{text}?"

    @property
    def back(self) -> str:
        """What is taken back when the days are over; '' for nothing, and where a team is gone."""
        try:
            return self.command.back(self.request.plan.gives, self.facts) if self.command.days else ""
        except KeyError:
            return ""

    @property
    def undo(self) -> str:
        """What comes after its days, else how it can be undone, if what it was about is still known."""
        try:
            undo = self.command.undo(self.facts)
            after = (
                f"{self.command.limit.replace('for', 'After', 1).replace('until', 'After', 1)} {self.back}."
            )
            return clip_words(after if self.back else undo, 12)
        except KeyError:
            return ""

    @property
    def is_mine(self) -> bool:
        """Whether the reader is the person it changes."""
        subject = self.request.subject
        return bool(self.viewer and subject and self.viewer.is_(self.person(subject)))

    @property
    def outcome(self) -> str:
        """What is so now: "you're a Company Admin of Miro"."""
        subject = self.request.subject
        who, verb = ("you", "are") if self.is_mine else (self.name(subject) if subject else "", "is")
        try:
            text = self.command.outcome(self.facts)
        except KeyError:
            return self.phrase
        return text.replace("{who}", who).replace("{is}", verb)


def capital(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


def shortened(names: list[str], word: str = "and") -> str:
    """Names side by side; beyond three, how many more."""
    return listed(names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} others"], word)


def by_shell(scene: Scene) -> str:
    """Says that a decision was typed in a shell, and in which."""
    votes = [vote.shell for vote in scene.request.asking.votes if vote.shell]
    shells = votes or ([scene.request.outcome.shell] if scene.request.outcome else [])
    return f" (typed in a shell: {shells[0]})" if shells and shells[0] else ""


def where_it_stands(scene: Scene) -> str:
    """One or two sentences: where the request stands."""
    return kept(scene.request, _where(scene))


def _where(scene: Scene) -> str:
    request = scene.request
    approved, said = _approved(scene), request.outcome
    texts = {
        State.CHECKING: "Saved. I'm checking what will change.",
        State.WAITING: f"It's waiting for a decision again. {_before(request)}".strip(),
        State.APPROVED: f"{approved} I'm making the changes.",
        State.WORKING: f"{approved} I'm making the changes.",
        State.STOPPED: f"{approved} {_how_far(request)} {scene.help}",
        State.DONE: f"{approved} All changes are verified in Miro.",
        State.REHEARSED: f"{approved} This was practice. Nothing was changed.",
        State.EXPIRED: "It expired without an answer. Nothing has changed.",
    }
    if said and request.state is State.DENIED:
        by = scene.names(request.asking.decided_by)
        return (
            f'Denied by {by}{by_shell(scene)}: "{clip_words(scene.says(said.text), 25)}" Nothing has changed.'
        )
    if said and request.state is State.WITHDRAWN:
        return (
            f"{scene.says(said.text) if said.by == BOT else _withdrawn(scene, said.by)} Nothing has changed."
        )
    if request.state is State.JOINED and scene.first:
        first = scene.first
        return f"Already requested: {first.id} by {scene.name(first.requester)}."
    if said and request.state in (State.REFUSED, State.NOTHING_TO_DO, State.JOINED):
        return clip_words(scene.says(said.text), 45)
    return f"{texts[request.state]} {scene.says(request.progress.held)}".strip()


def _before(request: Request) -> str:
    return "What was done before stays." if request.may_have_changed else ""


def _withdrawn(scene: Scene, by: PersonId) -> str:
    """Who withdrew it."""
    who = "You withdrew it" if scene.is_viewer(by) else f"Withdrawn by {scene.name(by)}"
    return f"{who}{by_shell(scene)}."


def _how_far(request: Request) -> str:
    """How much of a stopped request is done."""
    done = request.outcome.done if request.outcome else ()
    if done:
        return f"It's incomplete. Done: {clip_words(listed(texts(done)), 25)}."
    if request.may_have_changed:
        return "It stopped, and I couldn't verify what was done."
    return f"It stopped before {_nothing_yet(request)}."


def stopped(scene: Scene) -> str:
    """That it stopped, with how far it had come, as far as that was seen, and what was asked for."""
    request = scene.request
    unseen = "" if request.may_have_changed else f" before {_nothing_yet(request)}"
    how = " is incomplete" if request.outcome and request.outcome.done else f" stopped{unseen}"
    return f"{request.id}{how}: {scene.phrase}"


def _nothing_yet(request: Request) -> str:
    """Before what it stopped; where somebody else changed something, that isn't denied."""
    others = request.outcome.others if request.outcome else ()
    return "I changed anything" if others else "anything changed"


def without_me(request: Request, most: int) -> str:
    """What of a stopped request holds although it did nothing for it; '' for nothing."""
    others = request.outcome.others if request.outcome else ()
    return f"Already in place: {clip_words(listed(texts(others)), most)}." if others else ""


def not_done(request: Request, most: int) -> str:
    """What of a stopped request isn't so, as far as that was seen; '' where nothing is left."""
    said = request.outcome
    if said is None or not said.left:
        return ""
    unseen = request.may_have_changed and not said.done
    return f"{'Not verified' if unseen else 'Not done'}: {clip_words(listed(texts(said.left)), most)}."


def unasked(request: Request) -> str:
    """Why nobody was asked."""
    if request.is_end:
        return f"It was approved with {request.because_of}."
    return "The policy requires no approval for this."


def _approved(scene: Scene) -> str:
    """Who approved it; nobody, where nobody is asked."""
    request = scene.request
    if request.is_unasked:
        return unasked(request)
    by = scene.names(request.asking.decided_by) or "Somebody"
    at = f" ({scene.at(request.asking.approved_at)})" if request.asking.approved_at and scene.zone else ""
    return f"Approved by {by}{at}{by_shell(scene)}."


def foot(scene: Scene) -> Block:
    """The request's number, and who couldn't be reached."""
    missed = map(scene.says, scene.request.unreached[-1:])
    return context(" ".join((scene.request.id, *missed)))


def again(scene: Scene) -> list[Block]:
    """A way to ask once more, where nobody answered."""
    if scene.request.state is not State.EXPIRED:
        return []
    return [actions(button("Ask Again", "again", Handle.of(scene.request).value))]


_TITLES = {
    State.CHECKING: "Checking",
    State.WAITING: "Waiting",
    State.APPROVED: "Approved",
    State.WORKING: "Approved",
    State.STOPPED: "Stopped",
    State.DONE: "Done",
    State.NOTHING_TO_DO: "Nothing to do",
    State.REFUSED: "Not possible",
    State.JOINED: "Already requested",
    State.DENIED: "Denied",
    State.WITHDRAWN: "Withdrawn",
    State.EXPIRED: "Expired",
    State.REHEARSED: "Rehearsed",
}


_EMOJI = {
    State.DONE: "✅",
    State.NOTHING_TO_DO: "✅",
    State.REHEARSED: "✅",
    State.DENIED: "⛔",
    State.REFUSED: "⛔",
    State.WITHDRAWN: "⛔",
    State.STOPPED: "⚠️",
    State.EXPIRED: "⌛",
}


def emoji(request: Request) -> str:
    """How every card of a request begins: where it stands at a glance."""
    return _EMOJI.get(request.state, "⏳")


def heading(scene: Scene) -> str:
    """How it stands, in two words."""
    return _TITLES[scene.request.state]
