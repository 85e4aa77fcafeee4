"""Who may decide a request now, and the events of decisions and time limits; pure."""
