"""Whole ways of requests: a Slack payload in; Miro, cards and record out."""
