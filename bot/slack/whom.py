"""Whether a sentence is for somebody it names neither by @ nor by address: never taken for its writer's own.

A name alone is never looked up: of two called Sam the bot may have met the wrong one.
"""

import re

TEAM = "\0"
# Capital words, two or three of them where they stand together; those that begin a sentence or name no human
# are left out.
_NO_NAME = (
    r"(?!(?:I|We|Me|My|Our|You|Please|Can|Could|Would|Hi|Hello|Hey|Dear|Thanks?|Miro|Access|Account|Team|The|A"
    r"|An|It|This|That|There|Who|What|Also|And|Full|Company|Content|User|Security|Monday|Tuesday|Wednesday"
    r"|Thursday|Friday|Saturday|Sunday)\b)"
)
_NAME = rf"{_NO_NAME}[A-Z][\w'’-]*(?: {_NO_NAME}[A-Z][\w'’-]*){{0,2}}"
_KIN = (
    r"(?:colleague|co-?worker|team ?mate|hire|joiner|starter|employee|intern|contractor|freelancer|manager"
    r"|boss|assistant|designer|developer|engineer|student|person|guy)s?"
)
_SOMEBODY = (
    r"(?i:him|her|them|someone(?: else)?|somebody(?: else)?|everyone|everybody"
    rf"|(?:an?|my|our|this|another|the new|two|three)(?: new| other)? {_KIN})"
)
_OTHER = rf"(?:{_NAME}|{_SOMEBODY})"
_ONE_WORD = (
    r"(?!(?:me|myself|us|i|we|my|our|the|an?|some|access|accounts?|team|teams|miro|to|into|in|from|out|over|it"
    r"|this|that|back|full|rights?|boards?|permissions?|licen[cs]es?)\b)[a-z][\w'’-]+"
)
_GIVING = r"(?i:add|invite|onboard|give|grant|let|move|switch|transfer|take|remove|drop)"
_TO = rf"(?:to|into|in|from|out of|for)(?: the| team)* {TEAM}"

_NEEDING = r"(?i:needs?|wants?|should|must|requires?|has to|joins|starts|is joining|is starting)"

_SURELY = (
    rf"\b{_GIVING} {_OTHER}\b",
    rf"\b(?i:add|invite|onboard|move|remove|take) {_ONE_WORD} {_TO}",
    rf"\b(?i:for|of) {_OTHER} {_TO}",
    rf"\b(?i:for) {_SOMEBODY}\b",
    rf"\b{_OTHER} {_NEEDING}\b(?! me\b)",
    rf"\b(?i:can|could|may) {_OTHER} (?i:get|have|join|be|please)\b",
)
_MINE = r"(?<!let )(?<!tell )\b(?i:me|myself)\b"
_PERHAPS = rf"\b(?i:for) {_NAME}(?=\s*(?:[.,;:!?]|$))"
_COMMANDED = rf"^\s*{_OTHER} (?:{_TO}|(?i:for|to|in|into|from|out of)\b)"

SAY_WHO = (
    "I can't tell whom this is for. Name them with @ and pick them from Slack's list, or write their e-mail "
    "address. If it's for you, say “me”."
)
FOR_YOU = "I read this as for you; somebody else I know by @ or by their e-mail address."


def names_somebody(text: str, is_command: bool) -> bool:
    """Whether it is surely for somebody else, in a text whose teams and people were struck out."""
    text = _squeezed(text)
    patterns = (*_SURELY, _COMMANDED) if is_command else _SURELY
    return not re.search(_MINE, text) and any(re.search(pattern, text) for pattern in patterns)


def may_name_somebody(text: str) -> bool:
    """Whether such a text ends with "for" and a name: of somebody, or of a project."""
    text = _squeezed(text)
    return bool(re.search(_PERHAPS, text)) and not re.search(_MINE, text)


def _squeezed(text: str) -> str:
    """Each team that was struck out as one sign."""
    return re.sub(rf"[\"“”'‘’]?{TEAM}+[\"“”'‘’]?", TEAM, re.sub(r"[^\S\n]+", " ", text))
