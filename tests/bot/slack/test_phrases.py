"""Sentences in plain words, and the form each of them fills in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.ids import GroupId
from approvals.people import Group
from bot.actions import ACTIONS, Action
from bot.slack.words import phrases
from bot.slack.words.dates import CANT_END, CANT_WAIT, SAY_DAYS
from bot.slack.words.marks import typed
from bot.slack.words.phrases import Advice, Draft
from bot.slack.words.whom import FOR_YOU, SAY_WHO
from tests.bot.slack.scenes import tables

GROUPS = [
    Group(GroupId("E"), "g_app_proeng_all", "Engineering"),
    Group(GroupId("D"), "Design", "Design"),
    Group(GroupId("I"), "IT Administration", "IT Administration"),
    Group(GroupId("DO"), "Design Ops", "Design Ops"),
    Group(GroupId("C"), "C++ (core)", "C++ (core)"),
]
TABLES = tables(GROUPS)
ALEX = "<@U0ALEX|alex>"


def read(text: str, action: type[Action] | None = None) -> Draft | None:
    """The form that a text of Slack's fills in."""
    found = phrases.read(typed(text), TABLES, action)
    assert found is None or isinstance(found, Draft)
    return found


TABLE = [
    ("I need Miro access for Engineering", "request-access", {"teams": "E"}),
    ("please add me to Design", "request-access", {"teams": "D"}),
    (
        "Can you invite jo@example.com to Design Ops?",
        "request-access",
        {"person": "jo@example.com", "teams": "DO"},
    ),
    (f"onboard {ALEX} in Engineering and Design", "request-access", {"person": "U0ALEX", "teams": "E, D"}),
    ("access to g_app_proeng_all", "request-access", {"teams": "E"}),
    ("ACCESS FOR ENGINEERING", "request-access", {"teams": "E"}),
    ("access for C++ (core)", "request-access", {"teams": "C"}),
    ("I need access to IT Administration", "request-access", {"teams": "I"}),
    ("I need an account", "request-access", {}),
    ("I need Miro", "request-access", {}),
    ("how do I get into Miro?", "request-access", {}),
    ("move me from Engineering to Design", "move-team", {"from_team": "E", "to_team": "D"}),
    ("move me to Design from Engineering", "move-team", {"from_team": "E", "to_team": "D"}),
    ("move me into IT Administration out of Design", "move-team", {"from_team": "D", "to_team": "I"}),
    ("switch to Design", "move-team", {"to_team": "D"}),
    (
        f'make {ALEX} admin, from Engineering to "IT Administration"',
        "make-admin",
        {"person": "U0ALEX", "from_team": "E", "to_team": "I"},
    ),
    (f"promote {ALEX} to Content Admin", "make-admin", {"person": "U0ALEX", "rights": "Content Admin"}),
    (f"demote {ALEX}", "remove-admin", {"person": "U0ALEX"}),
    (f"remove admin rights from {ALEX}", "remove-admin", {"person": "U0ALEX"}),
    (f"{ALEX} is no longer admin", "remove-admin", {"person": "U0ALEX"}),
    ("offboard jo.park@example.com", "offboard", {"person": "jo.park@example.com"}),
    ("offboard <mailto:jo@example.com|jo@example.com>", "offboard", {"person": "jo@example.com"}),
    ("delete jo@example.com", "offboard", {"person": "jo@example.com", "how": "delete"}),
    ("deactivate admin@example.com", "offboard", {"person": "admin@example.com", "how": "deactivate"}),
    ("reactivate jo.park@example.com", "reactivate", {"person": "jo.park@example.com"}),
    ('rename Engineering to "g_app_x"', "rename-group", {"team": "E", "name": "g_app_x"}),
    ('rename Design to "Engineering"', "rename-group", {"team": "D", "name": "Engineering"}),
    ('rename "Design" to "g_design"', "rename-group", {"team": "D", "name": "g_design"}),
    ('rename "Design"', "rename-group", {"team": "D"}),
    ("rename the group Design to ‘g_design’", "rename-group", {"team": "D", "name": "g_design"}),
]


@pytest.mark.parametrize(("text", "action", "raw"), TABLE, ids=[row[0] for row in TABLE])
def test_a_sentence_fills_in_its_form(text: str, action: str, raw: dict[str, str]) -> None:
    draft = read(text)
    assert draft and (draft.action.NAME, draft.raw, draft.notes) == (action, raw, ())


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.NAME)
def test_each_actions_own_example_is_understood(action: type) -> None:
    draft = read(action.EXAMPLE.replace("@alex", ALEX))  # type: ignore[attr-defined]
    assert draft and draft.action is action
    assert draft.notes == ()
    fields = {name for name, asked in draft.action.form().items() if not asked.operators_only}
    assert draft.raw and set(draft.raw) <= fields


@pytest.mark.parametrize(
    "text", ["", "hello", "what's for lunch?", "thanks!", "👍", "Engineering", "<@U1> <@U2>"]
)
def test_what_means_no_action_is_no_draft(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("access for Design because we draw.", "we draw"),
        ("access for Design, reason: we draw", "we draw"),
        ("access for Design since I move to Berlin", "I move to Berlin"),
        ("access for Design because I left Engineering; admin said so", "I left Engineering; admin said so"),
        ("access for Design because\ntwo\nlines", "two\nlines"),
        ("access for Design because of the workshop", "because of the workshop"),
        ("access for Design", ""),
    ],
)
def test_the_reason_is_kept_and_fills_no_field(text: str, reason: str) -> None:
    draft = read(text)
    assert draft and draft.action.NAME == "request-access"
    assert (draft.reason, draft.raw) == (reason, {"teams": "D"})


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("access for Design until Friday", SAY_DAYS),
        ("access for Design till May", SAY_DAYS),
        ("temporary access for Design", SAY_DAYS),
        ("move me from Design to Engineering for 3 weeks", CANT_END),
        ("access for Design because of a workshop until Friday", SAY_DAYS),
        ("access for Design from Monday", CANT_WAIT),
        ("add me to Design tomorrow", CANT_WAIT),
        ("offboard jo@example.com next week", CANT_WAIT),
        ('access for "Data"', "I don't know a team called Data."),
        ("move me from Engineering to Design and IT Administration", "I left out IT Administration"),
        (f"offboard {ALEX} from Engineering", "I left out Engineering"),
    ],
)
def test_what_cannot_be_honoured_is_said_aloud(text: str, note: str) -> None:
    draft = read(text)
    assert draft and any(one.startswith(note) for one in draft.notes), draft


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I need access to Marketing", "Marketing"),
        ("Miro access for the Field Marketing team, please", "Field Marketing"),
        ("I'd like to join Marketing.", "Marketing"),
        ("I need access to Marketing Thanks!", "Marketing"),
        ("access to Marketing and Sales", "Marketing or Sales"),
        ("move me from Marketing to Design", "Marketing"),
        ('rename Marketing to "g_marketing"', "Marketing"),
    ],
)
def test_a_team_that_is_not_known_is_named(text: str, name: str) -> None:
    draft = read(text)
    assert draft and [one.partition(". ")[0] for one in draft.notes] == [f"I don't know a team called {name}"]


@pytest.mark.parametrize(
    "text",
    [
        "I need access to Miro",
        "access for a workshop",
        "Miro access for Q3 planning",
        "I sit in Berlin. I need Miro access",
        "I need access to Design for Marketing",
        "I need Miro access for May",
        f"promote {ALEX} to Content Admin",
        f"promote {ALEX} to Security Admin",
    ],
)
def test_what_may_be_no_team_is_not_called_one(text: str) -> None:
    draft = read(text)
    assert draft and not any("I don't know a team" in one for one in draft.notes)


OTHERS = [
    "give Sam Lee access to Design please",
    "access for Sam Lee to Design",
    "can you add jo to Engineering?",
    "Sam Lee needs access to Design",
    "our new designer needs a Miro account",
    "please invite my colleague to Design",
    "can Sam get access to Design?",
    "move Sam from Design to Engineering",
    "remove Sam Lee from Design",
    "add him to Design and let me know",
    "Hi, Jo Park joins Design on Monday, please give her Miro access",
    "access to Design for someone else",
]


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_for_somebody_else_is_never_read_as_for_the_writer(text: str) -> None:
    assert phrases.read(text, TABLES) == Advice(SAY_WHO)


@pytest.mark.parametrize("text", ["Sam Lee for Design", "my colleague for Design", "Jo to Design"])
def test_nor_is_it_in_a_command(text: str) -> None:
    assert phrases.read(text, TABLES, ACTIONS["request-access"]) == Advice(SAY_WHO)


@pytest.mark.parametrize(
    "text",
    [
        "Please add me to Design, Sam told me to ask",
        "Can I get access to Design?",
        "Move to Design from Engineering",
        "Give me full access to Design",
        "I want access to Design. Thanks, Alex",
        "Could you please give access to Design",
        "My manager wants me to have access to Design",
        "Access to Design as I need it for the Q3 planning",
        "take me out of Design",
        "leave Design",
        "get me into Miro, into Design",
        "I need access to Design for Project Phoenix and the Launch Week",
    ],
)
def test_what_is_for_the_writer_is_read_so(text: str) -> None:
    draft = read(text)
    assert draft and "person" not in draft.raw and FOR_YOU not in draft.notes


@pytest.mark.parametrize(
    "text", ["I need access to Design for Sam Lee", "I need Design access for Project Phoenix."]
)
def test_a_name_at_the_end_may_be_somebody_and_that_is_said(text: str) -> None:
    draft = read(text)
    assert draft and draft.raw == {"teams": "D"} and draft.notes == (FOR_YOU,)


@pytest.mark.parametrize(
    "text",
    [
        "I'd like to join Design, it's urgent",
        "I'm in a hurry: access for Design, don't wait",
        "access for Design, that's all, isn't it?",
    ],
)
def test_an_apostrophe_quotes_nothing(text: str) -> None:
    draft = read(text)
    assert draft and (draft.raw, draft.notes) == ({"teams": "D"}, ())


def test_the_same_person_named_twice_is_one() -> None:
    draft = read(f"access for {ALEX} to Design, {ALEX} starts soon")
    assert draft and draft.notes == ()


def test_a_slash_command_names_its_action_itself() -> None:
    draft = read("to Design", ACTIONS["move-team"])
    assert draft and draft.action.NAME == "move-team"


def test_a_longer_name_wins_over_one_inside_it() -> None:
    draft = read("access for Design Ops")
    assert draft and draft.raw == {"teams": "DO"}


def test_part_of_a_word_names_no_team() -> None:
    draft = read("I need access for the Designers")
    assert draft and draft.raw == {}


@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_read(text: str) -> None:
    for draft in (phrases.read(text, TABLES), phrases.read(text, TABLES, ACTIONS["request-access"])):
        if isinstance(draft, Draft):
            assert set(draft.raw) <= set(draft.action.form())
            assert not set(draft.raw) & {"department", "manager", "employee_number"}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("access for Design for 3 weeks", "21"),
        ("access for Design for a day because of it", "1"),
        ("I need Miro access for Design for the next 10 days", "10"),
        (f"make {ALEX} admin for two months", "60"),
    ],
)
def test_days_are_read_and_no_end_is_remarked(text: str, days: str) -> None:
    draft = read(text)
    assert draft and draft.raw["for_days"] == days
    assert SAY_DAYS not in draft.notes and CANT_END not in draft.notes
