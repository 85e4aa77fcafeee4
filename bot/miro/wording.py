"""The texts of changes. The record holds a code and values; the text is made when drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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

    def form(self, name: str) -> str:
        """One of these texts by its name, or with a remark on how the change is known."""
        of, remark = _REMARKS.get(name, (name, ""))
        return f"{getattr(self, of)}{remark}"


_REMARKS = {
    # It holds, but its call got no answer; somebody else may have made it.
    "unsure": ("state", " (I can't tell whether by my call)"),
    "accepted": ("aim", " (Miro accepted it but doesn't show it)"),
    # Nothing ever shows it.
    "sent": ("aim", " (Miro accepted it)"),
    "unheard": ("aim", " (Miro didn't answer)"),
    "reported": ("aim", " (done by hand, by their word)"),
}
"""{form: (text, remark)}."""


def _words(verb: str, past: str, what: str, state: str, todo: str = "", detail: str = "") -> Words:
    """The texts for "join" "Engineering"; `todo`: the approver's line, if it is more than verb and object."""
    aim = f"{verb} {what}"
    return Words(todo or f"{aim[0].upper()}{aim[1:]}", aim, f"{past} {what}", state, detail)


def _plain(*texts: str) -> Callable[..., Words]:
    """The arguments of `_words`, with places for the values of the change."""
    return lambda **values: _words(*(text.format_map(values) for text in texts))


def _create(email: str, given: str, family: str, attributes: Mapping[str, str]) -> Words:
    name = f" for {given} {family}" if given and family else ""
    more = f" ({_summary(attributes, ': ')})" if attributes else ""
    detail = f"name: {given} {family}; {pairs(attributes)}".rstrip("; ")
    todo = f"Create the account {email}{name}{more}"
    return _words("create", "created", f"the account {email}", f"the account {email} is there", todo, detail)


def _set(attributes: Mapping[str, str]) -> Words:
    names, todo = _names(attributes), f"Set the {_summary(attributes, ' to ')}"
    return _words("set", "set", f"the {names}", f"set as wanted: {names}", todo, pairs(attributes))


def _reactivate(joining: bool) -> Words:
    todo = f"Reactivate the account{' (joining a team does that, too)' if joining else ''}"
    return _words("reactivate", "reactivated", "the account", "the account is active", todo)


def _deactivate(who: str, later: bool = False) -> Words:
    todo = f"Deactivate the account. {who} loses access {'then' if later else 'immediately'}"
    return _words("deactivate", "deactivated", "the account", "there is no active account", todo)


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


def _alone(text: Callable[..., str]) -> Callable[..., Words]:
    """A text that has no other forms."""
    return lambda **values: Words(*[text(**values)] * 4)


def _many(count: int, of: str, group: str = "") -> str:
    return f"{count:,} {'person' if count == 1 else 'people'} {_MANY[of][count > 1].format(group=group)}"


def _deleted_later(count: int, days: int) -> str:
    whose = "account is" if count == 1 else "accounts are"
    return f"{counted(days)} later {count:,} {whose} deleted for good, which can't be undone"


def _ends(count: int, days: int | None = None, until: str = "") -> str:
    """Without a length: they have several."""
    length = limit(days, until) or "for different times"
    return f"{count:,} {'line lasts' if count == 1 else 'lines last'} {length}: Details says what ends"


def span(seconds: float) -> str:
    """'1 minute', '12 minutes', '3 hours'; at least a minute."""
    minutes = max(1, round(seconds / 60))
    count, unit = (minutes, "minute") if minutes < 120 else (round(minutes / 60), "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


_SUMS: dict[str, Callable[..., str]] = {
    "many": _many,
    "so-many-already": lambda count: f"{count:,} {'is' if count == 1 else 'are'} already as requested",
    "deleted-later": _deleted_later,
    "ends": _ends,
    "left-out": lambda count: f"{count:,} {'line is' if count == 1 else 'lines are'} left out",
    "lasts": lambda seconds: f"It takes about {span(seconds)}",
}
"""{code: the line of a bulk's card}."""

_SIGNS_OUT = "End every session: Miro signs {who} out of all devices"
_RENAME = (
    "the security name to {name}",
    "the security name is {name}",
    "Change the security name from {before} to {name}",
)
# SCIM shows no roles in teams (Miro's API description, GET /Groups).
_REFUSED = "Miro refuses this for a team's only admin. I can't check that in advance"
WORDINGS: dict[str, Callable[..., Words]] = {
    "find": _plain("create", "found", "the account {email}", "the account {email} is there"),
    "create": _create,
    "set": _set,
    "reactivate": _reactivate,
    "deactivate": _deactivate,
    "delete": _plain("delete", "deleted", "the account", "there is no account"),
    "end-sessions": _plain("end", "ended", "every session", "no session", _SIGNS_OUT),
    "lead": _plain("make", "made", "{who} admin of {group}", "{who} is admin of {group}"),
    "join-team": _plain("join", "joined", "the Miro team {group}", "in the Miro team {group}"),
    "leave-team": _plain("leave", "left", "the Miro team {group}", "not in the Miro team {group}"),
    "create-team": _plain("create", "created", "the Miro team {name}", "the Miro team {name} is there"),
    "join": _plain("join", "joined", "{group}", "in {group}"),
    "leave": _plain("leave", "left", "{group}", "not in {group}"),
    "leave-boards": _plain("leave", "left", "{group}", "not in {group}", "", _REFUSED),
    "rename": _plain("change", "changed", *_RENAME),
    "create-group": _plain("create", "created", "the group {name}", "the group {name} is there"),
    "delete-group": _plain("delete", "deleted", "the group {group}", "the group {group} isn't there"),
    "grant": _grant,
    "take": _plain("remove", "removed", "{rights}", "not {rights}"),
    "take-all": _plain("remove", "removed", "every admin role", "no admin role in use"),
    "demote": _demote,
    "stay": _stay,
    **{code: _alone(text) for code, text in _SUMS.items()},
}
"""{code: texts of a change}; records hold these codes, so never change their meaning."""

ADMIN_FIRST = "admin-first"
HAZARDS = {
    ADMIN_FIRST: "Nobody else is Company Admin. Make somebody else Company Admin first: /miro-admin.",
    "license": "It may use a Miro license.",
    "reactivates": "Joining also reactivates the account. It may use a Miro license.",
    "rights-back": "{rights} rights come back with it.",
    "final": "{who}'s boards go to a team admin for good.",
    "closes": "{who} loses what only {group} gives access to.",
    "only-team": "{who} may have no other team then. Miro may remove people without a team, so operators "
    "decide how it ends.",
    "boards-pass": "{who}'s boards there go to a team admin for good.",
    "new-address": "{who} signs in with it from now on. Miro writes to both addresses.",
    "paid": "It takes a paid license. Only Miro's own settings can lower it again.",
    "group-final": "It can't be restored.",
    "group-members": "Members now: {members}. They lose what only {group} gives access to, including teams.",
    "only-team-admin": "{who} alone is admin of {teams}. Miro may refuse this until that is handed on.",
    "new-account": "Miro has a new account for this address.",
    "alike": "Another group looks like {group}. This one has the id {id}.",
    "managed": "It is in {groups}, managed elsewhere: that directory may bring the account back.",
    "vanished": "Miro had an account for this person: it was deleted, or is a guest's. Check there first.",
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
