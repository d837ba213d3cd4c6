"""Building blocks of the stacks: each owns one capability and grants access to it."""
