"""The bot, file by file and from end to end."""
