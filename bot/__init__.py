"""The Slack bot: forms, cards, the work in Miro; the rules of approval are in `approvals`."""
