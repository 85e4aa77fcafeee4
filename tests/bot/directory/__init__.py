"""What identity providers push: stored as they say it, answered as SCIM has it."""
