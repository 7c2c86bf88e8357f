"""Blob storage: Azurite, and the gate that refuses what Azure refuses."""
