"""Halt levers: what they reach, and pulling and releasing them."""
