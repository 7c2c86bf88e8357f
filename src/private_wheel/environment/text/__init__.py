"""Environment files as text: read with their positions, changed, and written."""
