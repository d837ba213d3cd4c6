"""What numbers from an experiment's arms allow to be said, and how surely."""
