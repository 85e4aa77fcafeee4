"""Faults put into the code by hand: `python -m tests.mutations` says which of them the tests find."""
