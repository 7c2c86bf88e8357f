"""Publishing: one package for each route, one protocol."""
