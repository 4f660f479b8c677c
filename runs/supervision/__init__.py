"""Between the engine and the policies: turns a run's state and events into the plain facts that rules want, and their words into rulings."""
