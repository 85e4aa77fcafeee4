"""The data of a card: a request as one reader sees it, with sentences shared by all cards; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from approvals.ids import BOT, PersonId
from approvals.people import Person, listed
from approvals.plan import PlannedStep
from approvals.request import Outcome, Request
from approvals.sentence import Sentence
from approvals.states import State
from bot.actions import Action
from bot.actions.form import Facts, first
from bot.cards.catalogue import line, written
from bot.cards.layout import Part, Worth
from bot.cards.named import bold, mark, when

ASIDES = ("already", "out", "lasts")
"""Keys of a bulk's steps that change nothing."""


@dataclass(frozen=True)
class Scene:
    """Everything a card is drawn from. `viewer` is None where many read it; `zone`: that of plain dates.

    `first`: the request that this one was joined to; `then`: the one that follows by itself;
    `helped`: an operator was notified of a stop; `unasked`: Slack took no message that asks anybody;
    `lines`: how many lines of a bulk are in each state; `operates`: the reader looks after requests.
    """

    request: Request
    command: Action
    facts: Facts
    person: Callable[[PersonId], Person]
    viewer: Person | None
    zone: str
    round: int = 0
    helped: bool = True
    first: Request | None = None
    unasked: bool = False
    then: Request | None = None
    lines: Mapping[State, int] = field(default_factory=dict)
    operates: bool = False

    @property
    def lead(self) -> str:
        """The beginning of every card of a practice request, else ''."""
        return "Practice: nothing will change. " if self.request.practice else ""

    @property
    def secret(self) -> str:
        """How the title of every card of a confidential request begins that asks nothing."""
        return "Confidential: " if self.command.CONFIDENTIAL else ""

    @property
    def title(self) -> str:
        """How the first line of every card begins that asks nothing."""
        return f"{self.lead}{self.secret}{self.request.id}"

    @property
    def end(self) -> Outcome:
        """How it ended or stopped, without anything as long as it hasn't."""
        return self.request.outcome or Outcome(self.request.asked_at, BOT)

    @property
    def help(self) -> str:
        """A sentence on whether operators look after a stopped request."""
        if self.helped:
            return "The operators have been notified."
        return "No operator can be reached. Ask your IT team to name one in the policy."

    @property
    def tells_left_out(self) -> bool:
        """Whether the reader may know why lines of a list are left out: only its requester, since the reader
        may be the person of such a line. All readers learn what an undo can't undo before they approve it."""
        return self.is_viewer(self.request.requester) or bool(self.request.details.get("undoes"))

    @property
    def steps(self) -> Iterator[PlannedStep]:
        """The steps of the plan, as far as the reader may know them."""
        for step in self.request.plan.steps:
            is_told = self.tells_left_out or step.key != "out"
            yield step if is_told else replace(step, hazards=())

    # -- people and times --------------------------------------------------------------------------------

    def name(self, id: PersonId) -> str:
        """A person's mark with account and address; for the subject, the address in Miro."""
        return self._mark(id)

    def brief(self, id: PersonId) -> str:
        """A person's mark without address, if the card has it elsewhere; the reader is "you"."""
        return "you" if self.is_viewer(id) else self._mark(id, brief=True)

    def _mark(self, id: PersonId, brief: bool = False) -> str:
        is_subject = id == self.request.subject
        # In a channel, a mention would notify the leaver of an offboarding.
        hidden = is_subject and self.command.CONFIDENTIAL and self.viewer is None
        return mark(self.person(id), self.address if is_subject else "", brief=brief, hidden=hidden)

    @property
    def address(self) -> str:
        """The address of the changed account in Miro; before the first look, as asked."""
        subject = self.request.subject
        asked = self.person(subject).email if subject else ""
        return self.request.plan.user_name or asked

    def names(self, ids: Iterable[PersonId], word: str = "and") -> str:
        """Several people; beyond three, how many more. The reader is "you"."""
        return shortened(list(dict.fromkeys(map(self.brief, ids))), word)

    def is_viewer(self, id: PersonId) -> bool:
        """Whether this is the reader."""
        return bool(self.viewer and self.viewer.is_(self.person(id)))

    @property
    def is_mine(self) -> bool:
        """Whether the reader is the person it changes."""
        return self.request.subject is not None and self.is_viewer(self.request.subject)

    def says(self, sentence: Sentence | None) -> str:
        """A sentence of the record; the reader is "you"."""
        return written(sentence, lambda id: "you" if self.is_viewer(id) else self.name(id))

    def at(self, time: datetime) -> str:
        """A time, which Slack draws in each reader's zone."""
        return when(time, self.zone)

    @property
    def starts(self) -> str:
        """When it starts, '' if it has, or starts with the approval."""
        request = self.request
        return self.at(request.starts_at) if request.starts_at and request.is_scheduled else ""

    # -- what it is about --------------------------------------------------------------------------------

    @property
    def _facts(self) -> Facts:
        """The facts with the last names of groups that aren't in Miro any more."""
        return replace(self.facts, team=self.facts.known_team)

    @property
    def phrase(self) -> str:
        """What was asked for, with the person's address; the reader is "you"."""
        return self._phrase(lambda id: "you" if self.is_viewer(id) else self.name(id))

    def _phrase(self, called: Callable[[PersonId], str]) -> str:
        def named(id: PersonId) -> Person:
            person = self.facts.person(id)
            return replace(person, name=called(id), given=first(person))

        try:
            return self.command.phrase(replace(self._facts, person=named))
        except KeyError:
            return f"{self.command.TITLE} (its team or person no longer exists)"

    @property
    def about(self) -> Part:
        """The same as a sentence: "Dana Fox asked me to give you access to Design." """
        asker, subject = self.request.requester, self.request.subject
        is_own = asker == subject and not self.is_mine
        wish = self._phrase(lambda id: "them" if is_own and id == subject else self.brief(id))
        return Part(f"{capital(self.brief(asker))} asked me to {wish}.", Worth.STEPS, least=16)

    @property
    def question(self) -> str:
        """The first line of an approver's card."""
        wish = self._phrase(self.brief)
        return f"{self.lead}{self.secret}{wish if self.secret else capital(wish)}?"

    @property
    def outcome(self) -> str:
        """What holds once it's done: "you're a Company Admin of Miro"."""
        who = self.name(self.request.subject) if self.request.subject else ""
        try:
            text = self.command.outcome(self._facts)
        except KeyError:
            return self.phrase
        if self.is_mine:
            text = text.replace("{who} {is}", "you're")
        return text.replace("{who}", who).replace("{is}", "is")

    @property
    def back(self) -> str:
        """What is revoked when the days are over; '' for nothing, or if a team is gone."""
        try:
            return self.command.back(self.request.plan.gives, self._facts) if self.command.days else ""
        except KeyError:
            return ""

    @property
    def undo(self) -> str:
        """What happens after its days, else how to undo it; '' if that isn't known any more."""
        try:
            if self.back:
                return f"{capital(self.command.limit)}. Then {self.back}."
            return self.command.undo(self._facts)
        except KeyError:
            return ""


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def shortened(names: list[str], word: str = "and") -> str:
    """The names as a list; after three, how many more."""
    return listed(names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} others"], word)


def fields(scene: Scene, *more: tuple[str, str], by: str = "") -> Part:
    """One line of labelled facts: who asks, for whom by which address, and what the card adds."""
    subject = scene.request.subject
    whom = scene.name(subject) if subject and not scene.is_mine else ""
    own = by and subject == scene.request.requester
    starts = ("Starts", scene.starts)
    pairs = (("Requested by", whom if own else by), ("For", "" if own else whom), starts, *more)
    return Part(" · ".join(f"{bold(label)} {text}" for label, text in pairs if text))


def asides(scene: Scene, keys: Sequence[str] = ASIDES) -> str:
    """What a bulk leaves as it is or leaves out, and how long it takes; `keys`: only steps with these."""
    return " ".join(f"{line(step).removesuffix('.')}." for step in scene.steps if step.key in keys)


def by_shell(scene: Scene) -> str:
    """Says that a decision was typed in a shell, and in which."""
    votes = (vote.shell for vote in scene.request.asking.votes if vote.shell)
    shell = next(votes, scene.end.shell)
    return f" Decided in a shell: {shell}." if shell else ""


def unasked(request: Request) -> str:
    """Why nobody was asked."""
    if request.is_end:
        return f"It was approved with {request.because_of}."
    return "The policy requires no approval for this."


def unchanged(request: Request) -> str:
    """The sentence about Miro for a request that ended without being done."""
    return "Changes made earlier stay." if request.may_have_changed else "Nothing has changed."


def talk(scene: Scene) -> list[Part]:
    """The newest question and its answer."""
    questions = scene.request.asking.questions
    if not questions:
        return []
    last = questions[-1]
    asked = f"{capital(scene.brief(last.by))} asked:"
    parts = [Part(last.text, Worth.TALK, asked, quoted=True, least=12)]
    if last.answer:
        who = f"{capital(scene.brief(scene.request.requester))} answered:"
        parts.append(Part(last.answer, Worth.TALK, who, quoted=True, least=14))
    return parts


def missed(scene: Scene) -> Part:
    """Who couldn't be reached."""
    return Part(" ".join(map(scene.says, scene.request.unreached[-1:])), Worth.ASIDE, is_small=True)
