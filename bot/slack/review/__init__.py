"""Access reviews in Slack: what owners read, and what they press."""
