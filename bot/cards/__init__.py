"""Slack messages and views, drawn from the state of requests; pure."""
