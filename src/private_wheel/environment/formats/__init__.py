"""The environment files: one writer for each format."""
