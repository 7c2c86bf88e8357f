"""The feed route: a package index with the legacy upload API."""
