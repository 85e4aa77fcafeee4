"""A stand-in for Slack: people who act, messages and views, and the limits Slack sets."""
