"""Keeps fresh what the local tables know of Slack's people and of Miro."""
