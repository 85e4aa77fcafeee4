"""Everything people see and click in Slack; never calls Miro."""
