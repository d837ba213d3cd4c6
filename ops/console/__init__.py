"""Builds the console from its sources, and publishes it where CloudFront reads it."""
