"""Secrets: how they are held, recognised, masked, and kept from child processes."""
