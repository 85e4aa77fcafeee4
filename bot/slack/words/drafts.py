"""Draws a reading as a message: what the bot would ask for, and a button that opens the filled form."""

import json

from approvals.decide.actor import Actor
from approvals.ids import GroupId
from approvals.people import listed
from approvals.refusals import Outdated, Refused
from bot.actions import ACTIONS
from bot.actions.fill import unfilled
from bot.actions.form import Input
from bot.cards.blocks import Block, Message, actions, button, header, mention, message, small_print
from bot.cards.handles import Handle
from bot.cards.named import mark
from bot.cards.scene import shortened
from bot.context import Context
from bot.slack.answers import may_see, read_as
from bot.slack.opening import check, ground_of
from bot.slack.words.reading import Answer, Draft, read
from bot.slack.words.replies import aside, reply
from bot.slack.words.sentence import by_name, shared, typed

HEADLINES: dict[str, str] = shared("headlines", "answers")


def understood(context: Context, actor: Actor, raw: str, bot: str = "") -> Message:
    """The answer to a message in Slack's form: what the bot would ask for, with a button to review it."""
    text, tables = typed(raw, bot).strip(), context.tables()
    if answer := aside(context, actor, text):
        return answer
    writer = actor.account.slack_id if actor.account else ""
    reading = read(text, tables, context.now().date(), writer=writer)
    if isinstance(reading, Answer):
        return reply(context, actor, reading, by_name(text, tables.called))
    try:
        check(context, actor, reading)
    except Refused as error:
        return message(f"{read_as(reading.action)} {error}")
    return review(context, actor, reading, raw)


def review(context: Context, actor: Actor, draft: Draft, raw: str) -> Message:
    """A sentence, notes, and two buttons; nothing is asked for yet."""
    question = f"{_headline(context, draft)}?"
    days = [f"Until {draft.until:%a} {draft.until.day} {draft.until:%b}"] if draft.until else []
    if draft.start and "start" in draft.raw:
        clock = draft.raw["start"].partition(" ")[2]
        days.insert(0, f"Starts {draft.start:%a} {draft.start.day} {draft.start:%b} {clock}".strip())
    facts = [" · ".join(filter(None, (*days, _approvers(context, draft, actor))))]
    beside = [mention("That is", name) for name in _unmet(context, draft)]
    sure = button("Review All" if draft.others else "Review and Send", "review", folded(draft), primary=True)
    # Cut at a space, so that the mark of a person isn't cut in two.
    start = raw[:1000].rpartition(" ")[0] or raw[:1000]
    other = button("Something Else", "else", start if len(raw) > 1000 else raw)
    small = map(small_print, filter(None, (*facts, *draft.notes)))
    return message(question, header(question), *beside, *small, actions(sure, other))


def _headline(context: Context, draft: Draft) -> str:
    names, tables = dict(shared("gaps", "answers")), context.tables()
    for name, asked in draft.action.form().items():
        given = draft.raw.get(name, "")
        if given and asked.is_team:
            teams = [tables.get_group(GroupId(id.strip())) for id in given.split(",")]
            names[name] = listed([tables.label(each) for each in teams if each])
        elif given and asked.kind is not Input.PERSON:
            names[name] = given
    own, people = draft.action.form().get("person"), (draft.raw.get("person", ""), *draft.others)
    is_open = draft.who_open or not (own is None or own.own or people[0])
    names["who"] = "somebody" if is_open else listed([_called(context, each) for each in people])
    return HEADLINES.get(draft.action.NAME, f"{draft.action.TITLE} ({{who}})").format(**names)


def _called(context: Context, raw: str) -> str:
    """The name of a person for a sentence, from the raw text of a form; '' is the writer."""
    if not raw:
        return "you"
    person = context.find(raw)
    return mark(person) if person and person.name else raw if "@" in raw else "somebody I haven't met"


def _unmet(context: Context, draft: Draft) -> list[str]:
    """The ids of people picked from Slack's list who have no stored name yet."""
    picked = [raw for raw in (draft.raw.get("person", ""), *draft.others) if raw and "@" not in raw]
    return [raw for raw in picked if not ((person := context.find(raw)) and person.name)]


def folded(draft: Draft) -> str:
    """The draft as a button's value of at most 2000 characters; the form asks again for what doesn't fit."""
    name, rest = draft.action.NAME, (draft.others, draft.who_open)
    whole = (
        [name, draft.raw, draft.reason[:500], draft.notes, *rest],
        [name, draft.raw, "", (), *rest],
        [name, {}, "", (), (), True],
    )
    texts = (json.dumps(fields, ensure_ascii=False) for fields in whole)
    return next(text for text in texts if len(text) <= 2000)


def unfolded(value: str) -> Draft | None:
    """The draft in the value of a button or form; None if it can't be read."""
    try:
        name, raw, reason, notes, *rest = json.loads(value)
        others, who_open = rest or ((), False)
        texts = {str(k): str(v) for k, v in raw.items()}
        return Draft(
            ACTIONS[name], texts, str(reason), tuple(map(str, notes)), tuple(map(str, others)), bool(who_open)
        )
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None


def draft_of(context: Context, actor: Actor, pressed: Block) -> Draft | None:
    """The draft of a button; all of it is checked again when the form is sent. Raises Outdated."""
    value = pressed.get("value", "")
    if pressed["action_id"].startswith("open:"):
        return Draft(ACTIONS[value]) if value in ACTIONS else None
    if pressed["action_id"] == "again":
        return _once_more(context, actor, Handle.read(value))
    return unfolded(value)


def _approvers(context: Context, draft: Draft, actor: Actor) -> str:
    """The approvers of a draft, if the record knows them: 'Priya Rao or Dana Fox approves'."""
    ground = ground_of(context, draft, actor.person)
    try:
        ladder = ground.rule.ladder if ground else ()
        steps = [ground.seats_for(step, 0, step.agree, (), ())[0] for step in ladder if ground]
    except Refused:
        return ""
    names = [shortened([seat.person.name for seat in seats if seat.person.name], "or") for seats in steps]
    return f"{', then '.join(names)} approves" if names and all(names) else ""


def _once_more(context: Context, actor: Actor, handle: Handle) -> Draft | None:
    """The draft of an earlier request, to ask again. Raises Outdated."""
    try:
        request = context.store.request(handle.id)
        if not handle.is_old:
            handle.check(request)
        command = context.command(request)
        may_see(context, request, actor)
    except Outdated:
        raise
    except (KeyError, ValueError, Refused):
        return None
    if not actor.person.is_(context.person(request.requester)):
        return None
    handle.check(request)
    return Draft(type(command), unfilled(command, request.requester, context.tables()), request.reason)
