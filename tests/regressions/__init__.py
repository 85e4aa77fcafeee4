"""Faults that were seen in a run of the program, and others of their kind; each failed before its cure."""
