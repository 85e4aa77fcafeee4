"""Stand-ins for Miro and Slack, imported by the demo and the tests alone."""
