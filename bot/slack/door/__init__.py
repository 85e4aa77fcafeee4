"""How Slack's calls reach the listeners: over HTTP and Socket Mode, signed and well-formed."""
