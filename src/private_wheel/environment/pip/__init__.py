"""The pip part of an environment, as pip reads it."""
