"""Whether a sentence is for somebody it names neither by @ nor by address: never taken for its writer's own.

A name alone is never looked up: of two called Sam the bot may have met the wrong one.
"""

import re

TEAM = "\0"
_UPPER = f"[A-Z{''.join(sign for sign in map(chr, range(0xC0, 0x530)) if sign.isupper())}]"
# Capital words, two or three of them where they stand together; those that begin a sentence or name no human
# are left out.
_NO_NAME = (
    r"(?!(?:I|We|Me|My|Our|You|Please|Can|Could|Would|Hi|Hello|Hey|Dear|Thanks?|Miro|Access|Account|Team|The|A"
    r"|An|It|This|That|There|Who|What|Also|And|Full|Company|Content|User|Security|Monday|Tuesday|Wednesday"
    r"|Thursday|Friday|Saturday|Sunday)\b)"
)
_NAME = rf"{_NO_NAME}{_UPPER}[\w'’-]*(?: {_NO_NAME}{_UPPER}[\w'’-]*){{0,2}}"
_KIN = (
    r"(?:colleague|co-?worker|team ?mate|hire|joiner|starter|employee|intern|contractor|freelancer|manager"
    r"|boss|assistant|designer|developer|engineer|student|person|guy)s?"
)
_SOMEBODY = (
    r"(?i:him|her|them|he|she|they|someone(?: else)?|somebody(?: else)?|everyone|everybody"
    rf"|(?:an?|my|our|this|another|the new|two|three)(?: new| other)? {_KIN})"
)
_OTHER = rf"(?:{_NAME}|{_SOMEBODY})"
_ONE_WORD = (
    r"(?!(?:me|myself|us|i|we|my|our|the|an?|some|access|accounts?|team|teams|miro|to|into|in|from|out|over|it"
    r"|this|that|back|full|read|write|edit|guest|temporary|temp|early|quick|rights?|boards?|permissions?"
    r"|licen[cs]es?)\b)[a-z][\w'’-]+"
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
    # Whoever it is, it isn't the writer.
    r"\b(?i:needs|wants|requires)\b(?! (?:me|it|this|that|no)\b)",
    rf"\b(?i:give|grant) {_ONE_WORD} (?:\w+ )?access\b",
    rf"\b(?i:like|want|need) (?:{_OTHER}|{_ONE_WORD}) to (?i:have|get|be|join|leave|move)\b",
    rf"(?:^|[.,;:!?\n])\s*{_OTHER} and (?i:i|me)\b",
    rf"\b(?i:i|me) and {_OTHER}\b",
    rf"\b{_NAME}'s (?i:miro )?(?i:access|account)\b",
    rf"\b(?i:can|could|may) {_OTHER} (?i:get|have|join|be|please)\b",
)
_PERHAPS = rf"\b(?i:for) {_NAME}(?=\s*(?:[.,;:!?]|$))"
_COMMANDED = rf"^\s*{_OTHER} (?:{_TO}|(?i:for|to|in|into|from|out of)\b)"

_FIRST_PERSON = re.compile(r"(?<![\w'])(?:i|me|my|mine|myself)(?!\w)", re.I)
# In these, "@" is whoever was picked or is named by their address.
_FOR = r"(?:for|give|add|invite|onboard|let|move|take|remove|drop|grant|get|put|switch|transfer)"
_THING = r"(?:access|account|rights?|permissions?|licen[cs]e|invite|invitation|it|away|\0)"
_HAVE = r"(?:have|get|be|join|leave|move|access|use|enter|switch|lose)(?! (?:able|asked|told|informed))"
_KIND_OF = (
    r"(?:(?:my|our|the|an?|new|other|also|as well|colleague|team ?mate|manager|user|intern|contractor) )*"
)
_RECEIVER = re.compile(
    rf"\b(?:{_FOR}|{_THING} (?:to|from|of)) {_KIND_OF}@(?!'s (?!miro|access|account|rights?\b)| know\b)"
    rf"|\b(?:like|want|need) @(?= (?:to {_HAVE}|in|into|out|added|removed|moved)\b)"
    rf"|@ (?:(?:also|still|now|urgently|just|really) )*"
    r"(?:(?:needs|wants|requires)(?! (?:to|me|my|it|this|that)\b)"
    rf"|(?:needs to|wants to|should|must|has to)(?: not| no longer)? {_HAVE}\b|no longer (?:need|ha|want|use)"
    r"|do(?:es)?(?: not|n't)|joins\b|starts\b|leaves\b|is (?:joining|starting|leaving)\b)"
    r"|(?<!as )(?<!like )@'s (?:miro )?(?:access|account|rights?)\b",
    re.I,
)
_ADDRESSED = re.compile(
    r"\b(?:hi|hello|hey|hallo|dear|thanks|thank you|morning|afternoon|evening)[ ,:]*@"
    r"(?=\s*(?:[,:!.;–-]|$|please|kindly|can|could|would|i\b|we\b|access\b))|\b(?:cc|fyi):? @"
    r"|^\s*@,? (?:please|kindly|(?:can|could|would|will) (?:you|i|we))\b",
    re.I,
)
_GIVE_ME = re.compile(rf"\b(?!for|let){_FOR} (?:me|myself)\b|\blet me (?:in|join|have|into)\b", re.I)
_QUESTION = re.compile(
    r"(?:^|[.!?\n:])\s*(?:(?:hi|hello|hey|so|and|sorry|excuse me)\W+)*"
    r"(?:(?:who|why)\b|(?:did|was|were|is|are|am|has|had|does)\b(?! (?:it|there|possible)\b)"
    r"|do (?:i|we|you|they)\b|should\b(?=[^.!?\n]*\?)"
    r"|thank(?:s| you)(?: (?:a lot|so much|very much))? for \w+ing\b)",
    re.I,
)

SAY_WHO = (
    "I can't tell whom this is for. Name them with @ and pick them from Slack's list, or write their e-mail "
    "address. If it's for you, say “me”, and leave all others out."
)
FOR_YOU = "I read this as for you; somebody else I know by @ or by their e-mail address."


def names_somebody(text: str, is_command: bool) -> bool:
    """Whether a text that names nobody in a way that Slack knows is surely for somebody else."""
    text = _squeezed(text)
    patterns = (*_SURELY, _COMMANDED) if is_command else _SURELY
    return any(re.search(pattern, text) for pattern in patterns)


def may_name_somebody(text: str) -> bool:
    """Whether such a text ends with "for" and a name: of somebody, or of a project."""
    return bool(re.search(_PERHAPS, _squeezed(text)))


def is_writers(text: str) -> bool:
    """Whether the writer speaks of themselves."""
    return bool(_FIRST_PERSON.search(text))


def is_receiver(text: str, is_command: bool) -> bool:
    """Whether the one who is named is surely whom it is for."""
    text = _squeezed(text)
    return bool(_RECEIVER.search(text)) or (is_command and text.lstrip().startswith("@"))


def is_addressed(text: str) -> bool:
    """Whether the one who is named is only spoken to."""
    return bool(_ADDRESSED.search(_squeezed(text)))


def is_beside(text: str, is_command: bool) -> bool:
    """Whether the one who is named may only stand beside: the writer speaks of themselves, or to them."""
    text = _squeezed(text)
    if _GIVE_ME.search(text) or is_addressed(text):
        return True
    return is_writers(text) and not is_receiver(text, is_command)


def is_question(text: str) -> bool:
    """Whether it asks whether something is so, or thanks for it, and so asks for nothing."""
    return bool(_QUESTION.search(_squeezed(text)))


def _squeezed(text: str) -> str:
    """Each team that was struck out as one sign, and one kind of apostrophe; capitals throughout are none."""
    text = text.lower() if text.isupper() else text
    text = re.sub(r"(?<=[\w@])[’‘`](?=\w)", "'", text)
    return re.sub(rf"[\"“”'‘’]?{TEAM}+[\"“”'‘’]?", TEAM, re.sub(r"[^\S\n]+", " ", text))
