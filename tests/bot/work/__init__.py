"""The worker: looking, asking, carrying out, and what time brings about."""
