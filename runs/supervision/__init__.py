"""Between engine and policies: a run's state and events as the plain facts that rules want, and
their words as rulings.
"""
