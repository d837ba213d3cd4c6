"""Experiments and feature flags: managed, evaluated, tracked and analysed."""
