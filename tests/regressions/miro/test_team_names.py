"""What the policy says of a team holds however its name is written: no invisible difference opens a thing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from approvals.decide.actor import Actor
from approvals.ids import GroupId, SlackId
from approvals.policy.team_names import has_invisible, narrow, wide
from approvals.record.store import Store
from approvals.refusals import Refused
from bot.actions import ACTIONS
from bot.actions.fill import Problems, fill
from bot.actions.people.request_access import RequestAccess
from bot.policies import Policies
from bot.sandbox.miro.service import Fault, Miro
from bot.sandbox.slack.inputs import NotPossible
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY, Stage
from bot.slack.words.reading import Draft
from bot.slack.words.reading import read as read_words
from bot.work.ask import asked
from tests.bot.journeys.scenes import ask, calls, last, newest_request, playing, state, told, wait
from tests.bot.journeys.scenes import refused_form as refused
from tests.bot.journeys.shell import machine

pytestmark = pytest.mark.regression

LOOK_ALIKES = [
    "Café Sales EMEA ",
    "Café  Sales EMEA",
    "Café\u00a0Sales EMEA",
    "Café\u2003Sales\u3000EMEA",
    "Cafe\u0301 Sales EMEA",
    "Café Sa\u200bles EMEA",
    "Café Sa\u00adles EMEA",
    "Café\u2060 Sales EMEA",
    "\u202aCafé Sales EMEA\u202c",
    "Café Sales\ufe0f EMEA",
    "Café Sales EMEA\U000e0041",
    "Ｃafé Sales ＥＭＥＡ",
    "CAFÉ ſales emea",
    "Café Sales EMEA\u034f",
    "Café Sa\ufdd0les EMEA",
    "\ufffcCafé Sales EMEA",
]
"""Names that nobody can tell from "Café Sales EMEA"."""
NAME = "Café Sales EMEA"


def with_rules(*rules: str, base: str = 'approvers = ["manager", "it"]', top: str = "") -> str:
    """The company's policy with other rules for access; `top`: whole tables."""
    old = 'request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"] }\n'
    assert old in POLICY
    access = f'[actions.request-access]\nask = ["anyone"]\nfor_others = ["it", "hr"]\n{base}\n'
    tables = "".join(f"[[actions.request-access.rules]]\n{rule}\n" for rule in rules)
    return f"{POLICY.replace(old, '').replace('[groups.it]', top + '[groups.it]')}\n{access}{tables}"


def quoted(name: str) -> str:
    """A name as TOML has it."""
    return json.dumps(name, ensure_ascii=False)


@contextmanager
def company(folder: Path, policy: str, *teams: str) -> Iterator[tuple[Stage, list[str]]]:
    """A company whose Miro has more teams, by their ids."""
    ids: list[str] = []

    def prepare(miro: Miro, _: Workspace) -> None:
        ids.extend(miro.add_team(name) for name in teams)

    with playing(folder, policy, prepare=prepare) as s:
        yield s, ids


def answer(s: Stage, team: str) -> str:
    """What Alex reads at the field of the form when asking for a team, or as the card of what was refused."""
    assert s.acting.command("U0ALEX", "/miro-access", "").ok
    sent = s.acting.submit("U0ALEX", {"teams": team, "reason": "I start Monday"})
    s.settle()
    return (
        " ".join(sent.errors.values()) if sent.errors else f"{newest_request(s).state}: {last(s, 'U0ALEX')}"
    )


def closed(s: Stage, team: str) -> str:
    """What Alex is told who asks for a team all the same that the form doesn't offer."""
    with pytest.raises(NotPossible, match="is not offered"):
        answer(s, team)
    alex = s.bot.store.people.by_slack(SlackId("U0ALEX"))
    assert alex
    with pytest.raises(Problems) as refused:
        raw = {"teams": team}
        asked(s.bot.context, ACTIONS["request-access"], raw, "I start Monday", Actor(alex, alex.accounts[0]))
    return " ".join(refused.value.fields.values())


def renamed(s: Stage, id: str, name: str) -> None:
    """Somebody renames a team in Miro, and the bot takes the list of groups."""
    s.miro.change_team(id, displayName=name)
    wait(s, minutes=11)


# -- the two folds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", LOOK_ALIKES)
def test_what_looks_the_same_is_the_same_where_it_closes(other: str) -> None:
    assert wide(other) == wide(NAME) == wide(wide(other))


@pytest.mark.parametrize("blank", "\u115f\u1160\u3164\uffa0\u2800\u3000\u1680\u2028")
def test_a_sign_that_shows_as_a_blank_is_a_space(blank: str) -> None:
    assert wide(f"Sales{blank}Team") == wide("Sales Team") == wide(f"{blank}Sales {blank} Team{blank}")


@pytest.mark.parametrize("nothing", "\U0001d159\U00016fe4\U0001d173\u17b4\u2063")
def test_a_sign_that_shows_nothing_is_nothing(nothing: str) -> None:
    assert wide(f"Sales{nothing} Te{nothing}am") == wide("Sales Team")
    assert wide(nothing) == ""


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0xFDD0, 0xFDEF),  # noncharacters
        *((plane << 16 | 0xFFFE, plane << 16 | 0xFFFF) for plane in range(17)),
        (0xFE00, 0xFE0F),  # variation selectors
        (0xE0100, 0xE01EF),
        (0x180B, 0x180F),
        (0xE0000, 0xE007F),  # tags
        (0xFFF0, 0xFFFC),  # ignorable and unassigned, annotations, the place of an object
        (0x2060, 0x206F),  # 2065 is unassigned
        (0xE0080, 0xE00FF),
        (0xE000, 0xF8FF),  # private use
        (0xFFFF0, 0xFFFFD),
        (0x378, 0x379),  # unassigned
        (0xD800, 0xDFFF),  # halves
        (0, 8),
    ],
    ids=hex,
)
def test_no_kind_of_sign_that_may_show_nothing_makes_another_name(first: int, last: int) -> None:
    differing = [
        hex(code)
        for code in range(first, last + 1)
        if wide("{0}Sales{0} Te{0}am{0}".format(chr(code))) != wide("Sales Team") or wide(chr(code))
    ]
    assert differing == []


@pytest.mark.parametrize("sign", "\ufdd0\uffff\U0010fffe\ufffc\u2800\u3164\U0001d159\U000e0020\ufe0f\u200b")
def test_a_sign_that_nobody_sees_is_known_for_one(sign: str) -> None:
    assert has_invisible(f"Sales{sign}") and not has_invisible("Sales\u00a0Team — “Süd” 🚀")


@pytest.mark.parametrize("mark", "’‘‛ʼʻʹˈ`´′‵＇｀՚׳΄᾽῾")
def test_every_apostrophe_is_the_same(mark: str) -> None:
    assert wide(f"People{mark}s Team") == wide("People's Team") == wide(wide("People's Team"))


@pytest.mark.parametrize("mark", "“”„‟″＂״ʺ〝❞")
def test_every_quotation_mark_is_the_same(mark: str) -> None:
    assert wide(f"The {mark}A{mark} Team") == wide('The "A" Team') == wide("The ''A'' Team")


@pytest.mark.parametrize("dash", "‐‑‒–—―−⁃˗─━➖⎯－﹣⁻")
def test_every_dash_is_the_same(dash: str) -> None:
    assert wide(f"Sales{dash}Team") == wide("Sales-Team")


@pytest.mark.parametrize(
    ("one", "other"),
    [("İstanbul", "istanbul"), ("ISTANBUL", "ıstanbul"), ("Straße", "STRASSE"), ("Oﬃce", "office")],
)
def test_case_beyond_ascii_closes_and_opens_nothing(one: str, other: str) -> None:
    assert wide(one) == wide(other) and narrow(one) != narrow(other)


@pytest.mark.parametrize("other", ["Cafe\u0301 Sales EMEA", " Café Sales EMEA\t", "CAFÉ SALES EMEA"])
def test_a_name_is_chosen_without_case_and_outer_whitespace(other: str) -> None:
    assert narrow(other) == narrow(NAME)


@pytest.mark.parametrize("other", ["Café Sales EMEA 2", "CaféSales EMEA", "Cafe Sales EMEA", ""])
def test_what_looks_otherwise_is_something_else(other: str) -> None:
    assert wide(other) != wide(NAME)


# -- managed elsewhere -------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", LOOK_ALIKES)
def test_a_managed_team_is_managed_however_the_policy_writes_it(tmp_path: Path, written: str) -> None:
    policy = POLICY.replace('"Sales" =', f'{quoted(written)} = "Okta"\n"Sales" =')
    with company(tmp_path, policy, NAME) as (s, [id]):
        assert "is managed elsewhere: use Okta" in closed(s, id)


@pytest.mark.parametrize("called", LOOK_ALIKES)
def test_a_managed_team_is_managed_however_miro_writes_it(tmp_path: Path, called: str) -> None:
    with company(tmp_path, POLICY.replace('"Sales" =', f'"{NAME}" ='), called) as (s, [id]):
        assert "is managed elsewhere" in closed(s, id)


def test_a_managed_team_stays_so_when_renamed_and_so_is_what_takes_its_name(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        renamed(s, s.teams["Sales"], "g_revenue")
        new = s.miro.add_team("Sa\u200bles")
        wait(s, minutes=11)
        assert "is managed elsewhere" in closed(s, s.teams["Sales"])
        assert "is managed elsewhere" in closed(s, new)
        again = s.rebuild()
        group = next(one for one in again.store.groups.all() if one.id == s.teams["Sales"])
        assert "is managed elsewhere" in again.context.tables().managed(group)
        again.stop()


def test_a_managed_team_may_be_named_by_its_id(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        text = POLICY.replace('"Sales" =', f'"{s.teams["Design"]}" = "the studio"\n"Sales" =')
        (s.folder / "policy.toml").write_text(text, encoding="utf-8")
        wait(s, minutes=1)
        assert "elsewhere: use the studio" in closed(s, s.teams["Design"])
        renamed(s, s.teams["Design"], "Studio")
        assert "elsewhere: use the studio" in closed(s, s.teams["Design"])


# -- rules -------------------------------------------------------------------------------------------------

STRICT = 'when = { team = %s }\nsteps = [ { approvers = ["manager"] }, { approvers = ["it"], agree = 2 } ]'
MILD = "when = { team = %s }\napproval = false"


@pytest.mark.parametrize("called", LOOK_ALIKES)
def test_a_strict_rule_holds_for_whatever_looks_like_its_team(tmp_path: Path, called: str) -> None:
    policy = with_rules(STRICT % quoted(NAME), base="approval = false")
    with company(tmp_path, policy, called) as (s, [id]):
        assert answer(s, id).startswith("waiting: ")
        assert newest_request(s).asking.steps == 2


@pytest.mark.parametrize("called", [one for one in LOOK_ALIKES if narrow(one) != narrow(NAME)])
def test_a_mild_rule_holds_for_nothing_that_only_looks_like_its_team(tmp_path: Path, called: str) -> None:
    with company(tmp_path, with_rules(MILD % quoted(NAME)), called) as (s, [id]):
        assert answer(s, id).startswith("waiting: ")
        assert calls(s, "PATCH") == []


def test_rules_of_which_none_is_stricter_let_nobody_ask(tmp_path: Path) -> None:
    policy = with_rules(
        'when = { team = "Data" }\napprovers = ["dana@example.com"]', base='approvers = ["it"]'
    )
    with company(tmp_path, policy, "Da\u00adta") as (s, [id]):
        assert "Ask your IT team to write the team's id in the policy." in answer(s, id)


def test_a_rule_goes_with_its_team_and_a_new_team_of_the_old_name_gets_none_of_it(tmp_path: Path) -> None:
    with playing(tmp_path, with_rules(MILD % '"Design"')) as s:
        renamed(s, s.teams["Design"], "Studio")
        new = s.miro.add_team("Design")
        wait(s, minutes=11)
        assert answer(s, new).startswith("waiting: ")
        assert answer(s, s.teams["Design"]).startswith("done: ")


def test_a_strict_rule_goes_with_its_team_and_holds_for_a_new_one_of_the_old_name(tmp_path: Path) -> None:
    with playing(tmp_path, with_rules(STRICT % '"Design"', base="approval = false")) as s:
        renamed(s, s.teams["Design"], "Studio")
        new = s.miro.add_team("Design")
        wait(s, minutes=11)
        for id in (new, s.teams["Design"]):
            assert answer(s, id).startswith("waiting: ") and newest_request(s).asking.steps == 2


def test_of_two_teams_that_look_alike_neither_gets_a_mild_rule_until_an_id_is_written(tmp_path: Path) -> None:
    with company(tmp_path, with_rules(MILD % '"Data"'), "Data", "Data\u200b") as (s, [one, other]):
        s.settle()
        assert "I can't tell which team the policy means by “Data”" in " ".join(told(s, "U0CAROL"))
        assert answer(s, one).startswith("waiting: ")
        assert answer(s, other).startswith("waiting: ")
        (s.folder / "policy.toml").write_text(with_rules(MILD % f'"{other}"'), encoding="utf-8")
        wait(s, minutes=1)
        id = ask(s, "U0JO", "/miro-access", "", teams=other, reason="I start Monday")
        assert state(s, id) == "done"


def test_a_team_called_like_the_id_of_another_gets_nothing_of_it(tmp_path: Path) -> None:
    with playing(tmp_path, with_rules(MILD % '"Design"')) as s:
        posing = s.miro.add_team(s.teams["Design"])
        wait(s, minutes=11)
        renamed(s, posing, posing)
        assert not answer(s, posing).startswith("done: ")


# -- owners ------------------------------------------------------------------------------------------------

OWNED = '[owners]\n"Design" = ["dana@example.com"]\n'


def owned_by_dana(called: str = "Design") -> str:
    return with_rules(base='approvers = ["owners"]\nfallback = ["it"]', top=OWNED.replace("Design", called))


def test_an_owner_stays_one_when_the_team_is_renamed_and_owns_no_new_one(tmp_path: Path) -> None:
    with playing(tmp_path, owned_by_dana()) as s:
        renamed(s, s.teams["Design"], "Studio")
        new = s.miro.add_team("Design")
        wait(s, minutes=11)
        assert answer(s, s.teams["Design"]).startswith("waiting: ")
        assert "Alex Smith" in last(s, "U0DANA")
        before = len(told(s, "U0DANA"))
        assert answer(s, new).startswith("waiting: ")
        assert len(told(s, "U0DANA")) == before


@pytest.mark.parametrize("called", ["Da\u200bta", "Ｄata", "Data\u2060"])
def test_nobody_owns_what_only_looks_like_their_team(tmp_path: Path, called: str) -> None:
    with company(tmp_path, owned_by_dana("Data"), called) as (
        s,
        [id],
    ):
        assert answer(s, id).startswith("waiting: ")
        assert told(s, "U0DANA") == []


# -- names that no team has, and no list -------------------------------------------------------------------


def test_at_the_first_start_what_hangs_on_a_name_that_no_team_has_is_held(tmp_path: Path) -> None:
    policy = with_rules(STRICT % '"Desgin"', base="approval = false")
    with playing(tmp_path, policy) as s:
        assert "This is on hold: the policy names Desgin, but Miro has no such team." in answer(
            s, s.teams["Design"]
        )
        assert calls(s, "PATCH") == []
        heard = " ".join(told(s, "U0CAROL"))
        assert "The policy names teams that Miro doesn't have: Desgin." in heard
        assert "Until then nobody can ask about teams with request-access." in heard
        id = ask(s, "U0DANA", "/miro", 'rename-group Engineering "g_eng" because the directory says so')
        assert state(s, id) == "waiting"
        s.miro.add_team("Desgin")
        wait(s, minutes=11)
        assert state(s, "R-1") == "done"  # what was saved goes on by itself


def test_a_managed_team_that_is_misspelt_holds_all_that_is_about_teams(tmp_path: Path) -> None:
    with playing(tmp_path, POLICY.replace('"Sales" =', '"Slaes" =')) as s:
        for name in ("Sales", "Design"):
            assert "This is on hold: the policy names Slaes" in answer(s, s.teams[name])


def test_a_changed_policy_that_names_no_team_of_miros_is_not_enacted(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        before = s.bot.context.policies.hash
        wrong = POLICY.replace('"Sales" =', '"Slaes" =')
        (s.folder / "policy.toml").write_text(wrong, encoding="utf-8")
        wait(s, minutes=1)
        wait(s, minutes=1)
        assert s.bot.context.policies.hash == before
        assert "is managed elsewhere" in closed(s, s.teams["Sales"])
        heard = [one for one in told(s, "U0CAROL") if "It names Slaes, but Miro has no such team." in one]
        assert len(heard) == 1
        again = s.rebuild()
        assert again.context.policies.hash == before
        again.stop()
        s.miro.add_team("Slaes")
        wait(s, minutes=11)
        wait(s, minutes=1)
        assert s.bot.context.policies.hash != before


def test_before_the_first_list_nothing_is_judged_and_the_bot_starts(tmp_path: Path) -> None:
    def away(miro: Miro, _: Workspace) -> None:
        miro.faults.append(Fault("GET", "/Groups", status=500, times=99))

    with playing(tmp_path, with_rules(STRICT % '"Desgin"'), prepare=away) as s:
        assert s.bot.store.groups.seen_at() is None
        policy = s.bot.context.policy
        assert policy.means("Sales", ("Design", "7")) is None
        assert policy.owners_of(("Design", "7")) == ()
        assert not any("Miro doesn't have" in one for one in told(s, "U0CAROL"))
        ground = s.bot.context.ground(
            RequestAccess(person=s.bot.store.people.meet(email="alex@example.com").id, teams=(GroupId("7"),)),
            s.bot.store.people.meet(email="alex@example.com"),
        )
        with pytest.raises(Refused, match="I don't have Miro's list of teams yet"):
            ground.may_ask()


# -- the record, and names that people type ----------------------------------------------------------------


def test_the_record_says_which_team_each_name_means(tmp_path: Path) -> None:
    with company(tmp_path, with_rules(MILD % '["Design", "Data", "Laet"]'), "Data", "DATA\u00ad") as (s, ids):
        [said] = [one for one in s.bot.store.events("policy") if one.type == "policy-teams"]
        assert said.body["hash"] == s.bot.context.policies.hash
        assert json.loads(said.text("teams")) == {"Design": s.teams["Design"], "Sales": s.teams["Sales"]}
        assert json.loads(said.text("unsure")) == {"Data": sorted(ids), "Laet": []}
        assert s.bot.store.verify().faults == ()


def test_an_older_record_learns_at_the_next_start_what_its_policy_means(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    store = Store(tmp_path / "record.db")
    hash = store.take_policy(POLICY)
    store.groups.keep([(GroupId("7"), "Sales")])
    policies = Policies(tmp_path / "policy.toml", store)
    store.groups.keep([(GroupId("7"), "Revenue"), (GroupId("8"), "Sales")])
    assert policies.hash == hash
    assert policies.in_force.means("Sales", ("Revenue", "7")) is True
    assert policies.in_force.means("Sales", ("Sales", "8")) is None
    store.close()


@pytest.mark.parametrize("name", ["De\u200bsign", "Ｄesign", "DE\u00adSIGN", "design "])
def test_no_group_gets_a_name_that_looks_like_anothers(tmp_path: Path, name: str) -> None:
    with playing(tmp_path) as s:
        told_so = refused(s, "U0DANA", "/miro", "rename-group Engineering", name=name, reason="the audit")
        assert "already has the name" in told_so["name"] or "invisible characters" in told_so["name"]


def test_a_name_gets_no_invisible_characters(tmp_path: Path) -> None:
    with playing(tmp_path) as s:
        told_so = refused(
            s, "U0DANA", "/miro", "rename-group Engineering", name="g_\u200beng", reason="audit"
        )
        assert "This name has invisible characters." in told_so["name"]
        id = ask(s, "U0SAM", "/miro", "rename-group Engineering", name="g\u00a0 eng", reason="the audit")
        assert s.bot.context.command(s.bot.store.request(id)).model_dump()["name"] == "g eng"


@pytest.mark.parametrize("typed", ["Da\u200bta", "Ｄata", "Data\u2060"])
def test_a_team_is_chosen_by_its_very_name_and_else_asked_for(tmp_path: Path, typed: str) -> None:
    with company(tmp_path, POLICY, "Data") as (s, [id]):
        alex, tables = s.bot.store.people.meet(email="alex@example.com"), s.bot.context.tables()
        with pytest.raises(Problems, match=rf"Did you mean Data \({id}\)\?"):
            fill(RequestAccess, {"teams": typed}, alex, tables)
        assert fill(RequestAccess, {"teams": " data"}, alex, tables).teams_named == (("teams", id),)


def test_of_two_teams_that_are_called_the_same_none_is_guessed(tmp_path: Path) -> None:
    with company(tmp_path, POLICY, "Data", "DATA") as (s, _):
        found = read_words("give me access to data because I draw", s.bot.context.tables(), s.clock().date())
        assert isinstance(found, Draft) and "teams" not in found.raw
        assert any("Several teams are called" in note for note in found.notes)


def test_a_name_typed_on_a_mac_is_read(tmp_path: Path) -> None:
    with company(tmp_path, POLICY, "Café") as (s, [id]):
        found = read_words(
            "give me access to Cafe\u0301 because I draw", s.bot.context.tables(), s.clock().date()
        )
        assert isinstance(found, Draft) and found.raw["teams"] == id


@pytest.mark.parametrize(
    ("team", "written", "told_so"),
    [("Data", "Dtaa", "Dtaa: Miro has no such team"), ("Da\u00adta", "Data", "use the team's id")],
)
def test_a_shell_names_the_teams_that_a_policy_misspells(
    tmp_path: Path, team: str, written: str, told_so: str
) -> None:
    with machine(tmp_path, with_rules(STRICT % quoted(written))) as (s, shell):
        s.miro.add_team(team)
        wait(s, minutes=11)
        [wrong] = [one for one in shell.json("doctor", exits=1) if not one["ok"]]
        assert wrong["what"] == "policy" and told_so in wrong["text"]
        [missed] = shell.json("policy", "check", "--reach", exits=1)["unreached"]
        assert told_so in missed
        (s.folder / "record.db").rename(s.folder / "away.db")  # before the first start Miro is asked
        [missed] = shell.json("policy", "check", "--reach", exits=1)["unreached"]
        assert told_so in missed
        (s.folder / "away.db").rename(s.folder / "record.db")


def test_a_renamed_team_is_no_stranger_to_a_shell(tmp_path: Path) -> None:
    with machine(tmp_path) as (s, shell):
        renamed(s, s.teams["Sales"], "g_revenue")
        assert all(one["ok"] for one in shell.json("doctor"))
