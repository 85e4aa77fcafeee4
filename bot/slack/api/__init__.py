"""Calls to Slack's Web API: paced, judged, and what they say of people."""
