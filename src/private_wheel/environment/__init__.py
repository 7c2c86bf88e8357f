"""The environment files: one model, one writer a format."""
