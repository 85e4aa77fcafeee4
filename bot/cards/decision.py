"""The card that asks for a decision: what will change, why, until when, and the buttons; pure."""

from dataclasses import replace

from approvals.people import listed
from approvals.states import State
from bot.actions.form import first
from bot.cards import waiting
from bot.cards.blocks import LONGEST_TITLE, Block, Message, clip_words, confirmation
from bot.cards.catalogue import line, texts
from bot.cards.handles import press
from bot.cards.layout import Part, Worth, card
from bot.cards.named import plainly
from bot.cards.scene import ASIDES, Scene, asides, capital, fields, talk
from bot.cards.settled import settled


def approver(scene: Scene) -> Message:
    """Asks for a decision; afterwards says who decided, without buttons."""
    request, asker = scene.request, scene.brief(scene.request.requester)
    if request.state is not State.WAITING:
        return settled(scene)
    if scene.round != waiting.turn(request, scene.viewer.id if scene.viewer else None):
        headline, why = waiting.passed(scene)
        title, note = f"{scene.title} · {headline}", f"{request.id}: {why}"
        return card("⏳", title, [scene.about, Part(why)], note=note)
    joint = "or" if request.asking.missing < 2 else "and"
    # Where many read it; a reader's own card says so in its foot.
    able = "" if scene.viewer else scene.names(waiting.entitled(scene), joint) or "nobody available"
    parts = [
        replace(asked(scene, ("Approvers", able)), brief=asked(scene).text),
        *map(Part, warnings(scene)),
        Part(request.reason, Worth.QUOTE, quoted=True, least=12),
        *talk(scene),
        Part(" ".join(texts(request.plan.known)), Worth.NOTE),
        changes(scene),
        Part(asides(scene), Worth.NOTE),
        Part(consequence(scene), Worth.NOTE),
        Part(waiting.progress(scene), Worth.NOTE),
        Part(f"{request.id}{because(scene)}", is_small=True),
        Part(instead(scene), Worth.ASIDE, is_small=True),
        waiting.aside(scene),
    ]
    note = f"{scene.lead}{scene.secret}{capital(scene.phrase)}? {request.id} from {asker}"
    return card("⏳", scene.question, parts, *decide(scene), note=note)


def asked(scene: Scene, *more: tuple[str, str]) -> Part:
    """Who asks, for whom and until when."""
    return fields(scene, ("Expires", expires(scene)), *more, by=scene.brief(scene.request.requester))


def expires(scene: Scene) -> str:
    """When a request ends if nobody decides; '' before anybody is asked."""
    ends = scene.request.deadlines.expires_at
    return scene.at(ends) if ends else ""


def warnings(scene: Scene) -> tuple[str, ...]:
    """What an approver has to know before the changes."""
    plan = scene.request.plan
    anew = ("The earlier approval no longer counts.",) if plan.anew and not plan.again else ()
    return (*texts(plan.warnings), *anew)


def changes(scene: Scene) -> Part:
    """Every step as a numbered line, its hazards set apart."""
    plan = scene.request.plan
    heading = "Updated changes in Miro" if plan.again else "Changes in Miro"
    steps = (step for step in plan.steps if step.key not in ASIDES)
    lines = tuple(line(step, is_later=bool(scene.starts)) for step in steps)
    return Part(lead=heading, worth=Worth.STEPS, steps=lines)


def consequence(scene: Scene) -> str:
    """What comes after its days; of an offboarding, what stays and that the leaver hears nothing."""
    if not scene.command.CONFIDENTIAL or scene.request.subject is None:
        return f"Then {scene.back}." if scene.back else ""
    return f"{scene.undo} {first(scene.person(scene.request.subject))} won't be notified.".strip()


def because(scene: Scene) -> str:
    """' · You own Miro.': why the reader is asked."""
    if scene.viewer is None:
        return ""
    why = next((why for id, why in scene.request.asking.approvers if scene.is_viewer(id)), None)
    return f" · {capital(clip_words(scene.says(why), 12))}." if why else " · You're asked to decide."


def instead(scene: Scene) -> str:
    """'Sam Lee can approve instead.': who else was asked."""
    asking, asked = scene.request.asking, waiting.deciders(scene)
    others = [id for id in asking.notified if id in asked and not scene.is_viewer(id)]
    if scene.viewer is None or not others:
        return ""
    return f"{scene.names(others)} can approve {'instead' if asking.missing < 2 else 'too'}."


def decide(scene: Scene) -> list[Block]:
    """The buttons; somebody who approved can't do so twice, but may still deny or ask."""
    request, command = scene.request, scene.command
    grave, rights, confirm = bool(command.CONFIRM), request.plan.rights, None
    if grave:
        confirm = _sure(scene, command.warning(scene.facts), command.confirm, danger=True)
    elif rights:
        confirm = _sure(scene, f"{listed(rights)} rights come back with the account.", "Approve")
    yes = press("approve", request, command.confirm, primary=not grave, danger=grave, confirm=confirm)
    asks = press("question", request, "Ask a Question")
    return [
        *([] if waiting.has_voted(scene) else [yes]),
        press("deny", request),
        *([] if scene.person(request.requester).source else [asks]),  # no directory answers
        press("details", request),
    ]


def _sure(scene: Scene, warning: str, yes: str, *, danger: bool = False) -> Block:
    """The question before a grave act: it names act and person, by the address that Miro has."""
    title = plainly(f"{capital(scene.phrase)}?")
    account = f" Miro account: {scene.address}." if scene.address and len(title) > LONGEST_TITLE else ""
    starts = f" It starts {scene.starts}." if scene.starts else ""
    return confirmation(title, f"{warning}{starts}{account}", yes, danger=danger)
