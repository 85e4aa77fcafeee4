"""Plain words turned into a form that is filled in, to be looked at first: the button carries the draft."""

import json
from dataclasses import replace
from functools import partial

from approvals.decide.actor import Who, is_operator
from approvals.ids import GroupId, SlackId
from approvals.people import Person, listed
from approvals.policy.rules import Rule
from approvals.refusals import Outdated, Refused
from bot.actions import ACTIONS
from bot.actions.fill import Problems, fill
from bot.actions.form import Input
from bot.actions.tables import Tables
from bot.cards.blocks import Block, Message, message
from bot.cards.handles import Handle
from bot.cards.named import mark
from bot.context import Desk
from bot.slack import forms
from bot.slack.answers import check_offered, helped, may_see, read_as
from bot.slack.words import asides, phrases
from bot.slack.words.marks import by_name
from bot.slack.words.phrases import Advice, Draft


def understood(desk: Desk, who: Who, text: str) -> Message:
    """The answer to a message: what the bot would ask for, and a button to look at it first."""
    tables = desk.tables()
    draft = phrases.read(text, tables, operator=is_operator(desk.policy, who.person))
    if isinstance(draft, Advice):
        return message(draft.text)
    if draft is None:
        if aside := asides.answered(desk, who, text):
            return aside
        said = helped(desk, who, by_name(text, tables.called))
        said.pop("response_type")
        return said
    try:
        check_offered(desk, who, draft.action)
    except Refused as error:
        return message(f"{read_as(draft.action)} {error}")
    return forms.review(draft, _sentence(desk, draft), _folded(draft), _unmet(desk, draft))


def _folded(draft: Draft) -> str:
    """The draft as a button's value, which holds 2000 characters; what doesn't fit is asked for again."""
    name = draft.action.NAME
    whole = [name, draft.raw, draft.reason[:500], draft.notes], [name, draft.raw, "", ()], [name, {}, "", ()]
    texts = (json.dumps(one, ensure_ascii=False) for one in whole)
    return next(text for text in texts if len(text) <= 2000)


def _sentence(desk: Desk, draft: Draft) -> str:
    tables, named = desk.tables(), []
    for name, asked in draft.action.form().items():
        given = draft.raw.get(name, "")
        if given and asked.is_team:
            teams = [tables.get_group(GroupId(id.strip())) for id in given.split(",")]
            named.append(f"{asked.label.lower()}: {listed([tables.label(one) for one in teams if one])}")
        elif given and asked.kind is Input.PERSON:
            person = desk.find(given)
            unmet = given if "@" in given else "somebody I haven't met"
            named.append(mark(person) if person and person.name else unmet)
        elif given:
            named.append(f"{asked.label.lower()}: {given}")
        elif asked.own:
            named.append("for you")
    what = f" ({'; '.join(named)})" if named else ""
    return f"{draft.action.TITLE}{what}. Is that right?"


def _unmet(desk: Desk, draft: Draft) -> str:
    """Whoever was picked from Slack's list and has no name here yet; '' for nobody."""
    fields = [name for name, asked in draft.action.form().items() if asked.kind is Input.PERSON]
    given = next((draft.raw[name] for name in fields if draft.raw.get(name)), "")
    person = desk.find(given) if given else None
    return given if given and "@" not in given and not (person and person.name) else ""


def draft_of(desk: Desk, who: Who, pressed: Block) -> Draft | None:
    """The draft behind a button; everything in it is read again when the form is sent. Raises Outdated."""
    value = pressed.get("value", "")
    if pressed["action_id"].startswith("open:"):
        return Draft(ACTIONS[value]) if value in ACTIONS else None
    if pressed["action_id"] == "again":
        return _once_more(desk, who, Handle.read(value))
    try:
        name, raw, reason, notes = json.loads(value)
        return Draft(
            ACTIONS[name], {str(k): str(v) for k, v in raw.items()}, str(reason), tuple(map(str, notes))
        )
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None


def rule_of(desk: Desk, draft: Draft, asker: Person) -> Rule | None:
    """The rule that holds for what a draft says; None where it says too little to tell."""
    tables = desk.tables()
    try:
        command = fill(draft.action, draft.raw, asker, replace(tables, meet=partial(_met, tables)))
        return desk.ground(command, asker).rule
    except (Problems, Refused):
        return None


def _met(tables: Tables, slack_id: SlackId | None = None, email: str = "") -> Person:
    """Somebody who is known already: opening a form makes nobody known. Raises ValueError."""
    found = tables.people.by_slack(slack_id) if slack_id else tables.people.by_email(email)
    if found is None:
        raise ValueError("Nobody is known by this.")
    return found


def _once_more(desk: Desk, who: Who, handle: Handle) -> Draft | None:
    """The form of a request once more. Raises Outdated."""
    try:
        request = desk.store.request(handle.id)
        if not handle.is_old:
            handle.check(request)
        command = desk.command(request)
        may_see(desk, request, who)
    except Outdated:
        raise
    except (KeyError, ValueError, Refused):
        return None
    if not who.person.is_(desk.person(request.requester)):
        return None
    handle.check(request)
    raw: dict[str, str] = {}
    for name, asked in command.form().items():
        value = getattr(command, name)
        if value and asked.kind is Input.PERSON and value != request.requester:
            raw[name] = desk.person(value).email
        elif value and asked.kind is not Input.PERSON:
            raw[name] = ", ".join(value) if isinstance(value, tuple) else str(value)
    return Draft(type(command), raw, request.reason)
