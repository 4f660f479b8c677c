"""The thresholds of loops and of truth, as an administrator edits them."""
