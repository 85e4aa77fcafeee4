"""The stand-ins keep to the rules they stand for."""
