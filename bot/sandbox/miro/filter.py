"""SCIM's filter language, by which the sandbox finds what Miro would find; pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"

Path = tuple[str, ...]
"""Attribute names in lower case, outermost first."""


class BadFilter(ValueError):
    """A text that is no valid filter or path."""


class Filter(Protocol):
    """A condition on a resource, and the attribute paths it names."""

    def matches(self, resource: Any) -> bool: ...

    def paths(self) -> Iterator[Path]: ...


def steps(path: str) -> Path:
    """The steps of `name.givenName`; the URN of an extension in front is one step, a core URN none."""
    name = path.casefold()
    for core in (CORE_USER, CORE_GROUP):
        name = name.removeprefix(core.casefold() + ":")
    extension = ENTERPRISE.casefold()
    if name == extension:
        return (extension,)
    if name.startswith(extension + ":"):
        return (extension, *name[len(extension) + 1 :].split("."))
    return tuple(name.split("."))


def values(resource: Any, path: Sequence[str]) -> list[Any]:
    """All values at a path; lists are flattened."""
    if isinstance(resource, list):
        return [value for item in resource for value in values(item, path)]
    if not path:
        return [] if resource is None else [resource]
    if not isinstance(resource, Mapping):
        return []
    inner = next((inner for name, inner in resource.items() if name.casefold() == path[0]), None)
    return values(inner, path[1:])


@dataclass(frozen=True)
class Compare:
    """`userName eq "ada@example.com"`; a `value` of None is SCIM's null."""

    path: Path
    operator: str
    value: str | None

    def matches(self, resource: Any) -> bool:
        texts = [_text(value) for value in values(resource, self.path)]
        if self.operator == "pr":
            return any(value not in ("", {}) for value in values(resource, self.path))
        if self.value is None:
            return bool(texts) == (self.operator == "ne")
        wanted = self.value.casefold()
        if self.operator == "ne":
            return wanted not in texts
        return any(_OPERATORS[self.operator](value, wanted) for value in texts)

    def paths(self) -> Iterator[Path]:
        yield self.path


@dataclass(frozen=True)
class Within:
    """`emails[type eq "work"]`: a single item meets the whole inner filter."""

    path: Path
    inner: Filter

    def matches(self, resource: Any) -> bool:
        return any(self.inner.matches(item) for item in values(resource, self.path))

    def paths(self) -> Iterator[Path]:
        yield from ((*self.path, *path) for path in self.inner.paths())


@dataclass(frozen=True)
class Both:
    left: Filter
    right: Filter

    def matches(self, resource: Any) -> bool:
        return self.left.matches(resource) and self.right.matches(resource)

    def paths(self) -> Iterator[Path]:
        yield from self.left.paths()
        yield from self.right.paths()


@dataclass(frozen=True)
class Either(Both):
    def matches(self, resource: Any) -> bool:
        return self.left.matches(resource) or self.right.matches(resource)


@dataclass(frozen=True)
class Not:
    inner: Filter

    def matches(self, resource: Any) -> bool:
        return not self.inner.matches(resource)

    def paths(self) -> Iterator[Path]:
        yield from self.inner.paths()


_OPERATORS = {
    "eq": str.__eq__,
    "co": str.__contains__,
    "sw": str.startswith,
    "ew": str.endswith,
    "gt": str.__gt__,
    "ge": str.__ge__,
    "lt": str.__lt__,
    "le": str.__le__,
}


def _text(value: Any) -> str:
    # Miro's Schemas call userName caseExact:false, and Entra writes "True" for a boolean.
    return str(value.get("value", "") if isinstance(value, Mapping) else value).casefold()


def parse(text: str) -> Filter:
    """Reads a filter, with or without parentheses round it; raises BadFilter."""
    reader = _Reader(text)
    tree = reader.either()
    if reader.ahead:
        raise BadFilter(f"nothing more was expected at: {reader.ahead}")
    return tree


_TOKEN = re.compile(r'\s*([()\[\]]|"(?:[^"\\]|\\.)*"|[^\s()\[\]"]+)')
_NAME = re.compile(r"[a-z$][\w$:.-]*", re.IGNORECASE)


def _tokens(text: str) -> list[str]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        token = _TOKEN.match(text, position)
        if token is None:
            raise BadFilter(f"can't be read from: {text[position:]}")
        tokens.append(token[1])
        position = token.end()
    return tokens


class _Reader:
    """Reads by descent: `or` binds least, then `and`, then `not` and brackets."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    @property
    def ahead(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self, expected: str = "") -> str:
        token = self.ahead
        if not token or (expected and token != expected):
            raise BadFilter(f"expected {expected or 'more'}, found {token or 'the end'}")
        self._at += 1
        return token

    def _skips(self, word: str) -> bool:
        is_next = self.ahead.casefold() == word
        self._at += is_next
        return is_next

    def either(self) -> Filter:
        left = self._both()
        while self._skips("or"):
            left = Either(left, self._both())
        return left

    def _both(self) -> Filter:
        left = self._term()
        while self._skips("and"):
            left = Both(left, self._term())
        return left

    def _term(self) -> Filter:
        if self._skips("not"):
            return Not(self._bracketed("(", ")"))
        if self.ahead == "(":
            return self._bracketed("(", ")")
        return self._compared()

    def _bracketed(self, opening: str, closing: str) -> Filter:
        self._next(opening)
        inner = self.either()
        self._next(closing)
        return inner

    def _compared(self) -> Filter:
        name = self._next()
        if not _NAME.fullmatch(name):
            raise BadFilter(f"not an attribute: {name}")
        if self.ahead == "[":
            return Within(steps(name), self._bracketed("[", "]"))
        operator = self._next().casefold()
        if operator == "pr":
            return Compare(steps(name), operator, None)
        if operator not in _OPERATORS and operator != "ne":
            raise BadFilter(f"not an operator: {operator}")
        return Compare(steps(name), operator, self._value(operator))

    def _value(self, operator: str) -> str | None:
        token = self._next()
        if token in "()[]":
            raise BadFilter(f"expected a value, found {token}")
        if token.casefold() == "null" and operator in ("eq", "ne"):
            return None
        # Miro prints ids without quotes: members[value eq 3074457364022187294].
        return _unquoted(token) if token.startswith('"') else token


def _unquoted(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError as error:
        raise BadFilter(f"not a string: {token}") from error
