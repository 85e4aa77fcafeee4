"""Who must say yes, and what has been said."""
