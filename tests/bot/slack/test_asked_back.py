"""What isn't understood whole is asked back: nobody else's wish, no opposite and no dropped date is read."""

import pytest

from approvals.ids import GroupId
from approvals.people import Group
from bot.actions import ACTIONS
from bot.actions.leave_team import LeaveTeam
from bot.slack.words import phrases
from bot.slack.words.dates import CANT_END, CANT_WAIT, SAY_DAYS
from bot.slack.words.fillers import unsure
from bot.slack.words.marks import typed
from bot.slack.words.phrases import ONE_PERSON, TAKE_BACK, Advice, Draft
from bot.slack.words.whom import SAY_WHO
from tests.bot.slack.scenes import tables

TABLES = tables(
    [
        Group(GroupId("E"), "g_app_proeng_all", "Engineering"),
        Group(GroupId("D"), "Design", "Design"),
    ]
)


def read(text: str, command: str = "") -> Draft | Advice | None:
    """What is read in a text where everybody who stands there with a small letter was picked."""
    for name in ("alex", "jo", "priya", "carol"):
        text = text.replace(f"@{name}", f"<@U0{name.upper()}|{name}>")
    return phrases.read(typed(text), TABLES, ACTIONS[command] if command else None)


SEVERAL = (
    "@priya asked me to offboard @alex",
    "offboard @jo and make @alex admin",
    "as agreed with @priya, please offboard @alex",
    "not @alex but @priya needs access",
    "replace @jo with @alex as Company Admin",
    "add @alex to Engineering and @jo to Design",
    "jo.park@example.com takes over from alex@example.com who leaves the company",
    "keep @alex, offboard @jo",
    "@alex stays, offboard @jo",
    "add jo@example.com to Design, cc @priya",
)


@pytest.mark.parametrize("text", SEVERAL)
def test_of_several_people_nobody_is_chosen(text: str) -> None:
    assert read(text) == Advice(ONE_PERSON)


def test_nor_in_a_command() -> None:
    assert read("@alex @jo for Design", "request-access") == Advice(ONE_PERSON)
    assert read("@alex, not @jo", "make-admin") == Advice(ONE_PERSON)


BESIDE = (
    "Hi @carol, I need access to Engineering",
    "Hi @carol, access to Engineering please",
    "Hi @carol access to Engineering please",
    "thanks @carol, access to Engineering please",
    "cc @priya: I need access to Engineering",
    "I need the same access to Engineering as @alex",
    "I need the same access to Engineering as @alex has",
    "I need access to Engineering, @priya can confirm",
    "I need access to Engineering, @priya should approve it",
    "my manager @priya said I need access to Engineering",
    "I talked to @priya, I need access to Engineering",
    "let @priya know that I need access to Engineering",
    "@priya wants me to have access to Engineering",
    "@carol please give me access to Engineering",
    "@carol can you give me access to Engineering?",
    "I need access to Engineering for @priya's project",
    "please add me to Design, @priya needs it",
    "@priya told me to move from Engineering to Design",
    "take me out of Design, @priya knows",
    "hello @priya, I want to leave Design",
)


@pytest.mark.parametrize("text", BESIDE)
def test_who_stands_beside_the_writer_gets_nothing(text: str) -> None:
    assert read(text) == Advice(SAY_WHO)


FOR_ALEX = (
    "I need access for @alex to Design",
    "I'd like to add @alex to Design",
    "I’d like @alex to have access to Design",
    "@alex needs access to Design",
    "my colleague @alex needs access to Design",
    "please give @alex access to Design, I asked his manager",
    "Hi, can you please give my colleague @alex access to Design? Thanks!",
    "please let @alex into Design, we need his access today",
    "Could you grant access to @alex for Design, he joined us on short notice",
    "onboard @alex in Design",
)


@pytest.mark.parametrize("text", FOR_ALEX)
def test_who_surely_receives_access_is_read(text: str) -> None:
    found = read(text)
    assert isinstance(found, Draft)
    assert (found.action.NAME, found.raw) == ("request-access", {"person": "U0ALEX", "teams": "D"})


UNSURE = (
    "protect @alex from being deleted",
    "keep @jo, delete nothing",
    "neither delete nor deactivate @jo",
    "did you delete @alex?",
    "we decided against offboarding @jo",
    "wait with offboarding @jo",
    "prevent @jo from being deactivated",
    "@alex was offboarded by mistake",
    "@alex was deleted by mistake",
    "@alex has been offboarded",
    "un-deactivate @jo",
    "@jo got offboarded, please restore",
    "de-admin @alex",
    "end @alex's admin",
    "give @alex fewer admin rights",
    "is @alex an admin?",
    "is @alex admin",
    "who is admin of Miro, is @alex admin?",
    "does @alex have admin rights?",
    "@alex should keep his admin rights",
    "delete @alex's board",
    "delete @alex's admin rights",
    "delete the team of @alex",
    "deactivate notifications for @alex",
    "everybody except @alex should be removed from Engineering",
    "remove @alex from every team but Design",
    "take @alex out of Engineering, Design stays",
    "I don't need access to Design, but to Engineering",
    "I don't need Engineering any more, I need Design",
    "@alex was removed from Engineering by mistake",
    "I was deactivated, please let me in again",
    "if @jo leaves, offboard her",
    "Hi @carol, please offboard",
    "offboard Jo Park",
    "rename nothing in Design",
    "do not let @alex join Engineering",
    "prevent @alex from joining Engineering",
    "@alex joined Engineering already",
    "did you add @alex to Design?",
    "@alex should have no access to Design",
    "access to Design for me, not for @alex",
    "should I offboard @jo?",
    "thank you for offboarding @jo",
    "@jo is being offboarded",
    "only delete @jo if he agrees",
    "offboard @jo? no",
    "I want no access to Design",
    "I need access to Design no longer",
)


@pytest.mark.parametrize("text", UNSURE)
def test_what_is_not_understood_whole_opens_no_form(text: str) -> None:
    assert isinstance(read(text), Advice)


def test_what_is_asked_back_names_an_example_and_the_command() -> None:
    told = read("wait with offboarding @jo")
    assert told == Advice(unsure(ACTIONS["offboard"]))
    assert told.text == (
        "I'm not sure what you mean, so I ask for nothing. Write it like “offboard jo.park@example.com”, or "
        "type /miro-offboard, with the why after “because”."
    )


@pytest.mark.parametrize(
    ("text", "action", "raw"),
    [
        ("@alex must leave Engineering for Design", "move-team", {"from_team": "E", "to_team": "D"}),
        ("take @alex out of Engineering for Design", "move-team", {"from_team": "E", "to_team": "D"}),
        ("remove @alex from Engineering to Design", "move-team", {"from_team": "E", "to_team": "D"}),
        ("delete @alex from Engineering", "leave-team", {"teams": "E"}),
        ("delete @alex's access to Engineering", "leave-team", {"teams": "E"}),
        ("make @alex admin while I'm away", "make-admin", {}),
        ("make @alex admin for 5 days only", "make-admin", {"for_days": "5"}),
        ("Hi, could you please offboard @alex today? Thank you!", "offboard", {}),
        ("@alex leaves the company, please deactivate his account", "offboard", {"how": "deactivate"}),
        ("we need to offboard @alex immediately", "offboard", {}),
        ("please make @alex a Company Admin again", "make-admin", {"rights": "Company Admin"}),
        ("@alex needs admin rights", "make-admin", {}),
        ("I'd like to have @alex's admin rights removed", "remove-admin", {}),
        ("could you move @alex to Design from Engineering?", "move-team", {"from_team": "E", "to_team": "D"}),
        ("Good morning, please take @alex out of the Design team asap", "leave-team", {"teams": "D"}),
        ("please reactivate @alex, he's back", "reactivate", {}),
    ],
)
def test_what_is_understood_whole_opens_its_form(text: str, action: str, raw: dict[str, str]) -> None:
    found = read(text)
    assert isinstance(found, Draft), found
    assert (found.action.NAME, found.raw) == (action, {"person": "U0ALEX"} | raw)


SOMEBODY = (
    "Sam no longer needs Engineering",
    "revoke Sam's access to Engineering",
    "Sam Lee moves from Engineering to Design",
    "I'd like Sam to have access to Engineering",
    "I'd like sam to have access to Engineering",
    "Priya told me that Sam needs access to Engineering",
    "@sam needs access to Engineering",
    "please give sam access to Engineering",
    "please give sam access to Engineering and let me know",
    "she needs access to Engineering",
    "I think she needs access to Engineering",
    "Give access to Engineering to Sam",
    "Access request: Sam Lee, team Engineering",
    "Özil needs access to Engineering",
    "I'd like Özil to have access to Engineering",
    "Dr. Lee asks for access to Engineering",
    "nobody needs access to Engineering",
    "needs access to everything but Engineering",
    "access to Design for Sam Lee",
)


@pytest.mark.parametrize("text", SOMEBODY)
def test_what_may_be_for_somebody_else_is_asked_back(text: str) -> None:
    assert read(text) == Advice(SAY_WHO)


def test_and_so_it_is_in_commands() -> None:
    assert read("sam for Engineering", "request-access") == Advice(SAY_WHO)
    assert read("sam lee from Engineering to Design", "move-team") == Advice(SAY_WHO)


@pytest.mark.parametrize(
    "text",
    [
        "I need Miro access for Engineering, I start Monday",
        "access for Engineering",
        "Please add me to Engineering, Sam told me to ask",
        "I want access to Engineering. Thanks, Alex",
        "My manager wants me to have access to Engineering",
        "Could somebody give me access to Engineering",
        "Hey there, could I please get Miro access to the Engineering team? Thanks a lot!",
    ],
)
def test_what_is_the_writers_own_stays_so(text: str) -> None:
    found = read(text)
    assert isinstance(found, Draft) and found.action.NAME == "request-access", found
    assert found.raw == {"teams": "E"}


@pytest.mark.parametrize(
    "text",
    [
        "please withdraw my request for access to Engineering",
        "cancel my access request",
        "withdraw the request to make @alex admin",
        "please cancel my request",
    ],
)
def test_to_take_a_request_back_is_said_how(text: str) -> None:
    assert read(text) == Advice(TAKE_BACK)


@pytest.mark.parametrize(
    "when",
    [
        *(
            "on 31 March",
            "in two weeks",
            "at the end of the month",
            "effective 2026-06-30",
            "from 2026-04-01",
        ),
        *("starting 1 April", "from the 1st of April", "on 31.3.", "as of next Monday", "in ten days"),
    ],
)
@pytest.mark.parametrize("text", ["I need access to Design", "@alex needs access to Design", "offboard @jo"])
def test_a_day_to_begin_on_is_never_dropped(text: str, when: str) -> None:
    for sentence in (f"{text} {when}", f"{when}, {text}"):
        found = read(sentence)
        assert isinstance(found, Draft) and found.notes == (CANT_WAIT,), (sentence, found)


@pytest.mark.parametrize(
    ("span", "days"),
    [
        *(("for ten days", "10"), ("for a fortnight", "14"), ("for a year", "365"), ("for 2 weeks", "14")),
        *(("for 10 working days", ""), ("this week only", ""), ("while I'm on vacation", "")),
        *(("for two weeks or three weeks", ""), ("for two weeks and 3 days", ""), ("for a few weeks", "")),
        *(("for 2 weeks until Friday", ""), ("until 31 March", ""), ("for 1.5 weeks", "")),
    ],
)
def test_days_are_exact_or_asked_for(span: str, days: str) -> None:
    found = read(f"I need access to Design {span}")
    assert isinstance(found, Draft)
    assert found.raw == {"teams": "D"} | ({"for_days": days} if days else {})
    assert found.notes == (() if days else (SAY_DAYS,))


def test_a_form_without_days_says_that_it_has_no_end() -> None:
    found = read("move @alex from Engineering to Design for ten days")
    assert isinstance(found, Draft) and found.notes == (CANT_END,)


def test_what_names_no_team_is_still_told_so() -> None:
    assert read("I don't need Miro access any more") == Advice(LeaveTeam.BARE)


@pytest.mark.parametrize(
    "text",
    [
        "I was added to Engineering by mistake, please remove me",
        "I got access to Engineering accidentally, please undo that",
        "my access to Engineering is wrong",
    ],
)
def test_whoever_wants_out_is_not_given_access(text: str) -> None:
    found = read(text)
    assert not (isinstance(found, Draft) and found.action.NAME == "request-access")


LENGTHS = (
    "I need two weeks of access to Design",
    "I need access to Design (2 weeks)",
    "I need access to Design, 30 days",
    "I need access to Design for today",
    "I need access to Design this week",
    "I need access to Design over Christmas",
    "I need access to Design before Monday",
    "I need access to Design for Q2",
    "I need access to Design for 2wks",
    "I need access to Design for 14d",
    "I need temp access to Design",
    "I need access to Design for a day or two",
    "@alex needs two weeks of access to Design",
)


@pytest.mark.parametrize("text", LENGTHS)
def test_a_length_that_is_not_read_exactly_is_said_aloud(text: str) -> None:
    found = read(text)
    assert isinstance(found, Draft) and "for_days" not in found.raw and SAY_DAYS in found.notes


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("take me out of Engineering :wave:", "leave-team"),
        ("move me from Engineering to Design please :rocket:", "move-team"),
        ("ADD ME TO DESIGN", "request-access"),
        ("REMOVE ME FROM ENGINEERING", "leave-team"),
        ("offboard jo@example.com, last day was Friday", "offboard"),
        ("Please offboard jo@example.com, last day today", "offboard"),
    ],
)
def test_what_people_add_to_a_plain_wish_changes_nothing(text: str, action: str) -> None:
    found = read(text)
    assert isinstance(found, Draft) and action == found.action.NAME and not found.notes


def test_a_thing_in_three_dimensions_is_no_length() -> None:
    found = read("I need access to Design for 3D models")
    assert isinstance(found, Draft) and SAY_DAYS not in found.notes


def test_a_last_day_to_come_is_not_waited_for_and_that_is_said() -> None:
    found = read("offboard jo@example.com, her last day is Friday")
    assert isinstance(found, Draft) and found.notes == (CANT_WAIT,)
