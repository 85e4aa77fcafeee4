"""Requests as tests want them: with other fields, each named without the value that holds it."""

from dataclasses import fields, replace
from typing import Any

from approvals.request import Request

PARTS = ("asking", "scope", "plan", "deadlines", "progress", "ending", "hand_over")


def altered(request: Request, **changes: Any) -> Request:
    """The request with these fields, its own or of the values inside it. Raises TypeError."""
    own = {field.name for field in fields(Request)} & changes.keys()
    request = replace(request, **{name: changes.pop(name) for name in own})
    for part in PARTS:
        value = getattr(request, part)
        inner = {field.name for field in fields(value)} & changes.keys()
        if inner:
            value = replace(value, **{name: changes.pop(name) for name in inner})
            request = replace(request, **{part: value})
    if changes:
        raise TypeError(f"a request has no {', '.join(changes)}")
    return request


def differences(before: Request, now: Request) -> set[str]:
    """The fields in which two requests differ, version apart; of the values inside them, their own fields."""
    names: set[str] = set()
    for name in (field.name for field in fields(Request)):
        old, new = getattr(before, name), getattr(now, name)
        if old != new and name in PARTS:
            inner = (field.name for field in fields(old))
            names |= {name for name in inner if getattr(old, name) != getattr(new, name)}
        elif old != new:
            names.add(name)
    return names - {"version"}
