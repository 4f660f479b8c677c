"""Measures the pure rules against recorded runs: what they would have said, and whether it was
right.
"""
