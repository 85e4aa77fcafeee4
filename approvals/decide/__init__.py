"""Who may decide a request now, and what each decision and the time that passes bring about; pure."""
