"""The command line, right and wrong."""
