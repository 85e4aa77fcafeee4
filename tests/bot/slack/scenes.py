"""Requests drawn without a bot: people, teams and plans made up, in every state, for every reader."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.models.blocks import Block as SlackBlock
from slack_sdk.models.views import View

from approvals.ids import GroupId, PersonId, RequestId, SlackId
from approvals.people import Account, Delegation, Group, Person, Standing
from approvals.policy.check import load
from approvals.request import HandOver, Outcome, Progress, Question, Request, Vote
from approvals.sentence import Sentence
from approvals.states import OPEN, State
from bot.actions import ACTIONS, CONDITIONS, Action
from bot.actions.form import Facts
from bot.actions.tables import Tables
from bot.cards import waiting
from bot.cards.named import plainly
from bot.cards.request import CHANNELS, DRAWINGS, draw
from bot.cards.scene import Scene
from bot.miro.goals import Seen
from bot.miro.plan import make
from bot.miro.wire import ADMIN, Membership, MiroAccount, MiroGroup, Role
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.limits import Surface, problems
from bot.sandbox.slack.records import Message as Shown
from bot.sandbox.stage import POLICY
from bot.slack import forms
from tests.altered import altered

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TEAMS = tuple(GroupId(str(number)) for number in range(1, 6))
COMMANDS: dict[str, dict[str, Any]] = {
    "request-access": {"person": "P-2", "teams": TEAMS[:3]},
    "move-team": {"person": "P-2", "from_team": TEAMS[0], "to_team": TEAMS[1]},
    "leave-team": {"person": "P-2", "teams": TEAMS[:1]},
    "make-admin": {"person": "P-2", "rights": "Company Admin", "from_team": TEAMS[0], "to_team": TEAMS[1]},
    "remove-admin": {"person": "P-2", "rights": "Company Admin"},
    "offboard": {"person": "P-2", "how": "delete"},
    "reactivate": {"person": "P-2"},
    "rename-group": {"team": TEAMS[0], "name": "g_app_proeng_all"},
    "create-group": {"name": "Data Science"},
    "delete-group": {"team": TEAMS[0]},
    "update-details": {"person": "P-2", "department": "Research", "email": "p2.new@example.com"},
    "change-license": {"person": "P-2", "license": "Full"},
}
ABOUT_GROUPS = ("rename-group", "create-group", "delete-group")
ENDED = tuple(state for state in State if state not in OPEN)


def person(number: int, name: str = "", email: str = "") -> Person:
    """One of a company's people, with a Slack account."""
    account = Account(SlackId(f"U0P{number}"), Standing.COLLEAGUE, NOW, "Europe/Berlin")
    first, _, rest = name.partition(" ")
    email = email or f"p{number}@example.com"
    return Person(PersonId(f"P-{number}"), email, name, first, rest, "", (account,))


def tables(groups: Sequence[Group], people: Mapping[str, Person] | None = None) -> Tables:
    """Local tables with these groups."""
    known = people or {}

    class Known:
        def person(self, id: PersonId) -> Person:
            return known[id]

        def by_email(self, email: str) -> Person | None:
            return next((one for one in known.values() if one.email == email), None)

        def by_slack(self, slack_id: SlackId) -> Person | None:
            return next((one for one in known.values() if one.accounts[0].slack_id == slack_id), None)

        def members(self, handle: str, now: datetime) -> Collection[SlackId]:
            return ()

        def knows(self, handle: str, now: datetime) -> bool:
            return True

        def manager(self, id: PersonId, now: datetime) -> Person | None:
            return None

        def delegation(self, id: PersonId, now: datetime) -> Delegation | None:
            return None

    by_id = {group.id: group for group in groups}
    policy = load(POLICY, CONDITIONS)
    return Tables(policy, lambda: groups, lambda **_: person(9), Known(), by_id.get, NOW)


def many(count: int, name: str = "Team") -> list[Group]:
    """So many groups."""
    return [Group(GroupId(str(n)), f"g_team_{n}", f"{name} {n}") for n in range(1, count + 1)]


def everybody(names: Sequence[str]) -> dict[str, Person]:
    """People P-1, P-2, … by these names."""
    return {f"P-{n}": person(n, name) for n, name in enumerate(names, 1)}


def facts(people: Mapping[str, Person], team_names: Sequence[str]) -> Facts:
    """What an action may know of them; teams 1, 2, … by these names."""
    groups = [Group(GroupId(str(n)), f"g_{n}", name) for n, name in enumerate(team_names, 1)]
    return tables(groups, people).facts


def seen(action: str) -> Seen:
    """A look after which an action has as much to do as possible."""
    roles = (Role(value=ADMIN if action in ("remove-admin", "offboard") else "USER", primary=True),)
    groups = (Membership(value=TEAMS[0]), Membership(value=TEAMS[4]))
    active = action != "reactivate"
    account = MiroAccount(id="7", userName="p2@example.com", active=active, roles=roles, groups=groups)
    if action == "create-group":
        return Seen()
    if action in ABOUT_GROUPS:
        return Seen(group=MiroGroup(id=TEAMS[0], displayName="Engineering"), members=412)
    return Seen(None if action == "request-access" else account, other_admin=True)


def request(action: str, state: State, known: Facts, **changes: Any) -> Request:
    """A request that has come as far as `state`."""
    command = ACTIONS[action].model_validate(COMMANDS[action])
    plan = make(command.goals(known), seen(action)).stored()
    is_planned = state not in (State.CHECKING, State.REFUSED, State.NOTHING_TO_DO, State.JOINED)
    decided = is_planned and state not in (State.WAITING, State.EXPIRED)
    did, aims = ([step.change.form(form) for step in plan.steps] for form in ("did", "aim"))
    outcome = (
        Outcome(NOW, PersonId("P-3"), **_said(state, did, aims)) if state in (*ENDED, State.STOPPED) else None
    )
    whole = Request(
        id=RequestId("R-42"),
        version=3,
        state=state,
        action=action,
        requester=PersonId("P-1"),
        asked_at=NOW,
        details=COMMANDS[action],
        reason="because",
        subject=None if action in ABOUT_GROUPS else PersonId("P-2"),
        token="9f86d081",
        outcome=outcome,
        progress=Progress(outcomes=int(outcome is not None)),
    )
    if is_planned:
        plan = replace(plan, revision="cafe", round=1)
        whole = altered(whole, plan=plan, **_asking(3, 4, 5), expires_at=NOW + DAY)
    if decided:
        yes = (Vote(PersonId("P-3"), NOW, "cafe"),)
        at = NOW if state is not State.DENIED else None
        whole = altered(whole, votes=yes, decided_by=(PersonId("P-3"),), approved_at=at)
    return altered(whole, **changes)


def _asking(*numbers: int, asks: int = 1) -> dict[str, Any]:
    """These people are asked, as of so many askings."""
    ids = tuple(PersonId(f"P-{n}") for n in numbers)
    because = Sentence.verbatim("you look after Miro")
    return {
        "approvers": tuple((id, because) for id in ids),
        "notified": ids,
        "asks": asks,
        "since": dict.fromkeys(ids, asks),
    }


TEXTS = ("Which boards does Alex need, and for how long?", "All of them. " * 20)


def variants(of: Request, texts: tuple[str, str] = TEXTS) -> dict[str, Request]:
    """A waiting request in every way in which people can be asked and answer."""
    three, others = PersonId("P-3"), _asking(4, 5, asks=2)
    yes, open_ = Vote(three, NOW, "cafe"), Question(three, NOW, texts[0])
    anew = replace(of.plan, anew=True, warnings=(Sentence("new-account"),))
    missed = (
        Sentence.of("unreachable", person="P-3"),
        Sentence.of("asked-instead", people=["P-4", "P-5"]),
    )
    return {
        "as it was asked": of,
        "several have to agree": altered(of, agree=3, need=3),
        "one of several agreed": altered(of, agree=3, need=3, votes=(yes,)),
        "the next step": altered(of, **others, step=1, steps=3, agree=2, need=2, counted=1, votes=(yes,)),
        "within the next step": altered(
            of, **others, step=1, steps=3, need=2, counted=1, votes=(yes, replace(yes, step=1))
        ),
        "others asked instead": altered(of, **others, notes=missed, unreached=missed[:1]),
        "somebody stands in": altered(of, **others, stand_ins={PersonId("P-4"): three}),
        "nobody left": altered(of, **_asking(asks=2), notes=missed, is_stuck=True),
        "asked something": altered(of, questions=(open_,)),
        "answered": altered(of, questions=(replace(open_, answer=texts[1]), open_)[:1]),
        "asked again": altered(of, questions=(replace(open_, answer=texts[1]), open_)),
        "reminded": altered(of, reminders=(1, 1), reminded=2, asked_last_at=NOW),
        "asked anew": replace(of, plan=replace(anew, rights=("User Admin",))),
        "a different change": replace(of, plan=replace(anew, again=True)),
        "everything": altered(
            of, **_asking(3, 4, 5, 6, 7, asks=2), step=1, steps=3, agree=3, need=3, counted=1, votes=(yes,),
            plan=anew,
            notes=missed, is_stuck=True, questions=(replace(open_, answer=texts[1]),),
            reminders=(2,), reminded=1, asked_last_at=NOW,
        ),
    }  # fmt: skip


def _said(state: State, did: list[Sentence], aims: list[Sentence]) -> dict[str, Any]:
    if state is State.DONE:
        return {"done": tuple(did), "text": Sentence.verbatim("done")}
    if state is State.STOPPED:
        words = "Any team in organization must have at least one admin"
        return {
            "done": tuple(did[:1]),
            "left": tuple(aims[1:]),
            "text": Sentence.of("miro-said", words=words),
            "remedy": Sentence("remedy-admin"),
        }
    return {"text": Sentence.verbatim("No seat is free.")}


def scene(of: Request, known: Facts, people: Mapping[str, Person], role: str) -> Scene:
    """The request as a reader in this role sees it."""
    viewer = people.get(READERS.get(role, "P-3"))
    command: Action = ACTIONS[of.action].model_validate(of.details)
    if role in ("question", "answer") and not of.asking.questions:
        said = "All of them." if role == "answer" else ""
        of = altered(of, questions=(Question(PersonId("P-3"), NOW, TEXTS[0], said),))
    if role in ("handed", "by-hand"):
        of = replace(of, hand_over=HandOver(PersonId("P-3"), NOW, 1))
    zone = "Europe/Berlin" if viewer else ""
    joined = None
    if of.state is State.JOINED:
        changes = {"id": RequestId("R-7"), "reason": of.reason, "questions": of.asking.questions}
        joined = request(of.action, State.WAITING, known, **changes)
    round = _round(of, role, viewer.id if viewer else None)
    return Scene(of, command, known, lambda id: people[id], viewer, zone, round, first=joined)


READERS = {
    "requester": "P-1", "question": "P-1", "result": "P-1", "follower": "P-6", "subject": "P-2",
    "channel": "", "channel-reminder": "",
}  # fmt: skip


def _round(of: Request, role: str, viewer: PersonId | None) -> int:
    """The newest of its kind that this reader has; that of the first asking, where they aren't asked now."""
    if role in ("result", "follower", "subject", "operator"):
        return of.progress.outcomes
    if role in ("question", "answer"):
        return len(of.asking.questions)
    if role in ("reminder", "channel-reminder"):
        return waiting.reminder(of, viewer) or 1
    return waiting.turn(of, viewer) or 1


def drawn(of: Request, known: Facts, people: Mapping[str, Person], role: str) -> Shown:
    """The card that a role sees."""
    message = draw(role, scene(of, known, people, role))
    return Shown("C1", "1.1", "U0BOT", message["text"], message["blocks"])


def reads(drawn: Any) -> str:
    """What stands in a message, view or sentence, people by their names; who is who has tests of its own."""
    text = plainly(drawn) if isinstance(drawn, str) else as_text(drawn, MENTIONED)
    text = re.sub(r" \(p\d+@example\.com\)", "", text)
    return re.sub(f"@({'|'.join(PEOPLE)})", r"\1", text)


def details(of: Request, known: Facts, people: Mapping[str, Person]) -> str:
    """What an approver reads under Details."""
    view = forms.details(scene(of, known, people, "approver"))
    check_valid("modal", view)
    return reads(view)


def is_shown(role: str, state: State, action: str) -> bool:
    """Whether the deliverer ever draws this card in this state."""
    if role == "subject":
        return state in (State.DONE, State.STOPPED) and action not in ("offboard", *ABOUT_GROUPS)
    if role == "operator":
        return state is not State.CHECKING and state is not State.WAITING
    if role in ("result", "follower"):
        return state in (*ENDED, State.STOPPED)
    if role in CHANNELS and action == "offboard":
        return False
    return role == "requester" or state not in (
        State.CHECKING,
        State.REFUSED,
        State.NOTHING_TO_DO,
        State.JOINED,
    )


def word_count(card: Shown) -> int:
    """Words as a reader counts them, without those on buttons."""
    names = dict.fromkeys(MENTIONED, "Some Body")
    lines = [line for line in as_text(card, names).splitlines() if not line.startswith("[")]
    return sum(len(line.split()) for line in lines)


def check_valid(surface: Surface, payload: Mapping[str, Any]) -> None:
    """Slack would take it, by both judges."""
    assert problems(surface, payload) == []
    for block in SlackBlock.parse_all(list(payload["blocks"])):
        block.validate_json()
    if surface == "modal":
        View(**payload).validate_json()


ROLES = tuple(DRAWINGS)
PEOPLE = ("Dana Fox", "Alex Smith", "Carol Diaz", "Sam Lee", "Priya Rao", "Lena Vogt", "Jo Park")
MENTIONED = {f"U0P{number}": name for number, name in enumerate(PEOPLE, 1)}
NAMES = ("Engineering", "Design", "IT Administration", "Data", "Everybody")
