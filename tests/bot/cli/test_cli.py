"""Asking and deciding from a shell: what is refused, what is recorded, who is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.running import alone
from bot.sandbox.stage import CHANNEL, POLICY, Stage
from tests.bot.journeys.scenes import approve as press_approve
from tests.bot.journeys.scenes import ask as ask_in_slack
from tests.bot.journeys.scenes import calls, card, history, last, read, request, state, told
from tests.bot.journeys.shell import Shell, machine

ACCESS = ("ask", "request-access", "teams=Engineering", "--as", "alex@example.com", "--reason", "I start")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Stage, Shell]]:
    with machine(tmp_path) as running:
        yield running


@pytest.fixture
def s(both: tuple[Stage, Shell]) -> Stage:
    return both[0]


@pytest.fixture
def shell(both: tuple[Stage, Shell]) -> Shell:
    return both[1]


def test_asking_in_a_shell_is_asking(s: Stage, shell: Shell) -> None:
    assert shell.types(*ACCESS).splitlines() == [
        "R-1 saved: give alex@example.com access to Engineering.",
        "No bot is running on this record. Start `miro-bot run`: it checks Miro and asks the approvers. "
        "To follow it: miro-bot show R-1.",
    ]
    s.settle()
    assert state(s, "R-1") == "waiting"
    assert '"I start"' in read(card(s, "U0PRIYA"))
    assert request(s, "R-1").shell != ""


def test_practice_is_said_wherever_the_request_is(s: Stage, shell: Shell) -> None:
    said = shell.types(*ACCESS, "--practice")
    what = "give alex@example.com access to Engineering"
    assert said.startswith(f"R-1 saved (practice: nothing will change): {what}.")
    listed, shown, table = (
        shell.types(*words) for words in (("requests",), ("show", "R-1"), ("requests", "--csv"))
    )
    assert f"Practice: {what} (" in listed and f"Practice: {what}" in shown and table.endswith(",True")
    assert [row["practice"] for row in shell.json("requests")] == [True]


def test_who_withdrew_decided_nothing(s: Stage, shell: Shell) -> None:
    shell.types(*ACCESS)
    shell.types("withdraw", "R-1", "--as", "alex@example.com")
    [row] = shell.json("requests")
    assert (row["decided_by"], row["withdrawn_by"]) == ([], "alex@example.com")
    assert shell.types("requests").endswith("(requested by alex@example.com, withdrawn by alex@example.com)")


def test_what_is_filled_in_by_default_is_shown(shell: Shell) -> None:
    said = shell.types("ask", "--help").replace("\n", "").replace(" ", "")
    assert "[license=Full|Advanced|Standard|Basic,defaultFull]" in said


def test_while_a_bot_runs_it_says_what_the_bot_does_next(s: Stage, shell: Shell) -> None:
    with alone(s.bot.settings.database):
        said = shell.types(*ACCESS)
    assert "The bot checks Miro, then asks the approvers in Slack. To follow it: miro-bot show R-1." in said


def test_a_start_is_asked_for_moved_and_listed_in_a_shell(s: Stage, shell: Shell) -> None:
    words = ("ask", "offboard", "person=jo@example.com", "how=deactivate", "--reason", "Her last day")
    zoned = (*words, "--as", "lena@example.com", "start=2026-03-06 18:00")
    s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Engineering"]])
    assert shell.json(*zoned)["starts_at"] == "2026-03-06T17:00:00.000Z"
    s.settle()
    moved = shell.json("postpone", "R-1", "2026-03-09", "--as", "lena@example.com")
    assert moved["starts_at"] == "2026-03-09T18:00:00.000Z"
    again = shell.types("postpone", "R-1", "2026-03-10", "--as", "lena@example.com")
    assert again.endswith("Its start is now 2026-03-10 18:00 UTC.")
    earlier = shell.types("postpone", "R-1", "2026-03-06", "--as", "lena@example.com", exits=1)
    assert "A start can only be moved to a later time." in earlier
    assert "Enter a start like 2026-12-04" in shell.types(
        "postpone", "R-1", "soon", "--as", "lena@example.com", exits=1
    )
    assert "starts at           2026-03-10 18:00 UTC" in shell.types("show", "R-1")
    assert [row["starts_at"] for row in shell.json("requests")] == ["2026-03-10T18:00:00.000Z"]


def test_what_was_denied_cant_be_undone_and_nobody_is_told_to_withdraw_it(s: Stage, shell: Shell) -> None:
    id = ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert "Withdraw it instead" in shell.types("undo", id, "--as", "alex@example.com", exits=1)
    shell.types("deny", id, "--as", "priya@example.com", "--reason", "Not yet.")
    assert shell.types("undo", id, "--as", "alex@example.com", exits=1).endswith("nothing to undo.")


def test_a_decision_in_a_shell_is_recorded_shown_and_told(s: Stage, shell: Shell) -> None:
    id = ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert shell.types("approve", id, "--as", "priya@example.com") == f"{id}: Approved."
    s.settle()
    assert state(s, id) == "done"
    vote = request(s, id).asking.votes[0]
    assert vote.shell and " on " in vote.shell
    assert f"Decided in a shell: {vote.shell}." in "".join(told(s, "U0CAROL"))
    assert f"{id} was approved in your name from a command line ({vote.shell})." in "".join(
        told(s, "U0PRIYA")
    )


def in_channel(s: Stage) -> list[str]:
    return [read(one) for one in s.slack.messages if one.channel == CHANNEL]


def test_the_channel_is_told_of_a_decision_in_a_shell(tmp_path: Path) -> None:
    with machine(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as (s, shell):
        id = ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        shell.types("approve", id, "--as", "priya@example.com")
        s.settle()
        who = request(s, id).asking.votes[0].shell
        assert in_channel(s)[-1] == f"{id} was approved for Priya Rao from a command line ({who})."


def test_no_channel_is_told_of_what_is_confidential(tmp_path: Path) -> None:
    with machine(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as (s, shell):
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
        id = ask_in_slack(s, "U0LENA", "/miro-offboard", "jo@example.com because last day today")
        shell.types("approve", id, "--as", "priya@example.com")
        s.settle()
        assert state(s, id) == "done"
        assert in_channel(s) == []


def test_a_channel_shared_with_strangers_is_told_nothing(tmp_path: Path) -> None:
    with machine(tmp_path, f'tell = "{CHANNEL}"\n{POLICY}') as (s, shell):
        s.slack.change_channel(CHANNEL, is_ext_shared=True)
        id = ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        shell.types("approve", id, "--as", "priya@example.com")
        s.settle()
        assert in_channel(s) == []


def test_denying_in_a_shell_needs_and_keeps_a_reason(s: Stage, shell: Shell) -> None:
    id = ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert "--reason" in shell.types("deny", id, "--as", "priya@example.com", exits=2)
    shell.types("deny", id, "--as", "priya@example.com", "--reason", "No seat is free.")
    s.settle()
    assert state(s, id) == "denied"
    assert "No seat is free." in last(s, "U0ALEX")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("approve", "R-1", "--as", "alex@example.com"),
            "You requested this, so someone else has to decide.",
        ),
        (
            ("approve", "R-1", "--as", "dana@example.com"),
            "Only Priya Rao (priya@example.com), Carol Diaz (carol@example.com) or Sam Lee (sam@example.com)",
        ),
        (("approve", "R-1", "--as", "x@evil.example"), "x@evil.example isn't an address in example.com."),
        (("approve", "R-9", "--as", "priya@example.com"), "There is no request R-9."),
        (("withdraw", "R-1", "--as", "dana@example.com"), "Only the requester or an operator"),
        (("resume", "R-1", "--as", "carol@example.com"), "R-1"),
        (("show", "R-9"), "There is no request R-9."),
        (("audit", "export", "R-9"), "There is no request R-9."),
        ((*ACCESS[:2], "teams=Nothing", *ACCESS[3:]), "teams: There's no team Nothing."),
        (
            ("policy", "who", "offboard", "person=jo@example.com", "--as", "alex@example.com"),
            "Alex Smith (alex@example.com) can't request offboard for jo@example.com.",
        ),
    ],
)
def test_what_is_refused_is_said_and_exits_with_1(
    s: Stage, shell: Shell, words: tuple[str, ...], sentence: str
) -> None:
    ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
    assert sentence in shell.types(*words, exits=1)
    assert state(s, "R-1") == "waiting"
    assert len(s.bot.store.requests()) == 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("approve", "R-1"),
        ("approve", "first", "--as", "priya@example.com"),
        ("show",),
        ("show", "x"),
        ("ask", "become-god", "--as", "alex@example.com", "--reason", "x"),
        ("ask", "request-access", "team=Engineering", "--as", "alex@example.com", "--reason", "x"),
        ("ask", "request-access", "Engineering", "--as", "alex@example.com", "--reason", "x"),
        ("ask", "request-access", "teams=Engineering", "--as", "alex@example.com"),
        ("audit", "verify", "--anchor", "nonsense"),
        ("audit", "export", "--format", "xml"),
        ("audit", "export", "x"),
        ("policy", "who", "become-god", "--as", "alex@example.com"),
        ("sandbox", "miro"),
        ("demo", "--port", "x"),
        ("run", "--nonsense"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(shell: Shell, words: tuple[str, ...]) -> None:
    assert "Error" in shell.types(*words, exits=2)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("make-admin", "--as", "dana@example.com"),
            "Add person and rights. "
            "Usage: make-admin person=… rights='Company Admin'|'Content Admin'|'User Admin'|'Security Admin' "
            "[to_team=…] [from_team=…] [until=…] [for_days=…]",
        ),
        (
            ("request-access", "team=Engineering", "--as", "alex@example.com"),
            "request-access has no field 'team'. "
            "Usage: request-access [person=…] teams=… [until=…] [for_days=…]",
        ),
        (
            ("request-access", "Engineering", "--as", "alex@example.com"),
            "request-access has no field 'Engineering'. "
            "Usage: request-access [person=…] teams=… [until=…] [for_days=…]",
        ),
        (
            ("request-access", "teams", "--as", "alex@example.com"),
            "teams needs a value. Usage: ",
        ),
        (("request-access", "team=Engineering", "--as", "carol@example.com"), "[cost_centre=…]"),
    ],
)
def test_which_fields_there_are_is_told_to_whoever_may_fill_them_in(
    shell: Shell, words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in shell.types("ask", *words, "--reason", "x", exits=2)


def test_a_field_that_operators_alone_fill_in_is_no_unknown_one(shell: Shell) -> None:
    asked = (
        "ask",
        "request-access",
        "teams=Design",
        "miro_team=X",
        "--as",
        "alex@example.com",
        "--reason",
        "x",
    )
    assert "Only operators can fill in miro_team." in shell.types(*asked, exits=1)


def test_an_end_that_nobody_will_keep_is_remarked_in_a_shell_too(shell: Shell) -> None:
    said = shell.types(*ACCESS[:-1], "I help out until Friday")
    assert said.startswith("R-1 saved: ")
    assert "I can't tell when this should end" in said
    assert "end date" not in shell.types(*ACCESS)


def test_where_the_policy_forbids_it_a_shell_decides_nothing(tmp_path: Path) -> None:
    policy = POLICY.replace("command_line_decides = true", "command_line_decides = false")
    with machine(tmp_path, policy) as (s, shell):
        s.miro.add_user("jo@example.com", "Jo Park", teams=[s.teams["Design"]])
        id = ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        for words in (("approve", id), ("deny", id, "--reason", "No.")):
            said = shell.types(*words, "--as", "priya@example.com", exits=1)
            assert (
                "doesn't allow decisions on the command line (command_line_decides). Decide in Slack." in said
            )
        assert shell.types("withdraw", id, "--as", "carol@example.com", exits=1)
        assert state(s, id) == "waiting"
        assert shell.types("withdraw", id, "--as", "alex@example.com") == f"{id}: Withdrawn."


def test_a_stopped_request_is_resumed_from_a_shell(s: Stage, shell: Shell) -> None:
    alex = s.miro.add_user("alex@example.com", "Alex Smith", teams=[s.teams["Engineering"]])
    s.miro.change_team(s.teams["Engineering"], admins=(alex,))
    id = ask_in_slack(s, "U0ALEX", "/miro-move", "from Engineering to Design because I changed jobs")
    press_approve(s, "U0PRIYA")
    carol = s.miro.user("carol@example.com")
    assert carol and state(s, id) == "stopped"
    s.miro.change_team(s.teams["Engineering"], admins=(alex, carol.id))
    assert "Only an operator can resume" in shell.types("resume", id, "--as", "priya@example.com", exits=1)
    assert shell.types("resume", id, "--as", "carol@example.com") == f"{id}: Approved."
    s.settle()
    assert state(s, id) == "done"
    assert "resumed" in history(s, id)


def test_a_policy_of_ones_own_decides_nothing(tmp_path: Path) -> None:
    policy = POLICY.replace("command_line_decides = true", "command_line_decides = false")
    with machine(tmp_path, policy) as (s, shell):
        id = ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        own = tmp_path / "own.toml"
        own.write_text(POLICY, encoding="utf-8")
        bent = Shell(tmp_path, **shell.environ | {"MIRO_BOT_POLICY": str(own)})
        said = bent.types("approve", id, "--as", "carol@example.com", exits=1)
        assert f"{own} isn't in force yet" in said and "command_line_decides" in said
        assert state(s, id) == "waiting"


def test_a_vote_from_a_shell_counts_only_while_shells_may_decide(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        id = ask_in_slack(s, "U0ALEX", "/miro-access", "for Engineering because I start Monday")
        assert shell.types("approve", id, "--as", "carol@example.com") == f"{id}: Approved."
        forbids = POLICY.replace("command_line_decides = true", "command_line_decides = false")
        (tmp_path / "policy.toml").write_text(forbids, encoding="utf-8")
        s.bot.housekeeping.tick()
        s.settle()
        assert state(s, id) == "waiting"
        assert calls(s) == []
