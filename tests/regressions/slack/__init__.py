"""What Slack sends and answers."""
