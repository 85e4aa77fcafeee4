"""An access review as its owners see it: a card, and a form to keep or end access; pure."""

from collections.abc import Callable, Collection, Sequence

from approvals.decide.streams.reviews import OWNERLESS, Access, Review, Step
from approvals.ids import PersonId
from bot.cards.blocks import Block, Message, actions, bullets, button, confirmation, option, sections
from bot.cards.home import Section
from bot.cards.layout import Part, card
from bot.cards.named import bold, when
from bot.slack.forms import field, modal
from bot.work.ask import LONGEST_REASON

PAGE = 30
"""Accesses on one page of the form: a view stays under Slack's 100 blocks."""


def listed(review: Review) -> Section:
    """An open review in App Home."""
    opens = button("Open Review", "review-open", review.key)
    return Section(review.id, _title(review), (_progress(review),), (opens,))


def message(review: Review) -> Message:
    """The card that asks the owners, reminds them, or says how it ended; decisions are made in the form."""
    opens, small = button("Open Review", "review-open", review.key), Part(review.id, is_small=True)
    if review.compares and not review.closed_at:
        count = len(review.accesses)
        title = f"Miro differs from the record in {count} {'place' if count == 1 else 'places'}"
        what = "Put each right, keep it until a date, or leave it for the next comparison."
        return card("🔍", title, [Part(_progress(review)), Part(what), small], opens)
    if not review.closed_at:
        what = "Keep or end each access. Each end becomes a request, approved as usual."
        lead = "Reminder: " if review.reminders else ""
        return card(
            "⏳", f"{lead}Who keeps {review.subject}?", [Part(_progress(review)), Part(what), small], opens
        )
    kept, ended, gone, left = (len(review.having(step)) for step in (Step.KEPT, Step.ENDED, Step.GONE, ""))
    verb = "put right" if review.compares else "ended"
    text = f"Kept {kept}, {verb} {ended}, no longer in Miro {gone}, not decided {left}."
    undecided = "Access without a decision stays." if left else ""
    sign, how = ("⌛", "ended") if left else ("✅", "is complete")
    return card(sign, f"Review of {review.subject} {how}", [Part(text), Part(undecided), small], opens)


def _title(review: Review) -> str:
    return "Where Miro differs from the record" if review.compares else f"Who keeps {review.subject}?"


def _progress(review: Review) -> str:
    done, count = len(review.accesses) - len(review.having()), len(review.accesses)
    return f"{bold('Decided')} {done} of {count} · {bold('Until')} {when(review.until, '')}"


def form(
    review: Review,
    named: Callable[[PersonId], str],
    own: Collection[int],
    after: int,
    notes: Sequence[str],
    ended: Collection[int] = (),
) -> Block:
    """A page of what is left to decide, behind the access `after`; when nothing is, a page of the result.

    `own`: the accesses of the reader; `named`: maps a person to a name; `notes`: what wasn't saved;
    `ended`: what was marked End so far.
    """
    left = [] if review.closed_at else review.having()
    rows = left or review.accesses
    rest = [access for access in rows if access.number > after] or rows
    page, more = rest[:PAGE], len(rest) > PAGE
    blocks = sections(_title(review), _progress(review), *notes)
    if left and review.compares:
        blocks += [_choice(access, access.number in own) for access in page]
        reason = {"type": "plain_text_input", "max_length": LONGEST_REASON}
        blocks.append(field("reason", "Why to keep", reason, optional=True))
        blocks.append(field("until", "Keep until", {"type": "datepicker"}, optional=True))
    elif left:
        value, text = (review.key, "Everyone not decided yet keeps it, except those you marked End.")
        sure = confirmation(f"Keep all {len(left)} left?", text, "Keep All")
        blocks += [_choice(access, access.number in own) for access in page]
        blocks.append(actions(button(f"Keep All {len(left)} Left", "keep-all", value, confirm=sure)))
    else:
        blocks.append(bullets([access.line(named) for access in page]))
    submit = ("Save and Go On" if more else "Save") if left else "Next" if more else ""
    refused = " ".join(str(access.number) for access in left if access.number in ended)
    carried = {"review": review.key, "after": str(page[-1].number), "ended": refused}
    return modal("access-review", f"Review {review.id}", blocks, submit, "Close", **carried)


def _choice(access: Access, is_own: bool) -> Block:
    if is_own:
        return sections(f"{access.label}: this is you. Another owner decides.")[0]
    options = [option("Keep", Step.KEPT), option("End", Step.ENDED)]
    if code := access.right.partition(":")[0]:
        right = [] if code == OWNERLESS else [option("Put Right", Step.ENDED)]
        options = [*right, option("Keep", Step.KEPT), option("Not Now", "later")]
    radio = {"type": "radio_buttons", "options": options}
    return field(str(access.number), access.label, radio, optional=True)
