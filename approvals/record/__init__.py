"""The record: requests, people, the ledger and the outbox, changed in one transaction."""
