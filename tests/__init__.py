"""Tests that read like minutes of a meeting."""
