"""Words that change nothing about what a sentence means: what else is left of it wasn't understood.

A list of words that turn a sentence round never ends. So it is the other way round: people, teams, choices,
days and the phrase of the action are struck out first, and whatever isn't listed here is asked back.
"""

import re

from bot.actions import Action
from bot.actions.form import Input
from bot.slack.words.dates import without_dates
from bot.slack.words.fields import choices
from bot.slack.words.meaning import Meaning, plain, without_phrases

_EVERYBODYS = frozenset(
    """
    a an the this these to from in into out of for with as at on onto per via and or also again too both plus
    please kindly pls can could would will like wish do does just simply directly
    i you we us our i'd i'm i'll i've we'd we'll we've it it's that that's there here so then
    is are am be become becomes get gets getting
    hi hello hey hallo dear all good morning afternoon evening day
    greetings regards best cheers thanks thank thx ty help ok okay yes sorry
    now today immediately asap straight away urgently urgent soon quickly back
    miro miro's account accounts access user member company organization organisation
    should must shall have
    's s
    """.split()  # noqa: SIM905
)
_WRITERS = frozenset("me my myself mine".split())  # noqa: SIM905
_OTHERS = frozenset(
    "he she they him her them his their who which has needs wants he's she's they're colleague".split()  # noqa: SIM905
)
_NO = frozenset(
    """
    not no never none nobody nothing neither remove removed mistake mistaken mistakenly accidentally
    wrong wrongly instead undo revert revoke revoked anymore
    """.split()  # noqa: SIM905
)
_NOT = _NO | frozenset(
    "nor without except but prevent stop keep nothing n't against".split()  # noqa: SIM905
)
_TYPED = re.compile(r"<?@\w[\w.-]*>?")
_TEAMS = ("team", "group")
_OWN_WISH = re.compile(
    r"\b(?:need|want|wish|have) to\b|\b(?:is|does|do) not it\b"
    # What somebody can't do isn't what they don't want.
    r"|\b(?:can|could|did|do) not (?:see|open|find|get|have|know|edit|view|access|enter|work|wait)\b"
    r"|^ no\b,?|\bwhy do not\b"
)
_WISH = re.compile(r"\b(?:need|want|wish|ha(?:s|ve))(?:s|ed)? to\b")
_WORD = re.compile(r"[@\w][\w'@.+/&-]*")
_DENIED = r"(?:not|instead of|rather than|except|without)(?: (?:an?|the|my|our|teams?|from|in|to|for))* "
_DENIED_TEAMS = re.compile(rf"\b{_DENIED}\0(?:(?: ?,| and| or| nor)* \0)*")


def unknown(text: str, meaning: Meaning, somebody: bool) -> list[str]:
    """The words of a text that nothing accounts for; `somebody` is named in it.

    In the text people, teams and all else that was read are struck out already.
    """
    action = meaning.action
    own = any(asked.own for asked in action.form().values())
    # A name that was only typed fills in nobody: where there is a field for them, it stays empty.
    words = plain(without_dates(text if own else _TYPED.sub(" ", text)))
    labels = [word for asked in action.form().values() if asked.operators_only for word in asked.after]
    words = re.sub(rf"\b(?:{'|'.join(labels)})[ :=]*(?:is )?\0", " ", words) if labels else words
    for value in {value for asked in choices(action).values() for value, _ in asked.choices}:
        words = re.sub(rf"\b{_DENIED}{value.casefold()}", " ", words)
    words = (_WISH if somebody or not own else _OWN_WISH).sub(" ", words)
    words = without_phrases(_DENIED_TEAMS.sub(" \0 ", words), meaning)
    allowed = _EVERYBODYS | (_OTHERS if somebody else _WRITERS)
    allowed |= _WRITERS if own else _OTHERS
    stems = [word for one in (action, *meaning.besides) for word in _stems(one)]
    found = (word.strip("'.-/&+") for word in _WORD.findall(words))
    return [word for word in found if word and word not in allowed and not _is_one(word, stems)]


def denies(words: list[str]) -> bool:
    """Whether one of them may turn a sentence round."""
    return any(word in _NOT for word in words)


def refuses(words: list[str]) -> bool:
    """Whether one of them says no to what its writer would get."""
    return any(word in _NO for word in words)


def _stems(action: type[Action]) -> list[str]:
    """The words of an action and of its fields, which it may be put with."""
    fields = [word for asked in action.form().values() for after in asked.after for word in after.split()]
    values = [value for asked in choices(action).values() for value, _ in asked.choices]
    kinds = {asked.kind for asked in action.form().values()}
    teams = _TEAMS if kinds & {Input.TEAM, Input.TEAMS} else ()
    return [
        *action.ALSO.split(),
        *teams,
        *fields,
        *(word for value in values for word in value.casefold().split()),
    ]


def _is_one(word: str, stems: list[str]) -> bool:
    """Whether it is one of them, inflected at most."""
    return any(
        word == stem or (len(stem) > 3 and word.startswith(stem) and len(word) <= len(stem) + 3)
        for stem in stems
    )


def unsure(action: type[Action]) -> str:
    """What to answer a sentence that wasn't understood whole."""
    how = f", or type /{action.SLASH}" if action.SLASH else ""
    return (
        f"I'm not sure what you mean, so I ask for nothing. Write it like “{action.EXAMPLE}”{how}, with the "
        "why after “because”."
    )
