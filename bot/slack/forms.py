"""Modals: the form of an action, a denial's reason, the details of a request; pure."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from approvals.decide.decide import LONGEST_QUESTION
from approvals.policy.rules import Rule
from approvals.request import Request
from bot.actions import ACTIONS
from bot.actions.fill import MOST_AT_ONCE, Problems, operators_form, proposal
from bot.actions.form import START, FormField, Input
from bot.actions.tables import Tables
from bot.cards.blocks import Block, cut, element, option, plain, section, small_print
from bot.cards.details import particulars
from bot.cards.handles import Handle
from bot.cards.scene import Scene
from bot.miro.wording import counted
from bot.slack.team_options import MOST_OPTIONS, offered, options
from bot.slack.words.reading import Draft

EMAIL = ":email"
"""The suffix of the block id of a person field's e-mail half."""
SECRET = "Confidential. Only you, the approvers and the operators see this. The person isn't notified."
BOARDS_PASS = "Boards there go to a team admin for good."
"""The hint below a team that is left, if boards belong to teams."""
NO_TEAMS = "I haven't loaded any Miro teams yet. Try again in a minute or ask your IT team."
MOST_BOXES = 10
"""The most checkboxes of one field (Slack, checkboxes element)."""
OTHER = "Other"
QUICK_REASONS = ("Not needed", "Ask your manager first", "Ask again with more details", OTHER)


def modal(
    callback: str,
    title: str,
    blocks: Sequence[Block],
    submit: str = "",
    close: str = "Cancel",
    **carried: str,
) -> Block:
    """A modal; `carried` comes back with its actions and submission. Without `submit` it only shows text."""
    return element(
        "modal",
        callback_id=callback,
        title=plain(title, 24),
        close=plain(close, 24),
        blocks=[*blocks],
        private_metadata=json.dumps(carried, ensure_ascii=False),
        submit=submit and plain(submit, 24),
    )


def notice(title: str, *blocks: str | Block) -> Block:
    """A modal that only shows text."""
    drawn = [section(block) if isinstance(block, str) else block for block in blocks]
    return modal("notice", title, drawn, close="Close")


# -- the form of an action -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """The data from which the form of an action is drawn.

    `operator`, `others`: whether its reader is an operator, and may ask for other people; `asker`: their
    Slack id; `of`: the rule that holds for the draft, if known.
    """

    draft: Draft
    tables: Tables
    operator: bool = False
    others: bool = False
    asker: str = ""
    of: Rule | None = None
    start: datetime | None = None

    def given(self, name: str) -> str:
        """The draft's raw text for a field."""
        return self.draft.raw.get(name, "")

    @property
    def rule(self) -> Rule | None:
        """The rule that proposes values."""
        return self.of or self.tables.policy.rule(self.draft.action.NAME)

    @property
    def people(self) -> list[str]:
        """The people the draft is for, as Slack ids and addresses."""
        named = [self.given("person"), *self.draft.others]
        return [entry or self.asker for entry in named] if any(named) else []

    def view(self, **carried: str) -> Block:
        """The form, filled with the draft."""
        draft, tables, action = self.draft, self.tables, self.draft.action
        if any(asked.is_team for asked in action.form().values()) and not offered(tables):
            return notice(action.TITLE, " ".join(map(tables.managed, tables.groups[:3])) or NO_TEAMS)
        notes = [*([SECRET] if action.CONFIDENTIAL else []), *([action.NOTE] if action.NOTE else [])]
        blocks = [*map(small_print, notes), *map(section, draft.notes)]
        for name, asked in operators_form(action, self.operator).items():
            if (asked.by_rest or asked.beside_groups) and not tables.has_rest:
                continue
            if asked.beside_groups and tables.boards_pass:
                continue
            blocks += _FIELDS[asked.kind](self, name, asked)
        why = _text(draft.reason, 500, many=True)
        blocks.append(field("reason", "Why", why, "The approver reads this."))
        carried |= {"who_open": "1"} if draft.who_open else {}
        return modal(f"ask:{action.NAME}", action.TITLE, blocks, "Send", **carried)


def field(name: str, label: str, of: Block, hint: str = "", optional: bool = False) -> Block:
    """A field of a form."""
    named, hinted = plain(label, 2000), hint and plain(hint, 2000)
    asked = {"action_id": "value", **of}
    return element("input", block_id=name, label=named, element=asked, hint=hinted) | {"optional": optional}


def _text(initial: str, longest: int, many: bool = False) -> Block:
    shown = cut(initial, longest)
    return element("plain_text_input", max_length=longest, multiline=many, initial_value=shown)


def box(name: str, label: str, longest: int, hint: str = "", *, optional: bool = False) -> Block:
    """A field for text of several lines."""
    return field(name, label, _text("", longest, many=True), hint, optional)


def _day(initial: str = "") -> Block:
    return element("datepicker", initial_date=initial)


def _moment(initial: datetime | None) -> Block:
    """A day and time, in the reader's time zone."""
    return element("datetimepicker", initial_date_time=initial and int(initial.timestamp()))


def start_field(initial: datetime | None = None) -> Block:
    """The field `start` of every form."""
    return field("start", START.label, _moment(initial), START.hint, optional=True)


def _person(drawn: Form, name: str, asked: FormField) -> list[Block]:
    """A field for several people, with one for e-mails of people not in Slack: joiners and leavers."""
    people = drawn.people
    if asked.own and not (people or drawn.operator or drawn.others or drawn.draft.who_open):
        return []
    picked = [entry for entry in people if "@" not in entry]
    chooser = element("multi_users_select", max_selected_items=MOST_AT_ONCE, initial_users=picked)
    box = _text(", ".join(entry for entry in people if "@" in entry), 1000)
    hint = "Leave empty to ask for yourself." if asked.own and not drawn.draft.who_open else ""
    each = "For people who aren't in Slack. Put commas between several."
    return [
        field(name, asked.label, chooser, hint, optional=True),
        field(name + EMAIL, "Or e-mail addresses", box, each, optional=True),
    ]


def _teams(drawn: Form, name: str, asked: FormField) -> list[Block]:
    tables, is_optional = drawn.tables, not drawn.draft.action.model_fields[name].is_required()
    whose = (drawn.people or [drawn.asker])[0]
    shown = options(offered(tables, whose if asked.leaves else ""), tables, whose if asked.leaves else "")
    ids = [part.strip() for part in drawn.given(name).split(",")]
    chosen = [choice for choice in shown if choice["value"] in ids]
    several = asked.kind is Input.TEAMS
    kind = "static_select" if len(shown) <= MOST_OPTIONS else "external_select"
    kind = "checkboxes" if several and len(shown) <= MOST_BOXES else f"{'multi_' * several}{kind}"
    initial = {"initial_options": chosen} if several else {"initial_option": chosen[:1] and chosen[0]}
    select = element(kind, max_selected_items="multi" in kind and MOST_AT_ONCE, **initial)
    select |= {"min_query_length": 0} if "external" in kind else {"options": shown}
    passes = BOARDS_PASS if asked.leaves and tables.boards_pass else ""
    hints = filter(None, (asked.hint, passes, elsewhere(tables)))
    return [field(name, asked.label, select, " ".join(hints), is_optional)]


def elsewhere(tables: Tables) -> str:
    """Where to ask for teams that aren't offered; '' if all are."""
    ways = [way for group in tables.groups if (way := tables.managed(group))]
    more = f" {len(ways) - 2} more teams are managed elsewhere: write me the name." if len(ways) > 2 else ""
    return " ".join(ways[:2]) + more


def _choice(drawn: Form, name: str, asked: FormField) -> list[Block]:
    choices = [option(text, value) for value, text in asked.choices]
    chosen = [choice for choice in choices if choice["value"] == drawn.given(name)]
    chosen = chosen or ([] if asked.grave else choices[:1])
    radio = element("radio_buttons", options=choices, initial_option=chosen[:1] and chosen[0])
    return [field(name, asked.label, radio, asked.hint)]


def _last_day(drawn: Form, name: str, asked: FormField) -> list[Block]:
    """A date picker; typed days, or those proposed by the policy, count from today."""
    today = drawn.tables.now.date()
    days = drawn.given("for_days") or str((drawn.rule and drawn.rule.proposed) or "")
    initial = drawn.given(name)
    if days.isascii() and days.isdigit() and len(days) < 4 and not initial:
        initial = f"{today + timedelta(days=int(days))}"
    initial = initial if re.fullmatch(r"\d{4}-\d\d-\d\d", initial) and initial >= f"{today}" else ""
    longest = [rule.longest for rule in drawn.tables.policy.rules(drawn.draft.action.NAME)]
    bound = f"At most {counted(max(filter(None, longest)))} from now." if longest and all(longest) else ""
    return [field(name, asked.label, _day(initial), bound or asked.hint, optional=True)]


def _line(drawn: Form, name: str, asked: FormField) -> list[Block]:
    is_optional = not drawn.draft.action.model_fields[name].is_required()
    initial = drawn.draft.raw.get(name, proposal(asked, name, drawn.rule, drawn.draft.raw))
    return [field(name, asked.label, _text(initial, 150), asked.hint, is_optional)]


_FIELDS: dict[Input, Callable[[Form, str, FormField], list[Block]]] = {
    Input.PERSON: _person,
    Input.TEAM: _teams,
    Input.TEAMS: _teams,
    Input.CHOICE: _choice,
    Input.DAY: _last_day,
    Input.MOMENT: lambda drawn, name, asked: [start_field(drawn.start)],
    Input.DAYS: lambda drawn, name, asked: _line(drawn, name, asked) if asked.by_policy else [],
    Input.TEXT: _line,
}
"""{kind of field: function that draws it}."""


# -- submitted values ---------------------------------------------------------------------------------------


def read(view: Mapping[str, Any]) -> dict[str, str]:
    """{block id: value} of a submitted form.

    For untouched fields Slack sends the initial value; local-slack sends null: then the block has it.
    """
    values = halves(view)
    for half in [name for name in values if name.endswith(EMAIL)]:
        whole = half.removesuffix(EMAIL)
        values[whole] = ", ".join(filter(None, (values.get(whole), values.pop(half))))
    return values


def halves(view: Mapping[str, Any]) -> dict[str, str]:
    """{block id: value}, with the two halves of a person field separate."""
    state = view.get("state", {}).get("values", {})
    values: dict[str, str] = {}
    for block in view.get("blocks", []):
        if block.get("type") == "input":
            element, answer = block["element"], state.get(block["block_id"], {}).get("value")
            values[block["block_id"]] = _answer(answer or {}, element)
    return values


def _answer(answer: Mapping[str, Any], element: Mapping[str, Any]) -> str:
    if isinstance(answer.get("selected_users"), list):  # also if everybody was removed
        return ", ".join(answer["selected_users"])
    for source, prefix in ((answer, "selected_"), (element, "initial_")):
        for kind in ("option", "user", "date", "date_time"):
            if chosen := source.get(prefix + kind):
                return str(chosen["value"] if kind == "option" else chosen)
            if kind != "date" and (several := source.get(f"{prefix}{kind}s")):
                return ", ".join(option["value"] if kind == "option" else option for option in several)
    typed = answer.get("value")
    return str(element.get("initial_value") or "" if typed is None else typed).strip()


def at_fields(problems: Problems, view: Block) -> dict[str, str]:
    """{block id: problem}; Slack takes errors only for existing blocks."""
    written = halves(view)
    errors: dict[str, str] = {}
    for name, text in problems.fields.items():
        place = name if name in written else "reason"
        place = place + EMAIL if written.get(place + EMAIL) else place
        errors[place] = f"{errors[place]} {text}" if place in errors else text
    return errors


def carried(view: Mapping[str, Any]) -> dict[str, str]:
    """The `carried` values of a form; {} if they can't be read."""
    try:
        values = json.loads(view.get("private_metadata") or "{}")
        return {str(name): str(value) for name, value in values.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}


# -- about a request -------------------------------------------------------------------------------------


def about(button: str, request: Request, place: Mapping[str, str], asker: str) -> Block:
    """The form behind a button; it carries the request's handle, and the card that was clicked.

    `asker`: who asked the open question.
    """
    number = None
    match button:
        case "deny":
            title, submit, blocks = "Deny", "Deny", _denial(request)
        case "question":
            hint = "The requester sees this. All approvers see the answer. The request stays pending."
            title, submit, blocks = "Ask About", "Ask", [box("reason", "Question", LONGEST_QUESTION, hint)]
        case "start":
            hint = "Later than the current start. For an earlier one, withdraw it or send a new request."
            title, submit = "Start of", "Move"
            blocks = [field("reason", "Start", _moment(request.starts_at), hint)]
        case "hand-over":
            hint = "Gets everything needed to finish it by hand in Miro. I verify it before I call it done."
            title, submit = "Hand Over", "Hand Over"
            blocks = [field("reason", "Who finishes it", {"type": "users_select"}, hint)]
        case _:
            title, submit, number = "Answer for", "Answer", len(request.asking.questions)
            asked = section(f"{asker} asks: “{request.asking.questions[-1].text}”")
            blocks = [asked, box("reason", "Answer", LONGEST_QUESTION, "All approvers see this.")]
    handle = Handle.of(request, number).value
    return modal(button, f"{title} {request.id}", blocks, submit, request=handle, **place)


def _denial(request: Request) -> list[Block]:
    """Fields for the reason of a denial, which the requester reads: a quick reason, text, or both."""
    form = ACTIONS[request.action].form() if request.action in ACTIONS else {}
    team = ("Wrong team",) if any(asked.is_team for asked in form.values()) else ()
    quick = {"type": "static_select", "options": [option(text, text) for text in (*team, *QUICK_REASONS)]}
    return [
        field("quick", "Reason", quick, "The requester reads this.", optional=True),
        box("reason", "In your words", 500, "Needed for “Other”.", optional=True),
    ]


def reason_of(view: Mapping[str, Any]) -> str:
    """The reason of a denial: the quick reason and the text; '' if there is none."""
    values = read(view)
    quick = values.get("quick", "")
    return ". ".join(filter(None, ("" if quick == OTHER else quick, values.get("reason"))))


def away_form(drawn: str, since: str, until: str = "", delegate: str = "") -> Block:
    """The form of a delegation: delegate, first and last day; `drawn`: the delegation it shows."""
    person = element("users_select", initial_user=delegate)
    hint = "This colleague decides for you, except on their own requests."
    blocks = [
        field("delegate", "Who stands in", person, hint),
        field("since", "First day", _day(since), "Leave empty to start today.", optional=True),
        field("until", "Last day", _day(until), "Through the end of that day in your time zone."),
    ]
    return modal("away", "Name a Delegate", blocks, "Save", delegation=drawn)


def search() -> Block:
    """The form of Search: a person, or the number of a request."""
    person = {"type": "users_select"}
    text = _text("", 150)
    blocks = [
        field("person", "Person", person, optional=True),
        field("entry", "Or an e-mail address or number", text, "For example R-42.", optional=True),
    ]
    return modal("search", "Find Requests", blocks, "Search")


def details(scene: Scene, lines: Sequence[Block] = ()) -> Block:
    """The modal with everything that doesn't fit on a card; `lines`: a page of those of a bulk."""
    return notice(f"Details of {scene.request.id}", *particulars(scene), *lines)
