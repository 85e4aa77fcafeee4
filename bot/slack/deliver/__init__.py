"""Delivers the outbox to Slack: cards, notes and App Home, until each shows the newest state."""
