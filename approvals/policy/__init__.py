"""policy.toml: what it may say, whether it can be used, and how it reads for one ask; pure."""
