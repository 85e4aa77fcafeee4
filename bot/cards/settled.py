"""Cards of a request that needs no decision: its progress, and how it ended or stopped; pure."""

from approvals.ids import BOT, PersonId
from approvals.people import listed
from approvals.request import Request
from approvals.states import State
from bot.actions.undo import can_undo, lasting
from bot.cards.blocks import Block, Message, button, confirmation, link
from bot.cards.catalogue import texts
from bot.cards.handles import Handle
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
    State.APPROVED: "Approved",
    State.WORKING: "Approved",
    State.STOPPED: "Stopped",
    State.DONE: "Done",
    State.NOTHING_TO_DO: "Nothing to do",
    State.REFUSED: "Not possible",
    State.JOINED: "Already requested",
    State.DENIED: "Denied",
    State.WITHDRAWN: "Withdrawn",
    State.EXPIRED: "Expired without an answer",
    State.REHEARSED: "Practice complete",
}
"""The states as people read them; programs read the codes, in JSON and metrics."""


def state_name(request: Request) -> str:
    """The state for people; nothing is called done that Miro doesn't show."""
    accepted = request.outcome and request.outcome.unshown
    return "Accepted by Miro, not verified" if accepted else HEADINGS[request.state]


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
    words = request.outcome.text if request.outcome and request.state is State.DENIED else None
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
    outcome, value, to = scene.request.outcome, Handle.of(scene.request).value, scene.request.hand_over.to
    fix = Part(scene.says(outcome.remedy if outcome else None), Worth.NOTE, bold("To fix:"), least=25)
    hand = [button("Hand Over", "hand-over", value)]
    if to:
        verb = "finish" if scene.is_viewer(to) else "finishes"
        fix = Part(f"{capital(scene.brief(to))} {verb} it by hand.")
        hand = [button("Take Back", "take-back", value)]
        hand = [_report(scene), *hand] if scene.is_viewer(to) else hand
    return _stopped(
        scene,
        fix,
        button("Resume", "resume", value, primary=True),
        *hand,
        *_undo(scene),
        button("Close as Incomplete", "withdraw", value),
        button("Details", "details", value),
    )


def handed(scene: Scene) -> Message:
    """For the named person who finishes a stopped request by hand: what is left, where, and why."""
    request, outcome, to = scene.request, scene.request.outcome, scene.request.hand_over.to
    if request.state is State.STOPPED and not (to and scene.is_viewer(to)):
        return settled(scene, f"{scene.title} · No longer with you")
    if request.state is not State.STOPPED or outcome is None:
        return settled(scene)
    lines = tuple(by_hand(change, is_team=scene.facts.boards_pass) for change in outcome.left)
    title = f"{scene.title} · Please finish it by hand in Miro"
    parts = [
        scene.about,
        fields(scene),
        Part(", ".join(texts(outcome.done)), Worth.NOTE, "Done:", least=12),
        Part(lead="Left to do in Miro", worth=Worth.STEPS, steps=lines),
        Part(scene.says(outcome.text), Worth.QUOTE, least=20),
    ]
    details = button("Details", "details", Handle.of(request).value)
    return card("⚠️", title, parts, _report(scene), details, note=f"{title}: {scene.phrase}")


def prompt(scene: Scene) -> Message:
    """A reply that asks the named person, first and then daily; the card has what is left."""
    request = scene.request
    lead = "Reminder: " * (scene.round > request.hand_over.times)
    return card("⚠️", f"{lead}{scene.title} is waiting for you to finish it in Miro", [scene.about])


def _report(scene: Scene) -> Block:
    return button("I've Done It", "report", Handle.of(scene.request).value)


def _stopped(scene: Scene, fix: Part | None = None, *buttons: Block) -> Message:
    outcome = scene.request.outcome
    title = f"{scene.lead}{scene.secret}{how_it_stopped(scene.request)}"
    parts = [
        scene.about,
        fields(scene),
        *progress(scene.request),
        Part(scene.says(outcome.text if outcome else None), Worth.QUOTE, least=20),
        Part(scene.help) if fix is None else fix,
    ]
    return card("⚠️", title, parts, *buttons, note=f"{title}: {scene.phrase}")


def how_it_stopped(request: Request) -> str:
    """'R-57 is incomplete', if a look showed that."""
    if request.outcome and request.outcome.done:
        return f"{request.id} is incomplete"
    if request.may_have_changed:
        return f"{request.id} stopped"
    others = request.outcome.others if request.outcome else ()
    return f"{request.id} stopped before {'I changed anything' if others else 'anything changed'}"


def progress(request: Request) -> list[Part]:
    """The parts on what a stopped request has done, what was already in place, and what is left."""
    outcome = request.outcome
    if outcome is None:
        return []
    unseen = request.may_have_changed and not outcome.done
    lines = (
        ("Done:", outcome.done),
        ("Can't be verified:", outcome.unverifiable),
        ("Already in place:", tuple(one for one in outcome.others if one not in outcome.unverifiable)),
        ("Not verified:" if unseen else "Not done:", outcome.left),
    )
    return [Part(", ".join(texts(did)), Worth.NOTE, lead, least=20) for lead, did in lines]


def _done(scene: Scene, *, is_live: bool = True) -> Message:
    """Every change was verified; the person changed is spoken to."""
    request, outcome = scene.request, scene.request.outcome
    accepted = outcome.unshown if outcome else ()
    unseen, left = (outcome.unverifiable, outcome.left) if outcome else ((), ())
    others = [change for change in outcome.others if change not in (*accepted, *unseen)] if outcome else []
    manual = [change for change in others if change.code.endswith(".state")]  # of what was handed over
    others = [change for change in others if change not in manual]
    title = f"{scene.lead}{scene.secret}{capital(scene.outcome)}"
    title = f"{scene.title} · {heading(scene)}" if accepted else title
    text = " ".join(filter(None, (_approved(scene), _verified(scene), _boards(scene))))
    parts = [
        Part(text),
        Part(", ".join(texts(accepted)), Worth.NOTE, "Not verified:", least=12),
        Part(", ".join(texts(unseen)), Worth.NOTE, "Can't be verified:", least=12),
        Part(", ".join(texts(left)), Worth.NOTE, "Not done:", least=12),
        Part(", ".join(texts(manual)), Worth.NOTE, f"Done by hand{_finisher(scene)}, verified:", least=12),
        Part(", ".join(texts(others)), Worth.NOTE, "Already in place:", least=12),
        Part(lasting(request), Worth.NOTE, "Can't be undone:", least=12),
        Part(_ends(scene), Worth.NOTE, least=12),
        Part(_follows(scene), Worth.NOTE, least=12),
        Part(request.id, is_small=True),
        missed(scene),
    ]
    visit = [link("Open Miro", "visit", "https://miro.com/app/")] if scene.is_mine else []
    keep = [_keep(scene.then)] if is_live and scene.then and scene.is_viewer(request.requester) else []
    ends = _ending(scene) if is_live and request.ending.ends_at else []
    may_undo = is_live and scene.is_viewer(request.requester) and not request.is_end
    undo = _undo(scene) if may_undo else []
    return card(sign(request), title, parts, *visit, *keep, *ends, *undo, note=f"{title}. {request.id}")


def _undo(scene: Scene) -> list[Block]:
    """The button Undo, if there is something to undo."""
    request = scene.request
    if request.practice or not can_undo(request, scene.facts.can_be_asked):
        return []
    return [undo_button(request, f"Can't be undone: {lasting(request)}." if lasting(request) else "")]


def undo_button(request: Request, stays: str) -> Block:
    """`stays`: a sentence on what can't be undone, or ''."""
    text = f"I'll ask for what takes the changes of {request.id} back. {stays}".strip()
    sure = confirmation(f"Undo {request.id}?", text, "Undo")
    return button("Undo", "undo", Handle.of(request).value, confirm=sure)


def _finisher(scene: Scene) -> str:
    """' by Carol Diaz': who finished it, if that is known."""
    to = scene.request.hand_over.to
    return f" by {scene.brief(to)}" if to else ""


def _verified(scene: Scene) -> str:
    """How many of its own changes were verified."""
    outcome = scene.request.outcome
    count = len(outcome.done) if outcome else 0
    if not count:
        return "" if outcome and outcome.others else "Everything was already in place. Nothing was changed."
    names = {1: "The change is", 2: "Both changes are", 3: "All three changes are", 4: "All four changes are"}
    return f"{names.get(count, f'All {count} changes are')} verified in Miro."


def _boards(scene: Scene) -> str:
    """Where the boards of a person are who left a team."""
    outcome = scene.request.outcome
    teams = (
        [change.values["group"] for change in outcome.done if change.code == "leave-boards.did"]
        if outcome
        else []
    )
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
    request, value = scene.request, Handle.of(scene.request).value
    is_requester = scene.is_viewer(request.requester)
    text = f"{capital(scene.back or 'the access is removed')}. Nobody has to approve this."
    sure = confirmation(f"End {request.id} now?", text, "End Now")
    extend = [button("Extend", "again", value)] if is_requester else []
    return [*extend, button("End Now", "end-now", value, confirm=sure)] if extend or scene.is_mine else []


def _keep(then: Request) -> Block:
    """The button that withdraws the deletion of an account."""
    return button("Keep the Account", "keep", Handle.of(then).value)


def _approved(scene: Scene) -> str:
    """Who asked and who approved, or why no approval was needed."""
    request = scene.request
    if request.is_end:
        return unasked(request)
    asked = f"Requested by {scene.brief(request.requester)}"
    if request.is_unasked:
        return f"{asked}. The policy requires no approval."
    return f"{asked}, approved by {_deciders(scene)}.{by_shell(scene)}"


def _deciders(scene: Scene) -> str:
    """'Carol Diaz (Dec 4, 14:02)': who approved, and when."""
    asking = scene.request.asking
    at = f" ({scene.at(asking.approved_at)})" if asking.approved_at else ""
    return f"{scene.names(asking.decided_by) or 'somebody'}{at}"


def where_it_stands(scene: Scene) -> str:
    """One or two sentences below the first line: the result, and what happens next."""
    request, end = scene.request, scene.request.outcome
    why, held = scene.says(end.text if end else None), scene.says(request.progress.held)
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
            text = f"{why if end and end.by == BOT else ''} {unchanged(request)}{by_shell(scene)}".strip()
        case State.JOINED if scene.first:
            text = f"{capital(scene.brief(scene.first.requester))} already asked for this: {scene.first.id}."
        case _:
            text = why
    return text.strip()


def heading(scene: Scene) -> str:
    """The state, and by whom: 'Denied by Carol Diaz'."""
    request, outcome = scene.request, scene.request.outcome
    by: tuple[PersonId, ...] = ()
    if request.state in (State.APPROVED, State.WORKING, State.DENIED):
        by = request.asking.decided_by
    elif request.state is State.WITHDRAWN and outcome and outcome.by != BOT:
        by = (outcome.by,)
    return f"{state_name(request)}{' by ' if by else ''}{scene.names(by)}"


def _buttons(scene: Scene) -> list[Block]:
    """The buttons: to ask again if it came to nothing; to move or withdraw what waits for its start."""
    request, value = scene.request, Handle.of(scene.request).value
    if not scene.is_viewer(request.requester):
        return []
    if request.state is State.APPROVED and request.is_scheduled:
        details = button("Details", "details", value)
        if request.is_end and not scene.command.CLOSES:
            return [details]
        stop = _keep(request) if request.is_end else button("Withdraw", "withdraw", value)
        return [button("Change Start", "start", value), stop, details]
    is_over = request.state in (State.EXPIRED, State.DENIED)
    return [button("Ask Again", "again", value)] if is_over else []


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
    ends = _ending(scene)
    return card(
        "⏳", title, [Part(text), Part(request.id, is_small=True)], *ends, note=f"{title}. {request.id}"
    )
