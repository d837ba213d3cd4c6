"""Which trace something belongs to, in the words of W3C and of X-Ray."""
