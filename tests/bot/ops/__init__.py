"""How the bot is doing: metrics for Prometheus."""
