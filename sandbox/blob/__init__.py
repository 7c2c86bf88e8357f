"""Blob storage: Azurite, behind a gate that refuses what Azure refuses."""
