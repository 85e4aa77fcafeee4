"""Beginnings and ends in a sentence: days are filled in where they are exact, all else is said aloud."""

import re

from bot.actions import Action

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_UNIT = r"(?:hour|day|week|month|quarter|year|fortnight|sprint|weekend)"
_DAY = (
    rf"(?:{_WEEKDAY}|{_MONTH}(?: \d{{1,2}})?|\d{{4}}-\d\d?-\d\d?|\d{{1,2}}[./]\d{{1,2}}(?:[./]\d{{2,4}})?"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?\.?(?: of)? {_MONTH}|the \d{{1,2}}(?:st|nd|rd|th)"
    rf"|tomorrow|(?:the )?next (?:{_UNIT}|{_WEEKDAY})"
    rf"|(?:the )?(?:end|start|beginning|middle) of (?:the |this |next )?(?:{_UNIT}|{_MONTH}))"
)
_COUNTED = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_SHORT = r"(?:hours?|hrs?|days?|weeks?|wks?|months?|mths?|mos?|quarters?|years?|yrs?|fortnights?|sprints?)"
_NUMBERS = {"a": 1, "an": 1, "thirty": 30, "sixty": 60, "ninety": 90}
_NUMBERS |= {name: number for number, name in enumerate(_COUNTED.split(), 1)}
_UNITS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
_COUNT = rf"(\d{{1,3}}|{'|'.join(_NUMBERS)}) ({'|'.join(_UNITS)})s?"
_SPAN = re.compile(rf"\b(?:only )?for (?:the next )?{_COUNT}\b(?! or )(?: only\b)?", re.I)
# Without "for" only a number counts: "two weeks", not "a day".
_BARE_SPAN = re.compile(rf"(?<!in )(?<!\w)(?!an? ){_COUNT}\b", re.I)
_END = re.compile(
    rf"\b(?:(?:until|till)(?: {_DAY})?\b|temporar\w+\b"
    rf"|for (?:[^\s,;:!?]+ ){{1,3}}?{_UNIT}s?\b|(?:for|over) the (?:summer|winter|rest of)\b|between\b"
    rf"|{_DAY}\.? ?(?:-|–) ?{_DAY}\b"
    rf"|(?:by|to|ending|ends|expir\w+|through|up to|only for)(?: on| at)? {_DAY}\b"
    r"|(?:by|ending|ends|expir\w+|through|up to|only for) \d"
    rf"|(?:only )?(?:this|next) (?:{_UNIT}|{_WEEKDAY}|{_MONTH}) only\b|only (?:this|next|today|tomorrow)\b"
    r"|today only\b|while\b|during\b|as long as\b"
    # A length that stands anywhere else: "two weeks of access", "(2 weeks)", "for 14d".
    rf"|(?<!in )(?<!\w)(?:\d{{1,3}}|{_COUNTED.replace(' ', '|')}|few|couple of|several) ?-?{_SHORT}\b"
    rf"|(?:for|over|this|before) (?:today|tonight|christmas|easter|the holidays|{_DAY})\b"
    r"|for \d{1,3} ?[hdw]\b(?! \w)|(?:for|in|during) q[1-4](?=\s*(?:[.,;:!?)]|$))"
    rf"|this (?:{_UNIT}|{_MONTH})\b|temp\b)",
    re.I,
)
_START = re.compile(
    rf"\b(?:(?:from|on|starting|as of|effective|beginning|at|in|after|not before)(?: from| on| as of)? {_DAY}"
    rf"|in (?:about )?{_COUNT}|later|tonight|not now|(?<!start )(?<!starts )\d{{4}}-\d\d-\d\d"
    rf"|last (?:working )?day(?: is| will be)?(?: on)?:? {_DAY}"
    rf"|(?<!start )(?<!starts )(?<!\w)\d{{1,2}}\.? {_MONTH}|tomorrow|next (?:{_UNIT}|{_WEEKDAY}))\b",
    re.I,
)
_LAST_DAY = re.compile(
    r"\b(?:(?:his|her|their|the) )?last (?:working )?day(?: (?:is|was|will be|on)\b)*:?"
    rf"(?: (?:{_DAY}|today|eom)\b)?",
    re.I,
)
_DATE_WORD = re.compile(
    rf"(?<!\w)(?:{_DAY}|{_COUNT}|(?:this|next|the|working|business|only|{_UNIT}s?|\d[\d.:/-]*(?:st|nd|rd|th)?"
    r"|until|till|temporar\w+|effective|starting|beginning|ending|ends|expir\w+|through|up|by|as of|then"
    r"|summer|winter|while|during|after|before|between|later|tonight|rest|over|vacation|holidays?|few"
    r"|several|some|couple))(?!\w)",
    re.I,
)

_AWAY = (
    r"i|i'm|he|he's|she|she's|they|they're|we|we're|am|is|are|on|away|out|off|gone|abroad|in|at|of|office|sick"
    r"|leave|parental|vacation|holidays?|travell?ing|the|my|his|her|their|our|summer|winter|break"
)
_WHILE = re.compile(rf"\b(?:while|during)(?:\s+(?:{_AWAY})(?![\w']))*", re.I)

CANT_END = "I can't end this by myself, so there will be no end date. Ask again when it should end."
SAY_DAYS = "I can't read an end date. Say for how many days it is, and I take it back; else it has no end."
CANT_WAIT = "I can't wait for a day yet: I begin as soon as it's approved."


def about_end(action: type[Action], text: str, days: object = None) -> list[str]:
    """What to say where somebody writes of an end and gives no days: said aloud, never dropped."""
    if days or not _END.search(text):
        return []
    return [SAY_DAYS if "for_days" in action.form() else CANT_END]


def about_start(text: str) -> list[str]:
    """What to say where somebody writes of a day to begin on."""
    return [CANT_WAIT] if _START.search(_END.sub(" ", text)) else []


def days_in(text: str) -> tuple[int, tuple[int, int]] | None:
    """For how many days, and where it says so; None where it says nothing exact, or two things."""
    found = _SPAN.search(text)
    if not found:
        return None
    others = {_counted(hit) for hit in _BARE_SPAN.finditer(text)} | {
        _counted(hit) for hit in _SPAN.finditer(text)
    }
    without = text[: found.start()] + text[found.end() :]
    if len(others) > 1 or _END.search(without):
        return None
    return _counted(found), found.span()


def _counted(hit: re.Match[str]) -> int:
    count = _NUMBERS.get(hit[1].casefold()) or int(hit[1])
    return count * _UNITS[hit[2].casefold()]


def without_absence(text: str) -> str:
    """The text without "while I'm away": rights aren't given away there."""
    return _WHILE.sub(" ", text)


def without_dates(text: str) -> str:
    """The text without words of time, where what it says of them is said aloud."""
    text = _LAST_DAY.sub(" ", text)
    if not (_END.search(text) or _START.search(text)):
        return text
    return _DATE_WORD.sub(" ", without_absence(text))
