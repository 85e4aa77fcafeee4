"""Tests of the actions: what each asks, says and does, and the contract that all of them keep."""
