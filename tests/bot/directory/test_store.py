"""What a directory said is kept, and each change of an entry, or of its memberships, has a newer number."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.directory.store import ENTERPRISE, Content, Directories, EntryId, Group, Kind, Moved, Taken, User
from tests.approvals.scene import Clock

ALEX: Mapping[str, Any] = {
    "userName": "Alex.Smith@example.com",
    "externalId": "00u1",
    "name": {"givenName": "Alex", "familyName": "Smith"},
    "emails": [{"value": "alex.smith@example.com", "primary": True, "type": "work"}],
    ENTERPRISE: {"department": "IT", "manager": {"value": "priya.rao@example.com"}},
}


def user(directories: Directories, id: str) -> User:
    found = directories.get("okta", id)
    assert isinstance(found, User)
    return found


def group(directories: Directories, id: str) -> Group:
    found = directories.get("okta", id)
    assert isinstance(found, Group)
    return found


def ids(content: Content) -> set[EntryId]:
    return {entry.id for entry in (*content.users, *content.groups)}


def changed(directories: Directories, since: int, source: str = "okta") -> Content:
    """The entries with a newer number, also deleted ones."""
    content = directories.snapshot(source, deleted=True)
    users, groups = (
        [each for each in entries if each.sequence > since] for entries in (content.users, content.groups)
    )
    return Content(users, groups)  # type: ignore[arg-type]


def test_a_user_is_kept_as_the_directory_described_them(directories: Directories) -> None:
    alex = user(directories, directories.create("okta", Kind.USER, ALEX))
    assert (alex.user_name, alex.external_id, alex.active) == ("Alex.Smith@example.com", "00u1", True)
    assert (alex.given_name, alex.family_name) == ("Alex", "Smith")
    assert [email["value"] for email in alex.emails] == ["alex.smith@example.com"]
    assert (alex.enterprise["department"], alex.manager) == ("IT", "priya.rao@example.com")
    assert alex.body == ALEX


def test_each_change_has_a_newer_number(directories: Directories) -> None:
    id = directories.create("okta", Kind.USER, ALEX)
    directories.create("entra", Kind.USER, ALEX)
    assert ids(changed(directories, 0)) == {id}
    assert ids(changed(directories, first := directories.sequence())) == set()
    directories.update(user(directories, id), {**ALEX, "active": False})
    assert [person.active for person in changed(directories, first).users] == [False]
    assert directories.sequence() > first
    assert [person.active for person in changed(directories, 0, "entra").users] == [True]


def test_a_membership_changes_the_group_and_the_member(directories: Directories) -> None:
    alex = directories.create("okta", Kind.USER, ALEX)
    dana = directories.create("okta", Kind.USER, {"userName": "dana@example.com"})
    team = directories.create("okta", Kind.GROUP, {"displayName": "miroUsers"}, {alex: "Alex"})
    before = directories.sequence()
    assert user(directories, alex).group_ids == {team}
    read = group(directories, team)
    directories.update(read, read.body, {dana: ""})
    after = changed(directories, before)
    assert ids(after) == {alex, dana, team}
    assert {*group(directories, team).members} == {dana}
    assert user(directories, alex).group_ids == set()
    read = group(directories, team)
    directories.update(read, {"displayName": "Miro users"})
    assert {*group(directories, team).members} == {dana}


def test_a_deletion_is_kept_with_its_time_and_ends_memberships(
    directories: Directories, clock: Clock
) -> None:
    alex = directories.create("okta", Kind.USER, ALEX)
    team = directories.create("okta", Kind.GROUP, {"displayName": "miroUsers"}, {alex: "Alex"})
    before = directories.sequence()
    clock.pass_(timedelta(hours=1))
    directories.delete(user(directories, alex))
    after = changed(directories, before)
    assert [(person.deleted_at, person.active) for person in after.users] == [(clock.now(), False)]
    assert [{*team.members} for team in after.groups] == [set()]
    assert ids(directories.snapshot("okta")) == {team}
    assert directories.get("okta", alex) is None
    again = directories.create("okta", Kind.USER, ALEX)
    assert again != alex


def test_a_name_is_given_once_in_a_directory_whatever_its_case(directories: Directories) -> None:
    first = directories.create("okta", Kind.USER, ALEX)
    with pytest.raises(Taken):
        directories.create("okta", Kind.USER, {"userName": "ALEX.smith@example.com"})
    other = directories.create("okta", Kind.USER, {"userName": "dana@example.com"})
    with pytest.raises(Taken):
        directories.update(user(directories, other), {"userName": "alex.smith@EXAMPLE.com"})
    directories.update(user(directories, first), {"userName": "alex.smith@example.com"})
    assert user(directories, other).user_name == "dana@example.com"


def test_nobody_overwrites_what_they_have_not_read(directories: Directories) -> None:
    id = directories.create("okta", Kind.USER, ALEX)
    read = user(directories, id)
    directories.update(read, {**ALEX, "active": False})
    with pytest.raises(Moved):
        directories.update(read, ALEX)
    with pytest.raises(Moved):
        directories.delete(read)
    assert not user(directories, id).active
