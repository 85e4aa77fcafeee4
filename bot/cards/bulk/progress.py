"""The card of a bulk after it was approved: how far it is, for how long still, and what can be done; pure."""

from collections.abc import Mapping

from approvals.plan import Plan
from approvals.request import Request
from approvals.states import OPEN, State
from bot.cards.blocks import Block, Message, button, confirmation
from bot.cards.handles import Handle
from bot.cards.layout import Part, Worth, card
from bot.cards.scene import Scene, asides, fields, missed
from bot.cards.settled import undo_button
from bot.miro.wording import span

_BAR = 20
_SIGNS = {State.DONE: "✅", State.STOPPED: "⚠️", State.WITHDRAWN: "⛔"}
SHOWN = (*_SIGNS, State.APPROVED)
"""The states in which a bulk has this card."""
_NAMES = {
    State.DONE: "done",
    State.STOPPED: "stopped",
    State.WAITING: "waiting for another decision",
    State.WITHDRAWN: "closed before they began",
    State.REFUSED: "not possible",
}
_ON_THEIR_WAY, _NOT_BEGUN = "still to do", "not begun"


def left_out(scene: Scene) -> Part:
    """How many lines of a list aren't carried out, for the requester why; nothing of other requests."""
    text = asides(scene, ("out",))
    is_own = scene.is_viewer(scene.request.requester)
    return Part(f"{text} All reasons are in Details." if text and is_own else text, Worth.NOTE)


def ended(counts: Mapping[State, int]) -> int:
    """How many lines have ended or stopped."""
    return sum(count for state, count in counts.items() if state not in OPEN or state is State.STOPPED)


def counted(bulk: Request, counts: Mapping[State, int], all_lines: int) -> str:
    """'300 done, 2 stopped, 98 still to do'; nothing is done that isn't verified."""
    has_ended = bulk.state is State.STOPPED or bulk.state not in OPEN
    unmade = _NOT_BEGUN if has_ended else _ON_THEIR_WAY
    sums: dict[str, int] = {}
    for state, count in counts.items():
        name = _ON_THEIR_WAY if state in OPEN and state not in _NAMES else _NAMES.get(state, state.value)
        sums[name] = sums.get(name, 0) + count
    if missing := all_lines - sum(counts.values()):
        sums[unmade] = sums.get(unmade, 0) + missing
    return ", ".join(f"{count:,} {name}" for name, count in sums.items()) or "none yet"


def lasts(plan: Plan, done: int, all_lines: int) -> str:
    """'about 12 minutes': how long what is left takes under Miro's limits."""
    seconds = next((step.change.values["seconds"] for step in plan.steps if step.change.code == "lasts"), 0)
    return f"about {span(seconds * (all_lines - done) / all_lines)}"


def progress(scene: Scene, *, is_live: bool = True) -> Message:
    """For every reader; `is_live`: with what changes and with buttons, as the message is redrawn."""
    request, lines = scene.request, len(scene.request.details["lines"])
    done, count = ended(scene.lines), scene.lines.get(State.DONE, 0)
    full = _BAR * done // lines
    bar = f"{'█' * full}{'░' * (_BAR - full)} {100 * done // lines} %"
    is_running = request.state is State.APPROVED and not request.is_paused
    left = f"{lasts(request.plan, done, lines)} left" if is_running and is_live and done < lines else ""
    outcome = request.outcome
    parts = [
        scene.about,
        fields(scene),
        Part(f"{bar} {left}".strip() if is_live else "", Worth.NOTE),
        Part(f"{counted(request, scene.lines, lines)}."),
        left_out(scene),
        Part(scene.says(request.progress.held or (outcome.text if outcome else None)), Worth.NOTE),
        Part(scene.says(outcome.remedy) if outcome and outcome.remedy else "", Worth.NOTE, "To fix:"),
        Part(f"Result of each line: miro-bot bulk result {request.id}", Worth.ASIDE, is_small=True),
        missed(scene),
    ]
    buttons = _buttons(scene) if is_live else []
    title = f"{scene.title} · {count:,} of {lines:,} lines done"
    return card(_SIGNS.get(request.state, "⏳"), title, parts, *buttons)


def _buttons(scene: Scene) -> list[Block]:
    """For the requester and operators."""
    request, value = scene.request, Handle.of(scene.request).value
    details = button("Details", "details", value)
    may = scene.operates or scene.is_viewer(request.requester)
    undo = [undo_button(request, scene.undo)] if may and scene.lines.get(State.DONE) else []
    file = [button("Result as File", "result", value)] if may else []
    if request.state is State.STOPPED and scene.operates:
        close = button("Close as Incomplete", "withdraw", value)
        return [button("Resume", "resume", value, primary=True), *undo, close, *file, details]
    if request.state is not State.APPROVED or not may:
        return [*([] if request.state is State.APPROVED else undo), *file, details]
    pause = button("Continue", "continue", value, primary=True) if request.is_paused else None
    sure = confirmation(f"Stop {request.id}?", "Lines that haven't begun are left as they are.", "Stop")
    stop = button("Stop", "withdraw", value, danger=True, confirm=sure)
    return [pause or button("Pause", "pause", value), stop, details]
