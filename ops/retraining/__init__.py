"""Retraining as an operator sees it: started, watched, and given something to learn from."""
