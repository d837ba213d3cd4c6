"""What could not be handled and waits: looked at, and brought back to where it came from."""
