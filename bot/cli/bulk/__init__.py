"""Bulks in a shell: send a list, follow it, pause or stop it, and take its result."""
