"""What is true only if it stays true a thousand times: workers killed at any step, many at a time."""
