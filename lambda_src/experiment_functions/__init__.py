"""Functions that assign units, evaluate flags and count what happens to units."""
