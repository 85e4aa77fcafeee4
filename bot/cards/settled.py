"""Cards of a request that needs no decision: its progress, and how it ended or stopped; pure."""

from approvals.ids import BOT, PersonId
from approvals.people import listed
from approvals.request import Request
from approvals.states import State
from bot.actions.many import Bulk
from bot.actions.undo import can_undo, lasting
from bot.cards.blocks import Block, Message, confirmation, link
from bot.cards.catalogue import texts
from bot.cards.handles import press
from bot.cards.layout import Part, Worth, card
from bot.cards.named import bold
from bot.cards.scene import Scene, by_shell, capital, fields, missed, unasked, unchanged
from bot.miro.wording import by_hand

_SIGNS = {
    State.DONE: "✅",
    State.NOTHING_TO_DO: "✅",
    State.REHEARSED: "✅",
    State.DENIED: "⛔",
    State.REFUSED: "⛔",
    State.WITHDRAWN: "⛔",
    State.STOPPED: "⚠️",
    State.EXPIRED: "⌛",
}
HEADINGS = {
    State.CHECKING: "Checking what will change",
    State.WAITING: "Waiting for a decision",
    State.WORKING: "Approved",
    State.NOTHING_TO_DO: "Nothing to do",
    State.REFUSED: "Not possible",
    State.JOINED: "Already requested",
    State.EXPIRED: "Expired without an answer",
    State.REHEARSED: "Practice complete",
}
"""States whose codes people don't read as they are; programs read the codes, in JSON and metrics."""


def state_name(request: Request) -> str:
    """The state for people; nothing is called done that Miro doesn't show."""
    accepted = request.outcome and request.outcome.unshown
    name = HEADINGS.get(request.state) or request.state.capitalize()
    return "Accepted by Miro, not verified" if accepted else name


def sign(request: Request) -> str:
    """The status emoji of every card of a request."""
    if request.outcome and request.outcome.unshown:
        return "⚠️"
    return _SIGNS.get(request.state, "⏳")


def settled(scene: Scene, first_line: str = "") -> Message:
    """The card with the current state, for every reader; `first_line`: instead of the state's."""
    request = scene.request
    if request.state is State.DONE and not first_line:
        return _done(scene)
    if request.state is State.STOPPED and not first_line:
        return _stopped(scene)
    stands, question = where_it_stands(scene), first_line or f"{scene.title} · {heading(scene)}"
    words = scene.end.text if request.state is State.DENIED else None
    note = f"{question}: {scene.phrase}. {stands} {scene.says(words)}".strip()
    parts = [
        scene.about,
        fields(scene),
        Part(f"{heading(scene)}. {stands}" if first_line else stands, Worth.NOTE, least=20),
        Part(scene.says(words), Worth.QUOTE, quoted=True, least=20),
        missed(scene),
    ]
    return card(sign(request), question, parts, *([] if first_line else _buttons(scene)), note=note)


def conclusion(scene: Scene) -> Message:
    """The outcome as a reply in the thread, without what may still change, since it isn't redrawn."""
    match scene.request.state:
        case State.STOPPED:
            return _stopped(scene, Part())
        case State.DONE:
            return _done(scene, is_live=False)
    return settled(scene)


def stopped(scene: Scene) -> Message:
    """A stopped request with its way out, for operators."""
    request, to = scene.request, scene.request.hand_over.to
    fix = Part(scene.says(scene.end.remedy), Worth.NOTE, bold("To fix:"), least=25)
    hand = [press("hand-over", request)]
    if to:
        verb = "finish" if scene.is_viewer(to) else "finishes"
        fix = Part(f"{capital(scene.brief(to))} {verb} it by hand.")
        hand = [*([_report(scene)] if scene.is_viewer(to) else []), press("take-back", request)]
    close = press("withdraw", request, "Close as Incomplete")
    resume, details = press("resume", request, primary=True), press("details", request)
    return _stopped(scene, fix, resume, *hand, *_undo(scene), close, details)


def handed(scene: Scene) -> Message:
    """For the named person who finishes a stopped request by hand: what is left, where, and why."""
    request, outcome, to = scene.request, scene.end, scene.request.hand_over.to
    if request.state is not State.STOPPED:
        return settled(scene)
    if not (to and scene.is_viewer(to)):
        return settled(scene, f"{scene.title} · No longer with you")
    lines = tuple(by_hand(change, is_team=scene.facts.boards_pass) for change in outcome.left)
    title = f"{scene.title} · Please finish it by hand in Miro"
    parts = [
        scene.about,
        fields(scene),
        Part(", ".join(texts(outcome.done)), Worth.NOTE, "Done:", least=12),
        Part(lead="Left to do in Miro", worth=Worth.STEPS, steps=lines),
        Part(scene.says(outcome.text), Worth.QUOTE, least=20),
    ]
    buttons = _report(scene), press("details", request)
    return card("⚠️", title, parts, *buttons, note=f"{title}: {scene.phrase}")


def prompt(scene: Scene) -> Message:
    """A reply that asks the named person, first and then daily; the card has what is left."""
    request = scene.request
    lead = "Reminder: " * (scene.round > request.hand_over.times)
    return card("⚠️", f"{lead}{scene.title} is waiting for you to finish it in Miro", [scene.about])


def _report(scene: Scene) -> Block:
    return press("report", scene.request, "I've Done It")


def _stopped(scene: Scene, fix: Part | None = None, *buttons: Block) -> Message:
    title = f"{scene.lead}{scene.secret}{how_it_stopped(scene)}"
    parts = [
        scene.about,
        fields(scene),
        *progress(scene),
        Part(scene.says(scene.end.text), Worth.QUOTE, least=20),
        Part(scene.help) if fix is None else fix,
    ]
    return card("⚠️", title, parts, *buttons, note=f"{title}: {scene.phrase}")


def how_it_stopped(scene: Scene) -> str:
    """'R-57 is incomplete', if a look showed that."""
    if scene.end.done:
        return f"{scene.request.id} is incomplete"
    if scene.request.may_have_changed:
        return f"{scene.request.id} stopped"
    what = "I changed anything" if scene.end.others else "anything changed"
    return f"{scene.request.id} stopped before {what}"


def progress(scene: Scene) -> list[Part]:
    """The parts on what a stopped request has done, what was already in place, and what is left."""
    outcome = scene.end
    unseen = scene.request.may_have_changed and not outcome.done
    lines = (
        ("Done:", outcome.done),
        ("Can't be verified:", outcome.unverifiable),
        ("Already in place:", tuple(step for step in outcome.others if step not in outcome.unverifiable)),
        ("Not verified:" if unseen else "Not done:", outcome.left),
    )
    return [Part(", ".join(texts(did)), Worth.NOTE, lead, least=20) for lead, did in lines]


def _done(scene: Scene, *, is_live: bool = True) -> Message:
    """Every change was verified; the person changed is spoken to."""
    request, outcome = scene.request, scene.end
    accepted, unseen, to = outcome.unshown, outcome.unverifiable, request.hand_over.to
    others = [change for change in outcome.others if change not in (*accepted, *unseen)]
    manual = [change for change in others if change.code.endswith(".state")]  # of what was handed over
    finished = f"Done by hand{f' by {scene.brief(to)}' if to else ''}, verified:"
    title = f"{scene.lead}{scene.secret}{capital(scene.outcome)}"
    title = f"{scene.title} · {heading(scene)}" if accepted else title
    notes = [
        (", ".join(texts(accepted)), "Not verified:"),
        (", ".join(texts(unseen)), "Can't be verified:"),
        (", ".join(texts(outcome.left)), "Not done:"),
        (", ".join(texts(manual)), finished),
        (", ".join(texts(change for change in others if change not in manual)), "Already in place:"),
        (lasting(request), "Can't be undone:"),
        (_ends(scene), ""),
        (_follows(scene), ""),
    ]
    parts = [
        Part(" ".join(filter(None, (_approved(scene), _verified(scene), _boards(scene))))),
        *(Part(text, Worth.NOTE, lead, least=12) for text, lead in notes),
        Part(request.id, is_small=True),
        missed(scene),
    ]
    buttons = [link("Open Miro", "visit", "https://miro.com/app/")] if scene.is_mine else []
    if is_live:
        is_theirs = scene.is_viewer(request.requester)
        buttons += [_keep(scene.then)] if scene.then and is_theirs else []
        buttons += _ending(scene) if request.ending.ends_at else []
        buttons += _undo(scene) if is_theirs and not request.is_end else []
    return card(sign(request), title, parts, *buttons, note=f"{title}. {request.id}")


def _undo(scene: Scene) -> list[Block]:
    """The button Undo, if there is something to undo."""
    request = scene.request
    if request.practice or not can_undo(request, scene.facts.can_be_asked):
        return []
    return [undo_button(request, f"Can't be undone: {lasting(request)}." if lasting(request) else "")]


def undo_button(request: Request, stays: str) -> Block:
    """`stays`: a sentence on what can't be undone, or ''."""
    text = f"I'll request the changes that reverse {request.id}. {stays}".strip()
    sure = confirmation(f"Undo {request.id}?", text, "Undo")
    return press("undo", request, confirm=sure)


def _verified(scene: Scene) -> str:
    """How many of its own changes were verified."""
    count = len(scene.end.done)
    if not count:
        return "" if scene.end.others else "Everything was already in place. Nothing was changed."
    names = {1: "The change is", 2: "Both changes are", 3: "All three changes are", 4: "All four changes are"}
    return f"{names.get(count, f'All {count} changes are')} verified in Miro."


def _boards(scene: Scene) -> str:
    """Where the boards of a person are who left a team."""
    teams = [change.values["group"] for change in scene.end.done if change.code == "leave-boards.did"]
    return f"Boards in {listed(teams)} went to a team admin." if teams else ""


def _ends(scene: Scene) -> str:
    """When it ends, and what is revoked then."""
    if scene.request.ending.ends_at is None:
        return ""
    then = f" Then {scene.back}." if scene.back else ""
    return f"Ends {scene.at(scene.request.ending.ends_at)}.{then}"


def _follows(scene: Scene) -> str:
    """What follows by itself, when, and until then how to prevent it."""
    then = scene.then
    if then is None or then.starts_at is None or not then.is_scheduled:
        return ""
    return f"{then.id} deletes the account {scene.at(then.starts_at)}, unless it's kept."


def _ending(scene: Scene) -> list[Block]:
    """The buttons of access that ends: to ask for more days, and to end it now."""
    request = scene.request
    text = f"{capital(scene.back or 'the access is removed')}. Nobody has to approve this."
    sure = confirmation(f"End {request.id} now?", text, "End Now")
    extend = [press("again", request, "Extend")] if scene.is_viewer(request.requester) else []
    return [*extend, press("end-now", request, confirm=sure)] if extend or scene.is_mine else []


def _keep(then: Request) -> Block:
    """The button that withdraws the deletion of an account."""
    return press("keep", then, "Keep the Account")


def _approved(scene: Scene) -> str:
    """Who asked and who approved, or why no approval was needed."""
    request = scene.request
    if request.is_end:
        return unasked(request)
    asked = f"Requested by {scene.brief(request.requester)}"
    if request.is_unasked:
        return f"{asked}. The policy requires no approval."
    at = f" ({scene.at(request.asking.approved_at)})" if request.asking.approved_at else ""
    by = f"{scene.names(request.asking.decided_by) or 'somebody'}{at}"
    return f"{asked}, approved by {by}.{by_shell(scene)}"


def where_it_stands(scene: Scene) -> str:
    """One or two sentences below the first line: the result, and what happens next."""
    request, why, held = scene.request, scene.says(scene.end.text), scene.says(scene.request.progress.held)
    match request.state:
        case State.CHECKING:
            text = held or "It's saved. I'm checking Miro before I ask anybody."
        case State.WAITING:
            text = f"{unchanged(request)} I'll tell you when it's decided."
        case State.APPROVED | State.WORKING:
            text = f"{unasked(request)} " if request.is_unasked else ""
            now = "I'll make the changes then." if request.is_scheduled else "I'm making the changes in Miro."
            now = "I'm checking in Miro whether it's done." if request.hand_over.is_reported else now
            text += (held or now) + by_shell(scene)
        case State.STOPPED:
            text = scene.help
        case State.DONE:
            text = f"{_approved(scene)} {_verified(scene)}"
        case State.REHEARSED:
            text = f"{_approved(scene)} This was practice. Nothing was changed."
        case State.EXPIRED | State.DENIED:
            text = f"{unchanged(request)}{by_shell(scene)}"
        case State.WITHDRAWN:
            text = f"{why if scene.end.by == BOT else ''} {unchanged(request)}{by_shell(scene)}".strip()
        case State.JOINED if scene.first:
            text = f"{capital(scene.brief(scene.first.requester))} already asked for this: {scene.first.id}."
        case _:
            text = why
    return text.strip()


def heading(scene: Scene) -> str:
    """The state, and by whom: 'Denied by Carol Diaz'."""
    request, by = scene.request, tuple[PersonId, ...]()
    if request.state in (State.APPROVED, State.WORKING, State.DENIED):
        by = request.asking.decided_by
    elif request.state is State.WITHDRAWN and scene.end.by != BOT:
        by = (scene.end.by,)
    return f"{state_name(request)}{' by ' if by else ''}{scene.names(by)}"


def _buttons(scene: Scene) -> list[Block]:
    """The buttons: to ask again if it came to nothing; to move or withdraw what waits for its start."""
    request = scene.request
    if not scene.is_viewer(request.requester):
        return []
    if request.state is State.APPROVED and request.is_scheduled:
        details = press("details", request)
        if request.is_end and not scene.command.CLOSES:
            return [details]
        stop = _keep(request) if request.is_end else press("withdraw", request)
        return [press("start", request, "Change Start"), stop, details]
    if request.state is State.REFUSED and request.action == Bulk.NAME:
        return [press("details", request)]  # every wrong line
    return [press("again", request, "Ask Again")] if request.state in (State.EXPIRED, State.DENIED) else []


def notice(scene: Scene) -> Message:
    """The notice a day before the end, for the requester and the person concerned."""
    request = scene.request
    if request.ending.ends_at is None:
        why = "Its end date has changed." if request.ending.is_moved else "It has ended."
        return card("⌛", f"{request.id} · {heading(scene)}", [scene.about, Part(why)])
    may = scene.is_viewer(request.requester)
    who = "You" if may else capital(scene.brief(request.requester))
    title = f"{capital(scene.outcome)} until {scene.at(request.ending.ends_at)}"
    text = f"Then it's removed, and I'll tell you. Need it longer? {who} can ask for an extension."
    parts = [Part(text), Part(request.id, is_small=True)]
    return card("⏳", title, parts, *_ending(scene), note=f"{title}. {request.id}")
