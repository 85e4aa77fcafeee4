"""What SQLite files requests under, in records from before there was a place for it."""

import json
from dataclasses import replace
from datetime import timedelta

from approvals.ids import PersonId
from approvals.record.store import Store
from approvals.states import EventType
from tests.approvals.record.older import as_layout
from tests.approvals.record.tamper import by_hand
from tests.approvals.scene import START, asked, draft, met, planned

ADA, BO = PersonId("P-1"), PersonId("P-2")


def test_a_record_from_before_is_filed_when_it_is_opened(record: Store) -> None:
    met(record)
    waiting = record.ask(asked(ADA))
    record.append(waiting, [planned(START + timedelta(days=1), approvers=[BO])])
    denied = record.ask(asked(ADA))
    record.append(denied, [planned(START, approvers=[BO]), draft(EventType.DENIED, START, BO)])
    record.close()
    as_layout(record.path, 1)
    again = Store(record.path, lambda: START)
    try:
        assert again.verify().faults == ()
        assert [one.id for one in again.finding.seen_by(BO, ()).waiting(9)] == [waiting.id]
    finally:
        again.close()


def test_what_was_filed_without_the_teams_that_are_left_is_filed_anew(record: Store) -> None:
    met(record)
    case = json.dumps({"teams": [], "facts": {}, "left": [["Design", "g_design"]]})
    request = record.ask(replace(asked(ADA), words={**asked(ADA).words, "case": case}))
    record.append(request, [planned(START + timedelta(days=1), approvers=[BO])])
    record.close()
    with by_hand(record.path) as connection:
        connection.execute("DELETE FROM found_by WHERE key LIKE 'team:%'")
    as_layout(record.path, 2)
    again = Store(record.path, lambda: START)
    try:
        assert again.verify().faults == ()
        assert [one.id for one in again.finding.seen_by(ADA, ()).mine(9).requests] == [request.id]
        assert again.finding.seen_by(PersonId("P-3"), ()).teams(["Design"], 9).total == 1
    finally:
        again.close()
