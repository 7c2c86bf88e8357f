"""Wheels: from a source to a checked wheel file."""
