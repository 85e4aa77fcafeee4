"""Policies: read, checked, and what they mean for an ask."""
