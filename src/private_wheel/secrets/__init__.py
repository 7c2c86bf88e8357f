"""Secrets: keeping, recognising and masking them, and withholding them from child processes."""
