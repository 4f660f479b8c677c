"""Halt levers: what they stop, and pulling and releasing them."""
