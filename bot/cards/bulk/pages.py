"""The lines of a bulk by pages, as approvers read them before they decide; pure."""

from collections.abc import Mapping
from dataclasses import replace

from approvals.plan import PlannedStep
from bot.actions.many import Bulk
from bot.cards.blocks import Block, actions, bullets, button, header
from bot.cards.catalogue import line as written
from bot.cards.catalogue import texts
from bot.cards.handles import Handle
from bot.cards.scene import Scene, capital

PAGE = 30
"""Lines on a page; a modal holds 100 blocks."""


def page(
    scene: Scene, plans: Mapping[int, tuple[str, tuple[PlannedStep, ...]]], out: Mapping[int, str], start: int
) -> list[Block]:
    """The blocks of a page. `plans`: {line: (address in Miro, steps)}; `out`: {line: why it is left out}."""
    phrases = {number: f"Left out. {why}" for number, why in out.items()}
    assert isinstance(scene.command, Bulk)
    facts = replace(scene.facts, team=scene.facts.known_team)
    for line in (line for line in scene.command.lines if line.number in plans):
        address, steps = plans[line.number]
        later = line.later([step.key for step in steps], facts)
        phrases[line.number] = _told(address, steps, later)
    if not (numbers := sorted(phrases)):
        return []  # not checked yet, or refused as a whole
    shown = numbers[start : start + PAGE]
    value = Handle.of(scene.request).value
    turns = [
        button(label, f"bulk-page:{label.casefold()}", f"{at} {value}")
        for label, at in (("Previous", start - PAGE), ("Next", start + PAGE))
        if 0 <= at < len(numbers)
    ]
    title = f"Lines {start + 1} to {start + len(shown)} of {len(numbers):,}"
    return [
        header(title),
        bullets([f"Line {number}: {phrases[number]}" for number in shown]),
        *([actions(*turns)] if turns else []),
    ]


def _told(address: str, steps: tuple[PlannedStep, ...], later: str) -> str:
    """'ada@example.com. Join Engineering. ⚠ It may use a Miro license.'; `later`: what happens by itself."""
    details = filter(None, texts(step.change.form("detail") for step in steps))
    changes = [written(step) for step in steps] or ["Already as requested"]
    return " · ".join((f"{address}: {'; '.join(changes)}", *map(capital, (*details, *filter(None, [later])))))
