"""Dates in a sentence: a closed grammar over the words of the four languages.

It read all of 19 phrases from messages, dateparser 12; and dateparser costs 21 MB and 0.7 s at its first use.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache

from bot.slack.words.vocabulary import LANGUAGES, fold, vocabulary


class Kind(Enum):
    """What a date is to a wish."""

    UNTIL = "until"
    START = "start"
    ON = "on"


@dataclass(frozen=True)
class When:
    """A date in a text, from `start` to `end`; `day` is None where it can't be told which.

    `clock`: the time of day beside it, as it is written.
    """

    kind: Kind
    day: date | None
    clock: str
    start: int
    end: int


_PAST = re.compile(r"(?:last|past|since|letzten|seit|depuis|dernier\w*|hace|ultim\w+) $")
_UNIT_DAYS = (1, 7, 30, 365, 14)
_RIGHT = r"(?![^\W_])"


def find(text: str, today: date) -> list[When]:
    """Every date in a text, as it is meant on a day."""
    return [when for hit in _grammar().finditer(fold(text)) if (when := _read(hit, today))]


@cache
def _places(name: str) -> dict[str, int]:
    """The words of a list in all languages, with their places in it from 1."""
    lists = (vocabulary(one).dates[name] for one in LANGUAGES)
    return {
        fold(word): place for rows in lists for place, row in enumerate(rows, 1) for word in row.split("|")
    }


def _any(name: str) -> str:
    """The words for something in all languages as a pattern, the longest first."""
    lists = (vocabulary(one).dates[name] for one in LANGUAGES)
    words = {
        fold(word) for row in lists for word in (row if isinstance(row, str) else "|".join(row)).split("|")
    }
    return "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in sorted(words, key=len, reverse=True))


@cache
def _grammar() -> re.Pattern[str]:
    """One date with what stands in front of it, and the time behind it."""
    month, weekday, unit, later = _any("months"), _any("weekdays"), _any("units"), _any("next")
    count = rf"(?:\d{{1,3}}|{_any('numbers')})"
    days = rf"(?P<count>{count})\s*-?\s*(?P<unit>{unit}){_RIGHT}"
    year = r"(?:,?\s+(?:de\s+|del\s+)?(?P<year{0}>\d{{4}}))?"
    day = "|".join(
        (
            r"(?P<iso>\d{4}-\d\d?-\d\d?)",
            r"(?P<first>\d\d?)(?P<sign>[./])(?P<second>\d\d?)(?:[./](?P<year0>\d{4}|\d\d)|\.)?(?![\d.]*\d)",
            r"(?:(?:the|el|le|la|der|den|dem)\s+)?(?P<day1>\d\d?)(?:st|nd|rd|th|er|º|\.)?\s*"
            rf"(?:(?:of|de|del|d')\s*)?(?P<month1>{month})\.?{_RIGHT}{year.format(1)}",
            rf"(?P<month2>{month})\.?\s+(?P<day2>\d\d?)(?:st|nd|rd|th)?{_RIGHT}{year.format(2)}",
            rf"(?P<close>{_any('end')})\s+(?:the\s+)?(?P<later>(?:{later})\s+)?"
            rf"(?P<of>{month}|{unit}|quarter|quartals?|trimestre){_RIGHT}",
            rf"(?P<after>(?:{later})\s+)?(?:(?:{_any('this')})\s+)?(?P<weekday>{weekday}){_RIGHT}\.?"
            r"(?P<behind>\s+(?:prochain|que viene|proximo))?",
            rf"(?P<today>{_any('today')}){_RIGHT}",
            rf"(?P<tomorrow>{_any('tomorrow')}){_RIGHT}",
            rf"(?:{later})\s+(?P<next>{unit}){_RIGHT}",
            rf"(?:the|el|le|am)\s+(?P<nth>\d\d?)(?:st|nd|rd|th|er|\.){_RIGHT}",
        )
    )
    clock = (
        rf"(?:\s+(?:{_any('parts')}){_RIGHT})?"
        rf"(?:,?\s*(?:(?:{_any('at')})\s+)?"
        rf"(?P<clock>\d\d?(?:[:.h]\d\d\s*(?:am|pm|uhr|h)?|\s*(?:am|pm|uhr|h|o'clock)){_RIGHT}))?"
    )
    marks = "|".join(f"(?P<{kind.value}>{_any(kind.value)})" for kind in Kind)
    return re.compile(
        rf"(?<![^\W_])(?:(?P<span>{_any('for')})\s+{days}(?:\s+(?:only|lang|long))?"
        rf"|(?P<ahead>{_any('in')})\s+{days.replace('(?P<', '(?P<ahead_')}"
        rf"|(?:(?:{marks})\s+)?(?:{day}){clock}"
        rf"|(?:{marks.replace('(?P<', '(?P<bare_')})\s+(?P<month3>{month}){_RIGHT}(?!\s+(?:i|we)\b)"
        rf"|(?<![^\s(]){days.replace('(?P<', '(?P<loose_')}(?:\s+lang)?)"
    )


def _read(hit: re.Match[str], today: date) -> When | None:
    got = {name: value for name, value in hit.groupdict().items() if value is not None}
    for prefix, kind in (("", Kind.UNTIL), ("ahead_", Kind.START), ("loose_", Kind.UNTIL)):
        if unit := got.get(f"{prefix}unit"):
            typed = got[f"{prefix}count"]
            count = int(typed) if typed.isdigit() else _places("numbers")[typed]
            if prefix == "loose_" and (
                _PAST.search(hit.string[: hit.start()]) or (not typed.isdigit() and count == 1)
            ):
                return None  # "the last two weeks", "a day"
            days = count * _UNIT_DAYS[_places("units")[unit] - 1]
            return When(kind, today + timedelta(days=days), "", *hit.span())
    kinds = [kind for kind in Kind if kind.value in got or f"bare_{kind.value}" in got]
    return When(kinds[0] if kinds else Kind.ON, _day(got, today), got.get("clock", ""), *hit.span())


def _day(got: dict[str, str], today: date) -> date | None:
    if "iso" in got:
        return _on(*map(int, got["iso"].split("-")))
    if "first" in got:
        first, second = int(got["first"]), int(got["second"])
        if got["sign"] == "/" and max(first, second) <= 12 and first != second:
            return None  # either may be the month
        day, month = (second, first) if second > 12 else (first, second)
        return _coming(today, month, day, got.get("year0", ""))
    for number in "123":
        if f"month{number}" in got:
            month = _places("months")[got[f"month{number}"]]
            return _coming(today, month, int(got.get(f"day{number}", 1)), got.get(f"year{number}", ""))
    if "weekday" in got:
        ahead = (_places("weekdays")[got["weekday"]] - 1 - today.weekday()) % 7 or 7
        is_next_week = ("after" in got or "behind" in got) and today.weekday() + ahead < 7
        return today + timedelta(days=ahead + 7 * is_next_week)
    if "nth" in got:
        nth = int(got["nth"])
        return _coming(today, today.month if nth > today.day else today.month % 12 + 1, nth, "")
    if "of" in got:
        return _end_of(got["of"], today, "later" in got)
    if "next" in got:
        unit = _places("units")[got["next"]]
        return _end_of(got["next"], today, False) + timedelta(days=3 if unit == 2 else 1)
    return today + timedelta(days="tomorrow" in got)


def _coming(today: date, month: int, day: int, year: str) -> date | None:
    """That day of that year, or the next one that comes."""
    if year:
        return _on(int(year) + 2000 * (len(year) == 2), month, day)
    found = _on(today.year, month, day)
    return found if found and found >= today else _on(today.year + 1, month, day)


def _on(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _end_of(what: str, today: date, later: bool) -> date:
    """The last day of a week (its Friday), month, quarter, year, or of a month by name; `later`: the next."""
    if month := _places("months").get(what):
        return _last(today.year + (month < today.month), month)
    unit = _places("units").get(what, 0)
    if unit == 4:
        return date(today.year + later, 12, 31)
    if unit in (1, 2, 5):
        return today + timedelta(days=(4 - today.weekday()) % 7 * (unit == 2) + 7 * later)
    months, month = (1, today.month) if unit == 3 else (3, (today.month + 2) // 3 * 3)
    year, month = divmod(month - 1 + months * later, 12)
    return _last(today.year + year, month + 1)


def _last(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
