"""A module with a data file beside it."""
