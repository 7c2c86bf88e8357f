"""Files generated from the table of inputs and outputs: one module for each."""
