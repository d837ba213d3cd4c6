"""Predicts how an app will perform, from apps like it."""
