"""How people ask: one test for each way in docs/features.md, named after its row."""

from pathlib import Path

from bot.sandbox.slack.inputs import placed
from bot.sandbox.stage import CHANNEL, Stage
from tests.bot.directory.scenes import POLICY_WITH_OKTA
from tests.bot.journeys.homes import opened, presses
from tests.bot.journeys.scenes import (
    approve,
    ask,
    buttons,
    calls,
    card,
    has_card,
    last,
    newest_request,
    playing,
    press,
    read,
    request,
    say,
    state,
    teams_of,
    told,
    wait,
)
from tests.bot.journeys.scenes import read as reads
from tests.bot.journeys.shell import machine
from tests.campaigns import source

WANTED = "for Engineering because I start Monday"


def test_slash_or_shortcut_in_slack(s: Stage) -> None:
    typed = ask(s, "U0ALEX", "/miro-access", WANTED)
    assert s.acting.shortcut("U0JO", "ask-anything").ok
    assert s.acting.click("U0JO", None, "choose:request-access").ok
    assert s.acting.submit("U0JO", {"teams": "Design", "reason": "we draw"}).errors == {}
    message = s.acting.write("U0DANA", f"I need Miro access {WANTED}", CHANNEL)
    assert s.acting.message_shortcut("U0DANA", "make-request", message).ok
    assert s.acting.submit("U0DANA").errors == {}
    s.settle()
    all_three = s.bot.store.requests()
    assert [(one.action, one.state) for one in all_three] == [("request-access", "waiting")] * 3
    assert len({one.requester for one in all_three}) == 3
    assert request(s, typed).reason == newest_request(s).reason == "I start Monday"
    assert calls(s) == []


def test_modal_form(s: Stage) -> None:
    assert s.acting.command("U0ALEX", "/miro-access", "for Engineering").ok
    form = s.acting.modal("U0ALEX")
    teams = next(element for block, element in placed(form["blocks"]) if block["block_id"] == "teams")
    assert [one["text"]["text"] for one in teams["initial_options"]] == ["Engineering"]
    assert set(s.acting.submit("U0ALEX", {}, complete=False).errors) == {"reason"}
    assert s.bot.store.requests() == []
    assert s.acting.submit("U0ALEX", {"reason": "I start Monday"}).errors == {}
    s.settle()
    assert '"I start Monday"' in read(card(s, "U0PRIYA"))


def test_free_message(s: Stage) -> None:
    said = say(s, "U0ALEX", "Could somebody give me access to Engineering, because I start Monday?")
    assert "Request access to Engineering for you?" in read(said)
    assert s.bot.store.requests() == []
    press(s, "U0ALEX", "review", said)
    assert s.acting.submit("U0ALEX").errors == {}
    s.settle()
    assert state(s, newest_request(s).id) == "waiting"
    assert has_card(s, "U0PRIYA")


def test_app_home(s: Stage) -> None:
    assert "[Request Access]" in opened(s, "U0ALEX")
    presses(s, "U0ALEX", "open:request-access")
    assert s.acting.submit("U0ALEX", {"teams": "Engineering", "reason": "I start Monday"}).errors == {}
    s.settle()
    id = newest_request(s).id
    assert f"{id} · Waiting for a decision: give you access to Engineering." in reads(s.slack.homes["U0ALEX"])
    opened(s, "U0PRIYA")
    presses(s, "U0PRIYA", "approve", id)
    assert state(s, id) == "done"
    assert f"{id} · Done" in reads(s.slack.homes["U0ALEX"])


def test_cli(tmp_path: Path) -> None:
    words = ("ask", "request-access", "teams=Engineering", "--as", "alex@example.com", "--reason", "I start")
    with machine(tmp_path) as (s, shell):
        assert shell.types(*words).startswith("R-1 saved: ")
        s.settle()
        assert request(s, "R-1").shell
        assert '"I start"' in read(card(s, "U0PRIYA"))
        shell.types("approve", "R-1", "--as", "alex@example.com", exits=1)
        assert (state(s, "R-1"), calls(s)) == ("waiting", [])
        approve(s, "U0PRIYA")
        assert "Engineering" in teams_of(s, "alex@example.com")


def test_identity_provider_by_scim(tmp_path: Path) -> None:
    with playing(tmp_path, POLICY_WITH_OKTA.replace("hold_above = 5", "hold_above = 50")) as s:
        source.register(s)
        source.push(s.bot)
        wait(s, minutes=1)
        wait(s, minutes=1)
        assert "Engineering" in teams_of(s, "person.0@example.com")
        assert newest_request(s).state == "done"


def test_runaway_push_of_a_directory_held(tmp_path: Path) -> None:
    with playing(tmp_path, POLICY_WITH_OKTA) as s:
        source.register(s)
        source.push(s.bot)
        wait(s, minutes=1)
        wait(s, minutes=1)
        assert f"Okta wants to give access to {source.JOINERS} people" in told(s, "U0CAROL")[-1]
        assert s.bot.store.requests() == []
        press(s, "U0CAROL", "directory-released")
        assert "Engineering" in teams_of(s, "person.0@example.com")


def test_request_for_someone_else(s: Stage) -> None:
    id = ask(s, "U0LENA", "/miro-access", "<@U0ALEX|alex> for Engineering because Alex starts Monday")
    assert request(s, id).requester != request(s, id).subject
    shown = read(card(s, "U0PRIYA"))
    assert shown.startswith("⏳ Give Alex Smith access to Engineering?")
    assert "*Requested by* Lena Vogt · " in shown and '"Alex starts Monday"' in shown
    approve(s, "U0PRIYA")
    assert "Engineering" in teams_of(s, "alex@example.com")
    assert s.miro.user("lena@example.com") is None
    assert last(s, "U0LENA").startswith("✅ Alex Smith is in Engineering in Miro")
    assert "Lena Vogt" in "".join(told(s, "U0ALEX"))


def test_eligibility_who_may_ask(s: Stage) -> None:
    for user in ("U0ALEX", "U0DANA"):
        s.acting.command(user, "/miro", "whoami")
    wait(s, seconds=5)
    s.acting.command("U0ALEX", "/miro-access", "<@U0JO> for Design because Jo draws")
    assert last(s, "U0ALEX").startswith("You can request this for yourself. For ")
    s.acting.command("U0ALEX", "/miro-admin", "<@U0JO> because Jo joins IT")
    assert last(s, "U0ALEX").startswith("You can't request this.")
    assert s.bot.store.requests() == []
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
    id = ask(s, "U0DANA", "/miro-admin", "<@U0JO> because Jo joins IT")
    assert state(s, id) == "waiting"
    assert buttons(card(s, "U0CAROL"))[0] == "approve"


def test_many_at_once_by_a_list(s: Stage) -> None:
    people = ("ed@example.com", "flo@example.com")
    for email in people:
        s.miro.add_user(email, "A Person")
    rows = "".join(f"{email},join,Engineering\n" for email in people)
    assert s.acting.drop("U0CAROL", "joiners.csv", f"email,action,team\n{rows}".encode()).ok
    s.settle()
    assert s.bot.store.requests() == [], "nothing acts by itself"
    press(s, "U0CAROL", "list-file")
    assert s.acting.submit("U0CAROL", {"reason": "They start."}).errors == {}
    s.settle()
    assert "change the Miro access of 2 people?" in read(card(s, "U0SAM"))
    approve(s, "U0SAM")
    assert [teams_of(s, email) for email in people] == [{"Engineering"}] * 2
    assert "2 of 2 lines done" in last(s, "U0CAROL")
