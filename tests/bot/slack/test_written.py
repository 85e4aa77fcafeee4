"""Messages as employees write them: each is read as a sensible colleague reads it (tests/sentences.toml)."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from approvals.ids import GroupId, PersonId, SlackId
from approvals.people import Account, Group, Person, Standing
from bot.slack.words.reading import Answer, Draft, read
from bot.slack.words.sentence import typed
from tests.bot.slack.scenes import tables

TODAY = date(2026, 11, 30)
SENTENCES: list[dict[str, Any]] = tomllib.loads(Path("tests/sentences.toml").read_text("utf-8"))["sentence"]
NAMES = (
    "Alex Smith",
    "Priya Rao",
    "Jo Park",
    "Kim Berg",
    "Sam Lee",
    "Dana Fox",
    "Carol Diaz",
    "Lena Vogt",
    "Chris Long",
)
TEAMS = (
    *(
        "Engineering",
        "Design",
        "Sales",
        "Marketing",
        "Finance",
        "Data",
        "Product",
        "Legal",
        "Customer Success",
    ),
    *("Brand Studio", "IT", "IT Administration", "All", "US", "Me"),
)
GROUPS = [Group(GroupId(name), name, name) for name in TEAMS]
TRIVIAL = {"help": {"help", "unclear", "question"}, "unclear": {"unclear", "help"}}
NOT_OURS = {
    "guest",
    "password",
    "create-group",
    "delete-group",
    "merge-teams",
    "board",
    "license",
    "trouble",
    "tool",
    "team-admin",
    "elsewhere",
}


def _person(number: int, name: str, email: str = "") -> Person:
    first, last = name.split()
    account = Account(SlackId(f"U{number}{first.upper()}"), Standing.COLLEAGUE)
    email = email or f"{first}.{last}@example.com".lower()
    return Person(PersonId(f"P-{number}"), email, name, first, last, "", (account,))


PEOPLE = [
    *(_person(n, name) for n, name in enumerate(NAMES, 1)),
    _person(20, "Chris Long", "c.long@example.com"),
]


def _named(names: Collection[str]) -> Mapping[str, Sequence[Person]]:
    return {name: [one for one in PEOPLE if one.name.casefold() == name] for name in names}


def _teams_of(raw: str) -> Sequence[Group] | None:
    return (
        [one for one in GROUPS if one.id in ("Design", "Data")]
        if raw in (handle("priya"), "priya.rao@example.com")
        else None
    )


def handle(name: str) -> str:
    """The Slack id of somebody whom a sentence calls so."""
    return next(one.accounts[0].slack_id for one in PEOPLE if one.given.lower() == name)


WORLD = replace(tables(GROUPS, {one.id: one for one in PEOPLE}), named=_named, teams_of=_teams_of)


def slack(text: str) -> str:
    """As Slack sends it: who was picked from its list arrives as an id."""
    return re.sub(r"(?<![\w.])@(\w+)", lambda hit: f"<@{handle(hit[1])}|{hit[1]}>", text)


@dataclass
class Reading:
    """What came of a text, in the terms of the table."""

    got: Draft | Answer

    def people(self) -> list[str]:
        assert isinstance(self.got, Draft)
        if self.got.who_open or "person" not in self.got.action.form():
            return []
        named = [self.got.raw.get("person", ""), *self.got.others]
        by_raw = {one.accounts[0].slack_id: one for one in PEOPLE} | {one.email: one for one in PEOPLE}
        return [
            "me" if not raw else f"@{by_raw[raw].given.lower()}" if raw in by_raw else raw for raw in named
        ]

    def teams(self, leaves: bool) -> list[str]:
        assert isinstance(self.got, Draft)
        fields = {n: a for n, a in self.got.action.form().items() if a.is_team}
        single = len(fields) == 1
        return [
            team
            for name, asked in fields.items()
            if single or asked.leaves is leaves
            for team in filter(None, self.got.raw.get(name, "").split(", "))
            if not (single and leaves and not asked.leaves)
        ]


def problems(row: Mapping[str, Any]) -> list[str]:
    """Everything in which the reading of a sentence differs from what is written down."""
    got = read(typed(slack(row["text"])), WORLD, TODAY, writer=handle("alex"))
    reading = Reading(got)
    if "answer" in row:
        if isinstance(got, Draft):
            return [f"a form: {got.action.NAME}"]
        allowed = NOT_OURS if row["answer"] == "not-ours" else TRIVIAL.get(row["answer"], {row["answer"]})
        return [] if got.kind in allowed else [f"answer {got.kind}"]
    if isinstance(got, Answer):
        return [f"answer {got.kind}"]
    found = []
    if row["action"] != got.action.NAME:
        found.append(f"action {got.action.NAME}")
    people = ["me" if one == "@alex" and "me" in row["for"] else one for one in reading.people()]
    if sorted(people) != sorted(row["for"]):
        found.append(f"for {people}")
    if sorted(reading.teams(False)) != sorted(row.get("teams", [])):
        found.append(f"teams {reading.teams(False)}")
    if "from_team" in row and reading.teams(True) != [row["from_team"]]:
        found.append(f"from {reading.teams(True)}")
    if str(got.until or "") != row.get("until", "")[:10]:
        found.append(f"until {got.until}")
    if "start" in row and str(got.start) != row["start"][:10]:
        found.append(f"start {got.start}")
    if row.get("reason", "") not in got.reason:
        found.append(f"reason {got.reason!r}")
    found += [
        f"unplaced {got.unplaced}"
        for word in row.get("unplaced", [])
        if word.lower() not in " ".join(got.unplaced).lower()
    ]
    if row.get("placed") and got.unplaced:
        found.append(f"unplaced {got.unplaced}")
    if "name" in row and got.raw.get("name") != row["name"]:
        found.append(f"name {got.raw.get('name')}")
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("row", SENTENCES, ids=[row["text"][:60] for row in SENTENCES])
def test_it_is_read_as_a_colleague_reads_it(row: dict[str, Any]) -> None:
    assert problems(row) == []
