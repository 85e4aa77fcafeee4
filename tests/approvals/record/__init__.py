"""The record, over every database it can be kept in."""
