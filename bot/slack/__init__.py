"""What people see and press in Slack; never calls Miro."""
