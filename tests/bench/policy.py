"""How long the check of a large policy takes."""

from statistics import median
from time import perf_counter

from approvals.policy.check import check
from bot.actions import CONDITIONS
from bot.sandbox.stage import POLICY
from tests.bench.table import Row, seconds

RULES, ROUNDS, LONGEST = 200, 9, 1.0
RULE = """
[[actions.request-access.rules]]
when = {{ team = ["Team {0}"], requester_group = "it" }}
steps = [ {{ approvers = ["manager"] }}, {{ approvers = ["it"], agree = 2 }} ]
escalate = {{ after = "1d", to = ["hr"] }}
"""


def rows() -> list[Row]:
    """One row: a policy with as many rules as the figure names, nothing wrong with it."""
    text = POLICY.partition("[actions]")[0]
    text += '[actions.request-access]\nask = ["anyone"]\napprovers = ["manager", "it"]\n'
    text += "".join(RULE.format(number) for number in range(RULES))
    took = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        _, problems = check(text, CONDITIONS)
        took.append(perf_counter() - begun)
        assert problems == []
    said = f"{seconds(median(took))}, at most {seconds(max(took))}"
    return [Row(f"policy check, {RULES} rules", said, "under 1 s", max(took) < LONGEST)]
