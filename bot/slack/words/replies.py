"""Answers to messages that need no form; the sentences are in `vocabulary/answers.toml`."""

import re
from datetime import datetime

from approvals.clocks import is_recent
from approvals.decide.actor import Actor, check_standing, is_operator
from approvals.people import FRESH, Person, listed
from approvals.refusals import Refused
from bot.actions import ACTIONS, Action
from bot.cards.blocks import Message, actions, button, message, section, small_print
from bot.cards.named import mark, when
from bot.context import Context
from bot.slack import answers
from bot.slack.deliver.audience import owned
from bot.slack.words.reading import Answer
from bot.slack.words.sentence import shared

SENTENCES: dict[str, str] = shared("sentences", "answers")
MOST_NAMED = 20
"""The most members of a team that are named; Miro lists the others."""
_NUMBER = r"(?:R-)?[0-9]{1,18}"
_ASKED = re.compile(rf"/?(?:miro )?(?:(help|whoami|status|show)(?: ({_NUMBER}))?|(R-[0-9]{{1,18}}))", re.I)
_ACTING = re.compile(rf"/?(?:miro )?(?:please )?(remind|withdraw)(?: ({_NUMBER}))?(?: please)?", re.I)
_DECIDING = re.compile(
    r"(?:(?:yes|no|ok|okay)\b[,.!]? ?)?(?:please )?"
    rf"(?:(?:i )?(?:approved?|deny|denied|reject(?:ed)?)(?: (?:it|this|that|everything|{_NUMBER}\b.*))?)?",
    re.I | re.S,
)


def aside(context: Context, actor: Actor, text: str) -> Message | None:
    """The answer to a message that is a word of a command, or None.

    Only commands that read are run: free text never acts by itself.
    """
    whole = " ".join(text.split()).rstrip(" ?!.")
    if asked := _ASKED.fullmatch(whole):
        return _told(context, actor, (asked[1] or "show").casefold(), asked[2] or asked[3] or "")
    if acting := _ACTING.fullmatch(whole):
        verb = acting[1].casefold()
        number = (acting[2] or "R-42").upper()
        number = number if number.startswith("R-") else f"R-{number}"
        return message(f"Type /miro {verb} {number}, or press {verb.capitalize()} on its card.")
    if re.match(r"/?(?:miro )?away\b", whole, re.I):
        return message(SENTENCES["away"])
    return message(SENTENCES["decide"]) if decides(text) else None


def decides(text: str) -> bool:
    """Whether a text is only a yes or a no."""
    whole = " ".join(text.split()).rstrip(" ?!.")
    return bool(whole and _DECIDING.fullmatch(whole))


def _told(context: Context, actor: Actor, verb: str, rest: str) -> Message:
    """The answer of a command that only reads."""
    try:
        return answers.VERBS[verb](context, actor, rest)
    except Refused as error:
        return message(str(error))


def reply(
    context: Context, actor: Actor, answer: Answer, text: str, command: type[Action] | None = None
) -> Message:
    """The message for an answer; `text`: what was written, with people by name, to a `command` if any."""
    if answer.kind in ("help", "unclear", "question"):
        return answers.helped(context, actor, "" if answer.kind == "help" else text)
    if answer.kind == "my-requests":
        number = re.search(r"\bR-\d{1,18}\b", text, re.I)
        return _told(context, actor, "status", number[0].upper() if number else "")
    if answer.kind in _LISTS:
        try:
            check_standing(actor, context.now())
            lines, seen_at = _LISTS[answer.kind](context, actor, answer)
        except Refused as error:
            return message(str(error))
        return message(lines, section(lines), small_print(f"As of {when(seen_at, '')}"))
    text, action = sentence(answer, command), answer.about
    if action is None or answer.kind == "turned" or not answers.may_ask(context, actor, action):
        return message(text)
    return message(text, section(text), actions(button(action.TITLE, f"open:{action.NAME}", action.NAME)))


def sentence(answer: Answer, command: type[Action] | None = None) -> str:
    """The sentence of an answer."""
    if answer.kind == "turned" and answer.about and command:
        both = command, answer.about
        ours, theirs = (f"/{each.SLASH}" if each.SLASH else f"/miro {each.NAME}" for each in both)
        return SENTENCES["turned"].format(wish=answer.about.ABOUT, command=ours, other=theirs)
    if answer.kind == "exact" and answer.about:
        return SENTENCES["exact"].format(example=answer.about.EXAMPLE)
    if answer.kind == "negation" and answer.about:
        return SENTENCES["leave"].format(example=ACTIONS["leave-team"].EXAMPLE, **SENTENCES)
    if answer.kind in ACTIONS:
        return ACTIONS[answer.kind].NOT_FOR_TEAMS
    return SENTENCES.get(answer.kind, SENTENCES["unclear"])


def _admins(context: Context, actor: Actor, answer: Answer) -> tuple[str, datetime]:
    """Who has admin rights in Miro, for operators and team owners, and when that was seen. Raises Refused."""
    if not is_operator(context.policy, actor.person) and not owned(context, actor.person):
        raise Refused(SENTENCES["only-owners"])
    admins, seen_at = context.store.groups.admins()
    if seen_at is None or not is_recent(seen_at, context.now(), FRESH):
        raise Refused(SENTENCES["no-admins"])
    names = [f"{admin.name or admin.email} ({admin.rights})" for admin in admins]
    return f"Admins in Miro: {listed(names)}." if names else "Nobody has admin rights in Miro.", seen_at


def _mine(context: Context, actor: Actor, answer: Answer) -> tuple[str, datetime]:
    """The asker's own teams. Raises Refused."""
    seen_at, teams = _seen_at(context), _teams_of(context, actor.person)
    return SENTENCES["mine" if teams else "mine-none"].format(teams=teams), seen_at


def _members(context: Context, actor: Actor, answer: Answer) -> tuple[str, datetime]:
    """Members of teams, for their members and owners, or the teams of people. Raises Refused."""
    seen_at, people = _seen_at(context), [person for raw in answer.people if (person := context.find(raw))]
    sees_all = is_operator(context.policy, actor.person)
    if not answer.teams:
        if not people:
            raise Refused(SENTENCES["which-team"])
        if not sees_all and any(not person.is_(actor.person) for person in people):
            raise Refused(SENTENCES["only-operators"])
        lines = [f"{mark(each)} is in {_teams_of(context, each) or 'no team'}." for each in people]
        return " ".join(lines), seen_at
    own = {*owned(context, actor.person), *(team.id for team in context.store.groups.of(actor.person))}
    lines = []
    for id in answer.teams:
        name = context.tables().team(id).name
        if not sees_all and id not in own:
            raise Refused(SENTENCES["only-members"].format(team=name))
        members, count = context.store.groups.members(id, MOST_NAMED)
        names = [each.name or each.email for each in members]
        names += [f"{count - len(names)} more"] if count > len(names) else []
        if not people:
            lines.append(f"In {name}: {listed(names)}." if names else f"Nobody is in {name}.")
        for person in people:
            verb = "is" if any(team.id == id for team in context.store.groups.of(person)) else "isn't"
            lines.append(f"{mark(person)} {verb} in {name}.")
    return " ".join(lines), seen_at


def _seen_at(context: Context) -> datetime:
    """When members were last listed. Raises Refused if that was too long ago."""
    seen_at = context.store.groups.seen_at("members")
    if seen_at is None or not is_recent(seen_at, context.now(), FRESH):
        raise Refused(SENTENCES["not-listed"])
    return seen_at


def _teams_of(context: Context, person: Person) -> str:
    tables = context.tables()
    return listed([tables.label(team) for team in context.store.groups.of(person)])


_LISTS = {"who-is-admin": _admins, "my-teams": _mine, "who-has": _members}
