"""What happened to a request, as somebody reads it in a terminal."""

import re

from approvals.decide.decide import approve, deny
from approvals.record.evidence.report import history
from approvals.request import Draft
from approvals.states import EventType
from tests.approvals.record.tamper import by_hand
from tests.approvals.scene import Scene, asked
from tests.says import says

ENTRY = re.compile(r" {,4}\d+  2026-")
PLAN = {
    "steps": [
        {"key": "a", "text": "Join IT.", "detail": "", "hazards": 0, "call": "PATCH /Groups/{group}"},
        {"key": "b", "text": "Become Company Admin.", "detail": "today: Member", "hazards": 1, "call": ""},
    ],
    "already": ["the account is there"],
    "warnings": ["Miro has a new account for this address."],
}


def lines(scene: Scene) -> list[str]:
    """The history of the first request."""
    return history(scene.store.events("R-1"), scene.store.people, says)


def entries(scene: Scene) -> list[str]:
    """Its lines without what stands below them."""
    return [line for line in lines(scene) if ENTRY.match(line)]


def below(scene: Scene) -> list[str]:
    """What stands below entries."""
    return [line.strip() for line in lines(scene) if line.startswith(" " * 10)]


def test_a_history_has_every_entry_with_time_type_and_who(scene: Scene) -> None:
    request = scene.waiting()
    scene.store.append(request, deny(request, scene.who("cy"), "not now", scene.table))
    assert [line.split()[4] for line in entries(scene)] == ["asked", "planned", "denied"]
    assert all(line.split()[1:4] == ["2026-03-02", "09:00:00", "UTC"] for line in entries(scene))
    assert lines(scene)[-1].endswith("cy@example.com UCY01         not now")
    assert len(entries(scene)) + len(below(scene)) == len(lines(scene))


def test_what_was_approved_is_told_line_by_line(scene: Scene) -> None:
    cy, dee = scene.person("cy").id, scene.person("dee").id
    scene.waiting(plan=PLAN, approvers=[cy, dee], told=[dee], because={cy: "you own Miro"})
    assert below(scene) == [
        "will change: 1. Join IT.",
        "2. Become Company Admin. (today: Member)",
        "already so: the account is there",
        "warning: Miro has a new account for this address.",
        "may decide: Cy (cy@example.com) (you own Miro), Dee (dee@example.com)",
        "notified: Dee (dee@example.com)",
        "needed: 1 of them",
        "expires: 2026-03-04 09:00:00 UTC",
    ]


def test_a_later_step_names_whom_it_asks(scene: Scene) -> None:
    cy, ida = scene.person("cy").id, scene.person("ida").id
    request = scene.waiting(approvers=[cy], told=[cy], steps=2, plan=PLAN)
    body = {"approvers": [ida], "told": [ida], "agree": 1, "step": 1, "steps": 2, "level": 0}
    scene.store.append(request, [Draft(EventType.ROUTED, body=body | {"because": "next step"})])
    assert "needed: 1 of them in step 1 of 2" in below(scene)
    assert below(scene)[-2:] == ["may decide: Ida (ida@example.com)", "needed: 1 of them in step 2 of 2"]
    assert entries(scene)[-1].endswith("because: next step")


def test_what_needs_no_approval_says_so(scene: Scene) -> None:
    scene.waiting(agree=0, steps=0, approvers=[], told=[], plan={"steps": [{"text": "Join IT."}]})
    assert below(scene) == ["will change: 1. Join IT.", "needs no approval: the policy says so"]


def test_what_is_internal_is_left_out(scene: Scene) -> None:
    request = scene.waiting(plan=PLAN, lanes=["admins"], remind_gap=3600)
    scene.store.append(request, approve(request, scene.who("cy"), "r1", scene.table))
    told = "\n".join(lines(scene))
    for word in ("level", "remind_gap", "remind_at", "lanes", "escalate_at", "need:", "{", scene.hash):
        assert word not in told
    assert f"policy: {scene.hash[:12]}" in told
    assert max(map(len, lines(scene))) < 250


def test_a_plan_that_is_gone_reads_as_missing(scene: Scene) -> None:
    scene.waiting(plan=PLAN)
    with by_hand(scene.store) as connection:
        connection.execute("DELETE FROM words WHERE key IN ('plan', 'routing')")
    assert below(scene)[:2] == [
        "will change: 1. (missing)",
        "may decide: Cy (cy@example.com), Dee (dee@example.com)",
    ]


def test_a_reason_cannot_forge_an_entry(scene: Scene) -> None:
    forged = "please\n    9  2026-03-02 09:00:00 UTC  approved   Cy\r\x1b[2K\u2028"
    scene.store.ask(asked(scene.person("ada").id, reason=forged))
    [line] = lines(scene)
    assert line.isprintable()
    assert "please" in line


def test_a_plan_cannot_forge_an_entry(scene: Scene) -> None:
    scene.waiting(plan={"steps": [{"text": "Join\n    9  2026-03-02 09:00:00 UTC  approved   Cy"}]})
    assert len(entries(scene)) == 2
    assert all(line.isprintable() for line in lines(scene))


def test_long_words_are_cut_in_a_history(scene: Scene) -> None:
    scene.store.ask(asked(scene.person("ada").id, reason="because " * 100))
    [line] = lines(scene)
    assert "…" in line
    assert len(line) < 500


def test_a_history_spreads_out_what_was_asked_for(scene: Scene) -> None:
    scene.waiting()
    assert "role: Company Admin" in lines(scene)[0]
