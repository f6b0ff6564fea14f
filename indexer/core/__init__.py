"""Pure conclusions: no I/O, no clock, no chance."""
