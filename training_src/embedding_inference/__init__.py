"""Inference container: answers with the apps of a model's catalogue nearest to the one described."""
