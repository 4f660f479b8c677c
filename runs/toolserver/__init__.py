"""What runs in a tool process: `server` forks them from one prepared process, `serving` is what
each does. No worker imports it.
"""
