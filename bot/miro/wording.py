"""The texts of changes. The record holds a code and values; the text is made when drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from approvals.sentence import Sentence


def counted(days: int) -> str:
    """'1 day', '7 days'."""
    return f"{days} {'day' if days == 1 else 'days'}"


@dataclass(frozen=True)
class Words:
    """The texts of a change, without hazards; the record refers to one as "join.did"."""

    todo: str
    """The approver's line: an imperative sentence without its full stop."""
    aim: str
    """The infinitive, to follow "to"."""
    did: str
    """After it was done: past tense, lower case."""
    state: str
    """If it already held: a state, not an action."""
    detail: str = ""
    """More text under Details, or ''."""

    @property
    def unsure(self) -> str:
        """For a change that holds although its call got no answer; somebody else may have made it."""
        return f"{self.state} (I can't tell whether by my call)"

    @property
    def sent(self) -> str:
        """For a change that nothing ever shows, if Miro accepted it."""
        return f"{self.aim} (Miro accepted it)"

    @property
    def unheard(self) -> str:
        """The same if Miro gave no answer."""
        return f"{self.aim} (Miro didn't answer)"

    @property
    def reported(self) -> str:
        """The same if a person says that it is done."""
        return f"{self.aim} (done by hand, by their word)"

    @property
    def accepted(self) -> str:
        """For a change that Miro accepted and never shows."""
        return f"{self.aim} (Miro accepted it but doesn't show it)"


def _words(verb: str, past: str, what: str, state: str, todo: str = "", detail: str = "") -> Words:
    """The texts for "join" "Engineering"; `todo`: the approver's line, if it is more than verb and object."""
    aim = f"{verb} {what}"
    return Words(todo or f"{aim[0].upper()}{aim[1:]}", aim, f"{past} {what}", state, detail)


def _find(email: str, past: str = "found", todo: str = "", detail: str = "") -> Words:
    return _words("create", past, f"the account {email}", f"the account {email} is there", todo, detail)


def _create(email: str, given: str, family: str, attributes: Mapping[str, str]) -> Words:
    name = f" for {given} {family}" if given and family else ""
    more = f" ({_summary(attributes, ': ')})" if attributes else ""
    detail = f"name: {given} {family}; {pairs(attributes)}".rstrip("; ")
    return _find(email, "created", f"Create the account {email}{name}{more}", detail)


def _set(attributes: Mapping[str, str]) -> Words:
    names, todo = _names(attributes), f"Set the {_summary(attributes, ' to ')}"
    return _words("set", "set", f"the {names}", f"set as wanted: {names}", todo, pairs(attributes))


def _reactivate(joining: bool) -> Words:
    todo = f"Reactivate the account{' (joining a team does that, too)' if joining else ''}"
    return _words("reactivate", "reactivated", "the account", "the account is active", todo)


def _deactivate(who: str, later: bool = False) -> Words:
    todo = f"Deactivate the account. {who} loses access {'then' if later else 'immediately'}"
    return _words("deactivate", "deactivated", "the account", "there is no active account", todo)


def _end_sessions(who: str) -> Words:
    todo = f"End every session: Miro signs {who} out of all devices"
    return _words("end", "ended", "every session", "no session", todo)


def _join_team(group: str) -> Words:
    return _words("join", "joined", f"the Miro team {group}", f"in the Miro team {group}")


def _lead(who: str, group: str) -> Words:
    return _words("make", "made", f"{who} admin of {group}", f"{who} is admin of {group}")


def _delete() -> Words:
    return _words("delete", "deleted", "the account", "there is no account")


def _join(group: str) -> Words:
    return _words("join", "joined", group, f"in {group}")


def _leave(group: str) -> Words:
    return _words("leave", "left", group, f"not in {group}")


def _leave_boards(group: str) -> Words:
    # SCIM shows no roles in teams (Miro's API description, GET /Groups).
    return replace(
        _leave(group), detail="Miro refuses it for the team's only admin, which I can't see before"
    )


def _rename(before: str, name: str) -> Words:
    todo = f"Change the security name from {before} to {name}"
    return _words("change", "changed", f"the security name to {name}", f"the security name is {name}", todo)


def _create_group(name: str) -> Words:
    return _words("create", "created", f"the group {name}", f"the group {name} is there")


def _delete_group(group: str) -> Words:
    return _words("delete", "deleted", f"the group {group}", f"the group {group} isn't there")


def limit(days: int | None, until: str = "") -> str:
    """'until Fri 4 Dec', 'for 7 days', '' for no end; `until`: the last day, as 2026-12-04."""
    if until:
        last = date.fromisoformat(until)
        return f"until {last:%a} {last.day} {last:%b}"
    return f"for {counted(days)}" if days else ""


def _grant(rights: str, days: int | None, until: str = "") -> Words:
    reach = ": can manage every person and team" if rights == "Company Admin" else ""
    length = limit(days, until)
    end = f", {length}" if length else ""
    return _words("become", "became", rights, rights, f"Become {rights}{reach}{end}")


def _take(rights: str) -> Words:
    return _words("remove", "removed", rights, f"not {rights}")


def _take_all() -> Words:
    return _words("remove", "removed", "every admin role", "no admin role in use")


def _demote(while_active: bool) -> Words:
    state = "no active Company Admin" if while_active else "no Company Admin"
    return _words("remove", "removed", "Company Admin", state)


def _stay(days: int | None, ends_at: str, until: str = "") -> Words:
    length = limit(days, until) or "without an end"
    now, ends = " from now" if days and not until else "", datetime.fromisoformat(ends_at)
    todo = f"Stays {length}{now}, instead of ending on {ends:%-d %B}"
    did = f"moved the end: stays {length}" if days else "took the end away"
    return Words(todo, "", did, "")


_MANY = {
    "find": ("has an account", "have accounts"),
    "create": ("gets a new account", "get new accounts"),
    "set": ("gets new details", "get new details"),
    "reactivate": ("is reactivated", "are reactivated"),
    "deactivate": (
        "is deactivated and loses access immediately",
        "are deactivated and lose access immediately",
    ),
    "delete": ("is deleted", "are deleted"),
    "join": ("joins {group}", "join {group}"),
    "leave": ("leaves {group}", "leave {group}"),
    "leave-boards": ("leaves {group}", "leave {group}"),
    "grant": ("gets admin rights", "get admin rights"),
    "take": ("loses an admin right", "lose an admin right"),
    "take-all": ("loses every admin role", "lose every admin role"),
    "demote": ("is no longer a Company Admin", "are no longer Company Admins"),
}
"""{code of a change: (what happens to one person of a bulk, to several)}."""


def _note(text: str) -> Words:
    return Words(text, text, text, text)


def _many(count: int, of: str, group: str = "") -> Words:
    who = "person" if count == 1 else "people"
    return _note(f"{count:,} {who} {_MANY[of][count > 1].format(group=group)}")


def _already(count: int) -> Words:
    return _note(f"{count:,} {'is' if count == 1 else 'are'} already as requested")


def _deleted_later(count: int, days: int) -> Words:
    whose = "account is" if count == 1 else "accounts are"
    return _note(f"{counted(days)} later {count:,} {whose} deleted for good, which can't be undone")


def _ends(count: int, days: int | None = None, until: str = "") -> Words:
    """Without a length: they have several."""
    length = limit(days, until) or "for different times"
    return _note(f"{count:,} {'line lasts' if count == 1 else 'lines last'} {length}: Details says what ends")


def _left_out(count: int) -> Words:
    return _note(f"{count:,} {'line is' if count == 1 else 'lines are'} left out: Details says why")


def _lasts(seconds: int) -> Words:
    return _note(f"It takes about {span(seconds)}")


def span(seconds: float) -> str:
    """'1 minute', '12 minutes', '3 hours'; at least a minute."""
    minutes = max(1, round(seconds / 60))
    count, unit = (minutes, "minute") if minutes < 120 else (round(minutes / 60), "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


WORDINGS: dict[str, Callable[..., Words]] = {
    "find": _find,
    "create": _create,
    "set": _set,
    "reactivate": _reactivate,
    "deactivate": _deactivate,
    "delete": _delete,
    "end-sessions": _end_sessions,
    "lead": _lead,
    "join-team": _join_team,
    "join": _join,
    "leave": _leave,
    "leave-boards": _leave_boards,  # whose admin gets the leaver's boards
    "rename": _rename,
    "create-group": _create_group,
    "delete-group": _delete_group,
    "grant": _grant,
    "take": _take,
    "take-all": _take_all,
    "demote": _demote,
    "stay": _stay,
    # The lines of a bulk's card.
    "many": _many,
    "so-many-already": _already,
    "deleted-later": _deleted_later,
    "ends": _ends,
    "left-out": _left_out,
    "lasts": _lasts,
}
"""{code: texts of a change}; records hold these codes, so never change their meaning."""

ADMIN_FIRST = "admin-first"
HAZARDS = {
    ADMIN_FIRST: "Nobody else is Company Admin. Make somebody else Company Admin first: /miro-admin.",
    "license": "It may use a Miro license.",
    "reactivates": "Joining also reactivates the account. It may use a Miro license.",
    "rights-back": "{rights} rights come back with it.",
    "final": "{who}'s boards go to a team admin for good.",
    "closes": "What only {group} opens closes for {who}.",
    "boards-pass": "{who}'s boards there go to a team admin for good.",
    "new-address": "{who} signs in with it from now on. Miro writes to both addresses.",
    "paid": "It takes a paid license. Only Miro's own settings can lower it again.",
    "group-final": "It can't be restored.",
    "group-members": "Members now: {members}. They lose what only {group} opens, teams included.",
    "only-team-admin": "{who} alone is admin of {teams}. Miro may refuse this until that is handed on.",
    "new-account": "Miro has a new account for this address.",
    "alike": "Another group looks like {group}. This one has the id {id}.",
    "managed": "It is in {groups}, managed elsewhere: that directory may bring the account back.",
    "vanished": "Miro had an account for this person: it was deleted, or is a guest's. Look there first.",
}
"""{code: hazard}: irreversible or costly effects, and what approvers have to know."""


ATTRIBUTES = {
    "costCenter": "cost center",
    "displayName": "name",
    "employeeNumber": "employee number",
    "userName": "e-mail address",
    "userType": "license",
}
"""{SCIM's name of an attribute: the word for it}, where they differ."""


def words_of(change: Sentence) -> Words:
    """The texts of a change."""
    return WORDINGS[change.code](**change.values)


_PEOPLE, _TEAM, _GROUP = "Company settings, Users", "Team settings, Users", "Company settings, User groups"
_PAGES = {
    **dict.fromkeys(("find", "create", "reactivate", "deactivate", "delete", "demote", "grant"), _PEOPLE),
    **dict.fromkeys(("take", "take-all"), _PEOPLE),
    **dict.fromkeys(("join", "leave", "leave-boards"), _TEAM),
    **dict.fromkeys(("create-group", "delete-group"), _GROUP),
}
"""{code of a change: the page of Miro where an admin makes it}; details have none that is documented
(help.miro.com: Active users, Deactivated users, How to assign Admin rights)."""


def by_hand(change: Sentence, *, is_team: bool) -> str:
    """A change as an instruction to an admin: "Leave Engineering (Team settings, Users)"."""
    code, _, _ = change.code.partition(".")
    if code not in WORDINGS:
        return str(change.values.get("text", ""))
    page = _PAGES.get(code, "")
    page = _GROUP if page == _TEAM and not is_team else page
    return f"{words_of(Sentence(code, change.values)).todo}{f' ({page})' * bool(page)}"


def pairs(attributes: Mapping[str, str]) -> str:
    """'costCenter: CS001, department: IT'."""
    return ", ".join(f"{name}: {value}" for name, value in sorted(attributes.items()))


def _names(attributes: Mapping[str, str]) -> str:
    return ", ".join(ATTRIBUTES.get(name, name) for name in sorted(attributes))


def _summary(attributes: Mapping[str, str], between: str) -> str:
    """A single short value with its name; only names otherwise, as the values are under Details."""
    [value, *others] = attributes.values()
    is_short = not others and len(value) <= 40 and len(value.split()) <= 4
    return f"{_names(attributes)}{between}{value.rstrip('.')}" if is_short else _names(attributes)
