"""Measures what the bot promises; `python -m tests.bench` prints a table of it."""
