"""Who may ask and who may decide: everybody else reads why not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.decide import decide
from approvals.decide.actor import Actor, check_standing, is_operator
from approvals.ids import SlackId
from approvals.people import Account, Standing
from approvals.policy.check import load
from approvals.refusals import Refused, UnknownManager
from approvals.request import Request
from approvals.states import EventType
from tests.approvals.scene import ACTIONS, POLICY, START, Scene, mail
from tests.says import says

OWNERS = 'people = ["cy@example.com", "dee@example.com"]'
OUTSIDERS = {
    Standing.GUEST: "Guests can't request or decide here. Ask a colleague with a full Slack account.",
    Standing.STRANGER: "You belong to another organization, so I can't accept this from you.",
    Standing.BOT: "Bots can't request or decide here.",
    Standing.LEFT: "This Slack account is deactivated, so it can't request or decide.",
}
UNCHECKED = "I haven't been able to check your Slack account today, so nothing was done."


def refused(scene: Scene, request: Request, actor: Actor, confidential: bool = False) -> str:
    """What somebody reads who may neither approve nor deny."""
    told = []
    for act, word in ((decide.approve, "r1"), (decide.deny, "not now")):
        with pytest.raises(Refused) as error:
            act(request, actor, word, replace(scene.table, is_confidential=confidential))
        told.append(str(error.value))
    assert told[0] == told[1]
    return told[0]


def decides(scene: Scene, request: Request, actor: Actor) -> bool:
    """Whether somebody may both approve and deny."""
    approved = decide.approve(request, actor, "r1", scene.table)
    denied = decide.deny(request, actor, "not now", scene.table)
    return approved[0].type == EventType.VOTED and denied[0].type == EventType.DENIED


def test_who_asked_for_the_same_reads_that_somebody_else_decides(scene: Scene) -> None:
    request = scene.waiting()
    table = replace(scene.table, followers=(scene.person("cy").id,))
    with pytest.raises(Refused, match="You requested the same"):
        decide.approve(request, scene.who("cy"), "r1", table)
    assert decide.approve(request, scene.who("dee"), "r1", table)


# -- the account -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", sorted(OUTSIDERS))
def test_outsiders_neither_ask_nor_decide(scene: Scene, standing: Standing) -> None:
    request = scene.waiting()
    scene.looked_at("cy", standing)
    assert refused(scene, request, scene.who("cy")) == OUTSIDERS[standing]
    with pytest.raises(Refused) as told:
        check_standing(scene.who("cy"), scene.clock.now())
    assert str(told.value) == OUTSIDERS[standing]


def test_an_account_never_looked_at_decides_nothing(scene: Scene) -> None:
    cy = scene.person("cy")
    never = Actor(cy, Account(SlackId("UCY01")))
    assert refused(scene, scene.waiting(), never).startswith(UNCHECKED)
    unsure = Actor(cy, Account(SlackId("UCY01"), Standing.UNKNOWN, START))
    assert refused(scene, scene.waiting(), unsure).startswith(UNCHECKED)


@pytest.mark.parametrize(("hours", "may"), [(0, True), (24, True), (25, False), (240, False)])
def test_what_was_seen_of_an_account_counts_for_a_day(scene: Scene, hours: int, may: bool) -> None:
    request = scene.waiting()
    scene.looked_at("cy", Standing.COLLEAGUE, timedelta(hours=hours))
    if may:
        assert decides(scene, request, scene.who("cy"))
    else:
        assert refused(scene, request, scene.who("cy")).startswith(UNCHECKED)


def test_the_account_that_clicks_is_the_one_that_counts(scene: Scene) -> None:
    request = scene.waiting()
    scene.second_account("cy", "UCY02", Standing.GUEST)
    assert refused(scene, request, scene.through("UCY02")) == OUTSIDERS[Standing.GUEST]
    assert decides(scene, request, scene.through("UCY01"))


# -- the person --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cy", "dee"])
def test_whom_the_policy_names_decides(scene: Scene, name: str) -> None:
    assert decides(scene, scene.waiting(), scene.who(name))


@pytest.mark.parametrize("name", ["bo", "ida"])
def test_whom_the_policy_does_not_name_reads_who_can(scene: Scene, name: str) -> None:
    told = refused(scene, scene.waiting(), scene.who(name))
    assert told == "Only Cy (cy@example.com) or Dee (dee@example.com) can decide R-1. Nothing has changed."


def test_a_confidential_request_names_nobody(scene: Scene) -> None:
    told = refused(scene, scene.waiting(), scene.who("bo"), confidential=True)
    assert told == "Only the people I asked can decide R-1. Nothing has changed."


@pytest.fixture
def everybody(scene: Scene) -> Scene:
    """A policy whose owners are everybody, requester and subject too."""
    everyone = ", ".join(f'"{mail(name)}"' for name in ("ada", "cy", "dee", "eve", "ida"))
    scene.changed(OWNERS, f'people = [{everyone}, "UADA02"]')
    return scene


def test_nobody_decides_their_own_request(everybody: Scene) -> None:
    told = refused(everybody, everybody.waiting(), everybody.who("ada"))
    assert told == "You requested this, so someone else has to decide."


def test_a_second_account_decides_no_own_request(everybody: Scene) -> None:
    request = everybody.waiting()
    everybody.second_account("ada", "UADA02")
    told = refused(everybody, request, everybody.through("UADA02"))
    assert told == "You requested this, so someone else has to decide."


def test_a_new_address_decides_no_own_request(everybody: Scene) -> None:
    everybody.store.people.meet(email="ada.lane@example.com")
    request = everybody.waiting()
    seen = Account(SlackId("UADA01"), Standing.COLLEAGUE, START)
    everybody.store.people.saw(seen, "ada.lane@example.com")
    told = refused(everybody, request, everybody.through("UADA01"))
    assert told == "You requested this, so someone else has to decide."


def test_nobody_decides_about_themselves(everybody: Scene) -> None:
    told = refused(everybody, everybody.waiting(), everybody.who("eve"))
    assert told == "This is about you, so someone else has to decide."


def test_an_operator_decides_where_the_policy_says_so(everybody: Scene) -> None:
    assert decides(everybody, everybody.waiting(), everybody.who("ida"))


# -- a shell -----------------------------------------------------------------------------------------------


def test_a_shell_decides_only_with_the_policys_leave(scene: Scene) -> None:
    request, actor = scene.waiting(), scene.who("cy", "cy at laptop")
    told = refused(scene, request, actor)
    assert (
        told
        == "The policy doesn't allow decisions on the command line (command_line_decides). Decide in Slack."
    )
    scene.changed("command_line_decides = false", "command_line_decides = true")
    assert decides(scene, request, actor)


def test_a_decision_in_a_shell_is_signed_as_such(scene: Scene) -> None:
    scene.changed("command_line_decides = false", "command_line_decides = true")
    request = scene.waiting()
    drafts = decide.approve(request, scene.who("cy", "cy at laptop"), "r1", scene.table)
    assert drafts[0].words == {"who": "cy@example.com", "shell": "cy at laptop"}
    assert scene.store.append(request, drafts).asking.votes[0].shell == "cy at laptop"


@pytest.mark.parametrize("name", ["ada", "eve", "bo", "ida"])
def test_a_shell_gives_nobody_more_rights(scene: Scene, name: str) -> None:
    scene.changed("command_line_decides = false", "command_line_decides = true")
    assert refused(scene, scene.waiting(), scene.who(name, f"{name} at laptop"))


# -- what changed since ------------------------------------------------------------------------------------


def test_the_policy_in_force_says_who_decides(scene: Scene) -> None:
    request = scene.waiting()
    scene.changed(OWNERS, 'people = ["dee@example.com", "bo@example.com"]')
    told = refused(scene, request, scene.who("cy"))
    assert told == "Only Dee (dee@example.com) or Bo (bo@example.com) can decide R-1. Nothing has changed."
    assert decides(scene, request, scene.who("dee")) and decides(scene, request, scene.who("bo"))


def test_a_rule_that_is_gone_lets_nobody_decide(scene: Scene) -> None:
    request = scene.waiting()
    scene.in_force = scene.in_force.model_copy(update={"actions": {}})
    told = refused(scene, request, scene.who("cy"))
    assert told == "Nobody can decide R-1 anymore: the policy or its people changed. Ask your IT team."


def test_what_has_ended_is_not_said_to_wait_for_a_policy(scene: Scene) -> None:
    request = scene.now(scene.waiting("offboard", approvers=[], told=[]), EventType.WITHDRAWN)
    told = refused(scene, request, scene.who("bo"), confidential=True)
    assert told == "R-1 isn't open for a decision. Nothing has changed."


def test_an_approver_who_left_is_no_approver(scene: Scene) -> None:
    request = scene.waiting()
    scene.looked_at("cy", Standing.LEFT)
    told = refused(scene, request, scene.who("bo"))
    assert told == "Only Dee (dee@example.com) can decide R-1. Nothing has changed."
    assert decides(scene, request, scene.who("dee"))


def test_too_few_approvers_left_can_say_no_and_not_yes(scene: Scene) -> None:
    request = scene.waiting("offboard", agree=2)
    scene.looked_at("cy", Standing.LEFT)
    types = [one.type for one in decide.approve(request, scene.who("dee"), "r1", scene.table)]
    assert EventType.APPROVED not in types
    assert [one.type for one in decide.deny(request, scene.who("dee"), "no", scene.table)] == [
        EventType.DENIED
    ]


# -- who is asked ------------------------------------------------------------------------------------------


def asked(scene: Scene, action: str, requester: str = "ada", subject: str = "") -> list[tuple[str, str]]:
    """Who is asked, and why."""
    ground = scene.ground(action, requester, subject)
    ground.check_fillable()
    return [(one.person.name, says(one.because)) for one in ground.seats(ground.rule.ladder[0])]


def nobody(scene: Scene, action: str, requester: str = "ada", subject: str = "") -> str:
    """Why nobody can be asked."""
    with pytest.raises(Refused) as told:
        asked(scene, action, requester, subject)
    return str(told.value)


def test_a_group_is_asked_for_its_reason(scene: Scene) -> None:
    assert asked(scene, "make-admin") == [("Cy", "you own Miro"), ("Dee", "you own Miro")]


def test_the_manager_stands_in_the_policys_table(scene: Scene) -> None:
    assert asked(scene, "request-access") == [("Bo", "you manage Ada")]
    assert asked(scene, "request-access", "eve", "ada") == [("Bo", "you manage Ada")]


def test_nobody_is_asked_about_who_has_no_manager(scene: Scene) -> None:
    told = (
        "Nobody can decide this: 1 must approve, and only 0 can. "
        "Ask your IT team to add an approver to the policy."
    )
    assert nobody(scene, "request-access", "eve") == told


def test_a_manager_who_asks_is_not_asked(scene: Scene) -> None:
    assert nobody(scene, "request-access", "bo", "ada").startswith("Nobody can decide this")


def test_a_manager_concerned_is_not_asked(scene: Scene) -> None:
    bo = scene.person("bo").id  # no policy may say so, but a profile in Slack may
    scene.store.people.keep_manager(bo, bo, scene.clock.now())
    assert nobody(scene, "request-access", "ada", "bo").startswith("Nobody can decide this")


def test_requester_and_subject_are_never_asked(everybody: Scene) -> None:
    everybody.second_account("ada", "UADA02")
    assert [name for name, _ in asked(everybody, "make-admin", "ada", "eve")] == ["Cy", "Dee", "Ida"]


def test_nobody_is_asked_twice(scene: Scene) -> None:
    scene.changed(
        'approvers = ["owners"]\nexpires', 'approvers = ["owners", "CY@example.com", "UDEE01"]\nexpires'
    )
    assert [name for name, _ in asked(scene, "make-admin")] == ["Cy", "Dee"]


@pytest.mark.parametrize("standing", sorted({*OUTSIDERS, Standing.UNKNOWN}))
def test_only_colleagues_are_asked(scene: Scene, standing: Standing) -> None:
    scene.looked_at("cy", standing)
    assert asked(scene, "make-admin") == [("Dee", "you own Miro")]


def test_unknown_people_are_not_asked(scene: Scene) -> None:
    scene.changed(OWNERS, 'people = ["zoe@example.com", "U0000009", "dee@example.com"]')
    assert asked(scene, "make-admin") == [("Dee", "you own Miro")]


def test_without_a_rule_nobody_can_be_asked(scene: Scene) -> None:
    told = nobody(scene, "rename-group")
    assert told == UNRULED


# -- who may ask -------------------------------------------------------------------------------------------

SELF = "You can request this for yourself. For {name}, ask them or your IT team."
NOT_YOU = "You can't request this. Ask your manager or your IT team to request it for you."
UNRULED = "rename-group isn't available here. Ask your IT team to add it to the policy."
ASKING = [
    ("make-admin", "eve", "", None),
    ("make-admin", "eve", "eve", None),
    ("make-admin", "eve", "ada", SELF),
    ("make-admin", "ida", "ada", None),
    ("request-access", "ida", "ada", SELF),
    ("offboard", "eve", "ada", NOT_YOU),
    ("offboard", "ida", "ada", None),
    ("offboard", "ida", "ida", NOT_YOU),
    ("offboard", "ida", "", NOT_YOU),
    ("rename-group", "ida", "", UNRULED),
]


@pytest.mark.parametrize(("action", "name", "subject", "told"), ASKING)
def test_the_policy_says_who_may_ask(
    scene: Scene, action: str, name: str, subject: str, told: str | None
) -> None:
    refusal = None
    try:
        scene.ground(action, name, subject).may_ask()
    except Refused as error:
        refusal = str(error)
    assert refusal == (told and told.format(name="Ada (ada@example.com)"))


MANAGERS = POLICY.replace('approvers = ["manager"]', 'for_others = ["manager"]\napprovers = ["it"]')
ONLY_SELF = "You can request this for yourself."
ASK_BO = f"{ONLY_SELF} For Ada (ada@example.com), ask their manager, Bo (bo@example.com)."
ASK_EVE = f"{ONLY_SELF} For Eve (eve@example.com), ask them or your IT team."


@pytest.mark.parametrize(
    ("name", "subject", "told"),
    [("bo", "ada", ""), ("eve", "ada", ASK_BO), ("bo", "eve", ASK_EVE), ("ada", "ada", "")],
)
def test_a_manager_asks_for_their_reports(scene: Scene, name: str, subject: str, told: str) -> None:
    scene.put_in_force(MANAGERS)
    refusal = ""
    try:
        scene.ground("request-access", name, subject).may_ask()
    except Refused as error:
        refusal = str(error)
    assert refusal == told


def test_whether_somebody_manages_is_open_until_slack_was_asked(scene: Scene) -> None:
    text = f"manager_from_miro = true\n{MANAGERS}"
    scene.put_in_force(text)
    with pytest.raises(UnknownManager, match=r"I don't know who manages Eve \(eve@example.com\)"):
        scene.ground("request-access", "cy", "eve").may_ask()
    scene.store.people.keep_manager(scene.person("eve").id, scene.person("cy").id, scene.clock.now())
    scene.ground("request-access", "cy", "eve").may_ask()


@pytest.mark.parametrize("entry", ["it", "IDA@Example.com", "UIDA01"])
def test_people_are_named_by_group_address_or_account(scene: Scene, entry: str) -> None:
    ground = scene.ground("make-admin")
    assert ground.includes([entry], scene.person("ida"))
    assert not ground.includes([entry], scene.person("eve"))


def test_an_empty_address_is_nobodys_name(scene: Scene) -> None:
    nameless = replace(scene.person("ida"), email="", accounts=())
    assert not scene.ground("make-admin").includes(["it", ""], nameless)


def test_operators_are_those_the_policy_names(scene: Scene) -> None:
    assert is_operator(scene.in_force, scene.person("ida"))
    assert not is_operator(scene.in_force, scene.person("cy"))


def test_a_policy_without_rules_lets_nobody_do_anything(scene: Scene) -> None:
    empty = load(POLICY.partition("[actions.")[0], ACTIONS)
    for action in ACTIONS:
        with pytest.raises(Refused):
            replace(scene.ground(action, "ida"), policy=empty).may_ask()
        with pytest.raises(Refused):
            replace(scene.ground(action), policy=empty).unfillable()
