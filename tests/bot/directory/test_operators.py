"""What operators see of directories, and decide about them: in App Home, and from a shell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.stage import Stage
from tests.bot.directory.scenes import POLICY_WITH_OKTA, Okta, states
from tests.bot.journeys.homes import opened, presses
from tests.bot.journeys.scenes import approve, ask, deny, has_card, read, state, teams_of, wait
from tests.bot.journeys.shell import Shell, machine

ALEX = "alex@example.com"
CAROL = ("--as", "carol@example.com")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path, POLICY_WITH_OKTA) as running:
        yield running


@pytest.fixture
def s(both: tuple[Stage, Shell]) -> Stage:
    return both[0]


@pytest.fixture
def shell(both: tuple[Stage, Shell]) -> Shell:
    return both[1]


def test_home_shows_each_source_and_pauses_it(s: Stage) -> None:
    okta = Okta(s)
    okta.person(ALEX, "miroUsers", "miroAdmins")
    okta.person("ada@elsewhere.example", "miroUsers")
    okta.settle()
    page = opened(s, "U0CAROL")
    assert "waiting 1, held 0, failed 1." in page
    assert "Okta" not in opened(s, "U0PRIYA")
    presses(s, "U0CAROL", "directory-look")
    assert "isn't in example.com" in read(s.acting.modal("U0CAROL"))
    presses(s, "U0CAROL", "directory-paused")
    assert "Paused." in opened(s, "U0CAROL")


def test_a_shell_lists_what_is_held_and_lets_it_through(s: Stage, shell: Shell) -> None:
    okta = Okta(s)
    for number in range(6):
        okta.person(f"p{number}@example.com", "miroUsers")
    okta.settle()
    shown = shell.types("directory", "held", "okta", exits=1)
    assert shown.count("held: give access to p") == 6
    assert "The policy holds more than 5 an hour" in shown
    release = shown.split("miro-bot ")[-1].split()[:4]
    wrong = shell.types(*release, "--as", "sam@example.com", exits=1)
    assert "You run Okta" in wrong
    assert "other changes" in shell.types("directory", "release", "okta", "f00d", *CAROL, exits=1)
    assert shell.types(*release, *CAROL) == "okta continues: give access to 6 people."
    wait(s, minutes=2)
    assert states(okta.asked()) == [("request-access", "done")] * 6
    assert shell.types("directory", "held", "okta") == "Nothing is held, nothing has failed."
    assert "is paused" in shell.types("directory", "pause", "okta", *CAROL)
    assert "continues" in shell.types("directory", "resume", "okta", *CAROL)
    assert "it has okta" in shell.types("directory", "held", "entra", exits=1)


def test_who_has_no_address_is_named_as_the_provider_does(s: Stage, shell: Shell) -> None:
    okta = Okta(s)
    okta.person("cy", "miroUsers")
    okta.settle()
    shown = shell.types("directory", "held", "okta", exits=1)
    assert shown.startswith("failed: cy: The directory gives no e-mail address")


def test_a_list_is_imported_from_a_shell(s: Stage, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,groups\nalex@example.com,miroUsers;g_app_proeng_all\n", encoding="utf-8")
    said = shell.types("directory", "import", str(file), "--source", "okta")
    assert said == "People read: 1, new or changed: 1. A running bot asks for what follows."
    wait(s, minutes=1)
    wait(s, minutes=1)
    assert "Engineering" in teams_of(s, ALEX)
    file.write_text("email,groups\n", encoding="utf-8")
    said = shell.types("directory", "import", str(file), "--source", "okta", exits=1)
    assert said == "Error: Nothing was imported. The list names nobody: it has no rows below its heading."


def test_an_import_says_held_of_what_is_held_alone(s: Stage, shell: Shell, tmp_path: Path) -> None:
    file, heading = tmp_path / "people.csv", "email,groups\njo@example.com,miroUsers\n"
    words = ("directory", "import", str(file), "--source", "okta")
    file.write_text(f"{heading}{ALEX},miroUsers\nnew@example.com,\n", encoding="utf-8")
    shell.types(*words)
    wait(s, minutes=1)
    wait(s, minutes=1)
    file.write_text(heading, encoding="utf-8")
    said = "People read: 1, new or changed: 0, newly missing: {}, held for operators: 1."
    for missing in (2, 0):
        assert shell.types(*words, "--whole").startswith(said.format(missing))
    assert len(shell.json("directory", "held", "okta", exits=1)) == 1


def test_a_difference_is_put_right_as_the_directory(s: Stage, shell: Shell) -> None:
    okta = Okta(s)
    okta.person(ALEX, "miroUsers", "miroAdmins")
    okta.settle()
    deny(s, "U0CAROL", "Not yet.")
    wait(s, hours=2)
    [line] = [line for line in shell.types("compare", exits=1).splitlines() if ALEX in line]
    shell.types("compare", "--put-right", line[:6], *CAROL)
    s.settle()
    assert states(okta.asked())[-1] == ("make-admin", "waiting")


def test_the_policy_may_name_who_decides_for_its_teams_in_slack(tmp_path: Path) -> None:
    policy = POLICY_WITH_OKTA.replace(
        'owner = ["it"]', 'owner = ["it"]\nasked_in_slack = ["lena@example.com"]'
    )
    with machine(tmp_path, policy) as (s, _):
        id = ask(s, "U0ALEX", "/miro-access", "for Design because of a project")
        assert has_card(s, "U0LENA") and not has_card(s, "U0PRIYA")
        approve(s, "U0LENA")
        assert state(s, id) == "done"
