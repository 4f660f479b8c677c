"""What people and the clock do to requests. Each act locks the run, then the request, in one
transaction; one module for each act.
"""
