"""What is wrong with steps, rules, groups and times is said with its line, before anybody asks."""

import time

import pytest

from approvals.policy.check import check
from approvals.policy.file_alone import notifies
from tests.approvals.scene import ACTIONS, POLICY

KNOWN = ACTIONS | {"request-access": ("team", "max_days")}
HEAD = 'operators = ["ida@example.com"]\ndomains = ["example.com"]\n'
RULES = """
[[actions.request-access.rules]]
when = { team = ["Design"] }
approval = false

[[actions.request-access.rules]]
when = { team = ["Finance"], requester_group = "it" }
approvers = ["owners"]
"""


def problems(text: str) -> list[str]:
    return [str(one) for one in check(text, KNOWN)[1]]


def line_of(text: str, start: str, nth: int = 0) -> int:
    found = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start)]
    return found[nth]


def test_rules_with_conditions_are_no_problem() -> None:
    assert problems(POLICY + RULES) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('team = ["Finance"]', 'taem = ["Finance"]', "unknown condition 'taem'; choose from for, "),
        ('requester_group = "it"', 'requester_group = "manager"', "requester_group: name a group, a person"),
        (
            'requester_group = "it"',
            'requester_group = "ti"',
            "'ti' isn't an e-mail address, Slack id or group",
        ),
        ('requester_group = "it"', 'for = "me"', 'for: write "self" or "others"'),
        ('requester_group = "it"', 'max_days = "7"', "max_days: write a whole number, without quotes"),
        ('["Finance"], requester', "7, requester", "team: write text in quotes, or a list"),
    ],
)
def test_a_condition_that_can_not_be_is_told_at_its_own_rule(old: str, new: str, told: str) -> None:
    text = (POLICY + RULES).replace(old, new)
    [said] = problems(text)
    assert said.startswith(f"line {line_of(text, 'when', 1)}: {told}")


def test_a_rule_that_an_earlier_one_hides_is_found() -> None:
    text = POLICY + RULES.replace('team = ["Design"]', 'team = ["Finance", "Design"]')
    line = line_of(text, "[[actions.request-access.rules]]", 1)
    assert problems(text) == [f"line {line}: never applies: rule 1 covers every case first"]


@pytest.mark.parametrize(("first", "second", "hidden"), [(7, 3, True), (3, 7, False), (7, 7, True)])
def test_fewer_days_hide_behind_more(first: int, second: int, hidden: bool) -> None:
    rule = "[[actions.request-access.rules]]\nwhen = {{ max_days = {} }}\napproval = false\n"
    found = problems(POLICY + rule.format(first) + rule.format(second))
    assert bool(found) is hidden


def test_a_rule_without_conditions_belongs_into_the_table() -> None:
    text = POLICY + RULES.replace('when = { team = ["Design"] }\n', "")
    assert any("a rule needs conditions" in one for one in problems(text))


def test_conditions_belong_to_a_rule() -> None:
    text = POLICY.replace("[actions.offboard]", '[actions.offboard]\nwhen = { for = "others" }')
    assert any("go into a rule: [[actions.offboard.rules]]" in one for one in problems(text))


def test_a_rule_has_no_rules_of_its_own() -> None:
    inner = 'when = { team = ["Design"] }\nrules = [{ when = { for = "self" }, approval = false }]'
    text = POLICY + RULES.replace('when = { team = ["Design"] }', inner)
    assert any("a rule can't contain rules" in one for one in problems(text))


STEP = 'steps = [ { approvers = ["it"] }, { approvers = ["owners"], agree = 2 } ]'


def with_offboarding(table: str) -> str:
    return POLICY.partition("[actions.offboard]")[0] + f"[actions.offboard]\n{table}\n"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (
            'for_others = ["it"]',
            "offboard has nobody to decide; add approvers, steps or approval = false",
        ),
        (
            f'for_others = ["owners"]\napprovers = ["it"]\n{STEP}',
            "offboard has approvers and steps; keep one",
        ),
        (
            f"for_others = ['it']\n{STEP}",
            "only the requester could decide offboard; name one more",
        ),
        (
            'for_others = ["it"]\napprovers = ["it"]',
            "only the requester could decide offboard",
        ),
        (f'for_others = ["owners"]\n{STEP.replace("agree = 2", "agree = 3")}', "offboard needs 3 approvals"),
        (
            'for_others = ["it"]\napprovers = ["owners"]\nescalate = { after = "3d", to = ["it"] }',
            "this comes after the request has expired; shorten it",
        ),
        ('for_others = ["it"]\napprovers = ["owners"]\nlongest = "7d"', "offboard has no end date"),
    ],
)
def test_a_table_that_can_not_work_is_told(table: str, told: str) -> None:
    assert any(told in one for one in problems(with_offboarding(table))), problems(with_offboarding(table))


@pytest.mark.parametrize("steps", [STEP, 'steps = [ { approvers = ["anybody@example.com"] } ]'])
def test_how_many_agree_is_said_inside_of_a_step(steps: str) -> None:
    text = with_offboarding(f'for_others = ["anyone"]\nagree = 2\n{steps}')
    assert problems(text) == [f"line {line_of(text, 'agree', -1)}: {INSIDE}"]
    text = with_offboarding(f'for_others = ["anyone"]\n{steps}')
    rule = '\n[[actions.offboard.rules]]\nwhen = { how = "delete" }\n'
    on_top = f"{text}{rule}agree = 2\n"
    assert problems(on_top) == [f"line {line_of(on_top, 'agree', -1)}: {INSIDE}"]
    assert problems(f'{text}{rule}approvers = ["owners"]\nagree = 2\n') == []


INSIDE = 'this has no effect beside steps; put it in a step: { approvers = ["it"], agree = 2 }'


def test_steps_of_a_rule_take_the_place_of_how_many_agree() -> None:
    text = with_offboarding('for_others = ["anyone"]\napprovers = ["owners"]\nagree = 2')
    assert problems(f'{text}\n[[actions.offboard.rules]]\nwhen = {{ how = "delete" }}\n{STEP}\n') == []


def test_a_fallback_makes_up_for_a_group_that_asks_and_decides() -> None:
    text = with_offboarding('for_others = ["it"]\napprovers = ["it"]\nfallback = ["owners"]')
    assert problems(text) == []


SOONER = """
[[actions.offboard.rules]]
when = { how = "delete" }
expires = "4h"
"""
TOO_LATE = "this ends before {0} in the action's table; set {0} here too"


@pytest.mark.parametrize(
    ("table", "rule", "told"),
    [
        ('escalate = { after = "1d", to = ["it"] }', "", "escalate"),
        ('escalate = { after = "4h", to = ["it"] }', 'steps = [{ approvers = ["owners"] }]', "escalate"),
        ('escalate = { after = "3h", to = ["it"] }', "", ""),
        ('escalate = { after = "1d", to = ["it"] }', "approval = false", ""),
        ('escalate = { after = "1d", to = ["it"] }', 'escalate = { after = "1h", to = ["it"] }', ""),
        ('remind = "4h"', "", "remind"),
        ('remind = "4h"', "approval = false", ""),
        ('remind = "4h"', 'remind = "1h"', ""),
        ('remind = "4h"', 'remind = "never"', ""),
        ('remind = "never"', "", ""),
    ],
)
def test_what_a_rule_inherits_comes_before_its_end(table: str, rule: str, told: str) -> None:
    base = f'for_others = ["anyone"]\napprovers = ["owners"]\n{table}'
    text = with_offboarding(base) + SOONER + rule + "\n"
    found = [f"line {line_of(text, 'expires', -1)}: {TOO_LATE.format(told)}"] if told else []
    assert problems(text) == found


def test_what_is_proposed_is_at_most_the_longest() -> None:
    head = '[actions.request-access]\nlongest = "7d"\nproposed = "{}"'
    for days, good in (("7d", True), ("8d", False)):
        text = POLICY.replace("[actions.request-access]", head.format(days))
        assert (problems(text) == []) is good


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('people = ["ida@example.com"]', "people = []", "the group it is empty"),
        ('people = ["ida@example.com"]', 'slack = "it"', "write the handle of a Slack user group"),
        ('people = ["ida@example.com"]', 'slack = "@it"', "name operators one by one"),
        ('because = "you look', 'told = ["bo@example.com"]\nbecause = "you look', "told can list only"),
        ('domains = ["example.com"]', 'domains = ["example.com"]\nzone = "Berlin"', "write a time zone"),
        *(
            (
                'domains = ["example.com"]',
                f'domains = ["example.com"]\nhours = "{hours}"',
                "write working hours like",
            )
            for hours in ("9-18", "18:00-09:00", "09:00-09:00", "09:00-24:30", "all day")
        ),
        ('domains = ["example.com"]', 'domains = ["example.com"]\nrests = ["Sunday"]', "name some of Mon"),
        ('domains = ["example.com"]', 'domains = ["example.com"]\nfallback = ["ti"]', "'ti' isn't an e-mail"),
        ("[groups.it]", "[groups.anyone]\npeople = ['bo@example.com']\n[groups.it]", "is reserved"),
    ],
)
def test_a_table_of_people_that_can_not_be_is_told(old: str, new: str, told: str) -> None:
    found = problems(POLICY.replace(old, new, 1))
    assert any(told in one for one in found), found


def test_owners_need_a_table_of_owners() -> None:
    text = POLICY.replace("[groups.owners]", "[groups.chiefs]").replace(
        'approvers = ["owners"]\nagree', 'approvers = ["chiefs"]\nagree'
    )
    assert any("'owners' needs a table [owners]" in one for one in problems(text))
    assert problems(f'{text}\n[owners]\n"Design" = ["bo@example.com"]\n') == []


def test_a_manager_may_be_a_slack_id() -> None:
    assert problems(POLICY.replace('= "bo@example.com"', '= "U0BO00001"')) == []


LINKED = "[same_person]\n'a@example.org' = 'a@x.org'\nU0ADA0001 = 'a@x.org'\n"


@pytest.mark.parametrize(
    ("who", "boss", "more"),
    [("ada@example.com", "Ada@Example.com", ""), ("a@example.org", "U0ADA0001", LINKED)],
)
def test_nobody_manages_themselves(who: str, boss: str, more: str) -> None:
    text = POLICY.replace('"ada@example.com" = "bo@example.com"\n', f"'{who}' = '{boss}'\n") + more
    line = line_of(text, f"'{who}'")
    told = "nobody manages themselves; name someone else or remove the line"
    assert f"line {line}: {told}" in problems(text)


def test_a_group_that_is_called_owners_may_own_a_team() -> None:
    assert problems(f'{POLICY}\n[owners]\n"Design" = ["owners"]\n') == []


def test_a_manager_whom_nothing_names_is_not_counted() -> None:
    head = f'{HEAD}[actions.request-access]\nask = ["anyone"]\n'
    policy, _ = check(f'{head}approvers = ["manager", "bo@example.com", "ida@example.com"]', KNOWN)
    none = "no managers are known; fill in [managers], or set manager_field or manager_from_miro"
    assert policy and notifies(policy) == [f"request-access: notifies 2 people; {none}"]


def test_a_channel_by_name_is_told_how_to_write_it() -> None:
    text = f'tell = "#general"\n{POLICY}'
    [told] = problems(text)
    assert told.startswith("line 1: '#general' isn't a channel's id; copy it from")


def test_what_cannot_be_read_is_placed_once_and_counted_from_one() -> None:
    assert problems('operators = "x\n') == ["line 1: not valid TOML: Illegal character '\\n' (column 15)"]
    rule = POLICY + RULES + 'agree = "2"\n'
    [told] = problems(rule)
    assert "actions.request-access.rule 2.agree: write a whole number" in told


def test_a_setting_with_an_endless_name_takes_no_time() -> None:
    begin = time.process_time()
    [told] = problems(f"{POLICY}\n[{'x' * 60_000}]\n")
    assert "isn't a known setting" in told and time.process_time() - begin < 2


def test_how_many_people_each_rule_tells() -> None:
    policy, _ = check(POLICY + RULES, KNOWN)
    assert policy and notifies(policy) == [
        "request-access, rule 1: needs no approval, so nobody is asked",
        "request-access, rule 2: notifies 2 people",
        "request-access: notifies the manager",
        "make-admin: notifies 2 people",
        "offboard: notifies 2 people",
    ]
    told, _ = check(f'tell = "C0ABCDEFG"\n{POLICY}', KNOWN)
    assert told and notifies(told, {"offboard"})[-2:] == [
        "make-admin: one card in C0ABCDEFG",
        "offboard: notifies 2 people",
    ]
    text = with_offboarding(
        f'for_others = ["it"]\n{STEP.replace("it", "bo@example.com").replace("[bo", "[bo")}'
    )
    steps, _ = check(
        text.replace('approvers = ["bo@example.com"]', 'approvers = ["bo@example.com", "@hr"]'), KNOWN
    )
    assert steps and notifies(steps)[-2:] == [
        "offboard, step 1: notifies 1 person and the members of @hr",
        "offboard, step 2: notifies 2 people",
    ]


DIRECTORY = """
[directory.{0}]
owner = ["bo@example.com"]
approvers = ["bo@example.com"]
teams = {{ "g" = "Design" }}
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('domains = ["*"]', "'*' isn't a domain"),
        ('domains = ["https://example.com"]', "isn't a domain"),
        ('[owners]\n"Design" = []', "Design has no owner"),
        ('[owners]\n"Design" = ["ada@example.com"]\n"design" = ["bo@example.com"]', "in other letters"),
        ('[teams]\n"Design" = "g_1"\n"DESIGN" = "g_2"', "in other letters"),
        (
            '[managers]\n"ada@example.com" = "bo@example.com"\n"ADA@example.com" = "cy@example.com"',
            "in other",
        ),
        ('[owners]\n"Design" = ["owners"]', "name people or a group as owners"),
        ('[managers]\n"U0ADA0001" = "bo@example.com"', "managers are looked up by it"),
        ('[managers]\n"ada@example.com" = "bo"', "'bo' isn't an e-mail address or Slack id"),
        (
            f"{DIRECTORY.format('a')}{DIRECTORY.format('b')}",
            "Design is in [directory.a] too; keep one of them",
        ),
        (
            f"{DIRECTORY.format('a')}{DIRECTORY.format('b')}".replace("Design", "dESIGN", 1),
            "Design is in [directory.a] too; keep one of them",
        ),
        (
            f'{DIRECTORY.format("a")}[managed_elsewhere]\n"design" = "the intranet"',
            "Design is in managed_elsewhere too; keep one of them",
        ),
        (
            '[directory.a]\nowner = ["it"]\nhold_above = 0',
            "hold_above: write a number of at least 1",
        ),
        ('[managed_elsewhere]\n"Sales" = " "', "write where to ask instead"),
        ('[actions.offboard]\napprovers = ["bo@example.com"]', "nobody can request offboard"),
        (
            '[actions.offboard]\nfor_others = ["anyone"]\napprovers = ["bo@example.com"]\napproval = false',
            "keep one",
        ),
        (
            '[actions.offboard]\nfor_others = ["anyone"]\napprovers = ["bo@example.com"]\nremind = "5d"',
            'after the request has expired; shorten it, or write "never"',
        ),
        ('[groups]\nit = ["bo@example.com"]', "groups.it: write a table, like { … }"),
    ],
)
def test_what_would_mean_nothing_is_refused(said: str, told: str) -> None:
    lines = [line for line in HEAD.splitlines() if not said.startswith(line.partition(" ")[0])]
    _, problems = check("\n".join([*lines, said]), {"offboard": ()})
    assert [one.text for one in problems if told in one.text] and len(problems) == 1, problems


def test_nobody_asks_for_themselves_as_their_own_manager() -> None:
    text = with_offboarding('ask = ["manager"]\napprovers = ["it"]')
    assert any("nobody manages themselves; put manager in for_others" in one for one in problems(text))
