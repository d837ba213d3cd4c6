"""Finds apps like a given one."""
