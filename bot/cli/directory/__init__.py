"""Directories from a shell."""
