"""What stands between engine and policies: a run's state and events become the plain facts that
rules want, and their decisions become what the engine wants.
"""
