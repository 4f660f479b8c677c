"""Approvals: the requests that runs open when a person must decide, and what people and the clock
make of them.
"""
