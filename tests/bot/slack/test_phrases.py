"""What else is read in messages: strange names, reasons as they were typed, ends, several people."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.ids import GroupId
from approvals.people import Group
from bot.actions import ACTIONS, Action
from bot.slack.words.reading import CANT_END, GRAVE, SAY_DAYS, SAY_START, Answer, Draft
from bot.slack.words.reading import read as read_words
from bot.slack.words.sentence import LANGUAGES, typed, vocabulary
from tests.bot.slack.scenes import tables
from tests.bot.slack.test_written import TODAY, WORLD, Reading, handle, slack

GROUPS = [
    Group(GroupId("E"), "g_app_proeng_all", "Engineering"),
    Group(GroupId("D"), "Design", "Design"),
    Group(GroupId("I"), "IT Administration", "IT Administration"),
    Group(GroupId("DO"), "Design Ops", "Design Ops"),
    Group(GroupId("C"), "C++ (core)", "C++ (core)"),
    Group(GroupId("R"), "R&amp;D", "R&D"),
    Group(GroupId("X1"), "g_x1", "Twin"),
    Group(GroupId("X2"), "g_x2", "Twin"),
]
TABLES = tables(GROUPS)
USER_GROUPS = replace(TABLES, boards_pass=False)
ALEX, SAM = "<@U0ALEX|alex>", "<@U0SAM|sam>"
READINGS: dict[str, list[str]] = tomllib.loads(Path("tests/readings.toml").read_text("utf-8"))


def read(text: str, action: type[Action] | None = None) -> Draft:
    """The form that a text of Slack's fills in."""
    found = read_words(typed(text), USER_GROUPS, TODAY, action, "U0ME")
    assert isinstance(found, Draft), found
    return found


def summary(text: str) -> str:
    """What is read in a text, on one line."""
    found = read_words(typed(slack(text)), WORLD, TODAY, writer=handle("alex"))
    if isinstance(found, Answer):
        return f"answer: {found.kind}" + (f" ({found.about.NAME})" if found.about else "")
    fields = [f"{name} {value}" for name, value in sorted(found.raw.items())]
    fields = [field for field in fields if field.split()[0] not in ("person", "start")]
    start = [f"start {found.start}"] if found.start else []
    people = " + ".join(Reading(found).people()) or "?"
    return ", ".join([f"{found.action.NAME}: {people}", *fields, *start])


@pytest.mark.parametrize(
    ("text", "means"), [(text, means) for means, texts in READINGS.items() for text in texts]
)
def test_a_message_is_read_so(text: str, means: str) -> None:
    assert summary(text) == means


@pytest.mark.parametrize(
    ("text", "action", "raw"),
    [
        ("access to g_app_proeng_all", "request-access", {"teams": "E"}),
        ("access for C++ (core)", "request-access", {"teams": "C"}),
        ("I have no access to R&amp;D", "request-access", {"teams": "R"}),
        ("access for Design Ops", "request-access", {"teams": "DO"}),
        ("I need access for the Designers", "request-access", {}),
        ("access to the Twin team", "request-access", {}),
        (
            f"onboard {ALEX} in Engineering and Design",
            "request-access",
            {"person": "U0ALEX", "teams": "E, D"},
        ),
        ("offboard <mailto:jo@example.com|jo@example.com>", "offboard", {"person": "jo@example.com"}),
        ("create a group called Data Science", "create-group", {"name": "Data Science"}),
        ('please make a new team named "Ops"', "create-group", {"name": "Ops"}),
        ('erstelle eine Gruppe "Daten"', "create-group", {"name": "Daten"}),
        ('crear un grupo "Datos"', "create-group", {"name": "Datos"}),
        ("delete the group Design", "delete-group", {"team": "D"}),
        ("bitte die Gruppe Design löschen", "delete-group", {"team": "D"}),
        ("supprimer le groupe Design", "delete-group", {"team": "D"}),
        ("borra el grupo Design", "delete-group", {"team": "D"}),
        ('rename Engineering to "g_app_x"', "rename-group", {"team": "E", "name": "g_app_x"}),
        ('rename Design to "Engineering"', "rename-group", {"team": "D", "name": "Engineering"}),
        ('rename "Design" to "g_design"', "rename-group", {"team": "D", "name": "g_design"}),
        ('rename "Design"', "rename-group", {"team": "D"}),
        (
            f'make {ALEX} admin, from Engineering to "IT Administration"',
            "make-admin",
            {"person": "U0ALEX", "from_team": "E", "to_team": "I"},
        ),
    ],
)
def test_names_are_read_as_they_are_written(text: str, action: str, raw: dict[str, str]) -> None:
    draft = read(text)
    assert (draft.action.NAME, draft.raw) == (action, raw)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.NAME)
def test_each_actions_own_example_is_understood(action: type[Action]) -> None:
    draft = read(action.EXAMPLE.replace("@alex", ALEX))
    assert (draft.action, draft.notes, draft.who_open) == (action, (), False)
    assert draft.raw and set(draft.raw) <= set(action.form())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("access for Design because we draw.", "we draw"),
        ("access for Design, reason: we draw", "we draw"),
        ("access for Design since I move to Berlin", "I move to Berlin"),
        ("access for Design because I left Engineering; admin said so", "I left Engineering; admin said so"),
        ("access for Design because\ntwo\nlines", "two\nlines"),
        ("access for Design because of the workshop", "the workshop"),
        ("Because we draw, I need access for Design", "we draw"),
        ("access for Design because <https://example.com/a|we> &lt;draw&gt; (a lot)", "we <draw> (a lot)"),
        ("access for Design", ""),
    ],
)
def test_a_reason_is_kept_as_it_was_typed_and_fills_no_field(text: str, reason: str) -> None:
    draft = read(text)
    assert (draft.action.NAME, draft.reason, draft.raw) == ("request-access", reason, {"teams": "D"})


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("temporary access for Design", SAY_DAYS),
        ("access for Design while I'm away", SAY_DAYS),
        ("access for Design until 03/04", SAY_DAYS),
        ("access for Design for 2 weeks until Friday", SAY_DAYS),
        ("access for Design until yesterday's meeting, for a few days", SAY_DAYS),
        ("move me from Design to Engineering for 3 weeks", CANT_END),
        ("access for Design from Monday or from Tuesday", SAY_START),
        ("access for Design by Friday", SAY_START),
        ("access for Design for the workshop on Friday", SAY_START),
        ("offboard jo@example.com on her last day", SAY_START),
        ('access for "Data"', "I couldn't place: Data."),
        ("I need access to Marketing", "I couldn't place: Marketing."),
        ("access for Desgin", "I read “Desgin” as Design."),
        ("access to the Twin team", "Several teams are called Twin: choose the one you mean."),
        ("offboard jo@example.com on her last day, 18:00", "I left out the time 18:00."),
        ("access for Design until Friday 18:00", "I left out the time 18:00."),
        ("move me from Engineering to Design and IT Administration", "I left out IT Administration."),
        ("access to Engineering, not Design", "I left out Design."),
        (f"make {ALEX} company admin and user admin", "One at a time: choose Company Admin or User Admin."),
        ("https://miro.com/app/board/uX1=/ please", "I can't tell which team owns the board."),
        (f"the same access as {ALEX}", "I don't know alex's teams yet."),
    ],
)
def test_what_cannot_be_honoured_is_said_aloud(text: str, note: str) -> None:
    assert any(one.startswith(note) for one in read(text).notes), read(text)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("access for Design from Monday", "2026-12-07"),
        ("starting tomorrow I need access for Design", "2026-12-01"),
        ("remove me from Design by Friday", "2026-12-04"),
        ("offboard jo@example.com on Friday, 18:00", "2026-12-04 18:00"),
        ("offboard jo@example.com on Friday at 6 pm", "2026-12-04 18:00"),
        ("offboard jo@example.com today at 17:30", "2026-11-30 17:30"),
        ("access for Design until Friday", None),
    ],
)
def test_a_start_fills_the_start_of_the_form(text: str, start: str | None) -> None:
    draft = read(text)
    assert (draft.raw.get("start"), draft.notes) == (start, ())


@pytest.mark.parametrize(
    ("end", "day"),
    [
        *(("until Friday", date(2026, 12, 4)), ("for three weeks", date(2026, 12, 21))),
        *(("until end of january", date(2027, 1, 31)), ("bis 20.12.", date(2026, 12, 20))),
        *(("jusqu'au 5 janvier", date(2027, 1, 5)), ("hasta el 1 de febrero", date(2027, 2, 1))),
    ],
)
def test_an_end_is_shown_and_counted_in_days(end: str, day: date) -> None:
    draft = read(f"I need access to Design {end}")
    assert (draft.until, draft.raw["for_days"]) == (day, str((day - TODAY).days))
    assert SAY_DAYS not in draft.notes


@pytest.mark.parametrize("text", ["may I have access to Design", "access to Design for 3D models"])
def test_what_is_no_date_is_none(text: str) -> None:
    draft = read(text)
    assert (draft.until, draft.start, draft.raw, SAY_DAYS in draft.notes) == (
        None,
        None,
        {"teams": "D"},
        False,
    )


def test_several_people_are_a_draft_each_and_ten_at_most() -> None:
    people = [f"<@U0P{number}|p{number}>" for number in range(12)]
    draft = read(f"add {', '.join(people[:-1])} and {people[-1]} to Design")
    assert (draft.raw["person"], draft.others) == ("U0P0", tuple(f"U0P{n}" for n in range(1, 10)))
    assert any(note.startswith("I left out 2 people") for note in draft.notes)


def test_the_same_person_named_twice_is_one() -> None:
    draft = read(f"access for {ALEX} to Design, {ALEX} starts soon")
    assert (draft.raw["person"], draft.others) == ("U0ALEX", ())


@pytest.mark.parametrize("text", ["", "to Design", "Sam Lee for Design"])
def test_a_command_names_its_action_itself(text: str) -> None:
    draft = read(text, ACTIONS["move-team"])
    assert draft.action.NAME == "move-team" and "person" not in draft.raw


@pytest.mark.parametrize(
    ("command", "text", "other"),
    [
        *(
            ("make-admin", f"{word} {ALEX}", "remove-admin")
            for word in ("remove", "revoke", "strip", "demote")
        ),
        *(("make-admin", f"{ALEX} {word}", "remove-admin") for word in ("no longer", "isn't one any more")),
        ("request-access", f"remove {ALEX} from Design", "leave-team"),
        ("request-access", f"{ALEX} no longer needs Design", "leave-team"),
    ],
)
def test_a_command_gives_nothing_that_its_text_takes(command: str, text: str, other: str) -> None:
    found = read_words(typed(text), TABLES, TODAY, ACTIONS[command])
    assert found == Answer("turned", ACTIONS[other])


TAKING = (
    "revoke",
    "remove",
    "withdraw",
    "cancel",
    "take away",
    "strip",
    "drop",
    "stop",
    "undo",
    "don't give",
)


@pytest.mark.parametrize("taking", TAKING)
@pytest.mark.parametrize("text", [f"admin for {ALEX}", f"{ALEX}'s admin rights", f"{ALEX} as Content Admin"])
@pytest.mark.parametrize("action", [None, ACTIONS["make-admin"]])
def test_no_word_of_taking_gives_admin_rights(taking: str, text: str, action: type[Action] | None) -> None:
    found = read_words(typed(f"please {taking} {text}"), TABLES, TODAY, action)
    assert not (isinstance(found, Draft) and found.action.NAME == "make-admin")


@pytest.mark.parametrize("text", [f"{word} for {ALEX}" for word in ("admin", "offboarding", "more rights")])
def test_nothing_grave_is_drafted_without_its_exact_phrase(text: str) -> None:
    found = read_words(typed(text), TABLES, TODAY)
    assert isinstance(found, Answer) and found.kind == "exact"


@given(
    st.lists(st.sampled_from([text for texts in READINGS.values() for text in texts]), min_size=2, max_size=2)
)
def test_two_messages_give_nothing_grave_that_neither_asks_for(texts: list[str]) -> None:
    found = read_words(typed(slack(". ".join(texts))), WORLD, TODAY)
    if isinstance(found, Draft) and found.action in GRAVE:
        assert any(summary(text).startswith(found.action.NAME) for text in texts)


@pytest.mark.thorough
@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_read(text: str) -> None:
    for action in (None, ACTIONS["request-access"]):
        found = read_words(text, TABLES, TODAY, action)
        if isinstance(found, Draft):
            assert set(found.raw) <= set(found.action.form())


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_a_word_for_everything(language: str) -> None:
    english, other = vocabulary("en").tables, vocabulary(language).tables
    assert english.keys() == other.keys()
    assert all(
        other[table].keys() >= english[table].keys() - {"taking", "giving", "merge-teams"}
        for table in english
    )
    named = {name for table in ("verbs", "exact", "weak") for name in other[table]}
    # A group is new or gone: where groups are teams, these words are answered.
    assert named | {"create-group", "delete-group"} == set(ACTIONS)
