"""Miro compared with what the record says should hold."""
