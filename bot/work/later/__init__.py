"""What comes later than a request: its end, a deletion, and what somebody has to do before."""
