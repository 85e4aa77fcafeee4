"""The Slack bot: asks, shows, carries out and tells; who may decide lives in `approvals`."""
