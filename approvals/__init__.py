"""Who must say yes to a request, what has been said, and the record of it; knows nothing of Slack or Miro."""
