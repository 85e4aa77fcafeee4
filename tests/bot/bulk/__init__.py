"""Bulks: read, checked, decided once, carried out line by line."""
