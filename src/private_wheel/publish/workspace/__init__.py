"""The workspace route: the workspace's own storage."""
