"""What is sent to Slack and read from it, room by room."""
