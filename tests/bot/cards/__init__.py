"""Cards, drawn and read."""
