"""A directory as operators see it: the card of what is held, its row in App Home, and what it is about."""

from approvals.decide.actor import Actor
from approvals.decide.streams.directories import Control, Hold
from approvals.people import Person, listed
from bot.cards.blocks import Block, Message, bullets, button, confirmation, header, section
from bot.cards.home import Section
from bot.cards.layout import Part, card
from bot.cards.named import when
from bot.context import Context
from bot.directory.asking.differences import failures
from bot.directory.asking.requests import Push, may
from bot.directory.store import Directories
from bot.slack.forms import notice

MOST = 40
"""Lines of one list."""
_LABELS = {
    Control.RELEASED: "Let Through",
    Control.RESUMED: "Resume This Source",
    Control.PAUSED: "Pause This Source",
}
CHANGES = {
    "request-access": "give access to {}",
    "leave-team": "remove {} from teams",
    "update-details": "change the details of {}",
    "make-admin": "make {} Company Admin",
    "remove-admin": "remove Company Admin from {}",
    "offboard": "close the accounts of {}",
}
"""{action: what a directory wants; {} is "412 people"}."""


def changes(hold: Hold) -> str:
    """'close the accounts of 412 people and remove 3 people from teams'."""
    counted = {name: f"{n} {'person' if n == 1 else 'people'}" for name, n in hold.counts.items()}
    return listed([CHANGES[name].format(people) for name, people in counted.items()])


def message(context: Context, name: str) -> Message:
    """The card of what is held; without buttons once nothing is."""
    hold, title = context.store.hold(name), context.policy.titled(name)
    if not hold.counts:
        return card("✅", f"Nothing of {title} is held", [Part("Nothing is left to decide here.")])
    why = f"Nothing was changed. {what_is_held(context, name)}"
    sure = confirmation(f"Let {title} do this?", f"{title} will {changes(hold)}.", "Let Through")
    buttons = (
        button("Look", "directory-look", name),
        button("Let Through", "directory-released", f"{name}:{hold.key}", confirm=sure),
        button("Hold", "directory-kept", f"{name}:{hold.key}"),
    )
    after = "Let Through requests each change as the policy says. Other changes continue meanwhile."
    return card("⚠️", f"{title} wants to {changes(hold)}", [Part(why), Part(after)], *buttons)


def what_is_held(context: Context, name: str) -> str:
    """What of a directory waits for operators, in a sentence."""
    most = context.policy.directory[name].hold_above if name in context.policy.directory else 0
    return (
        f"The policy holds more than {most} an hour, the last Company Admin, "
        "and people missing from a list of everybody."
    )


def home(context: Context, actor: Actor, zone: str) -> list[Section]:
    """A section of App Home for each directory."""
    return [_section(context, name, actor, zone) for name in context.policy.directory]


def _section(context: Context, name: str, actor: Actor, zone: str) -> Section:
    hold, title = context.store.hold(name), context.policy.titled(name)
    source = context.store.people.source(name, title)
    heard = Directories(context.store.database, context.now).heard_at(name)
    at = f"Last heard {when(heard, zone)}" if heard else "Never heard"
    counts = f"waiting {context.store.figures.open_of(source.id)}, held {sum(hold.counts.values())}"
    failed = context.pushed.failed.get(name, 0) if context.pushed else 0
    text = f"{at}: {counts}, failed {failed}.{' Paused.' if hold.is_paused else ''}"
    buttons = [
        button(label, what, f"{name}:{hold.key}")
        for what, label in _LABELS.items()
        if may(context, name, what, actor)
    ]
    buttons.insert(0, button("Differences", "directory-look", name))
    return Section(f"directory:{name}", title, (text,), tuple(buttons))


def look(context: Context, push: Push, reader: Person) -> Block:
    """What is held, what has failed, and where Miro differs, as a modal; nothing about who reads it."""
    hidden = push.addresses_of(reader)
    people = [(push.words[id].email, action) for action, ids in push.held.items() for id in sorted(ids)]
    held = [CHANGES[action].format(email) for email, action in people if email not in hidden]
    differences = context.pushed.differences() if context.pushed else ()
    differing = [text for email, _, text in differences if email not in hidden]
    blocks = []
    for title, lines in (("Held", held), ("Failed", failures(push, hidden)), ("Miro differs", differing)):
        if lines:
            more = [f"{len(lines) - MOST} more: `miro-bot directory held {push.name}`"][: len(lines) > MOST]
            blocks += [header(f"{title}: {len(lines)}"), bullets([*lines[:MOST], *more])]
    return notice(push.title, *(blocks or [section("Nothing is held, nothing has failed.")]))
