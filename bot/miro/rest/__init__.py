"""Miro's REST API: what SCIM can't do or show. Optional; closing an account never depends on it."""
