"""Reads messages: plain words become a draft of a form; nothing here ever acts."""
