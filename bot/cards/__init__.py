"""What people see in Slack, drawn from the state of requests; pure."""
