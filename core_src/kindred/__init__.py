"""Kindred's decisions: pure functions of values, with no AWS and no I/O of their own."""
