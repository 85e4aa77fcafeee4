"""Why provisioning stops: in Miro's own words where there are any, with what an operator does about it."""

ONLY_WHAT_IS_LEFT = "then press Resume. I'll do only what's left."

REMEDIES = (
    # By Miro's README that is said of the last admin of a team as well.
    ("any account in organization", "Make somebody else Company Admin, and admin of that team, in Miro"),
    ("at least one admin", "Make somebody else admin of that team in Miro"),
    ("limit reached", "Free a license in Miro, or buy one"),
    ("not whitelisted", "Allow this domain in Miro's company settings"),
    ("not unique", "Look in Miro whether the person is a guest or belongs to another organization"),
    ("no valid resources", "Look whether the person and the team are still in Miro"),
    ("no resource", "Look whether the person and the team are still in Miro"),
    ("inactive", "Reactivate the account in Miro"),
    ("last admin", "Make somebody else Company Admin"),
)
"""A word of Miro's refusal, and what helps. Some refusals can't be foreseen through SCIM."""


class Stopped(Exception):
    """It can't go on by itself. `remedy` is what an operator does before pressing Resume."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.text, self.remedy = text, remedy


def unknown_action(name: object) -> Stopped:
    """Another version of the program asked for it."""
    return Stopped(f"I don't know the action {name}.", "Install the version that asked for it")


def refused(words: str) -> Stopped:
    """Miro said no."""
    helps = next((text for part, text in REMEDIES if part in words.casefold()), "Look into it in Miro")
    return Stopped(f'Miro said: "{words}"', f"{helps}, {ONLY_WHAT_IS_LEFT}")


def never_answered(what: str, tries: int, heard: str) -> Stopped:
    """One call was sent as often as it may be, and each time nobody learned what came of it.

    `what`: a goal's aim; `heard`: a sentence about the last answer, with its space, or ''.
    """
    text = f"{heard}I tried {tries} times to {what} and never learned whether it worked."
    return Stopped(text, f"Look in Miro whether it is so; {ONLY_WHAT_IS_LEFT}")


def never_shown(what: str) -> Stopped:
    """Miro accepted a call, and looks don't show what it was to bring about."""
    text = f"Miro accepted my call to {what}, but doesn't show it."
    return Stopped(text, f"Look in Miro whether it is so; {ONLY_WHAT_IS_LEFT}")


def begun(gone: str) -> Stopped:
    """Somebody has left. What began can't be withdrawn any more: an operator decides."""
    return Stopped(
        f"{gone}, after it had begun.", "Press Leave as It Is, unless it is to be done all the same"
    )


def as_part(sentence: str) -> str:
    """A line of an older plan as a part of a sentence; today's plans say it themselves."""
    head = sentence.partition(". ")[0].partition(": ")[0].rstrip(".")
    return head[:1].lower() + head[1:]
