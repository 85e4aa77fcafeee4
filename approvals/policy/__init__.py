"""policy.toml: its format, its checks, and how it applies to one request; pure."""
