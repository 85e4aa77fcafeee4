"""What SQLite files requests under, in records from before there was a place for it."""

from datetime import timedelta

from approvals.ids import PersonId
from approvals.sqlite import SqliteStore
from approvals.states import What
from tests.approvals.scene import START, asked, draft, met, planned
from tests.approvals.tamper import by_hand

ADA, BO = PersonId("P-1"), PersonId("P-2")
BACK = """
DROP TABLE found_by; DROP TABLE homes; DROP TABLE user_groups; DROP TABLE user_groups_seen;
DROP TABLE managers; DROP TABLE delegations; DROP TABLE admins; DROP INDEX requests_due;
CREATE INDEX requests_waiting ON requests (next_due) WHERE state = 'waiting';
ALTER TABLE requests DROP COLUMN expires_at;
DELETE FROM _sqlite_migrations WHERE name = 'relations'; UPDATE meta SET value = '1';
"""


def test_a_record_from_before_is_filed_when_it_is_opened(record: SqliteStore) -> None:
    met(record)
    waiting = record.ask(asked(ADA))
    record.append(waiting, [planned(START + timedelta(days=1), approvers=[BO])])
    denied = record.ask(asked(ADA))
    record.append(denied, [planned(START, approvers=[BO]), draft(What.DENIED, START, BO)])
    record.close()
    with by_hand(record.path) as connection:
        connection.executescript(BACK)
    again = SqliteStore(record.path, lambda: START)
    try:
        assert again.verify().faults == ()
        assert [one.id for one in again.finding.seen_by(BO, ()).waiting(9)] == [waiting.id]
    finally:
        again.close()
