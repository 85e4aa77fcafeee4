"""Checks whether Slack granted the manifest's scopes: a missing one shows only when it is used."""

from approvals.policy.entries import Source
from approvals.policy.model import Policy
from bot.slack.api.edge import SlackClient, SlackFault
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES

REMEDY = (
    "Add it at api.slack.com/apps under OAuth & Permissions, Bot Token Scopes (manifest.yml lists all), "
    "then reinstall the app."
)


def granted(client: SlackClient) -> frozenset[str] | None:
    """The scopes of the token, from the header `x-oauth-scopes` of Slack's answers.

    None if there is no such header (https://docs.slack.dev/authentication/installing-with-oauth).
    """
    try:
        headers = client.auth_test().headers
    except SlackFault:
        return None
    named = next((text for name, text in headers.items() if name.lower() == "x-oauth-scopes"), None)
    if named is None:
        return None
    return frozenset(scope for word in named.split(",") if (scope := word.strip()))


def lacking(scopes: frozenset[str] | None, policy: Policy | None) -> tuple[list[str], list[str]]:
    """(missing scopes that the bot needs, optional ones worth a note), as parts of sentences."""
    if scopes is None:
        return [], ["Slack didn't list the token's scopes, so they aren't checked"]
    needed = _needed_by(policy) if policy else {}
    missing = [f"{scope} is missing ({why})" for scope, why in SCOPES.items() if scope not in scopes]
    missing += [f"{scope} is missing ({why})" for scope, why in needed.items() if scope not in scopes]
    spare = [scope for scope in OPTIONAL_SCOPES if scope not in scopes and scope not in needed]
    return missing, [f"{scope} isn't granted; only {OPTIONAL_SCOPES[scope]} needs it" for scope in spare]


def _needed_by(policy: Policy) -> dict[str, str]:
    """{optional scope that a policy needs: reason}."""
    needed = {}
    if groups := sorted(policy.named(Source.USER_GROUP)):
        needed["usergroups:read"] = f"the policy names {', '.join(groups)}"
    if policy.manager_field:
        needed["users.profile:read"] = f"the policy reads managers from the field {policy.manager_field}"
    return needed
