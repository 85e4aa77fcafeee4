"""Actions that change one group itself, not its members."""
