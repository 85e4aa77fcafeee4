"""Calls to Slack's Web API: rate limits, errors, and look-ups of people."""
