"""Modals: the form of an action, a denial's reason, the details of a request; pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from approvals.decide.conversation import LONGEST_QUESTION
from approvals.policy.rules import Rule
from approvals.request import Request
from bot.actions.fill import operators_form
from bot.actions.form import FormField, Input
from bot.actions.tables import Tables
from bot.cards.blocks import (
    Block,
    context,
    cut,
    option,
    plain,
    section,
)
from bot.cards.details import particulars
from bot.cards.handles import Handle
from bot.cards.scene import Scene
from bot.miro.wording import counted
from bot.slack.team_options import MOST_OPTIONS, options
from bot.slack.words.reading import SAY_DAYS, Draft

EMAIL = ":email"
"""Ends the block id of the second half of a person field."""
SECRET = "Confidential. Only you, the approvers and the operators see this. The person isn't notified."
BOARDS_PASS = "Boards there go to a team admin for good."
"""Under the field of a team that is left, where boards belong to teams."""


def form(draft: Draft, tables: Tables, operator: bool, rule: Rule | None = None) -> Block:
    """The form of an action, filled in as far as the message said; `rule` holds for that, if one is known."""
    action, rule = draft.action, rule or tables.policy.rule(draft.action.NAME)
    if any(asked.is_team for asked in action.form().values()) and not tables.groups:
        return notice(
            action.TITLE, "I haven't loaded any Miro teams yet. Try again in a minute or ask your IT team."
        )
    blocks = [context(SECRET)] if action.CONFIDENTIAL else []
    blocks += [section(note) for note in draft.notes]
    for name, asked in operators_form(action, operator).items():
        asked = replace(asked, own=False) if draft.who_open else asked
        given = draft.raw.get(name, "") or _proposed(asked, rule)
        wished = given or SAY_DAYS in draft.notes or _may_end(action.NAME, tables)
        if asked.kind is not Input.DAYS or wished:
            blocks += _inputs(name, _bounded(asked, action.NAME, tables), given, tables, operator)
    blocks.append(_input("reason", "Why", _text(draft.reason, 500, many=True), "The approver reads this."))
    return _modal(f"ask:{action.NAME}", action.TITLE, ("Send", "Cancel"), blocks)


def _modal(callback: str, title: str, buttons: tuple[str, str], blocks: list[Block]) -> Block:
    submit, close = buttons
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, 24),
        "submit": plain(submit, 24),
        "close": plain(close, 24),
        "blocks": blocks,
    }


def _may_end(action: str, tables: Tables) -> bool:
    """Whether the policy speaks of days: where it doesn't, the form stays as short as it can be."""
    return any(rule.longest or rule.proposed for rule in tables.policy.rules(action))


def _bounded(asked: FormField, action: str, tables: Tables) -> FormField:
    """The field of days where the policy wants an end in any case."""
    longest = [rule.longest for rule in tables.policy.rules(action)] if asked.kind is Input.DAYS else []
    if not longest or not all(longest):
        return asked
    most = max(days for days in longest if days)
    bound = "One day" if most == 1 else f"{counted(most).capitalize()} at most"
    return replace(asked, hint=f"{bound}. Then it's removed automatically.")


def _proposed(asked: FormField, rule: Rule | None) -> str:
    """The days that the policy proposes."""
    return str(rule.proposed or "") if rule and asked.kind is Input.DAYS else ""


def notice(title: str, text: str) -> Block:
    """A modal that only says something."""
    return {
        "type": "modal",
        "callback_id": "notice",
        "title": plain(title, 24),
        "close": plain("Close", 24),
        "blocks": [section(text)],
    }


def _input(name: str, label: str, element: Block, hint: str = "", optional: bool = False) -> Block:
    block = {
        "type": "input",
        "block_id": name,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }
    return {**block, "hint": plain(hint, 2000)} if hint else block


def _text(initial: str, longest: int, many: bool = False) -> Block:
    box: Block = {"type": "plain_text_input", "action_id": "value", "max_length": longest, "multiline": many}
    return {**box, "initial_value": cut(initial, longest)} if initial else box


def _inputs(name: str, asked: FormField, given: str, tables: Tables, operator: bool) -> list[Block]:
    if asked.kind is Input.PERSON:
        return _person(name, asked, given) if given or operator or not asked.own else []
    if asked.is_team:
        several = asked.kind is Input.TEAMS and "," in given
        passes = BOARDS_PASS if asked.leaves and tables.boards_pass else ""
        hint = " ".join(filter(None, (asked.hint, passes)))
        return [_input(name, asked.label, _teams(given, tables, several), hint, asked.hint == "Optional.")]
    if asked.kind is Input.CHOICE:
        options = [option(text, value) for value, text in asked.choices]
        chosen = [one for one in options if one["value"] == given] or ([] if asked.grave else options[:1])
        radio: Block = {"type": "radio_buttons", "action_id": "value", "options": options}
        radio |= {"initial_option": chosen[0]} if chosen else {}
        return [_input(name, asked.label, radio, asked.hint)]
    if asked.kind is Input.DAYS:
        return [_input(name, asked.label, _text(given, 3), asked.hint, optional=True)]
    return [_input(name, asked.label, _text(given, 150), asked.hint, asked.operators_only)]


def _person(name: str, asked: FormField, given: str) -> list[Block]:
    """Joiners aren't in Slack yet and leavers no more: an address will do."""
    chooser: Block = {"type": "users_select", "action_id": "value"}
    if given and "@" not in given:
        chooser["initial_user"] = given
    box = _text(given if "@" in given else "", 150)
    return [
        _input(name, asked.label, chooser, optional=True),
        _input(name + EMAIL, "Or an e-mail address", box, "For somebody who isn't in Slack.", optional=True),
    ]


def _teams(given: str, tables: Tables, several: bool) -> Block:
    ids = [part.strip() for part in given.split(",") if part.strip()]
    chosen = options([group for group in tables.groups if group.id in ids], tables)
    prefix, initial = ("multi_", "initial_options") if several else ("", "initial_option")
    select: Block = {"action_id": "value"}
    if len(tables.groups) <= MOST_OPTIONS:
        select |= {"type": f"{prefix}static_select", "options": options(tables.groups, tables)}
    else:
        select |= {"type": f"{prefix}external_select", "min_query_length": 0}
    if chosen:
        # An initial option has to be one of the options, to the letter.
        by_id = {one["value"]: one for one in select.get("options", chosen)}
        select[initial] = [by_id[one["value"]] for one in chosen] if several else by_id[chosen[0]["value"]]
    return select


def read(view: Mapping[str, Any]) -> dict[str, str]:
    """What a submitted form says, by block id.

    Slack sends the initial value of what wasn't touched; local-slack sends null: then the block tells it.
    """
    found = halves(view)
    for half in [name for name in found if name.endswith(EMAIL)]:
        whole = half.removesuffix(EMAIL)
        found[whole] = " ".join(filter(None, (found.get(whole), found.pop(half))))
    return found


def halves(view: Mapping[str, Any]) -> dict[str, str]:
    """What each field holds, the two halves of a person apart."""
    state = view.get("state", {}).get("values", {})
    found: dict[str, str] = {}
    for block in view.get("blocks", []):
        if block.get("type") == "input":
            element, answer = block["element"], state.get(block["block_id"], {}).get("value")
            found[block["block_id"]] = _answer(answer, element)
    return found


def _answer(answer: Mapping[str, Any] | None, element: Mapping[str, Any]) -> str:
    for source, prefix in ((answer or {}, "selected_"), (element, "initial_")):
        for kind in ("option", "user", "date"):
            one = source.get(prefix + kind)
            if one:
                return str(one["value"] if kind == "option" else one)
        several = source.get(prefix + "options")
        if several:
            return ", ".join(one["value"] for one in several)
    typed = (answer or {}).get("value")
    return str(element.get("initial_value") or "" if typed is None else typed).strip()


def sent(text: str) -> Block:
    """What the form turns into once the request is saved."""
    return notice("Sent", text)


def denial(request: Request, place: Mapping[str, str]) -> Block:
    """Asks why, because the requester reads it."""
    box = _input("reason", "Why", _text("", 500, many=True), "The requester reads this.")
    return _modal("deny", f"Deny {request.id}", ("Deny", "Cancel"), [box]) | _carrying(request, place)


def question(request: Request, place: Mapping[str, str]) -> Block:
    """Something an approver wants to know first."""
    hint = "The requester sees this. All approvers see the answer. The request stays pending."
    box = _input("reason", "Question", _text("", LONGEST_QUESTION, many=True), hint)
    buttons = ("Ask", "Cancel")
    return _modal("question", f"Ask About {request.id}", buttons, [box]) | _carrying(request, place)


def reply(request: Request, number: int, asker: str, place: Mapping[str, str]) -> Block:
    """The requester's answer to one question."""
    said = section(f"{asker} asks: “{request.asking.questions[number - 1].text}”")
    box = _input("reason", "Answer", _text("", LONGEST_QUESTION, many=True), "All approvers see this.")
    view = _modal("answer", f"Answer for {request.id}", ("Answer", "Cancel"), [said, box])
    return view | _carrying(request, place, number)


def away_form(drawn: str, since: str, until: str = "", delegate: str = "") -> Block:
    """Who stands in for somebody, and from which day to which; `drawn`: the delegation it is opened on."""
    person: Block = {"type": "users_select", "action_id": "value"}
    chosen = {"initial_user": delegate} if delegate else {}
    hint = "This colleague decides for you, except on their own requests."
    blocks = [
        _input("delegate", "Who stands in", person | chosen, hint),
        _input("since", "First day", _day(since), "Leave empty to start today.", optional=True),
        _input("until", "Last day", _day(until), "Through the end of that day in your time zone."),
    ]
    view = _modal("away", "Name a Delegate", ("Save", "Cancel"), blocks)
    return view | {"private_metadata": json.dumps({"delegation": drawn})}


def _day(initial: str) -> Block:
    box: Block = {"type": "datepicker", "action_id": "value"}
    return {**box, "initial_date": initial} if initial else box


def _carrying(request: Request, place: Mapping[str, str], number: int | None = None) -> Block:
    """What a form gives back: what it was drawn from, and which card was pressed."""
    return {"private_metadata": json.dumps({"request": Handle.of(request, number).value, **place})}


def carried(view: Mapping[str, Any]) -> dict[str, str]:
    """What a form was given to carry; nothing if it can't be read."""
    try:
        found = json.loads(view.get("private_metadata") or "{}")
        return {str(name): str(value) for name, value in found.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}


def details(scene: Scene) -> Block:
    """Everything that doesn't fit on a card."""
    return notice(f"Details of {scene.request.id}", "") | {"blocks": particulars(scene)}
