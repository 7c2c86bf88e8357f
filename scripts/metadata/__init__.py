"""The published faces of the one table of inputs and outputs: a module a file that is generated from it."""
