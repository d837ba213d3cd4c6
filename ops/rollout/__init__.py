"""Rollouts as an operator sees them: begun, watched, hurried or called back."""
