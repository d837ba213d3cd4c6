"""Evaluates flags and experiments: a payload compiled once, then read without parsing."""
