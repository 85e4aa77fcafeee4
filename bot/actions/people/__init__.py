"""Actions that change one person: access, teams, rights, the account."""
