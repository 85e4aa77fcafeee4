"""Bulks: many lines in one request, checked, decided and carried out together; each line is a request."""
