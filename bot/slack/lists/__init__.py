"""Lists of changes in Slack: pasted into a form, and read by pages."""
