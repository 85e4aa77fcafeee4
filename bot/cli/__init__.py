"""The command line `miro-bot`: what it can do, by subject."""
