"""Deciding, voting and what time brings about."""
