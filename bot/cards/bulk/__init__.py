"""Cards of a bulk: how far it is, and its lines by pages; pure."""
