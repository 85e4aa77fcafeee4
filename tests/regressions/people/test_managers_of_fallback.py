"""A manager whom the fallback list names is looked up like one whom a step names: else nobody decides."""

from pathlib import Path

import pytest

from bot.sandbox.miro.service import Miro
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.stage import POLICY
from tests.bot.journeys.scenes import approve, ask, playing, state, told, wait

pytestmark = pytest.mark.regression

ACCESS = 'request-access = { ask = ["anyone"], for_others = ["it", "hr"], approvers = ["manager", "it"]'
LEFT = ACCESS.replace('["manager", "it"]', '["dana@example.com"]')


def falling_back(entry: str, *, on_top: bool) -> str:
    """The policy in which Dana decides about access, and else whom an entry means; managers are in Slack."""
    fallback = f'fallback = ["{entry}"]'
    own = LEFT if on_top else f"{LEFT}, {fallback}"
    assert ACCESS in POLICY
    top = f'manager_field = "Manager"\n{fallback if on_top else ""}\n'
    return top + POLICY.replace(ACCESS, own).replace('"alex@example.com" = "priya@example.com"\n', "")


@pytest.mark.parametrize("on_top", [True, False])
@pytest.mark.parametrize("entry", ["manager", "requester-manager"])
def test_a_manager_of_the_fallback_is_asked_where_the_approver_left(
    tmp_path: Path, entry: str, on_top: bool
) -> None:
    def prepare(_: Miro, slack: Workspace) -> None:
        slack.change_person("U0ALEX", manager="U0PRIYA")
        slack.change_person("U0DANA", deleted=True)

    with playing(tmp_path, falling_back(entry, on_top=on_top), prepare=prepare) as s:
        wait(s, seconds=1)
        assert not [text for text in told(s, "U0CAROL") if "is closed" in text]
        id = ask(s, "U0ALEX", "/miro-access", "for Engineering because of the workshop")
        assert state(s, id) == "waiting"
        approve(s, "U0PRIYA")
        assert state(s, id) == "done"
