"""Built by another backend."""
