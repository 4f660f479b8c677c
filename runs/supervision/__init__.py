"""Between engine and policies: a run's state and events as the plain facts that rules want, and
their decisions as the engine wants them.
"""
