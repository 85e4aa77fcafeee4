"""`policy check` finds by the file alone what could never be decided, and how many people each rule tells."""

import pytest

from approvals.policy.check import check
from approvals.policy.file_alone import notifies
from tests.approvals.ruled import HEAD
from tests.approvals.scene import ACTIONS, POLICY

ASKED_BY = '[actions.make-admin]\nask = ["{ask}"]\n'


def problems(rule: str, ask: str = "anyone", top: str = "") -> list[str]:
    """What is wrong with one rule, without lines."""
    text = top + HEAD + ASKED_BY.format(ask=ask) + rule
    return [one.text for one in check(text, ACTIONS)[1]]


ONLY_ASKER = "only the requester could decide make-admin; name one more person"


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        ("ida@example.com", 'approvers = ["it"]'),
        ("it", 'approvers = ["IDA@example.com"]'),
        ("owners", 'approvers = ["owners"]\nagree = 2'),
        ("it", 'steps = [{ approvers = ["owners"] }, { approvers = ["it"] }]'),
        ("bo@example.com", 'approvers = ["manager"]'),
        ("it", 'approvers = ["it"]\nescalate = { after = "1d", to = ["owners"] }'),
    ],
)
def test_a_step_that_nobody_but_the_requester_could_fill_is_found(ask: str, rule: str) -> None:
    assert problems(rule, ask) == [ONLY_ASKER]


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        ("anyone", 'approvers = ["it"]'),
        ("owners", 'approvers = ["owners"]'),
        ("it", 'approvers = ["it", "cy@example.com"]'),
        ("it", 'approvers = ["it"]\nfallback = ["owners"]'),
        ("it", 'approvers = ["@desk"]'),
        ("it", "approval = false"),
    ],
)
def test_what_somebody_else_could_decide_is_no_problem(ask: str, rule: str) -> None:
    assert problems(rule, ask) == []


@pytest.mark.parametrize(
    ("rule", "wanted", "can"),
    [
        ('approvers = ["owners"]\nagree = 3', 3, 2),
        ('approvers = ["manager"]\nagree = 2', 2, 1),
        ('approvers = ["manager", "requester-manager"]\nagree = 3', 3, 2),
        ('steps = [{ approvers = ["it"] }, { approvers = ["manager", "it"], agree = 3 }]', 3, 2),
    ],
)
def test_more_votes_than_there_can_be_people_are_found(rule: str, wanted: int, can: int) -> None:
    two_bosses = HEAD.replace("[managers]", '[managers]\n"eve@example.com" = "cy@example.com"')
    for head in (two_bosses, f"manager_from_miro = true\n{HEAD}"):
        text = head + ASKED_BY.format(ask="anyone") + rule
        told = [one.text for one in check(text, ACTIONS)[1]]
        assert told == [f"make-admin needs {wanted} approvals, but only {can} can decide"]


def test_who_comes_only_when_nobody_answers_is_not_counted() -> None:
    rule = 'approvers = ["it"]\nagree = 2\nescalate = { after = "1d", to = ["owners"] }'
    late = "make-admin needs 2 approvals, but only 1 can decide; people in escalate don't count"
    assert problems(rule) == [late]
    assert problems(rule, top='fallback = ["owners"]\n') == []


def test_who_manages_everybody_is_one() -> None:
    both = 'approvers = ["manager", "requester-manager"]\nagree = 2'
    assert problems(both) == ["make-admin needs 2 approvals, but only 1 can decide"]
    assert problems(both, top="manager_from_miro = true\n") == []


def test_whom_slack_alone_knows_is_not_counted() -> None:
    assert problems('approvers = ["@desk"]\nagree = 5') == []


def test_a_group_whose_name_means_something_else_is_refused() -> None:
    for name in ("manager", "anyone", "requester-manager"):
        text = f'{POLICY}[groups.{name}]\npeople = ["cy@example.com"]\n'
        told = [one.text for one in check(text, ACTIONS)[1]]
        assert f"{name!r} is reserved; rename the group" in told


def test_each_rule_says_how_many_people_it_tells() -> None:
    rule = (
        'steps = [{ approvers = ["manager", "it"] }, { approvers = ["owners", "@desk"] }]\n'
        '[[actions.make-admin.rules]]\nwhen = { for = "self" }\napproval = false\n'
    )
    policy, found = check(HEAD + ASKED_BY.format(ask="anyone") + rule, ACTIONS)
    assert policy and not found
    assert notifies(policy) == [
        "make-admin, rule 1: needs no approval, so nobody is asked",
        "make-admin, step 1: notifies 1 person and the manager",
        "make-admin, step 2: notifies 2 people and the members of @desk",
    ]


def test_whom_a_group_tells_is_who_is_counted() -> None:
    head = HEAD.replace('because = "you own Miro"', 'told = ["dee@example.com"]')
    policy, found = check(head + ASKED_BY.format(ask="anyone") + 'approvers = ["owners"]', ACTIONS)
    assert policy and not found
    assert notifies(policy) == ["make-admin: notifies 1 person"]


@pytest.mark.parametrize(
    ("approvers", "told"),
    [
        ('"it", "manager"', "1 person and the manager"),
        ('"manager", "it"', "1 person and the manager"),
        ('"it", "bo@example.com"', "2 people"),
        ('"it", "carol@example.com"', "1 person"),
        ('"it", "BO@example.com", "both"', "2 people"),
        ('"it", "both", "@desk"', "2 people and the members of @desk"),
    ],
)
def test_whoever_one_of_two_entries_tells_is_told_and_counted_once(approvers: str, told: str) -> None:
    it = 'people = ["ida@example.com", "bo@example.com", "carol@example.com"]\ntold = ["carol@example.com"]'
    both = '[groups.both]\npeople = ["bo@example.com", "carol@example.com"]\n\n[groups.it]\n'
    head = HEAD.replace('people = ["ida@example.com"]', it).replace("[groups.it]\n", both)
    policy, found = check(head + ASKED_BY.format(ask="anyone") + f"approvers = [{approvers}]", ACTIONS)
    assert policy and not found
    assert notifies(policy) == [f"make-admin: notifies {told}"]
