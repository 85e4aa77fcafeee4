"""All sentences with a code in the record; pure.

Raise the version when a sentence changes: each decision stores it with the digest of the text read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from string import Formatter
from typing import Any

from approvals.people import listed
from approvals.plan import PlannedStep
from approvals.sentence import VERBATIM, Sentence
from bot.miro.wording import HAZARDS, words_of
from bot.troubles import SENTENCES as TROUBLES

VERSION = 4

RESUME = "then press Resume. I'll only do what's left."
_NEVER = "I tried {tries} times to {aim:said} but couldn't verify it."
_CONTINUES = "{request} is saved and continues by itself."
_LEFT = {
    "asker-left": "The requester has left the company",
    "asker-outside": "The requester no longer has a full Slack account",
    "subject-left": "{person:person} has left the company",
}
_REMEDIES = {
    "both-admins": "Make someone else a Company Admin and an admin of {team:team} in Miro",
    "team-admin": "Add another admin to {team:team} in Miro",
    "license": "Free up or buy a license in Miro",
    "domain": "Allow this domain in Miro's company settings",
    "guest": "Check in Miro whether this person is a guest or belongs to another organization",
    "name": "See in Miro which group has this name",
    "model": "Set MIRO_GROUP_MODEL to team if groups are teams there",
    "still-there": "Check that the person and the team still exist in Miro",
    "reactivate": "Reactivate the account in Miro",
    "admin": "Make someone else a Company Admin",
    "look": "Check it in Miro",
    "mend": "Fix that",
    "rest": "Check MIRO_OAUTH_TOKEN with `miro-bot doctor`, or do it in Miro and set no such token",
}
SENTENCES = {
    "verbatim": "{text}",
    **HAZARDS,
    # What else Miro shows of a person.
    "usage": "License: {license}. Last active in Miro on {last}.",
    "usage-never": "License: {license}. Never active in Miro.",
    "usage-unknown": "Miro doesn't show me license and last activity.",
    "nothing-to-hand-on": "I see no team to hand on to {heir}.",
    "team-admin-unknown": "I can't see whether {who} is the only admin of a team.",
    # Who was skipped, and who is asked instead.
    "gone": "{person:person} can no longer decide.",
    "unknown": "{entry} can no longer decide.",
    "unreachable": "{person:person} can't be reached in Slack.",
    "unreachable-channel": "The channel can't be reached in Slack.",
    "asked-later": "Nobody answered in time. Now {people:people} can decide too.",
    "asked-instead": "{people:people} {people:were} asked instead.",
    # Why somebody is asked.
    "because-manager": "you manage {who}",
    "because-owner": "you own {teams}",
    "because-member": "you're in {group}",
    "because-fallback": "nobody else can decide it",
    "because-delegate": "{who} is away and you stand in",
    "because-operator": "you look after requests, and the policy asks nobody else about this",
    # Why it waits.
    **{
        f"trouble-{kind}": f"{text} {{request}} is saved and continues by itself."
        for kind, text in TROUBLES.items()
    },
    "comes-after": f"{{first}} comes first. {_CONTINUES}",
    "comes-later": f"Other work comes first. {_CONTINUES}",
    "slack-away": "Slack isn't responding. {request} is saved and continues by itself.",
    "slack-away-approved": "Slack isn't responding. {request} is approved and saved. "
    "It continues once I can check the approval again.",
    "waits": "{reason} {request} is saved and continues by itself.",
    "waits-approved": "{reason} {request} is approved and saved. It continues by itself.",
    "defect": "Something went wrong on my side. {request} is saved and I'll try again.",
    "last-admin": "This is the last Company Admin. {request} continues once there is another.",
    "practising": "Practice mode is on. {request} waits until it's off.",
    # A bulk.
    "paused": "Paused by {person:person}. Nothing is changed until somebody presses Continue.",
    "continued": "{person:person} continued it.",
    "lines-open": "{count} lines aren't finished. {request} continues by itself.",
    "lines-left": "{count} of {all} lines aren't done.",
    "remedy-lines": "See Details or the result file, then press Resume to try the stopped lines again.",
    "bulk-over": "{request} was stopped before this line began. The request is closed.",
    "bulk-paused": "{request} is paused. This line continues with it.",
    "bulk-left": "{request} was stopped. What this line has begun is finished by itself.",
    # How it ended.
    "same-asked": "Already requested: {request} by {person:person}.",
    "so-already": "This is already in place in Miro. No approval needed.",
    "so-already-for": "This is already in place for {person:person}. No approval needed.",
    "taken-back": "It was already removed. Nothing left to do.",
    "account-deleted": "The account was deleted with {request}. Nothing left to do.",
    "kept": "The account is active again with {request}, so it isn't deleted.",
    "needless": "Something this request needs no longer exists. It is closed.",
    "directory-newer": "{source} says something else by now. The request is closed.",
    **{code: f"{text}. The request is closed." for code, text in _LEFT.items()},
    "rehearsed": "This was practice. It was approved, and nothing was changed in Miro.",
    # Why it stopped, and the remedy.
    **{f"{code}-halfway": f"{text} after the changes had begun." for code, text in _LEFT.items()},
    "unknown-action": "This version doesn't know the action {action}.",
    "miro-said": 'Miro said: "{words:ended}"',
    "never-answered": f"{{heard}}. {_NEVER}",
    "never-learned": _NEVER,
    "never-shown": "Miro accepted the call to {aim:said}, but doesn't show the change.",
    "still-differs": "Miro doesn't show all of it yet. {before:said}",
    "remedy-by-hand": "Finish it in Miro and press I've Done It, or press Resume",
    "remedy-install": "Install the version that created this request",
    "remedy-leave": "Press Close as Incomplete, or Resume if it should still be done",
    "remedy-mend-and-ask": "Fix that, then press Resume. I'll ask for approval again.",
    "remedy-see": f"Check in Miro whether the change is there, {RESUME}",
    **{f"remedy-{code}": f"{text}, {RESUME}" for code, text in _REMEDIES.items()},
}
MOST_NAMES = 3

Named = Callable[[Any], str]


class _Writer(Formatter):
    """Fills sentences in. The format names the kind of a value: `person`, `people` (ids), `were` ("was" for
    one), `said` (another sentence), `team` (may be missing), or `ended` (gets a full stop)."""

    def __init__(self, named: Named) -> None:
        self._named = named

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key))  # deleted values are missing

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "team":
            return str(value or "the team")
        if value is None:
            return "(missing)"
        if format_spec == "ended":
            return f"{value}{'' if str(value)[-1:] in '.!?…' else '.'}"
        if format_spec == "said":
            return written(Sentence.read(value), self._named)
        if format_spec == "person":
            return self._named(value)
        if format_spec == "people":
            return listed([self._named(id) for id in value][:MOST_NAMES])
        if format_spec == "were":
            return "was" if [self._named(id) for id in value] != ["you"] and len(value) == 1 else "were"
        return str(value)


def written(sentence: Sentence | None, named: Named) -> str:
    """The text of a sentence, '' for None; `named`: maps the id of a person to a name or mark."""
    if sentence is None:
        return ""
    code, _, form = sentence.code.partition(".")
    if form:
        return words_of(Sentence(code, sentence.values)).form(form)
    text = _Writer(named).vformat(SENTENCES[sentence.code], (), sentence.values)
    is_part = sentence.code == VERBATIM or sentence.code.startswith("because-")
    is_address = "@" in text.partition(" ")[0]
    return text if is_part or is_address else text[:1].upper() + text[1:]


def joined(sentences: Iterable[Sentence], named: Named) -> str:
    """The texts of several sentences, joined by spaces."""
    return " ".join(filter(None, (written(each, named) for each in sentences)))


def texts(sentences: Iterable[Sentence]) -> list[str]:
    """The texts of sentences without ids of people."""
    return [written(each, str) for each in sentences]


def line(step: PlannedStep, *, is_later: bool = False) -> str:
    """'Leave Engineering. ⚠ Alex's boards there go to a team admin for good.': a change and its hazards.

    `is_later`: it waits for its start.
    """
    if is_later and step.change.code == "deactivate":
        step = replace(step, change=Sentence("deactivate", {**step.change.values, "later": True}))
    todo, *hazards = texts(step.lines)
    risks = " ".join(f"⚠ {hazard}" for hazard in hazards if hazard)
    return f"{todo}. {risks}" if risks else todo
