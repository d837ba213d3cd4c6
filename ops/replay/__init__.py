"""Sends real experiments through a running platform, and compares what it counts with the file."""
