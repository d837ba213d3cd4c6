"""Inference container: the apps of a model's catalogue that are nearest to the one described."""
