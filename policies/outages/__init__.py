"""How long an outage of a model's provider is waited for, and at what pace all runs together come
back to it.
"""
