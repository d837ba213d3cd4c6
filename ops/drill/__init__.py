"""Failing over, going back and restoring: as steps that are printed, or taken and timed."""
