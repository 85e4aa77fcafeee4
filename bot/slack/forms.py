"""Modals: the form of an action, a denial's reason, the details of a request; pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from approvals.people import Group
from approvals.request import Request
from bot.lifecycle.action import Asked, Kind
from bot.lifecycle.fill import Tables, operators_form
from bot.slack.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    cut,
    header,
    message,
    numbered,
    plain,
    section,
    sections,
)
from bot.slack.phrases import Draft
from bot.slack.scene import Scene

MOST_OPTIONS = 100
"""Options of a static select; above that Slack asks for them while somebody types."""
EMAIL = ":email"
"""Ends the block id of the second half of a person field."""


def form(draft: Draft, tables: Tables, operator: bool) -> Block:
    """The form of an action, filled in as far as the message said."""
    action = draft.action
    if any(asked.kind in (Kind.TEAM, Kind.TEAMS) for asked in action.form().values()) and not tables.groups:
        return notice(
            action.TITLE, "I know no team of Miro yet. Try again in a minute; if it stays so, ask IT."
        )
    blocks = [section(note) for note in draft.notes]
    for name, asked in operators_form(action, operator).items():
        given = draft.raw.get(name, "") or _proposed(asked, action.NAME, tables)
        if asked.kind is not Kind.DAYS or given or _may_end(action.NAME, tables):
            blocks += _inputs(name, asked, given, tables, operator)
    blocks.append(_input("reason", "Why", _text(draft.reason, 500, many=True), "The approver reads this."))
    return {
        "type": "modal",
        "callback_id": f"ask:{action.NAME}",
        "title": plain(action.TITLE, 24),
        "submit": plain("Send", 24),
        "close": plain("Cancel", 24),
        "blocks": blocks,
    }


def _may_end(action: str, tables: Tables) -> bool:
    """Whether the policy speaks of days: where it doesn't, the form stays as short as it can be."""
    return any(rule.longest or rule.proposed for rule in tables.policy.rules(action))


def _proposed(asked: Asked, action: str, tables: Tables) -> str:
    """The days that the policy proposes."""
    rule = tables.policy.rule(action) if asked.kind is Kind.DAYS else None
    return str(rule.proposed or "") if rule else ""


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


def _inputs(name: str, asked: Asked, given: str, tables: Tables, operator: bool) -> list[Block]:
    if asked.kind is Kind.PERSON:
        return _person(name, asked, given) if given or operator or not asked.own else []
    if asked.kind in (Kind.TEAM, Kind.TEAMS):
        several = asked.kind is Kind.TEAMS and "," in given
        return [
            _input(name, asked.label, _teams(given, tables, several), asked.hint, asked.hint == "Optional.")
        ]
    if asked.kind is Kind.CHOICE:
        options = [_option(text, value) for value, text in asked.choices]
        chosen = next((one for one in options if one["value"] == given), options[0])
        radio = {"type": "radio_buttons", "action_id": "value", "options": options, "initial_option": chosen}
        return [_input(name, asked.label, radio, asked.hint)]
    if asked.kind is Kind.DAYS:
        return [_input(name, asked.label, _text(given, 3), asked.hint, optional=True)]
    return [_input(name, asked.label, _text(given, 150), asked.hint, asked.operators_only)]


def _person(name: str, asked: Asked, given: str) -> list[Block]:
    """Joiners aren't in Slack yet and leavers no more: an address will do."""
    chooser: Block = {"type": "users_select", "action_id": "value"}
    if given and "@" not in given:
        chooser["initial_user"] = given
    box = _text(given if "@" in given else "", 150)
    return [
        _input(name, asked.label, chooser, optional=True),
        _input(name + EMAIL, "Or an e-mail address", box, "For somebody who isn't in Slack.", optional=True),
    ]


def _option(text: str, value: str) -> Block:
    return {"text": plain(text, 75), "value": value}


def options(groups: Sequence[Group], tables: Tables) -> list[Block]:
    """Groups to choose from; two of one name are told apart by their security name."""
    names = [tables.label(group) for group in groups]
    return [
        _option(f"{name} ({group.security_name})" if names.count(name) > 1 else name, group.id)
        for name, group in zip(names, groups, strict=True)
    ]


def suggestions(typed: str, tables: Tables) -> list[Block]:
    """Up to 100 groups with what somebody typed in a name; those that begin with it first."""
    wanted = typed.casefold()
    found = [
        group
        for group in tables.groups
        if wanted in tables.label(group).casefold() or wanted in group.security_name.casefold()
    ]
    found.sort(key=lambda group: not tables.label(group).casefold().startswith(wanted))
    return options(found[:MOST_OPTIONS], tables)


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
        for kind in ("option", "user"):
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
    box = _text("", 500, many=True)
    return {
        "type": "modal",
        "callback_id": "deny",
        "private_metadata": json.dumps({"request": request.id, **place}),
        "title": plain(f"Deny {request.id}", 24),
        "submit": plain("Deny", 24),
        "close": plain("Go Back", 24),
        "blocks": [_input("reason", "Why", box, "The requester reads this.")],
    }


def carried(view: Mapping[str, Any]) -> dict[str, str]:
    """What a form was given to carry; nothing if it can't be read."""
    try:
        found = json.loads(view.get("private_metadata") or "{}")
        return {str(name): str(value) for name, value in found.items()}
    except (ValueError, AttributeError):
        return {}


def details(scene: Scene) -> Block:
    """Everything that doesn't fit on a card."""
    request = scene.request
    steps = [f"{step['text']} {step['detail']}".strip() for step in request.plan.get("steps", [])]
    facts = [f"Asked by {scene.person(request.requester).called}, {request.asked_at:%d %B %Y, %H:%M UTC}"]
    if request.subject:
        subject = scene.person(request.subject)
        facts.append(f"About {subject.called}, {subject.email}")
    facts += [f"{name.replace('_', ' ')}: {value}" for name, value in _filled_in(scene)]
    facts.append(f"Miro account: {request.plan.get('miro_id') or 'none yet'}")
    facts.append(f"Change {request.revision or '(not known yet)'}, policy {request.policy[:12]}")
    blocks = [header(scene.question), section(f"Why: {request.reason}")]
    if steps:
        blocks += sections("What will change", *numbered(steps))
    return notice(f"Details of {request.id}", "") | {"blocks": [*blocks, *sections(*facts)]}


def _filled_in(scene: Scene) -> list[tuple[str, str]]:
    """Fields as they were filled in; teams with both their names."""
    found = []
    for name, asked in scene.command.form().items():
        value = getattr(scene.command, name)
        if asked.kind in (Kind.TEXT, Kind.CHOICE) and value:
            found.append((asked.label, str(value)))
    for name, id in scene.command.teams_named:
        try:
            team = scene.facts.team(id)
            found.append(
                (scene.command.form()[name].label, f"{team.label} (security name {team.security_name})")
            )
        except KeyError:
            found.append((scene.command.form()[name].label, f"{id}, not in Miro any more"))
    return found


def review(draft: Draft, sentence: str, value: str) -> Message:
    """The answer to a message in plain words: one sentence and a button; nothing is asked for yet."""
    notes = [context(note) for note in draft.notes]
    buttons = actions(
        button("Review and Send", "review", value, primary=True), button("Cancel", "cancel", "0")
    )
    return message(sentence, header(sentence), *notes, buttons)
