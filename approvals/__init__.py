"""Who must approve a request, what was decided, and its record; independent of Slack and Miro."""
