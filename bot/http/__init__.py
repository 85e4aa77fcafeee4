"""HTTP to Slack and Miro: connections, deadlines, Retry-After."""
