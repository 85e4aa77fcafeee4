"""What the bot answers where no form is meant: every sentence of it stands here."""

import re
from datetime import datetime

from approvals.clocks import is_recent
from approvals.decide.actor import Who, check_standing, is_operator
from approvals.people import FRESH, Person, listed
from approvals.refusals import Refused
from bot.actions import ACTIONS, Action
from bot.cards.blocks import Message, actions, button, context, message, section, when
from bot.cards.named import mark
from bot.context import Desk
from bot.slack import answers
from bot.slack.deliver.audience import owned
from bot.slack.words.reading import Answer

DECIDE = "Press the button on the card: a message never decides. App Home shows what's waiting for you."
AWAY = "Type /miro away until 2026-12-04 @colleague, or name a delegate in App Home."
TEAM_ADMINS = (
    "Admins of one team, space or board are added and removed in Miro itself, by an admin of it. "
    "Here you can ask for Company, Content, User and Security Admins."
)
SENTENCES = {
    "thanks": "You're welcome!",
    "negation": "OK, nothing was requested. To take back a request you sent: /miro withdraw R-42.",
    "guest": "I can't invite guests. In Miro, open the board and press Share to invite them by e-mail.",
    "password": "I can't help with signing in. See “Forgot password” on Miro's sign-in page, or ask IT.",
    "license": "I don't manage licenses or billing: ask your IT team. For access to a team, name it.",
    "tool": "I only handle Miro. For other tools, ask your IT team.",
    "create-team": "I can't create or delete teams. Create it in Miro; I'll find it within 10 minutes.",
    "board": "I can't change boards: their owner can, in Miro. For access, name the team of the board.",
    "trouble": "I can't tell whether Miro is down. See status.miro.com, or ask your IT team.",
    "team-admin": TEAM_ADMINS,
    "who-decides": "You'll see who approves as soon as you send the request. Nobody is asked before that.",
    "unclear": "I didn't understand that.",
}
NOT_LISTED = "I don't have Miro's list of members yet. Try again in a few minutes."
WHICH_TEAM = "Which team? For example: who has access to Design?"
MOST_NAMED = 20
"""Members of a team that are named; Miro lists the others."""
EXACT = "Admin rights and offboarding need an exact sentence with the person in it, like “{example}”."
TURNED = "I read this as a wish to {wish}. {command} isn't for that: type {other} instead."

_NUMBER = r"(?:R-)?[0-9]{1,18}"
_ASKED = re.compile(rf"/?(?:miro )?(?:(help|whoami|status|show)(?: ({_NUMBER}))?|(R-[0-9]{{1,18}}))", re.I)
_ACTING = re.compile(rf"/?(?:miro )?(?:please )?(remind|withdraw)(?: ({_NUMBER}))?(?: please)?", re.I)
_DECIDING = re.compile(
    r"(?:(?:yes|no|ok|okay)\b[,.!]? ?)?(?:please )?"
    rf"(?:(?:i )?(?:approved?|deny|denied|reject(?:ed)?)(?: (?:it|this|that|everything|{_NUMBER}\b.*))?)?",
    re.I | re.S,
)


def aside(desk: Desk, who: Who, text: str) -> Message | None:
    """The answer to a message that is the word of a command; None where it is none.

    What reads is answered; free text never acts by itself.
    """
    whole = " ".join(text.split()).rstrip(" ?!.")
    if asked := _ASKED.fullmatch(whole):
        return _told(desk, who, (asked[1] or "show").casefold(), asked[2] or asked[3] or "")
    if acting := _ACTING.fullmatch(whole):
        verb = acting[1].casefold()
        number = (acting[2] or "R-42").upper()
        number = number if number.startswith("R-") else f"R-{number}"
        return message(f"Type /miro {verb} {number}, or press {verb.capitalize()} on its card.")
    if re.match(r"/?(?:miro )?away\b", whole, re.I):
        return message(AWAY)
    return message(DECIDE) if whole and _DECIDING.fullmatch(whole) else None


def _told(desk: Desk, who: Who, verb: str, rest: str) -> Message:
    """What a command says that only reads."""
    said = answers.VERBS[verb](desk, who, rest)
    said.pop("response_type")
    return said


def reply(desk: Desk, who: Who, answer: Answer, text: str, command: type[Action] | None = None) -> Message:
    """The answer of a kind; `text` is what somebody wrote, with people by name, to a `command` or to none."""
    if answer.kind in ("help", "unclear", "question"):
        said = answers.helped(desk, who, "" if answer.kind == "help" else text)
        said.pop("response_type")
        return said
    if answer.kind == "my-requests":
        number = re.search(r"\bR-\d{1,18}\b", text, re.I)
        return _told(desk, who, "status", number[0].upper() if number else "")
    if answer.kind in _LISTS:
        try:
            check_standing(who, desk.now())
            found, seen_at = _LISTS[answer.kind](desk, who, answer)
        except Refused as error:
            return message(str(error))
        return message(found, section(found), context("As of", when(seen_at, "", desk.now())))
    return _with_button(desk, who, answer, command)


def _with_button(desk: Desk, who: Who, answer: Answer, command: type[Action] | None) -> Message:
    """A sentence, and a button for the form that may be meant, where this person may ask for it."""
    said = sentence(answer, command)
    if answer.about is None or answer.kind == "turned" or not answers.may_ask(desk, who, answer.about):
        return message(said)
    action = answer.about
    return message(said, section(said), actions(button(action.TITLE, f"open:{action.NAME}", action.NAME)))


def sentence(answer: Answer, command: type[Action] | None = None) -> str:
    """An answer that needs no table."""
    if answer.kind == "turned" and answer.about and command:
        ours, theirs = (
            f"/{one.SLASH}" if one.SLASH else f"/miro {one.NAME}" for one in (command, answer.about)
        )
        return TURNED.format(wish=answer.about.ABOUT, command=ours, other=theirs)
    if answer.kind == "exact" and answer.about:
        return EXACT.format(example=answer.about.EXAMPLE)
    if answer.kind == "negation" and answer.about:
        return f"{SENTENCES['negation']} To leave a team, write “{ACTIONS['leave-team'].EXAMPLE}”."
    return SENTENCES.get(answer.kind, SENTENCES["unclear"])


def _admins(desk: Desk, who: Who, answer: Answer) -> tuple[str, datetime]:
    """Who has admin rights in Miro, for operators and team owners, and when that was seen. Raises Refused."""
    if not is_operator(desk.policy, who.person) and not owned(desk, who.person):
        raise Refused("Only operators and team owners can see who is an admin. Ask your IT team.")
    admins, seen_at = desk.store.groups.admins()
    if seen_at is None or not is_recent(seen_at, desk.now(), FRESH):
        raise Refused("I haven't seen a list of admins in the last 24 hours. I'll try again within an hour.")
    names = [f"{one.name or one.email} ({one.rights})" for one in admins]
    return f"Admins in Miro: {listed(names)}." if names else "Nobody has admin rights in Miro.", seen_at


def _mine(desk: Desk, who: Who, answer: Answer) -> tuple[str, datetime]:
    """The asker's own teams. Raises Refused."""
    seen_at, teams = _seen_at(desk), _teams_of(desk, who.person)
    return f"You're in {teams}." if teams else "Miro lists you in no team. To join one, name it.", seen_at


def _members(desk: Desk, who: Who, answer: Answer) -> tuple[str, datetime]:
    """Who is in a team, for its members and owners, or in which teams somebody is. Raises Refused."""
    seen_at, people = _seen_at(desk), [person for raw in answer.people if (person := desk.find(raw))]
    sees_all = is_operator(desk.policy, who.person)
    if not answer.teams:
        if not people:
            raise Refused(WHICH_TEAM)
        if not sees_all and any(not person.is_(who.person) for person in people):
            raise Refused("Only operators can see somebody's teams. You can ask who is in a team of yours.")
        lines = [f"{mark(one)} is in {_teams_of(desk, one) or 'no team'}." for one in people]
        return " ".join(lines), seen_at
    own = {*owned(desk, who.person), *(team.id for team in desk.store.groups.of(who.person))}
    lines = []
    for id in answer.teams:
        name = desk.tables().team(id).name
        if not sees_all and id not in own:
            raise Refused(
                f"Only members and owners of {name} can see who is in it. "
                f"To join, write “I need access to {name}”."
            )
        members, count = desk.store.groups.members(id, MOST_NAMED)
        names = [one.name or one.email for one in members]
        names += [f"{count - len(names)} more"] if count > len(names) else []
        if not people:
            lines.append(f"In {name}: {listed(names)}." if names else f"Nobody is in {name}.")
        for person in people:
            verb = "is" if any(team.id == id for team in desk.store.groups.of(person)) else "isn't"
            lines.append(f"{mark(person)} {verb} in {name}.")
    return " ".join(lines), seen_at


def _seen_at(desk: Desk) -> datetime:
    """When members were listed last. Raises Refused where that was too long ago."""
    seen_at = desk.store.groups.members_seen_at()
    if seen_at is None or not is_recent(seen_at, desk.now(), FRESH):
        raise Refused(NOT_LISTED)
    return seen_at


def _teams_of(desk: Desk, person: Person) -> str:
    tables = desk.tables()
    return listed([tables.label(team) for team in desk.store.groups.of(person)])


_LISTS = {"who-is-admin": _admins, "my-teams": _mine, "who-has": _members}
