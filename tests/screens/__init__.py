"""Pictures of everything people see in Slack, taken in local-slack's page with a headless Chromium."""
