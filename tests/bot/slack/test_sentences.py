"""What people write, and what it must mean: the action, its fields, and everything that is said aloud."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.ids import GroupId
from approvals.people import Group
from bot.actions import ACTIONS
from bot.actions.leave_team import LeaveTeam
from bot.actions.make_admin import MakeAdmin
from bot.actions.request_access import RequestAccess
from bot.slack.words import phrases
from bot.slack.words.dates import CANT_WAIT, SAY_DAYS
from bot.slack.words.marks import typed
from bot.slack.words.phrases import ONE_PERSON, Advice, Draft
from tests.bot.slack.scenes import tables

TABLES = tables(
    [
        Group(GroupId("E"), "g_app_proeng_all", "Engineering"),
        Group(GroupId("D"), "Design", "Design"),
        Group(GroupId("A"), "Data", "Data"),
        Group(GroupId("I"), "IT Administration", "IT Administration"),
        Group(GroupId("R"), "R&amp;D", "R&D"),
    ]
)
ALEX, SAM = "<@U0ALEX|alex>", "<@U0SAM>"
KIM = "<mailto:kim@example.com|kim@example.com>"

[TEAM_ADMINS] = MakeAdmin.NOT_HERE
BARE = LeaveTeam.BARE
NOT_SAID = "I read that this shouldn't be, so I ask for nothing."
UNCLEAR = "I can't tell which is meant."
LEFT = "I read this as a wish to leave a team"
TURNED = "I read this as a wish to take admin rights away"
NOT_MEANT = "I read that it isn't meant."
NO_PLACE = "there is no place for it in this form."
LEAVES_NONE = "this form leaves no team; /miro-move goes from one to another."


def only(other: str) -> str:
    return f"I take one thing at a time. Ask again to {ACTIONS[other].ABOUT}."


@dataclass(frozen=True)
class Means:
    """What a sentence has to be read as; without an action: a piece of advice, or nothing at all."""

    action: str = ""
    raw: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def access(*notes: str, **raw: str) -> Means:
    return Means("request-access", raw, notes)


def move(*notes: str, **raw: str) -> Means:
    return Means("move-team", raw, notes)


def leave(*notes: str, **raw: str) -> Means:
    return Means("leave-team", raw, notes)


def make(*notes: str, person: str = "U0ALEX", **raw: str) -> Means:
    return Means("make-admin", {"person": person, **raw}, notes)


def remove(*notes: str, person: str = "U0ALEX", **raw: str) -> Means:
    return Means("remove-admin", {"person": person, **raw}, notes)


def offboard(*notes: str, **raw: str) -> Means:
    return Means("offboard", raw, notes)


def advice(*texts: str) -> Means:
    return Means(notes=texts)


SENTENCES = {
    # Into Miro, and into teams.
    "I need Miro access for Engineering": access(teams="E"),
    "I don't have access to Engineering": access(teams="E"),
    "I have no access to R&amp;D": access(teams="R"),
    "I can't access Design": access(teams="D"),
    "I was not added to Design yet": access(teams="D"),
    f"{ALEX} no longer has access to Design, can you fix it?": access(person="U0ALEX", teams="D"),
    "I'm not in Design yet, please add me": access(teams="D"),
    "why don't you add me to Design": access(teams="D"),
    f"add {ALEX} to Engineering and Design": access(person="U0ALEX", teams="E, D"),
    "access to Engineering, not Design": access(f"I left out Design: {NOT_MEANT}", teams="E"),
    "access to Engineering instead of Design": access(f"I left out Design: {NOT_MEANT}", teams="E"),
    f"invite {KIM} from Design to Data": access(
        f"I left out Design: {LEAVES_NONE}", person="kim@example.com", teams="A"
    ),
    f"add {ALEX} and {SAM} to Design": advice(ONE_PERSON),
    f"give {ALEX} access for Engineering as Content Admin until Friday": make(
        SAY_DAYS, f"I left out Engineering: {NO_PLACE}", rights="Content Admin"
    ),
    f"onboard {KIM} to Data with department Research": access(
        "I left out the department: only operators fill that in.", person="kim@example.com", teams="A"
    ),
    f"onboard {KIM}, department Engineering, cost center 4711, to Data": access(
        "I left out the department: only operators fill that in.",
        "I left out the cost centre: only operators fill that in.",
        person="kim@example.com",
        teams="A",
    ),
    "add me to Data, my manager said so": access(teams="A"),
    # No more of it.
    "I don't need Miro access any more": advice(BARE),
    "I don’t need Miro anymore": advice(BARE),
    "I want to stop using Miro": advice(BARE),
    f"please take access away from {ALEX}": advice(BARE),
    f"remove {ALEX} from Miro": advice(BARE),
    f"{ALEX} no longer needs access to Design": leave(person="U0ALEX", teams="D"),
    f"{ALEX}'s access to Design is no longer needed": leave(person="U0ALEX", teams="D"),
    f"remove {ALEX}'s access to Design": leave(person="U0ALEX", teams="D"),
    "remove me from Design": leave(teams="D"),
    "I want to leave “Design”": leave(teams="D"),
    "I don't need Design any more": leave(teams="D"),
    "I leave on Friday, but till then I need access to Design": access(SAY_DAYS, CANT_WAIT, teams="D"),
    f"remove {ALEX} from Design, not Data": leave(
        f"I left out Data: {NOT_MEANT}", person="U0ALEX", teams="D"
    ),
    "at the end of May I need access to Design": access(CANT_WAIT, teams="D"),
    f"don't remove {ALEX} from Design": advice(NOT_SAID),
    f"don't add {ALEX} to Design": advice(UNCLEAR),
    "I need access to Engineering and don't need Design any more": advice(UNCLEAR),
    # From team to team.
    f"add {ALEX} to Engineering and remove from Design": move(person="U0ALEX", to_team="E", from_team="D"),
    f"add {ALEX} to Engineering, and remove them from Design": move(
        person="U0ALEX", to_team="E", from_team="D"
    ),
    f"remove {ALEX} from Design and add to Engineering": move(person="U0ALEX", to_team="E", from_team="D"),
    "I'd like to join Engineering and leave Design": move(to_team="E", from_team="D"),
    "take me out of Design and into Data": move(to_team="A", from_team="D"),
    "move me from Engineering to Design and Data": move(
        f"I left out Data: {NO_PLACE}", to_team="D", from_team="E"
    ),
    "move me from Engineering to Design, not Data": move(
        f"I left out Data: {NOT_MEANT}", to_team="D", from_team="E"
    ),
    f"move {ALEX} to Design as an admin": make(to_team="D"),
    "don't move me to Design": advice(NOT_SAID),
    # Rights given.
    f"make {ALEX} admin": make(),
    f"restore {ALEX}'s admin rights": make(),
    f"make {ALEX} admin, remove from Engineering and add to Data": move(
        only("make-admin"), person="U0ALEX", from_team="E", to_team="A"
    ),
    f"make {ALEX} not Company Admin": advice(UNCLEAR),
    f"make {ALEX} a Company Admin of Miro": make(rights="Company Admin"),
    f"promote {ALEX} to Content Admin": make(rights="Content Admin"),
    f"make {ALEX} company admin and user admin": make("One at a time: choose Company Admin or User Admin."),
    f"make {ALEX} user and security admin": make("One at a time: choose User Admin or Security Admin."),
    f"make {ALEX} User Admin, not Company Admin": make(rights="User Admin"),
    f"make {ALEX} Content Admin for Design": make(
        TEAM_ADMINS, f"I left out Design: {NO_PLACE}", rights="Content Admin"
    ),
    f'make {ALEX} admin, from Engineering to "IT Administration"': make(from_team="E", to_team="I"),
    f"make {ALEX} company admin and demote {SAM}": advice(ONE_PERSON),
    f"make {ALEX} team admin of Design": advice(TEAM_ADMINS),
    f"make {ALEX} admin of the Design team": advice(TEAM_ADMINS),
    f"{ALEX} should be Design admin": advice(TEAM_ADMINS),
    "I need admin rights for Design": advice(TEAM_ADMINS),
    f"make {ALEX} a member instead of admin": advice(UNCLEAR),
    f"{ALEX} should step down as admin": advice(UNCLEAR),
    f"get rid of admin for {ALEX}": advice(UNCLEAR),
    f"undo making {ALEX} admin": advice(UNCLEAR),
    f"downgrade {ALEX} from company admin to member": advice(UNCLEAR),
    f"transfer admin rights from {ALEX} to {SAM}": advice(ONE_PERSON),
    f"{ALEX} isn't here: make {SAM} admin": advice(ONE_PERSON),
    # Rights taken away.
    f"take admin rights away from {ALEX}": remove(),
    f"revoke {ALEX}'s admin rights": remove(),
    f"{ALEX} should no longer be an admin": remove(),
    f"stop being admin {ALEX}": remove(),
    f"{ALEX} isn't an administrator anymore": remove(),
    f"{ALEX} shouldn’t be admin": remove(),
    f"remove {ALEX} as Content Admin": remove(rights="Content Admin"),
    f"make sure {ALEX} is demoted as admin": remove(),
    f"{ALEX} doesn't need admin rights": remove(),
    f"don't make {ALEX} admin": advice(UNCLEAR),
    f"remove {ALEX} as team admin of Design": advice(TEAM_ADMINS),
    f"don't remove {ALEX}'s admin rights": advice(NOT_SAID),
    # Leavers, and what stands beside.
    f"offboard {KIM}": offboard(person="kim@example.com"),
    f"delete {KIM}": offboard(person="kim@example.com", how="delete"),
    f"don't delete {KIM}, just deactivate": offboard(person="kim@example.com", how="deactivate"),
    f"remove the account of {KIM} tomorrow": offboard(CANT_WAIT, person="kim@example.com"),
    f"don't offboard {KIM}": advice(NOT_SAID),
    f"offboard {KIM} and rename Design": offboard(
        only("rename-group"), f"I left out Design: {NO_PLACE}", person="kim@example.com"
    ),
    # Nothing that the bot knows.
    "is Miro down?": advice(),
    f"{ALEX} is in Design": advice(),
}


def check(found: Draft | Advice | None, means: Means) -> None:
    """It is read as it is meant, and nothing is left unsaid."""
    if isinstance(found, Draft):
        raw = {name: value for name, value in means.raw.items() if value}
        assert (found.action.NAME, found.raw) == (means.action, raw), found
    else:
        assert not means.action, found
    said = found.notes if isinstance(found, Draft) else (found.text,) if found else ()
    assert len(said) == len(means.notes), said
    for one in means.notes:
        assert any(text.startswith(one) for text in said), (one, said)


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_means_what_it_says(text: str) -> None:
    check(phrases.read(typed(text), TABLES), SENTENCES[text])


def test_there_are_enough_of_them() -> None:
    assert len(SENTENCES) >= 60


@given(
    st.sampled_from(sorted(SENTENCES)),
    st.sampled_from(["", "Hi! ", "Good morning, ", "Please: ", "\n", "Could you help? "]),
    st.sampled_from(["", ".", " Thanks!", ", please", "\n", " 🙏", " because Sam doesn't need it any more"]),
    st.sampled_from([("", ""), ("'", "’"), (" ", "  ")]),
)
def test_it_means_the_same_however_it_is_put(
    text: str, before: str, after: str, put: tuple[str, str]
) -> None:
    written = text.replace(*put) if put[0] else text
    check(phrases.read(typed(f"{before}{written}{after}"), TABLES), SENTENCES[text])


RISING = ("make-admin",)


@given(st.lists(st.sampled_from(sorted(SENTENCES)), min_size=2, max_size=2))
def test_two_sentences_give_no_rights_that_neither_asks_for(texts: list[str]) -> None:
    found = phrases.read(typed(". ".join(texts)), TABLES)
    if isinstance(found, Draft) and found.action.NAME in RISING:
        assert any(SENTENCES[text].action in RISING for text in texts)


def test_operators_fill_in_what_they_name() -> None:
    text = f"onboard {KIM} to Data with department Research, manager {SAM} and cost centre “47 11”"
    draft = phrases.read(typed(text), TABLES, operator=True)
    assert isinstance(draft, Draft) and draft.notes == ()
    assert draft.raw == {
        "person": "kim@example.com",
        "teams": "A",
        "department": "Research",
        "cost_centre": "47 11",
        "manager": "@somebody",
    }


ADMIN = {
    f"{ALEX}": make(),
    f'{ALEX} from Engineering to "IT Administration"': make(from_team="E", to_team="I"),
    f"{ALEX} from Engineering to Design": make(from_team="E", to_team="D"),
    f"remove {ALEX}": advice(TURNED),
    f"not {ALEX} any more": advice(TURNED),
    f"{ALEX} no longer": advice(TURNED),
    f"take away from {ALEX}": advice(TURNED),
    f"revoke {ALEX}": advice(TURNED),
    f"{ALEX} isn't one any more": advice(TURNED),
    f"downgrade {ALEX}": advice(TURNED),
    f"{ALEX} a member instead": advice(TURNED),
    f"don't make {ALEX} one": advice(TURNED),
    f"{ALEX} should not be Content Admin": advice(TURNED),
    f"don't remove {ALEX}": advice(NOT_SAID),
    f"{ALEX} for Design": advice(TEAM_ADMINS),
    f"{ALEX} team admin of Design": advice(TEAM_ADMINS),
    f"offboard {ALEX}": make(only("offboard")),
}


@pytest.mark.parametrize("text", ADMIN)
def test_a_command_is_a_word_of_its_sentence(text: str) -> None:
    check(phrases.read(typed(text), TABLES, MakeAdmin), ADMIN[text])


TAKING = (
    *(
        "revoke",
        "remove",
        "withdraw",
        "cancel",
        "take away",
        "strip",
        "drop",
        "stop",
        "undo",
        "revoking",
        "lose",
    ),
    *("don't give", "no longer give", "never give", "get rid of", "give up", "give back", "we don't need"),
)


@pytest.mark.parametrize("taking", TAKING)
@pytest.mark.parametrize(
    "text",
    [f"admin for {ALEX}", f"{ALEX}'s admin rights", f"Company Admin of {ALEX}", f"{ALEX} as Content Admin"],
)
@pytest.mark.parametrize("action", [None, MakeAdmin])
def test_no_word_of_taking_gives_admin_rights(taking: str, text: str, action: type[MakeAdmin] | None) -> None:
    found = phrases.read(typed(f"please {taking} {text}"), TABLES, action)
    assert found and not (isinstance(found, Draft) and found.action is MakeAdmin)


ENDING = (
    *(
        "revoke",
        "remove",
        "withdraw",
        "cancel",
        "take away",
        "block",
        "restrict",
        "suspend",
        "stop",
        "disable",
    ),
    *("end", "deny", "close", "give up", "don't give", "no longer give", "never give", "needs no", "no more"),
    *("should not have", "doesn't need", "must not have", "no longer wants", "should lose"),
)


@pytest.mark.parametrize("ending", ENDING)
@pytest.mark.parametrize("text", ["access to Design", "Miro access", "access"])
@pytest.mark.parametrize("action", [None, RequestAccess])
def test_no_word_of_ending_asks_for_access(
    ending: str, text: str, action: type[RequestAccess] | None
) -> None:
    found = phrases.read(typed(f"{ALEX} {ending} {text}"), TABLES, action)
    assert found and not (isinstance(found, Draft) and found.action is RequestAccess)


@pytest.mark.parametrize("text", ["cancel the move to Design", "undo the offboarding of jo@example.com"])
def test_what_is_called_off_is_not_asked_for(text: str) -> None:
    check(phrases.read(typed(text), TABLES), advice(NOT_SAID))


ACCESS = {
    "for Engineering": access(teams="E"),
    f"remove {ALEX} from Design": advice(LEFT),
    f"{ALEX} no longer needed for Design": advice(LEFT),
    "I don't need it any more": advice(BARE),
    "remove me": advice(BARE),
    f"add {ALEX} to Engineering and remove from Design": access(
        only("move-team"), f"I left out Design: {LEAVES_NONE}", person="U0ALEX", teams="E"
    ),
}


@pytest.mark.parametrize("text", ACCESS)
def test_a_command_for_access_is_turned_where_its_text_says_so(text: str) -> None:
    check(phrases.read(typed(text), TABLES, RequestAccess), ACCESS[text])
