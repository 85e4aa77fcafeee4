"""The real bot process, `python -m bot run`, between stand-ins for Slack and Miro."""
