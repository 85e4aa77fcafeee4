"""The record, its file and its workers."""
