"""Who sees what, and what came of it."""
