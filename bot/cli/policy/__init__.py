"""The policy, from a shell: writing one, checking it, and thinking an ask through."""
