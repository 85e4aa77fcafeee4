"""Every sentence that the record has a code for; pure.

The version enters each decision with the digest of what was read: a changed sentence raises it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from string import Formatter
from typing import Any

from approvals.people import listed
from approvals.sentence import VERBATIM, Sentence
from bot.troubles import SENTENCES as TROUBLES

VERSION = 1

RESUME = "then press Resume. I'll do only what's left."
_NEVER = "I tried {tries} times to {aim} and never learned whether it worked."
_CONTINUES = "{request} is saved and continues by itself."
_CONTINUES = "{request} is saved and continues by itself."
_LEFT = {
    "asker-left": "Whoever asked for it has left the company",
    "asker-outside": "Whoever asked for it is no colleague with a full Slack account any more",
    "subject-left": "{person:person} has left the company",
}
_REMEDIES = {
    "both-admins": "Make somebody else Company Admin, and admin of that team, in Miro",
    "team-admin": "Make somebody else admin of that team in Miro",
    "license": "Free a license in Miro, or buy one",
    "domain": "Allow this domain in Miro's company settings",
    "guest": "Look in Miro whether the person is a guest or belongs to another organization",
    "still-there": "Look whether the person and the team are still in Miro",
    "reactivate": "Reactivate the account in Miro",
    "admin": "Make somebody else Company Admin",
    "look": "Look into it in Miro",
    "mend": "Mend that",
}
SENTENCES = {
    "verbatim": "{text}",
    # Who was stepped over, and who is asked instead.
    "gone": "{person:person} can't decide any more.",
    "unknown": "{entry} can't decide any more.",
    "unreachable": "I can't reach {person:person} in Slack.",
    "unreachable-channel": "I can't reach the channel in Slack.",
    "asked-later": "Nobody answered in time, so {people:people} may decide as well.",
    "asked-instead": "{people:people} {people:were} asked instead.",
    # What keeps it where it is.
    **{
        f"trouble-{kind}": f"{text} {{request}} is saved and continues by itself."
        for kind, text in TROUBLES.items()
    },
    "comes-after": f"{{first}} comes first. {_CONTINUES}",
    "comes-later": f"Other work comes first. {_CONTINUES}",
    "slack-away": "Slack isn't answering me. {request} is saved; I'll go on with it.",
    "slack-away-approved": "Slack isn't answering me, so I can't check the approval once more. "
    "{request} is approved and saved; I go on with it.",
    "waits": "{reason} {request} is saved; I'll go on with it.",
    "waits-approved": "{reason} {request} is approved and saved; I go on with it.",
    "defect": "Something went wrong inside me. {request} is saved; I try again by myself.",
    "practising": "I'm running for practice, so {request} waits until I run for real.",
    # How it ended.
    "same-asked": "The same was asked for already: {request} by {person:person}.",
    "so-already": "That is so already. I asked nobody.",
    "so-already-for": "That is so already for {person:person}. I asked nobody.",
    "taken-back": "It was taken back already. Nothing was left to do.",
    "account-deleted": "The account was deleted with {request}. Nothing was left to do.",
    "needless": "What it needs isn't there any more, so it ends.",
    **{code: f"{text}, so it ends." for code, text in _LEFT.items()},
    "rehearsed": "This was practice: approved, and nothing was changed in Miro.",
    # Why it stopped, and what helps.
    **{f"{code}-halfway": f"{text}, after it had begun." for code, text in _LEFT.items()},
    "unknown-action": "I don't know the action {action}.",
    "miro-said": 'Miro said: "{words}"',
    "never-answered": f"{{heard}}. {_NEVER}",
    "never-learned": _NEVER,
    "never-shown": "Miro accepted my call to {aim}, but doesn't show it.",
    "remedy-install": "Install the version that asked for it",
    "remedy-leave": "Press Leave as It Is, unless it is to be done all the same",
    "remedy-for-real": "Start the bot without --practice",
    "remedy-mend-and-ask": "Mend that, then press Resume. I'll ask for a decision again.",
    "remedy-see": f"Look in Miro whether it is so; {RESUME}",
    **{f"remedy-{code}": f"{text}, {RESUME}" for code, text in _REMEDIES.items()},
}
MOST_NAMES = 3

Named = Callable[[Any], str]


class _Writer(Formatter):
    """Fills sentences in. A format says what a value is: `person`, `people` (ids), `were` ("was" for one)."""

    def __init__(self, named: Named) -> None:
        self._named = named

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key))  # what was forgotten is missing

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "(missing)"
        if format_spec == "person":
            return self._named(value)
        if format_spec == "people":
            return listed([self._named(id) for id in value][:MOST_NAMES])
        if format_spec == "were":
            return "was" if [self._named(id) for id in value] != ["you"] and len(value) == 1 else "were"
        return str(value)


def written(sentence: Sentence | None, named: Named) -> str:
    """The sentence as people read it, '' for none; `named`: how somebody is called there, by id."""
    if sentence is None:
        return ""
    text = _Writer(named).vformat(SENTENCES[sentence.code], (), sentence.values)
    return text if sentence.code == VERBATIM else text[:1].upper() + text[1:]


def joined(sentences: Iterable[Sentence], named: Named) -> str:
    """Several, one after the other."""
    return " ".join(written(one, named) for one in sentences)
