"""Directories (identity providers) that push people and groups to the bot by SCIM."""
