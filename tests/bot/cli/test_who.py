"""`policy who`: it refuses what `ask` refuses, and says why whom it names would decide."""

from pathlib import Path

import pytest

from bot.sandbox.stage import POLICY
from tests.bot.journeys.shell import Shell, machine

JO = "person=jo@example.com"


def who(folder: Path, *words: str, policy: str = POLICY, by: str = "carol", exits: int = 0) -> list[str]:
    """What is said of an ask, by the file alone."""
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    typed = ("policy", "who", *words, "--as", f"{by}@example.com")
    return Shell(folder).types(*typed, exits=exits).removeprefix("Error: ").splitlines()


# -- what ask refuses --------------------------------------------------------------------------------------

WRONG = {
    ("offboard", JO, "how=deleted"): "how: Choose one of: deactivate, delete.",
    ("make-admin", JO, "rights=king"): "rights: Choose one of: ",
    (
        "move-team",
        "from_team=Design",
        "to_team=design",
    ): "to_team: Choose a different team from the one to leave.",
    ("request-access", "teams=A,B,C,D"): "teams: Choose up to three. Send another request for more.",
    ("request-access", "for_days=0"): "for_days: Enter a whole number of days from 1 to 366, like 7.",
    ("request-access", "person=jo@example.org"): "person: I can only change accounts of example.com.",
    ("rename-group", f"name={'x' * 61}"): "name: Write at most 60 characters.",
    ("offboard",): "Who is it for? Add person=EMAIL.",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_asked_for_is_not_thought_through(tmp_path: Path, words: tuple[str, ...]) -> None:
    [said] = who(tmp_path, *words, exits=1)
    assert said.startswith(WRONG[words])


def test_only_operators_fill_in_what_is_theirs(tmp_path: Path) -> None:
    words = ("request-access", "teams=Design", "department=HQ")
    assert who(tmp_path, *words, by="alex", exits=1) == [
        "Only operators can fill in department. Leave it out."
    ]
    assert who(tmp_path, *words, by="carol")


@pytest.mark.parametrize("words", [("move-team",), ("move-team", "to_team=Design"), ("rename-group",)])
def test_what_is_not_said_yet_may_be_left_out(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "sam@example.com: you look after Miro" in who(tmp_path, *words)


def test_teams_that_the_record_knows_are_looked_at_as_in_an_ask(tmp_path: Path) -> None:
    same = ("move-team", "from_team=Design", "to_team=DESIGN")
    with machine(tmp_path) as (s, shell):
        s.bot.housekeeping.tick()
        said = shell.types("policy", "who", *same, "--as", "alex@example.com", exits=1)
        assert said == "Error: to_team: Choose a different team from the one to leave."
        assert len(s.bot.store.requests()) == 0


def test_a_rule_that_hangs_on_a_group_nobody_told_of_is_not_guessed(tmp_path: Path) -> None:
    rule = '[[actions.make-admin.rules]]\nwhen = { requester_group = "@designers" }\napprovers = ["it"]\n'
    own = next(line for line in POLICY.splitlines() if line.startswith("make-admin"))
    split = f'{POLICY.replace(own, "")}[actions.make-admin]\nask = ["anyone"]\napprovers = ["it"]\n{rule}'
    assert who(tmp_path, "make-admin", JO, by="alex", policy=split, exits=1) == [
        "Which rule applies depends on who is in @designers, and the record doesn't know. "
        "Run the bot with this policy for a minute, or set MIRO_BOT_DATABASE to its record."
    ]


def test_who_cant_request_it_is_named(tmp_path: Path) -> None:
    said = who(tmp_path, "rename-group", by="alex", exits=1)
    assert said == ["alex@example.com can't request rename-group."]
    said = who(tmp_path, "offboard", JO, by="alex", exits=1)
    assert said == ["alex@example.com can't request offboard for jo@example.com."]


# -- why they decide ---------------------------------------------------------------------------------------

TABLES = """\
[groups.spare]
people = ["dana@example.com"]
[groups.draw]
slack = "@designers"
[owners]
"Design" = ["@designers"]
[accounts.default]"""
FALLBACK = f'fallback = ["spare"]\n{POLICY.replace("[accounts.default]", TABLES)}'


def asking(approvers: str) -> str:
    """The policy with other approvers of access."""
    old = '"hr"], approvers = ["manager", "it"] }\nmove'
    assert old in FALLBACK
    return FALLBACK.replace(old, f'"hr"], {approvers} }}\nmove')


UNNAMED = {
    "manager": "No manager is known for lena@example.com.",
    "owners": "The policy names no owner for Finance.",
    "draw": "Nobody is known to be in @designers.",
    "lena@example.com": "lena@example.com can't decide, because it's by or about them, or gives them teams.",
}


@pytest.mark.parametrize("entry", UNNAMED)
def test_why_the_fallback_decides_is_said(tmp_path: Path, entry: str) -> None:
    words = ("request-access", "teams=Finance")
    said = who(tmp_path, *words, policy=asking(f'approvers = ["{entry}"]'), by="lena")
    assert said[0] == "dana@example.com: nobody else can decide it (fallback)"
    assert UNNAMED[entry] in said
    assert "asked instead" not in "".join(said)


def test_whose_owners_nobody_knows_is_said(tmp_path: Path) -> None:
    policy = asking('approvers = ["owners"]')
    assert UNNAMED["draw"] in who(tmp_path, "request-access", "teams=Design", policy=policy, by="lena")
    said = who(tmp_path, "request-access", "teams=Design,Finance", policy=policy, by="lena")
    assert UNNAMED["owners"] in said


def test_why_is_said_for_every_step(tmp_path: Path) -> None:
    steps = 'steps = [{ approvers = ["it"] }, { approvers = ["manager"] }]'
    said = who(tmp_path, "request-access", policy=asking(steps), by="lena")
    assert said[said.index("Step 2:") + 1] == "dana@example.com: nobody else can decide it (fallback)"
    assert UNNAMED["manager"] in said
    assert "Reminders and escalation start anew with each step. The expiry is the same for all." in said


BOSS = '"alex@example.com" = "priya@example.com"'
TWO_BOSSES = 'steps = [{ approvers = ["requester-manager"] }, { approvers = [%s] }]'
DEPENDS = "People who approved an earlier step aren't asked again in a later one."


def in_steps(folder: Path, steps: str) -> list[str]:
    """What is said to Alex, whom Priya manages."""
    assert BOSS in POLICY
    return who(folder, "request-access", policy=asking(steps), by="alex")


def test_who_has_to_agree_before_is_not_asked_again(tmp_path: Path) -> None:
    said = in_steps(tmp_path, TWO_BOSSES % '"manager"')
    assert said[said.index("Step 1:") + 1] == "priya@example.com: you manage alex"
    assert said[said.index("Step 2:") + 1] == "dana@example.com: nobody else can decide it (fallback)"
    again = "priya@example.com isn't asked in step 2, having approved an earlier step."
    assert f"{again} The fallback decides." in said
    assert DEPENDS not in said
    said = in_steps(tmp_path, TWO_BOSSES % '"manager", "lena@example.com"')
    assert said[said.index("Step 2:") + 1] == "lena@example.com: named in the policy"
    assert again in said and "fallback" not in "".join(said)


def test_who_may_agree_twice_is_asked_again(tmp_path: Path) -> None:
    said = in_steps(tmp_path, "same_person_twice = true, " + TWO_BOSSES % '"manager"')
    assert said[said.index("Step 2:") + 1] == "priya@example.com: you manage alex"
    assert "again" not in "".join(said)


@pytest.mark.parametrize(
    "first",
    [
        '{ approvers = ["manager", "it"] }',
        '{ approvers = ["manager"], escalate = { after = "1d", to = ["it"] } }',
    ],
)
def test_where_it_hangs_on_who_agrees_everybody_is_named(tmp_path: Path, first: str) -> None:
    said = in_steps(tmp_path, f'steps = [{first}, {{ approvers = ["manager"] }}]')
    assert said[said.index("Step 2:") + 1] == "priya@example.com: you manage alex"
    assert said.count(DEPENDS) == 1
    assert "has agreed before" not in "".join(said)


def test_three_steps_are_climbed_one_after_the_other(tmp_path: Path) -> None:
    three = (
        '{ approvers = ["manager"] }, { approvers = ["it", "manager"], agree = 2 }, { approvers = ["it"] }'
    )
    said = in_steps(tmp_path, f"steps = [{three}]")
    both = "carol@example.com and sam@example.com aren't asked in step 3, having approved an earlier step."
    assert f"{both} The fallback decides." in said
    assert "priya@example.com isn't asked in step 2, having approved an earlier step." in said
    assert said[said.index("Step 3:") + 1].startswith("dana@example.com")


def test_why_nobody_can_decide_is_said(tmp_path: Path) -> None:
    policy = asking('approvers = ["manager"]').replace('fallback = ["spare"]\n', "")
    [said] = who(tmp_path, "request-access", policy=policy, by="lena", exits=1)
    assert UNNAMED["manager"] in said


# -- what happens when -------------------------------------------------------------------------------------


def test_times_say_what_happens_in_words(tmp_path: Path) -> None:
    more = 'approvers = ["manager"], escalate = { after = "4h", to = ["it", "hr"] }'
    said = who(tmp_path, "request-access", policy=asking(more), by="alex")
    assert [one.partition(": ")[2] for one in said if one[:2] == "20"] == [
        '"it" and "hr" can decide too',
        "they get a reminder",
        "the request expires",
    ]
    assert not [one for one in said if "later step" in one]


# -- who is told -------------------------------------------------------------------------------------------

QUIET = POLICY.replace('because = "you look after Miro"', 'told = ["sam@example.com"]')


def test_who_is_not_told_is_marked(tmp_path: Path) -> None:
    said = who(tmp_path, "rename-group", policy=QUIET, by="dana")
    assert said[:2] == [
        "carol@example.com: named in the policy (can decide, gets no message)",
        "sam@example.com: named in the policy",
    ]


def test_where_nobody_told_is_left_everybody_is_told(tmp_path: Path) -> None:
    said = who(tmp_path, "rename-group", policy=QUIET, by="sam")
    assert said[0] == "carol@example.com: named in the policy"


def test_one_card_in_a_channel_is_said(tmp_path: Path) -> None:
    policy = f'tell = "C0MIRO"\n{QUIET}'
    card = "One card goes to the channel C0MIRO. Approvers outside it get a message."
    said = who(tmp_path, "rename-group", policy=policy, by="dana")
    assert card in said and "isn't told" not in "".join(said)
    assert card not in who(tmp_path, "offboard", JO, policy=policy, by="lena")
