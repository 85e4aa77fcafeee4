"""A policy is read whole or refused with every problem at its line."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core._pydantic_core import list_all_errors

from approvals.policy.check import BrokenPolicy, check, load, unreadable
from approvals.policy.entries import NO_CASE, Source, View
from approvals.policy.file_alone import Assumed
from approvals.policy.model import Account, ApproverGroup, Policy
from approvals.policy.rules import span
from tests.approvals.scene import ACTIONS, POLICY, START, STEADY
from tests.says import says


def problems(text: str) -> list[str]:
    """Everything that is wrong with a policy, as it is printed."""
    return [str(problem) for problem in check(text, ACTIONS)[1]]


def replaced(old: str, new: str) -> tuple[str, int]:
    """The policy of the tests with one change, and the line that changed."""
    assert POLICY.count(old) == 1
    return POLICY.replace(old, new), POLICY.partition(old)[0].count("\n") + 1


@pytest.fixture
def policy() -> Policy:
    """The policy of the tests."""
    return load(POLICY, ACTIONS)


# -- spans -------------------------------------------------------------------------------------------------

SPANS = {
    "30m": timedelta(minutes=30),
    "18h": timedelta(hours=18),
    "3d": timedelta(days=3),
    "9999d": timedelta(days=9999),
}


@pytest.mark.parametrize("text", SPANS)
def test_a_span_is_a_number_and_a_unit(text: str) -> None:
    assert span(text) == SPANS[text]


@pytest.mark.parametrize(
    "text", ["", "3", "d", "0d", "-3d", "1.5h", "3 d", "3D", "3w", "03d", "99999d", "3d3h", 3]
)
def test_what_is_no_span_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match='write a time like "30m", "18h" or "3d"'):
        span(text)


@pytest.mark.thorough
@STEADY
@given(st.text(max_size=8))
def test_any_text_is_a_span_or_refused(text: str) -> None:
    try:
        assert span(text) > timedelta()
    except ValueError as error:
        assert "write a time like" in str(error)


# -- a good policy -----------------------------------------------------------------------------------------


def test_a_good_policy_has_no_problems(policy: Policy) -> None:
    assert check(POLICY, ACTIONS) == (policy, [])


def test_a_rule_says_how_long_and_how_many(policy: Policy) -> None:
    assert [policy.actions[name].expires.days for name in ACTIONS] == [3, 2, 3]
    assert [policy.actions[name].agree for name in ACTIONS] == [1, 1, 2]


def test_an_action_without_rule_has_none(policy: Policy) -> None:
    assert policy.rule("rename-group") is None


def test_nobody_may_ask_unless_the_rule_says_so(policy: Policy) -> None:
    assert policy.actions["offboard"].ask == ()


def test_a_command_line_does_not_decide_by_default() -> None:
    text, _ = replaced("command_line_decides = false\n", "")
    assert not load(text, ACTIONS).command_line_decides


def test_a_group_stands_for_its_people(policy: Policy) -> None:
    why = "you own Miro"
    named = View(policy, NO_CASE, Assumed(), START).named(["owners", "bo@example.com"])
    assert [(one.entry, says(one.because)) for one in named] == [
        ("cy@example.com", why), ("dee@example.com", why), ("bo@example.com", ""),
    ]  # fmt: skip


def test_everybody_whom_a_rule_or_group_names_is_kept_fresh(policy: Policy) -> None:
    names = ("cy", "dee", "ida")  # a manager is looked up when needed
    assert policy.named(Source.ACCOUNT) == {f"{name}@example.com" for name in names}


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.com", " ada@example.com "])
def test_a_manager_is_found_in_any_case(policy: Policy, email: str) -> None:
    assert policy.manager_of(email) == "bo@example.com"


@pytest.mark.parametrize("email", ["eve@example.com", ""])
def test_who_is_not_in_the_table_has_no_manager(policy: Policy, email: str) -> None:
    assert policy.manager_of(email) == ""


@pytest.mark.parametrize(
    ("email", "allowed"),
    [
        ("ada@example.com", True),
        ("ada@EXAMPLE.com", True),
        ("ada@example.org", False),
        ("ada@evil-example.com", False),
        ("ada@mail.example.com", False),
        ("ada@example.com@example.org", False),
        ("", False),
    ],
)
def test_only_named_domains_are_allowed(policy: Policy, email: str, allowed: bool) -> None:
    assert policy.allows(email) is allowed


def test_accounts_inherit_from_the_default() -> None:
    text = POLICY + (
        '[accounts.default]\ndivision = "Europe"\ndepartment = "Sales"\n'
        '[accounts."Ada@example.com"]\ndepartment = "Engineering"\n'
    )
    policy = load(text, ACTIONS)
    assert policy.account("ada@EXAMPLE.com") == Account(department="Engineering", division="Europe")
    assert policy.account("bo@example.com") == Account(department="Sales", division="Europe")
    assert load(POLICY, ACTIONS).account("ada@example.com") == Account()


def test_a_policy_cannot_be_changed_after_loading(policy: Policy) -> None:
    with pytest.raises(ValueError, match="frozen"):
        policy.operators = ("eve@example.com",)  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        policy.groups["it"].people = ()  # type: ignore[misc]
    assert policy.groups["it"] == ApproverGroup(people=("ida@example.com",), because="you look after Miro")


# -- a broken one ------------------------------------------------------------------------------------------


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    text, line = replaced('domains = ["example.com"]', "domains = [example.com]")
    [told] = problems(text)
    assert told.startswith(f"line {line}: not valid TOML: Invalid value")


def test_text_that_ends_too_early_is_refused_at_its_end() -> None:
    [told] = problems('operators = ["it"]\ndomains = [\n"example.com",\n')
    assert told.startswith("line 3: not valid TOML: ")


@pytest.mark.parametrize("value", ["[" * 5_000, "[" * 5_000 + "]" * 5_000, "{a=" * 5_000])
def test_brackets_that_nobody_could_read_are_refused_with_their_line(value: str) -> None:
    text, line = replaced('domains = ["example.com"]', f"domains = {value}")
    assert problems(text) == [f"line {line}: too many nested brackets; a policy needs few, so remove some"]


@pytest.mark.regression
def test_a_number_of_thousands_of_digits_is_refused() -> None:
    [problem] = problems(POLICY.replace("agree = 2", f"agree = {'9' * 5_000}"))
    assert problem.endswith("this number is too long; shorten it")


def test_a_key_given_twice_is_refused() -> None:
    [told] = problems(POLICY.replace("agree = 2", "agree = 2\nagree = 3"))
    assert "not valid TOML: Cannot overwrite a value" in told


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("command_line_decides", "comand_line_decides", "comand_line_decides"),
        ('expires = "2d"', 'expire = "2d"', "actions.make-admin.expire"),
        ('because = "you own Miro"', 'reason = "you own Miro"', "groups.owners.reason"),
        ("agree = 2", "quorum = 2", "actions.offboard.quorum"),
    ],
)
def test_a_misspelt_key_is_refused_with_its_line(old: str, new: str, key: str) -> None:
    text, line = replaced(old, new)
    told = f"{key}: isn't a known setting; remove it or correct its spelling"
    assert problems(text) == [f"line {line}: {told}"]


def test_a_misspelt_key_below_a_quoted_heading_is_found() -> None:
    text = POLICY + (
        '[accounts.default]\nmanger = ""\n[accounts."ada@example.com"]\ndivision = "Europe"\nmanger = "Bo"\n'
    )
    last = text.count("\n")
    assert [told.partition(":")[0] for told in problems(text)] == [f"line {last - 3}", f"line {last}"]


@pytest.mark.parametrize("heading", ["[actions.offboard]", "[ actions.offboard ]", '[actions."offboard"]'])
def test_headings_are_found_however_they_are_written(heading: str) -> None:
    text, _ = replaced("[actions.offboard]", heading)
    text = text.replace("agree = 2", "agree = 3")
    line = text.splitlines().index("agree = 3") + 1
    assert problems(text) == [f"line {line}: offboard needs 3 approvals, but only 2 can decide"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('expires = "2d"', 'expires = "2 days"'),
        ('expires = "2d"', "expires = 2"),
    ],
)
def test_a_wrong_span_is_refused_with_its_line(old: str, new: str) -> None:
    text, line = replaced(old, new)
    told = 'actions.make-admin.expires: write a time like "30m", "18h" or "3d", with a number from 1 to 9999'
    assert problems(text) == [f"line {line}: {told}"]


def test_a_missing_key_is_told_at_its_own_table() -> None:
    text, line = replaced('ask = ["anyone"]\napprovers = ["manager"]\n', 'ask = ["anyone"]\n')
    told = "request-access has nobody to decide; add approvers, steps or approval = false"
    assert problems(text) == [f"line {line - 1}: {told}"]


@pytest.mark.parametrize("key", ["operators", "domains"])
def test_what_every_policy_needs_is_asked_for(key: str) -> None:
    text = "\n".join(line for line in POLICY.splitlines() if not line.startswith(key))
    assert problems(text) == [f"line 1: {key}: is required; add it"]


def test_an_empty_policy_is_refused() -> None:
    assert problems("") == ["line 1: operators: is required; add it", "line 1: domains: is required; add it"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('operators = ["it"]', "operators = []"),
        ("agree = 2", "agree = 0"),
        ("agree = 2", "agree = 21"),
        ("agree = 2", 'agree = "both"'),
        ('because = "you own Miro"', f'because = "{81 * "x"}"'),
        ("command_line_decides = false", 'command_line_decides = "sometimes"'),
    ],
)
def test_values_out_of_bounds_are_refused_with_their_line(old: str, new: str) -> None:
    text, line = replaced(old, new)
    assert check(text, ACTIONS)[0] is None
    assert [told.partition(":")[0] for told in problems(text)] == [f"line {line}"]


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("= false", '= "yes"', "command_line_decides: write true or false, without quotes"),
        ("= false", "= 1", "command_line_decides: write true or false, without quotes"),
        ("agree = 2", 'agree = "2"', "actions.offboard.agree: write a whole number, without quotes"),
        ("agree = 2", "agree = true", "actions.offboard.agree: write a whole number, without quotes"),
        ('operators = ["it"]', 'operators = "it"', 'operators: write a list, like ["it"]'),
        ('operators = ["it"]', 'operators = ["it"]\ntell = 5', "tell: write text in quotes"),
    ],
)
def test_what_only_looks_like_the_right_kind_is_refused(old: str, new: str, remedy: str) -> None:
    text, line = replaced(old, new)
    assert problems(text) == [f"line {line + new.count(chr(10))}: {remedy}"]


INLINE = """\
operators = ["it"]
domains = ["example.com"]
[groups]
it = { people = ["ida@example.com", "cy@example.com"] }
[actions]
offboard = { for_others = ["it"], approvers = ["it"] }
make-admin.for_others = ["it"]
make-admin.approvers = ["it"]
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('"ida@example.com"', '"ida"', 4, "'ida' isn't an e-mail address or Slack id"),
        ('= ["it"] }', '= ["it"], expire = "1d" }', 6, "actions.offboard.expire: isn't a known setting"),
        (', approvers = ["it"] }', " }", 6, "offboard has nobody to decide"),
        ('approvers = ["it"] }', 'approvers = ["it"], agree = 3 }', 6, "offboard needs 3 approvals"),
        (
            'approvers = ["it"]\n',
            'approvers = ["hr"]\n',
            8,
            "'hr' isn't an e-mail address, Slack id or group",
        ),
    ],
)
def test_a_table_in_one_line_has_its_line_too(old: str, new: str, line: int, told: str) -> None:
    assert problems(INLINE) == []
    [problem] = problems(INLINE.replace(old, new))
    assert problem.startswith(f"line {line}: {told}")


def test_the_same_problem_of_one_line_is_told_once() -> None:
    text = INLINE.replace(
        'for_others = ["it"], approvers = ["it"]', 'for_others = ["hr"], approvers = ["hr"]'
    )
    assert len(problems(text)) == 1


def test_every_unreadable_key_is_told_at_once() -> None:
    text = POLICY.replace('expires = "2d"', 'expires = "soon"').replace("agree = 2", "agree = 0")
    assert len(problems(text)) == 2


def test_every_other_problem_is_told_at_once_in_order() -> None:
    text = POLICY.replace("agree = 2", "agree = 9").replace('["manager"]', '["boss"]')
    text = text.replace("you look after Miro", "REPLACE-ME")
    told = [int(line.removeprefix("line ").partition(":")[0]) for line in problems(text)]
    assert len(told) == 3
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('people = ["ida@example.com"]', 'people = ["REPLACE-ME@example.com"]'),
        ("you own Miro", "REPLACE-ME"),
        ('operators = ["it"]', 'operators = ["it"]\ntell = "#REPLACE-ME"'),
        ('operators = ["it"]', "operators = ['it']\ntell = 'see # REPLACE-ME'"),
    ],
)
def test_a_placeholder_is_refused_with_its_line(old: str, new: str) -> None:
    text, line = replaced(old, new)
    line += new.count("\n")
    assert problems(text) == [f"line {line}: replace REPLACE-ME with the real value"]


@pytest.mark.parametrize("line", ["# write REPLACE-ME's name here", 'manager_field = "#1"  # not REPLACE-ME'])
def test_a_placeholder_in_a_comment_is_no_problem(line: str) -> None:
    assert problems(f"{line}\n{POLICY}") == []


def test_a_rule_for_an_unknown_action_is_refused() -> None:
    text, line = replaced("[actions.offboard]", "[actions.offbord]")
    known = "choose from make-admin, offboard, request-access"
    assert problems(text) == [f"line {line}: unknown action 'offbord'; {known}"]


@pytest.mark.parametrize(
    ("old", "new", "entry"),
    [
        ('approvers = ["manager"]', 'approvers = ["mangers"]', "mangers"),
        ('approvers = ["manager"]', 'approvers = ["anyone"]', "anyone"),
        ('ask = ["anyone"]\nfor', 'ask = ["everyone"]\nfor', "everyone"),
        ('ask = ["anyone"]\nfor', 'ask = ["requester-manager"]\nfor', "requester-manager"),
        ('ask = ["anyone"]\nfor_others = ["it"]', 'for_others = ["hr"]', "hr"),
    ],
)
def test_an_unknown_group_is_refused_with_its_line(old: str, new: str, entry: str) -> None:
    text, line = replaced(old, new)
    told = f"{entry!r} isn't an e-mail address, Slack id or group; correct it or add [groups.{entry}]"
    assert problems(text) == [f"line {line}: {told}"]


@pytest.mark.parametrize("entry", ["zoe@example.com", "U012ABCDEF", "W012ABCDEF"])
def test_people_need_no_group(entry: str) -> None:
    text, _ = replaced('approvers = ["manager"]', f'approvers = ["{entry}"]')
    policy = load(text, ACTIONS)
    assert entry in policy.named(Source.ACCOUNT)


def test_more_votes_than_people_are_refused() -> None:
    text, line = replaced("agree = 2", "agree = 3")
    assert problems(text) == [f"line {line}: offboard needs 3 approvals, but only 2 can decide"]


def test_one_person_named_twice_counts_once() -> None:
    text, _ = replaced(
        'approvers = ["owners"]\nagree = 2', 'approvers = ["owners", "CY@example.com"]\nagree = 3'
    )
    [told] = problems(text)
    assert told.endswith("offboard needs 3 approvals, but only 2 can decide")


def test_a_broken_policy_is_not_loaded() -> None:
    text, _ = replaced("agree = 2", "agree = 3")
    with pytest.raises(BrokenPolicy) as told:
        load(text.replace("you own Miro", "REPLACE-ME"), ACTIONS)
    assert len(told.value.problems) == 2
    assert str(told.value) == "\n".join(map(str, told.value.problems))


def test_what_was_written_is_not_repeated_in_a_problem() -> None:
    text, _ = replaced('operators = ["it"]', 'operators = "secret-of-somebody"')
    assert not any("secret-of-somebody" in told for told in problems(text))


def test_a_long_policy_is_read_whole() -> None:
    names = [f"action-{n}" for n in range(200)]
    rules = [f'[actions.{name}]\nask = ["anyone"]\napprovers = ["owners"]\nagree = 3\n' for name in names]
    text = POLICY.partition("[actions.")[0] + "\n".join(rules)
    policy, found = check(text, dict.fromkeys(names, ()))
    assert policy
    assert len(policy.actions) == 200
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line == "agree = 3"]
    assert [problem.line for problem in found] == lines


def test_an_operator_who_is_nobody_is_found() -> None:
    text, _ = replaced('operators = ["it"]', 'operators = ["ti"]')
    assert "'ti' isn't an e-mail address or Slack id" in "\n".join(map(str, check(text, ACTIONS)[1]))


def test_an_address_without_an_at_is_of_no_domain(policy: Policy) -> None:
    assert not policy.allows("example.com")


KINDS: dict[str, Any] = {each["type"]: each for each in list_all_errors()}


@pytest.mark.parametrize("kind", KINDS)
def test_no_words_of_pydantic_reach_anybody(kind: str) -> None:
    own = {"value_error": {"error": ValueError("write a time zone")}}
    context = own.get(kind) or KINDS[kind]["example_context"] or {}
    said = str(unreadable("zone = 1", ("zone",), kind, context))
    assert said.startswith("line 1: zone: ") and KINDS[kind]["example_message_python"] not in said
    assert not re.search(r"[Ii]nput|valid|should|Value error|string|integer|dictionary|\{\w", said)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("agree = 2", "agree = 0", "agree: write a number of at least 1"),
        ("agree = 2", "agree = 21", "agree: write a number of at most 20"),
        ("agree = 2", "agree = 1.5", "agree: write a whole number, without quotes"),
        ("agree = 2", "agree = nan", "agree: write a whole number, without quotes"),
        ('"you look after Miro"', f'"{"a" * 81}"', "groups.it.because: write at most 80 characters"),
        ('"you look after Miro"', "2026-12-01", "groups.it.because: write text in quotes"),
        ('domains = ["example.com"]', 'domains = [["example.com"]]', "domain 1: write text in quotes"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_in_our_words(old: str, new: str, told: str) -> None:
    text, line = replaced(old, new)
    assert any(said.startswith(f"line {line}: ") and said.endswith(told) for said in problems(text))
