"""How long an outage of a model's provider is waited out, and at which pace all runs together come
back to it.
"""
