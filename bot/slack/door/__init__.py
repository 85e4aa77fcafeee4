"""Receives Slack's requests over HTTP or Socket Mode, checks them and passes them to the listeners."""
