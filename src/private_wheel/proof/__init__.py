"""The proof that an environment resolves and installs."""
