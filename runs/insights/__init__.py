"""What became of runs, calls and money over time: small tables, added up by the clock from the
journal, and the figures that are read from them.
"""
