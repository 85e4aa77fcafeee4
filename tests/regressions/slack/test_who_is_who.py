"""People are shown by their account and by the address that Miro has, as anybody can choose any name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.ids import PersonId
from approvals.people import Person, addressed
from bot.cards.blocks import clip_words, header, message, section
from bot.cards.named import mark, plainly, words_in
from bot.sandbox.slack.drawing import as_text
from bot.sandbox.slack.inputs import placed
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from tests.bot.journeys.scenes import as_it_was, ask, card, deny, newest_request, playing, press, wait
from tests.bot.journeys.shell import machine
from tests.says import says

pytestmark = pytest.mark.regression

TWIN, OTHER = "U0ALEXTWO", "alex.smith@example.com"
CHANNELED = POLICY.replace("[managed_elsewhere]", f'tell = "{CHANNEL}"\n\n[managed_elsewhere]')


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path) as running:
        yield running


def twin(s: Stage, name: str = "Alex Smith") -> None:
    """Somebody else takes a name; the policy of the company lets Priya decide for both."""
    s.slack.add_person(TWIN, OTHER, name)
    s.miro.add_user(OTHER, name, teams=[s.teams["Engineering"]])


def shows(shown: Message | dict[str, Any], slack_id: str, address: str) -> bool:
    """Whether an account is mentioned with the address right behind it."""
    return f"@{slack_id} ({address})" in as_text(shown)


def mentions(shown: Message, slack_id: str) -> bool:
    """Whether an account is mentioned, whatever name it has."""
    return f"'user_id': '{slack_id}'" in str(shown.blocks)


def text_of(s: Stage, user: str) -> str:
    """What the newest notification of somebody says."""
    return s.slack.dm_of(user)[-1].text


# -- two people of one name ----------------------------------------------------------------------------------


def test_cards_about_two_people_of_one_name_differ(s: Stage) -> None:
    twin(s)
    s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    ask(s, "U0DANA", "/miro-admin", "<@U0ALEX> because Alex joins IT", rights="Company Admin")
    one = card(s, "U0CAROL")
    ask(s, "U0DANA", "/miro-admin", f"<@{TWIN}> because Alex joins IT", rights="Company Admin")
    other = card(s, "U0CAROL")
    assert shows(one, "U0ALEX", "alex@example.com") and not shows(one, TWIN, OTHER)
    assert shows(other, TWIN, OTHER) and not shows(other, "U0ALEX", "alex@example.com")
    assert f"Make Alex Smith ({OTHER}) a Company Admin?" in other.text
    assert mentions(other, "U0DANA") and other.text.endswith("from Dana Fox")


def test_the_confirmation_names_the_account(s: Stage) -> None:
    twin(s)
    ask(s, "U0DANA", "/miro-admin", f"<@{TWIN}> because Alex joins IT", rights="Company Admin")
    shown = card(s, "U0CAROL")
    confirm = next(e["confirm"] for _, e in placed(shown.blocks) if e["action_id"] == "approve")
    assert confirm["title"]["text"] == f"Make Alex Smith ({OTHER}) a Company Admin?"


def test_a_confirmation_too_long_for_its_title_says_the_address_below(s: Stage) -> None:
    s.slack.add_person("U0LONG", f"{'l' * 50}@example.com", "Longname " * 4)
    s.miro.add_user(f"{'l' * 50}@example.com", "Longname")
    ask(s, "U0DANA", "/miro-admin", "<@U0LONG> because of IT", rights="Company Admin")
    confirm = next(e["confirm"] for _, e in placed(card(s, "U0CAROL").blocks) if e["action_id"] == "approve")
    assert f"Miro account: {'l' * 50}@example.com." in confirm["text"]["text"]


@pytest.mark.parametrize("approved", [True, False])
def test_results_say_who_asked_who_decided_and_for_whom(s: Stage, approved: bool) -> None:
    twin(s)
    ask(s, "U0CAROL", "/miro-move", f"<@{TWIN}> from Engineering to Design because of the project")
    if approved:
        press(s, "U0SAM", "approve")
    else:
        deny(s, "U0SAM", "No seat is free.")
    told = s.slack.dm_of("U0CAROL")[-1]
    assert shows(told, TWIN, OTHER) and mentions(told, "U0SAM")
    assert OTHER in told.text


def test_waiting_reminded_and_joined_people_are_told_who_decides(s: Stage) -> None:
    twin(s)
    ask(s, "U0CAROL", "/miro-move", f"<@{TWIN}> from Engineering to Design because of the project")
    waits = card(s, "U0CAROL", "remind")
    assert mentions(waits, "U0SAM") and shows(waits, TWIN, OTHER)
    ask(s, "U0SAM", "/miro-move", f"<@{TWIN}> from Engineering to Design because Alex asked me")
    joined = card(s, "U0SAM", "remind")
    assert mentions(joined, "U0CAROL") and shows(joined, TWIN, OTHER)
    wait(s, hours=5)
    press(s, "U0CAROL", "remind", waits)
    assert shows(s.slack.dm_of("U0SAM")[-1], TWIN, OTHER)


def test_questions_and_answers_say_whose_they_are(s: Stage) -> None:
    ask(s, "U0ALEX", "/miro-access", "for Engineering because I start on Monday")
    press(s, "U0PRIYA", "question")
    s.acting.submit("U0PRIYA", {"reason": "For how long?"})
    s.settle()
    asked = card(s, "U0ALEX", "answer")
    assert mentions(asked, "U0PRIYA")
    press(s, "U0ALEX", "answer", asked)
    s.acting.submit("U0ALEX", {"reason": "A year."})
    s.settle()
    answered = next(one for one in s.slack.dm_of("U0PRIYA") if "answered" in one.text)
    assert mentions(answered, "U0ALEX")


def test_app_home_and_the_bulk_form_tell_them_apart(s: Stage) -> None:
    twin(s)
    ask(s, "U0ALEX", "/miro-access", "for Design because of the project")
    ask(s, "U0SAM", "/miro-access", f"<@{TWIN}> for Design because of the project")
    s.acting.open_home("U0CAROL")
    home = s.slack.homes["U0CAROL"]
    assert shows(home, "U0ALEX", "alex@example.com") and shows(home, TWIN, OTHER)
    s.acting.click("U0CAROL", home, "approve-all:request-access")
    form = s.acting.modal("U0CAROL")
    assert shows(form, "U0ALEX", "alex@example.com") and shows(form, TWIN, OTHER)


def test_the_list_of_admins_shows_addresses(s: Stage) -> None:
    s.miro.add_user("mallory@example.com", "Carol Diaz", admin=True)
    wait(s, minutes=61)
    ask(s, "U0CAROL", "/miro-access", "for Design because of the project")
    s.acting.open_home("U0CAROL")
    shown = as_text(s.slack.homes["U0CAROL"])
    assert "@U0CAROL (carol@example.com): Company Admin" in shown
    assert "Carol Diaz (mallory@example.com): Company Admin" in shown


# -- the address that Miro has -------------------------------------------------------------------------------


def test_who_is_not_in_slack_is_shown_by_address_alone(s: Stage) -> None:
    s.miro.add_user("kim@example.com", "Kim Berg")
    ask(s, "U0LENA", "/miro-offboard", "delete kim@example.com because the contract ended")
    shown = card(s, "U0CAROL")
    assert as_text(shown).splitlines()[0] == "⏳ Confidential: delete the account of kim@example.com?"
    assert "Kim Berg" not in str(shown.blocks)


def test_a_stop_card_says_for_whom(s: Stage) -> None:
    research = s.miro.add_team("Research")
    twin(s)
    s.miro.join(OTHER, research)
    user = s.miro.user(OTHER)
    assert user
    s.miro.change_team(research, admins=(user.id,))
    wait(s, minutes=11)
    ask(s, "U0CAROL", "/miro-move", f"<@{TWIN}> from Research to Design because of the project")
    press(s, "U0SAM", "approve")
    assert newest_request(s).state == "stopped"
    assert shows(card(s, "U0SAM", "resume"), TWIN, OTHER)


# -- names that imitate --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Carol Diaz (carol@example.com)",
        "Carol Diaz （carol＠example.com）",
        "carol@example.com",
        "Carol Diaz [carol﹫example.com]",
    ],
)
def test_a_name_cannot_imitate_an_address(s: Stage, name: str) -> None:
    twin(s, name)
    ask(s, "U0DANA", "/miro-admin", f"<@{TWIN}> because Carol joins IT", rights="Company Admin")
    shown = card(s, "U0SAM")
    assert "carol@example.com" not in shown.text
    assert f"({OTHER}) a Company Admin?" in shown.text
    assert shows(shown, TWIN, OTHER)
    confirm = next(e["confirm"] for _, e in placed(shown.blocks) if e["action_id"] == "approve")
    assert "carol@example.com" not in str(confirm)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Carol (carol@example.com)", "Carol carol at example.com (m@example.com)"),
        ("Carol\u202e\x00 Diaz", "Carol Diaz (m@example.com)"),
        ("(((", "m@example.com"),
    ],
)
def test_names_are_neutral_in_plain_text(name: str, plain: str) -> None:
    assert addressed(name, "m@example.com") == plain


def test_nobody_can_type_a_mark() -> None:
    carol = mark(Person(newest_id(), "carol@example.com", "Carol Diaz"))
    forged = carol[0] + "0" * 16 + carol[17:]
    assert plainly(carol) == "carol@example.com"
    assert plainly(forged) == forged
    assert section(f"because {forged}")["type"] == "section"


def newest_id() -> Any:
    return "P-7"


# -- channels, words, shells ---------------------------------------------------------------------------------


def test_nothing_of_an_offboarding_stands_in_the_channel(tmp_path: Path) -> None:
    with playing(tmp_path, CHANNELED) as s:
        s.miro.add_user("jo@example.com", "Jo Park")
        ask(s, "U0LENA", "/miro-offboard", "<@U0JO> because last day today", how="deactivate")
        press(s, "U0PRIYA", "approve")
        seen = [one for one in s.slack.messages if one.channel == CHANNEL]
        assert not any("Jo" in str(one.blocks) + one.text or "U0JO" in str(one.blocks) for one in seen)
        assert not s.slack.dm_of("U0JO")


def test_a_mention_counts_as_a_name_and_is_never_cut() -> None:
    people = Person(newest_id(), "ada@example.com", "Ada Example")
    text = f"make {mark(people)} a Company Admin of Miro"
    assert words_in(text) == len(plainly(text).split())
    assert plainly(clip_words(text, 3)) == "make ada@example.com …"
    assert header(text)["type"] == "header"
    assert message(text)["text"] == plainly(text)


def test_a_shell_prints_addresses_beside_names(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        twin(s)
        ask(s, "U0CAROL", "/miro-move", f"<@{TWIN}> from Engineering to Design because of the project")
        for printed in (shell.types("requests"), shell.types("show", "R-1")):
            assert f"move Alex Smith ({OTHER})" in printed
            assert "Carol Diaz (carol@example.com)" in printed
        assert shell.json("show", "R-1")["subject_email"] == OTHER


def test_a_policy_thought_through_names_approvers_by_address(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        s.bot.people.find("U0PRIYA")
        asked = ("policy", "who", "request-access", "--as", "alex@example.com")
        assert "Priya Rao (priya@example.com): you manage" in shell.types(*asked)
        [step] = shell.json(*asked)["steps"]
        assert step["approvers"][0]["who"] == "Priya Rao (priya@example.com)"


# -- what the bot writes of an outcome ----------------------------------------------------------------------


def test_what_was_done_is_recorded_with_the_address(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        twin(s)
        ask(s, "U0CAROL", "/miro-move", f"<@{TWIN}> from Engineering to Design because of the project")
        assert shell.json("show", "R-1")["waiting_for"] == ["Sam Lee (sam@example.com)"]
        press(s, "U0SAM", "approve")
        assert f"Alex Smith ({OTHER}) is in Design" in shell.json("show", "R-1")["outcome"]


def test_what_was_so_already_is_said_of_an_address(s: Stage) -> None:
    twin(s)
    s.miro.change_user(OTHER, enterprise={"organization": "Example Ltd"})
    ask(s, "U0CAROL", "/miro-access", f"<@{TWIN}> for Engineering because of the project")
    outcome = newest_request(s).outcome
    text = says(outcome.text if outcome else None, lambda id: s.bot.context.person(id).addressed)
    assert text == f"This is already in place for Alex Smith ({OTHER}). No approval needed."


def test_two_accounts_are_said_to_be_of_an_address(s: Stage) -> None:
    twin(s)
    ask(s, "U0CAROL", "/miro-access", f"<@{TWIN}> for Design because of the project")
    press(s, "U0SAM", "approve")
    s.slack.change_person(TWIN, email="alex.jones@example.com")
    wait(s, hours=13)
    s.miro.add_user("alex.jones@example.com", "Alex Smith")
    ask(s, "U0LENA", "/miro-offboard", f"<@{TWIN}> because last day today")
    outcome = newest_request(s).outcome
    assert outcome and "those of Alex Smith (alex.jones@example.com): " in says(outcome.text)


# -- whom a sentence names: delegates, approvers, people who can't be reached --------------------------------

ALONE = POLICY.replace('approvers = ["manager", "it"] }', 'approvers = ["manager"] }', 1)
ACCESS = ("U0ALEX", "/miro-access", "for Engineering because I start Monday")


def typed(s: Stage, user: str, text: str) -> str:
    """What /miro answers."""
    s.acting.command(user, "/miro", text)
    s.settle()
    return next(one.text for one in reversed(s.slack.dm_of(user)) if one.ephemeral_for)


def test_a_delegate_and_who_is_away_are_told_apart_from_their_namesakes(tmp_path: Path) -> None:
    with playing(tmp_path, ALONE) as s:
        for user in ("U0PRIYA", "U0LENA"):
            typed(s, user, "whoami")
        wait(s, seconds=5)
        for said in (typed(s, "U0PRIYA", "away until 2026-03-06 <@U0LENA>"), typed(s, "U0PRIYA", "away")):
            assert said.startswith("Lena Vogt (lena@example.com) stands in for you from")
        told = s.slack.dm_of("U0LENA")[-1]
        assert shows(told, "U0PRIYA", "priya@example.com") and "You stand in" in as_text(told)
        assert told.text.startswith("Priya Rao (priya@example.com) is away")
        ask(s, *ACCESS)
        asked = as_text(card(s, "U0LENA"))
        assert "Priya Rao (priya@example.com) is away and you stand in." in asked
        back = typed(s, "U0PRIYA", "away off")
        assert back == "You're back: Lena Vogt (lena@example.com) no longer stands in for you."
        ended = next(one for one in s.slack.dm_of("U0LENA") if one.text.startswith("You no longer stand in"))
        assert shows(ended, "U0PRIYA", "priya@example.com")


def test_who_can_not_be_reached_is_said_with_the_address(s: Stage) -> None:
    s.slack.fault("chat.postMessage", to="U0PRIYA", times=None, error="an_error_of_next_year")
    id = ask(s, *ACCESS)
    for _ in range(12):
        wait(s, seconds=10)
    waits = as_text(next(one for one in s.slack.dm_of("U0ALEX") if id in as_text(one)))
    assert "@U0PRIYA (priya@example.com) can't be reached in Slack." in waits
    told = next(one for one in s.slack.dm_of("U0CAROL") if "can't be reached" in one.text)
    assert shows(told, "U0PRIYA", "priya@example.com")
    assert told.text.startswith(f"{id}: Priya Rao (priya@example.com) can't be reached in Slack")


def test_a_refusal_a_reminder_and_an_ending_say_who_by_address(s: Stage) -> None:
    id = ask(s, *ACCESS)
    everybody = "Priya Rao (priya@example.com), Carol Diaz (carol@example.com) and Sam Lee (sam@example.com)"
    assert typed(s, "U0ALEX", f"remind {id}").startswith(f"I asked {everybody}")
    wait(s, hours=5)
    assert typed(s, "U0ALEX", f"remind {id}") == f"I'm reminding {everybody} of {id}."
    late = as_it_was(card(s, "U0CAROL"))
    press(s, "U0DANA", "approve", late)
    refused = s.slack.seen_by("U0DANA")[-1].text
    assert refused == f"Only {everybody.replace(' and ', ' or ')} can decide {id}. Nothing has changed."
    press(s, "U0PRIYA", "approve")
    press(s, "U0CAROL", "approve", late)
    assert s.slack.seen_by("U0CAROL")[-1].text.startswith("Priya Rao (priya@example.com) approved")


def test_the_channel_reads_in_whose_name_a_shell_decided(tmp_path: Path) -> None:
    with machine(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as (s, shell):
        id = ask(s, *ACCESS)
        shell.types("approve", id, "--as", "priya@example.com")
        s.settle()
        told = [one for one in s.slack.messages if one.channel == CHANNEL][-1]
        assert shows(told, "U0PRIYA", "priya@example.com")
        assert f"{id} was approved for Priya Rao (priya@example.com)" in told.text


@pytest.mark.parametrize(
    ("person", "plain"),
    [
        (
            Person(PersonId("P-7"), "m@example.com", "Carol (carol@example.com)"),
            "Carol carol at… (m@example.com)",
        ),
        (Person(PersonId("P-7"), "m@example.com", "One Two Three Four"), "One Two Three… (m@example.com)"),
        (Person(PersonId("P-7"), "", "Carol Diaz"), "Carol Diaz (P-7)"),
        (Person(PersonId("P-7"), "", ""), "P-7"),
    ],
)
def test_a_sentence_never_names_anybody_by_the_name_alone(person: Person, plain: str) -> None:
    assert person.addressed == plain
