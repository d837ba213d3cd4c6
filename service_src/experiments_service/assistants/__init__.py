"""Parts that are on with their key, off without it, and never in the way of a request."""
