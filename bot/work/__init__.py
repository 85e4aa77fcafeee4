"""From an ask to done: look at Miro, ask the approvers, carry out, verify, end on time; never calls Slack."""
