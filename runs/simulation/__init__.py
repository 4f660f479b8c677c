"""Whole runs in a simulated world: the real engine, driver,
run writer and fence on a virtual clock, with everything that can fail failing.

Decides nothing about runs: what it plays is the product's own code, over ports held in memory.
"""
