"""How people read runs: queries for the pages, and everything that turns rows and journal into
words and figures. Changes nothing.
"""
