"""How calls to Slack and Miro leave this machine: lines, deadlines, Retry-After."""
