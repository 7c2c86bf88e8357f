"""The inputs: their table, and how they are read and checked."""
