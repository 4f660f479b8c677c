"""Is a run going round in circles, or getting nowhere? A pure fold over what its agent does.

Owns the scores, the evidence and the decision; knows nothing of runs, and does not carry the
decision out. `detector.observe` is the way in.
"""
