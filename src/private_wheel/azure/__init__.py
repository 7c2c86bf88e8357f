"""Azure's side: its clouds, its sign-in, and ARM."""
