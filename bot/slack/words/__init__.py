"""Plain words to a draft of a form; nothing here ever acts."""
