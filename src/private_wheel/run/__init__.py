"""A run, from the preparation to the summary."""
