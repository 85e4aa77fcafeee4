"""Tests of how the bot looks at Miro, what it plans there, and how it talks to it."""
