"""The policy, from a shell: write it, check it, and see what it would do with a request."""
