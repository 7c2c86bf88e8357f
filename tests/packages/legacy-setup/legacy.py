"""A project without pyproject.toml."""
