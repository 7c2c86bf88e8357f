"""Azure: its clouds, its sign-in, its answers, and ARM."""
