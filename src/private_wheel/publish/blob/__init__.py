"""The blob route: a private container."""
