"""Azure Artifacts: feeds, their access and their answers."""
