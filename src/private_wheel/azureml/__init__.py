"""What a workspace itself has: its connections and its environments."""
