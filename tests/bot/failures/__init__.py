"""One test for each known way in which asking and deciding in a chat goes wrong, found by its name."""
